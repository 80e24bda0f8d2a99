"""The lists as a spreadsheet: what one sees, all pages of it."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from careline.customers import actions, queries
from careline.customers.paging import Page
from careline.web.customers.conversations import Contact
from careline.web.customers.views.lists import (
    SEE,
    asked,
    organisation_filter,
    organisation_rows,
    people_filter,
    people_rows,
)
from careline.web.door import Request, needs

if TYPE_CHECKING:
    from careline.customers.models import Organisation, Person

BATCH = 500
BOM = "\ufeff"  # without it spreadsheets take the text for Latin 1
_PHONE = re.compile(r"\+\d+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """What csv.writer writes into: it hands each line back."""

    def write(self, line: str) -> str:
        return line


@needs(SEE)
def people(request: Request) -> StreamingHttpResponse:
    """Stream the people of a list."""
    wanted, zone = people_filter(asked(request)), timezone.get_current_timezone()
    heads = [
        _("Name"),
        _("Mail addresses"),
        _("Phones"),
        _("Organisation"),
        _("VIP"),
        _("Language"),
        _("Time zone"),
        _("Customer since"),
        *_contact_heads(),
    ]
    _note(request, "people", narrowed=bool(wanted.words or wanted.show or wanted.organisation_id))

    # Said here, for the reader's language is put away before the rows are written.
    yes = _("yes")

    def rows() -> Iterator[list[Any]]:
        for batch in _batches(lambda after: queries.people_page(wanted, after=after, size=BATCH)):
            for row in people_rows(request, batch):
                yield _person(row["person"], zone, yes) + _contact(row["contact"], zone)

    return _answer("people.csv", heads, rows())


@needs(SEE)
def organisations(request: Request) -> StreamingHttpResponse:
    """Stream the organisations of a list."""
    wanted, zone = organisation_filter(asked(request)), timezone.get_current_timezone()
    heads = [_("Name"), _("Mail domains"), _("People"), _("Since"), *_contact_heads()]
    _note(request, "organisations", narrowed=bool(wanted.words))

    def rows() -> Iterator[list[Any]]:
        for batch in _batches(lambda after: queries.organisations_page(wanted, after=after, size=BATCH)):
            for row in organisation_rows(request, batch):
                yield _organisation(row["organisation"], row["domains"], zone) + _contact(
                    row["contact"], zone
                )

    return _answer("organisations.csv", heads, rows())


def _note(request: Request, what: str, *, narrowed: bool) -> None:
    actions.note_export(what=what, narrowed=narrowed, actor=request.user, now=request.now)


def _contact_heads() -> list[str]:
    return [_("Unsolved conversations"), _("Conversations"), _("Last contact")]


def _batches(turn: Callable[[int | None], Page[Any]]) -> Iterator[list[Any]]:
    page = turn(None)
    yield page.rows
    while page.after:
        page = turn(page.after)
        yield page.rows


def _person(person: Person, zone: tzinfo, yes: str) -> list[Any]:
    known = list(person.addresses.all())
    return [
        person.name,
        " ".join(one.value for one in known if one.kind == "email"),
        " ".join(one.value for one in known if one.kind == "phone"),
        person.organisation.name if person.organisation else "",
        yes if person.vip else "",
        person.language,
        person.time_zone,
        _at(person.created_at, zone),
    ]


def _organisation(organisation: Organisation, domains: Iterable[str], zone: tzinfo) -> list[Any]:
    size = getattr(organisation, "size", 0)
    return [organisation.name, " ".join(domains), size, _at(organisation.created_at, zone)]


def _contact(contact: Contact, zone: tzinfo) -> list[Any]:
    return [contact.open, contact.all, _at(contact.last_at, zone)]


def _at(at: datetime | None, zone: tzinfo) -> str:
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""


def harmless(value: Any) -> Any:
    """Return a cell that no spreadsheet takes for a formula; a phone number may keep its plus."""
    text = str(value)
    if text.startswith(_FORMULA) and not all(_PHONE.fullmatch(word) for word in text.split()):
        return f"'{text}"
    return value


def _answer(name: str, heads: list[str], rows: Iterable[list[Any]]) -> StreamingHttpResponse:
    writer = csv.writer(_Echo())

    def lines() -> Iterator[str]:
        yield BOM + writer.writerow(heads)
        for row in rows:
            yield writer.writerow([harmless(cell) for cell in row])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
