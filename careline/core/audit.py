"""Reads of the event log as an audit trail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from careline.core.models import Event, User

PAGE = 50


@dataclass(frozen=True)
class TrailFilter:
    """Which events to list."""

    kind: str = ""  # "role.changed", or "role." for everything about roles
    actor_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Trail:
    """One page of the trail, newest first, and the ids to page on from (None: nothing there)."""

    events: list[Event]
    older_than: int | None
    newer_than: int | None


def trail(wanted: TrailFilter, *, older_than: int | None = None, newer_than: int | None = None) -> Trail:
    """Return one page of events, newest first, before or after the given one."""
    rows = _matching(wanted).select_related("actor")
    if newer_than and (mark := Event.objects.filter(pk=newer_than).first()):
        later = rows.filter(Q(at__gt=mark.at) | Q(at=mark.at, pk__gt=mark.pk))
        page = list(later.order_by("at", "pk")[: PAGE + 1])
        found, more = page[:PAGE][::-1], len(page) > PAGE
        return Trail(found, found[-1].pk if found else None, found[0].pk if more else None)
    mark = Event.objects.filter(pk=older_than).first() if older_than else None
    if mark:
        rows = rows.filter(Q(at__lt=mark.at) | Q(at=mark.at, pk__lt=mark.pk))
    page = list(rows.order_by("-at", "-pk")[: PAGE + 1])
    found, more = page[:PAGE], len(page) > PAGE
    return Trail(found, found[-1].pk if more else None, found[0].pk if mark and found else None)


def _matching(wanted: TrailFilter) -> QuerySet[Event]:
    rows = Event.objects.all()
    if wanted.kind.endswith("."):
        # A range rather than LIKE, which SQLite answers without the index.
        rows = rows.filter(kind__gte=wanted.kind, kind__lt=wanted.kind[:-1] + "/")
    elif wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.actor_id:
        rows = rows.filter(actor_id=wanted.actor_id)
    if wanted.since:
        rows = rows.filter(at__gte=wanted.since)
    if wanted.until:
        rows = rows.filter(at__lt=wanted.until)
    return rows


def actors() -> list[tuple[int, str]]:
    """Return (id, name) of everybody who may have acted, for the filter."""
    return list(User.objects.values_list("pk", "name"))
