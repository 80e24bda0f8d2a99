"""Saved views, each with how many conversations it holds for one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, override

from careline.core import access
from careline.core.conditions import BadCondition, Condition
from careline.core.models import User
from careline.tickets.fields import FIELDS
from careline.tickets.models import Ticket, View
from careline.tickets.queries.pages import CAP, listed
from careline.tickets.queries.seeing import SEE
from careline.tickets.shipped import BY_KEY

MOST_COUNTED = 200  # SQLite joins only so many counts into one query


@dataclass(frozen=True)
class Counted:
    """A view and how much is in it: None when counting would take too long, at most `CAP` + 1."""

    view: View
    name: str
    count: int | None

    @property
    def more(self) -> bool:
        """Say whether there are more than were counted."""
        return self.count is not None and self.count > CAP


def views_for(user: User, *, now: datetime, count: bool = True) -> list[Counted]:
    """Return the shared views and this person's own, in their order, counted in one query."""
    if not access.may(user, SEE):
        return []
    views = list(_views(user))
    counts = _counts(user, views, now) if count else {}
    return [Counted(view, name_of(view), counts.get(view.pk)) for view in views]


def view_for(user: User, pk: int) -> View | None:
    """Return one view; None when absent, removed or somebody else's."""
    return _views(user).filter(pk=pk).first()


def view_with_key(user: User, key: str) -> View | None:
    """Return one of the shipped views; None when the operation has removed it."""
    return _views(user).filter(key=key).first()


def removed_views(user: User) -> list[View]:
    """Return what can be restored: shared views, and this person's own."""
    return list(View.objects.filter(Q(owner=None) | Q(owner=user), active=False))


def _views(user: User) -> QuerySet[View]:
    return View.objects.filter(Q(owner=None) | Q(owner=user), active=True).select_related("owner")


def name_of(view: View) -> str:
    """Return what a view is called; a shipped one, unless it was renamed, in the reader's language."""
    shipped = BY_KEY.get(view.key or "")
    if shipped is None:
        return view.name
    with override("en"):
        given = str(shipped.name)
    return gettext(given) if view.name == given else view.name


def _counts(user: User, views: Sequence[View], now: datetime) -> dict[int, int]:
    """Count all views in one round trip, none of them beyond the cap."""
    parts: list[str] = []
    values: list[Any] = []
    for view in views[:MOST_COUNTED]:
        rows = _quickly_counted(user, view.condition, now)
        if rows is None:
            continue
        try:
            capped = rows.order_by().values("pk")[: CAP + 1]
            sql, params = capped.query.sql_with_params()
        except EmptyResultSet:
            parts.append(f"SELECT {int(view.pk)}, 0")
            continue
        parts.append(f"SELECT {int(view.pk)}, COUNT(*) FROM ({sql}) v{int(view.pk)}")
        values += params
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        return dict(cursor.fetchall())


def _quickly_counted(user: User, condition: Condition, now: datetime) -> QuerySet[Ticket] | None:
    """Return the rows to count; None when the condition is not sound any more, or searches text."""
    try:
        rows = listed(user, condition, now)
    except BadCondition:
        return None
    return None if _searches(condition) else rows


def _searches(node: Condition) -> bool:
    if "field" in node:
        return FIELDS[node["field"]].kind == "text"
    inner: Any = next(iter(node.values()), [])
    return any(_searches(one) for one in ([inner] if isinstance(inner, dict) else inner))
