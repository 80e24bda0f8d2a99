"""The calendars and policies there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from careline.calc import hours
from careline.sla import free_days
from careline.sla.actions.calendars import Hours, filled
from careline.sla.actions.versions import exported
from careline.sla.book import calendar_of
from careline.sla.models import Calendar, Policy, PolicyVersion

_LONGEST = timedelta(days=14)


def default_calendar() -> Calendar | None:
    """Return the usual opening hours; the only ones where none are marked as such."""
    return Calendar.objects.order_by("-default", "id").first()


def calendars() -> list[Calendar]:
    """Return all calendars, the usual one first, with how many active policies count by each."""
    used = Count("policies", filter=Q(policies__active=True))
    return list(Calendar.objects.annotate(used=used).order_by("-default", "name"))


def calendar(pk: int) -> Calendar | None:
    """Return one calendar."""
    return Calendar.objects.filter(pk=pk).first()


def policies(*, archived: bool = False) -> list[Policy]:
    """Return the policies in the order in which they are tried, or those that are archived."""
    rows = Policy.objects.select_related("calendar").filter(active=not archived)
    return list(rows.order_by("position", "id"))


def policy(pk: int) -> Policy | None:
    """Return one policy."""
    return Policy.objects.select_related("calendar").filter(pk=pk).first()


def version_history(policy: Policy) -> list[PolicyVersion]:
    """Return what a policy said, newest first."""
    return list(policy.versions.order_by("-version"))


def open_day_s(calendar: Calendar) -> float:
    """Return how long a day on which the desk opens lasts: what people mean by "a day" in a promise."""
    week = hours.from_json(exported(calendar)).week
    lengths = [sum(closes - opens for opens, closes in spans) * 60 for spans in week if spans]
    return sum(lengths) / len(lengths) if lengths else 0.0


def next_openings(
    exported_hours: Mapping[str, Any], now: datetime, most: int = 5
) -> list[tuple[datetime, datetime]]:
    """Return when the desk opens and closes next, from the stretch that is open now.

    Raises
    ------
    BadCalendar
        The hours cannot be used.
    """
    read, at = calendar_of(dict(exported_hours)), now
    found: list[tuple[datetime, datetime]] = []
    while len(found) < most:
        try:
            opens = hours.next_opening(read, at)
        except hours.NoOpenTime:
            break
        span = next(hours.open_spans(read, opens, opens + _LONGEST))
        found.append(span)
        at = span[1]
    return found


def hours_like(given: Hours, *, now: datetime) -> Calendar:
    """Return the calendar these hours would be; it is not kept."""
    return filled(Calendar(), given, now)


def is_counted_by(calendar: Calendar) -> bool:
    """Say whether any policy, active or archived, counts by these hours."""
    return calendar.policies.exists()


def own_closed_dates(calendar: Calendar) -> list[str]:
    """Return the dates on which the desk is closed for reasons of its own, not for a public holiday."""
    years = sorted({int(day[:4]) for day in calendar.closed})
    public = {day.date.isoformat() for year in years for day in free_days.of_year(calendar.country, year)}
    return [day for day in calendar.closed if day not in public]
