"""The operation's days and hours as instants: a day has 23, 24 or 25 hours where clocks are set."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from careline.core import settings as choices
from careline.insights.figures import Span


def zone() -> ZoneInfo:
    """Return the operation's time zone."""
    return ZoneInfo(choices.get("operation.time_zone"))


def day_of(day: date, where: ZoneInfo) -> Span:
    """Return one local day from midnight to midnight."""
    return Span(_midnight(day, where), _midnight(day + timedelta(days=1), where))


def today(now: datetime, where: ZoneInfo) -> date:
    """Return the local date."""
    return now.astimezone(where).date()


def hours_of(day: date, where: ZoneInfo) -> list[Span]:
    """Return the hours of a local day, in order."""
    whole, step = day_of(day, where), timedelta(hours=1)
    found, start = [], whole.start
    while whole.end is not None and start < whole.end:
        found.append(Span(start, min(start + step, whole.end)))
        start += step
    return found


def _midnight(day: date, where: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=where).astimezone(UTC)
