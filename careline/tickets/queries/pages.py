"""Lists of conversations, page by page, from any place in any order.

A page begins behind (or ends before) a mark: the value by which the list is sorted and the number of one row.
So the millionth row costs what the first one does, and a page never repeats or skips a row because another
one has moved. Rows without a value come last in every order; they are read as a second stretch, because an
index can give either stretch in order, but not both at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, Prefetch, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from careline.core import access
from careline.core.conditions import YEARS, Asker, BadCondition, Condition, check, to_q
from careline.core.models import User
from careline.tickets.fields import FIELDS
from careline.tickets.models import UNSOLVED, Tag, Ticket
from careline.tickets.queries.seeing import WITH, visible_to

PAGE = 50
CAP = 1_000
ORDERS: Mapping[str, str | Promise] = {
    "-changed_at": _("Latest change first"),
    "changed_at": _("Oldest change first"),
    "due_at": _("Due first"),
    "waiting_since": _("Waiting longest first"),
    "-opened_at": _("Newest first"),
    "opened_at": _("Oldest first"),
    "-priority": _("Most urgent first"),
    "-last_in_at": _("Latest customer message first"),
    "-solved_at": _("Latest solved first"),
}
# In so many words: SQLite takes a partial index only where the query spells out what the index says.
UNSOLVED_ROWS = RawSQL(
    """"tickets_ticket"."category" IN ('new', 'open', 'waiting', 'hold')""", [], output_field=BooleanField()
)
NEVER_EMPTY = {"changed_at", "opened_at", "priority"}


class BadMark(Exception):
    """This is not a place in the list."""


@dataclass(frozen=True)
class Page:
    """Some rows of a list; `after` and `before` are the marks of its neighbours, empty at the ends."""

    tickets: list[Ticket]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class _Mark:
    """A place in a list: the sorting value of a row (None: it has none) and its number."""

    value: Any
    pk: int


def asker_of(user: User, now: datetime) -> Asker:
    """Return who asks, for conditions that speak of "me" and "my teams"."""
    return Asker(now=now, user_id=user.pk, team_ids=tuple(access.team_ids(user)))


def listed(user: User, condition: Condition, now: datetime) -> QuerySet[Ticket]:
    """Return what a list with this condition holds for this person; merged conversations are in none.

    Raises
    ------
    BadCondition
        The condition cannot be understood, or a value is not of the kind that its field holds.
    """
    check(condition, FIELDS)
    rows = visible_to(user).filter(merged_into=None)
    if not condition:
        return rows
    if _only_unsolved(condition):
        rows = rows.filter(UNSOLVED_ROWS)
    try:
        return rows.filter(to_q(condition, FIELDS, asker_of(user, now)))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise BadCondition(str(error)) from error


def can_ask(condition: Condition) -> bool:
    """Say whether a condition can be understood, and its values are of the kinds that its fields hold."""
    try:
        check(condition, FIELDS)
        Ticket.objects.filter(to_q(condition, FIELDS, Asker(now=datetime(2000, 1, 1, tzinfo=UTC))))
    except (BadCondition, ValueError, TypeError, ArithmeticError):
        return False
    return True


def _only_unsolved(condition: Condition) -> bool:
    """Say whether a condition holds for unsolved conversations alone, as far as can be seen at once."""
    if "all" in condition:
        return any(_only_unsolved(part) for part in condition["all"])
    if condition.get("field") != "category" or condition.get("op") not in {"is", "in"}:
        return False
    value = condition["value"]
    return set(value if isinstance(value, list) else [value]) <= set(UNSOLVED)


def page_of(
    user: User,
    condition: Condition,
    *,
    order: str = "-changed_at",
    after: str = "",
    before: str = "",
    most: int = PAGE,
    now: datetime,
) -> Page:
    """Return one page of the conversations that match, behind the mark `after` or just ahead of `before`.

    Raises
    ------
    KeyError
        The order is not one of ORDERS.
    BadCondition
        The condition cannot be asked.
    BadMark
        `after` or `before` is not a mark of this order.
    """
    if order not in ORDERS:
        raise KeyError(order)
    rows = listed(user, condition, now)
    if before:
        found = _stretch(rows, order, _read(before, order), most + 1, backwards=True)
        page = found[:most][::-1]
        return _page(page, order, more_before=len(found) > most, more_after=True)
    found = _stretch(rows, order, _read(after, order) if after else None, most + 1)
    return _page(found[:most], order, more_before=bool(after), more_after=len(found) > most)


def _page(tickets: list[Ticket], order: str, *, more_before: bool, more_after: bool) -> Page:
    if not tickets:
        return Page([])
    return Page(
        tickets,
        before=mark_of(tickets[0], order) if more_before else "",
        after=mark_of(tickets[-1], order) if more_after else "",
    )


def mark_of(ticket: Ticket, order: str) -> str:
    """Return the place of one row in a list of this order."""
    value = getattr(ticket, order.lstrip("-"))
    if isinstance(value, datetime):
        value = value.isoformat()
    return f"{'' if value is None else value}~{ticket.pk}"


def _read(mark: str, order: str) -> _Mark:
    text, _tilde, number = mark.rpartition("~")
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise BadMark(mark)
    if text == "":
        return _Mark(None, int(number))
    try:
        value = int(text) if order.lstrip("-") == "priority" else parse_datetime(text)
    except ValueError as error:
        raise BadMark(mark) from error
    if value is None or (isinstance(value, datetime) and (value.tzinfo is None or value.year not in YEARS)):
        raise BadMark(mark)
    return _Mark(value, int(number))


def _stretch(
    rows: QuerySet[Ticket], order: str, mark: _Mark | None, most: int, *, backwards: bool = False
) -> list[Ticket]:
    """Read on from a mark, first the rows that have a sorting value, then those without, or the reverse."""
    name, falling = order.lstrip("-"), order.startswith("-") != backwards
    full, empty = rows.filter(_value_given(name)), rows.filter(**{f"{name}__isnull": True})
    at_empty = mark is not None and mark.value is None
    if backwards:
        found = _ids(_ordered_empty(empty, mark, backwards), most) if at_empty else []
        if len(found) < most:
            found += _ids(_ordered(full, name, falling, None if at_empty else mark), most - len(found))
        return _whole(found)
    found = [] if at_empty else _ids(_ordered(full, name, falling, mark), most)
    if len(found) < most and name not in NEVER_EMPTY:
        found += _ids(_ordered_empty(empty, mark if at_empty else None, backwards), most - len(found))
    return _whole(found)


def _ids(rows: QuerySet[Ticket], most: int) -> list[int]:
    return list(rows.values_list("pk", flat=True)[:most])


def _whole(ids: list[int]) -> list[Ticket]:
    """Read chosen conversations with all that a list shows of them.

    Apart from the choice: with joins in it, SQLite may begin at the smallest table and sort all it finds.
    """
    rows = Ticket.objects.filter(pk__in=ids).select_related(*WITH).prefetch_related(_tags())
    found = {ticket.pk: ticket for ticket in rows}
    return [found[pk] for pk in ids if pk in found]


def _value_given(name: str) -> Q:
    return Q() if name in NEVER_EMPTY else Q(**{f"{name}__isnull": False})


def _ordered(rows: QuerySet[Ticket], name: str, falling: bool, mark: _Mark | None) -> QuerySet[Ticket]:
    sign, beyond = ("-", "lt") if falling else ("", "gt")
    if mark:
        # The first condition lets an index find the place, the second settles equal values.
        rows = rows.filter(**{f"{name}__{beyond}e": mark.value}).filter(
            Q(**{f"{name}__{beyond}": mark.value}) | Q(**{f"pk__{beyond}": mark.pk})
        )
    return rows.order_by(f"{sign}{name}", f"{sign}pk")


def _ordered_empty(rows: QuerySet[Ticket], mark: _Mark | None, backwards: bool) -> QuerySet[Ticket]:
    """Order the rows without a value: the newest conversation first, whatever the order of the others."""
    if mark:
        rows = rows.filter(pk__gt=mark.pk) if backwards else rows.filter(pk__lt=mark.pk)
    return rows.order_by("pk" if backwards else "-pk")


def _tags() -> Prefetch[str]:
    return Prefetch("tags", queryset=Tag.objects.filter(active=True))


def count_of(user: User, condition: Condition, *, now: datetime, cap: int = CAP) -> int:
    """Count the conversations that match, as far as `cap` + 1."""
    return listed(user, condition, now).order_by().values("pk")[: cap + 1].count()
