"""Opening hours: keeping them, and what depends on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypedDict, Unpack

from django.db import transaction

from careline.calc import hours
from careline.core import events
from careline.core.models import User
from careline.sla import free_days
from careline.sla.actions.defaults import usual_policy
from careline.sla.actions.versions import exported, write_versions
from careline.sla.models import Calendar, Policy

Week = Mapping[str, Sequence[Sequence[str]]]


class Hours(TypedDict, total=False):
    """What a calendar says; `name`, `zone` and `week` are always given."""

    name: str
    zone: str
    week: Week
    country: str  # closed on the public holidays of: "DE", "DE-HH"
    open_holidays: Iterable[str]  # but not on these
    closed: Iterable[str | date]  # and closed on these dates
    special: Mapping[str, Sequence[Sequence[str]]] | None  # and open otherwise on these
    default: bool


class CalendarNameTaken(Exception):
    """Another calendar is called that."""


class CalendarIsUsed(Exception):
    """Policies count by it, or it is the usual one."""


@transaction.atomic
def save_calendar(
    *,
    calendar: Calendar | None,
    open_too: bool = False,
    actor: User | None,
    now: datetime,
    **given: Unpack[Hours],
) -> Calendar:
    """Keep opening hours, made anew where `calendar` is None; the policies that count by them change too.

    Raises
    ------
    BadCalendar
        The hours cannot be used; the message says what to change.
    CalendarNameTaken
        Another calendar is called that.
    """
    row = calendar or Calendar()
    old = said(row) if calendar else None
    _fill(row, given, now)
    hours.from_json(exported(row))
    if Calendar.objects.filter(name__iexact=row.name).exclude(pk=row.pk).exists():
        raise CalendarNameTaken(row.name)
    if old == said(row) and not open_too:
        return row
    if row.default:
        Calendar.objects.filter(default=True).exclude(pk=row.pk).update(default=False)
    counts_differently = old is not None and (open_too or _timing(old) != _timing(said(row)))
    row.version += 1 if counts_differently else 0
    row.save()
    new = said(row)
    subject = ("calendar", row.pk)
    events.record(
        "calendar.changed", subject=subject, actor=actor, at=now, old=old, new=new, open_too=open_too
    )
    if counts_differently:
        write_versions(row.policies.select_related("calendar"), open_too=open_too, now=now)
    if row.default and not Policy.objects.exists():
        usual_policy(row)
    return row


def filled(row: Calendar, given: Hours, now: datetime) -> Calendar:
    """Put what is given into a row, and return it; nothing is kept."""
    _fill(row, given, now)
    return row


def _fill(row: Calendar, given: Hours, now: datetime) -> None:
    week, special = given["week"], given.get("special") or {}
    row.name, row.zone = given["name"], given["zone"]
    row.week = {day: _pairs(week[day]) for day in hours.WEEKDAYS if week.get(day)}
    row.country = given.get("country", "")
    row.open_holidays = sorted(given.get("open_holidays", ()))
    row.special = {day: _pairs(special[day]) for day in sorted(special)}
    own = {day if isinstance(day, str) else day.isoformat() for day in given.get("closed", ())}
    row.closed = sorted(own | free_days.closed_dates(row.country, row.open_holidays, now=now))
    row.default = given.get("default", False) or row.default


def _pairs(spans: Sequence[Sequence[str]]) -> list[list[str]]:
    return sorted([list(span) for span in spans])


def said(calendar: Calendar) -> dict[str, Any]:
    """Return what the audit trail keeps of a calendar."""
    return {
        "name": calendar.name,
        **exported(calendar),
        "country": calendar.country,
        "open_holidays": list(calendar.open_holidays),
        "default": calendar.default,
    }


def _timing(what: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(what[key] for key in ("zone", "week", "closed", "special"))


@transaction.atomic
def remove_calendar(*, calendar: Calendar, actor: User | None, now: datetime) -> None:
    """Remove opening hours nobody counts by.

    Raises
    ------
    CalendarIsUsed
        A policy, active or archived, counts by them, or they are the usual ones.
    """
    if calendar.default or calendar.policies.exists():
        raise CalendarIsUsed(calendar.name)
    old, subject = said(calendar), ("calendar", calendar.pk)
    calendar.delete()
    events.record("calendar.changed", subject=subject, actor=actor, at=now, old=old, new=None)


@transaction.atomic
def extend_holidays(*, now: datetime) -> int:
    """Close the calendars on the public holidays of years to come; return how many had none of them yet."""
    extended = 0
    for calendar in Calendar.objects.exclude(country=""):
        wanted = free_days.closed_dates(calendar.country, calendar.open_holidays, now=now)
        if wanted <= set(calendar.closed):
            continue
        save_calendar(
            calendar=calendar,
            open_too=True,
            actor=None,
            now=now,
            name=calendar.name,
            zone=calendar.zone,
            week=calendar.week,
            country=calendar.country,
            open_holidays=calendar.open_holidays,
            closed=calendar.closed,
            special=calendar.special,
        )
        extended += 1
    return extended
