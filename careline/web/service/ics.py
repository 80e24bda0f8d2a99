"""Closed days out of an iCalendar file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

MOST = 2_000
YEARS_AHEAD = 3


def free_dates(data: bytes, *, now: datetime) -> list[str]:
    """Return the dates of the all-day entries, those that return each year for some years to come.

    Raises
    ------
    ValueError
        It is no iCalendar file.
    """
    from icalendar import Calendar

    found: set[date] = set()
    for event in Calendar.from_ical(data).walk("VEVENT"):
        for day in _days(event, now):
            found.add(day)
            if len(found) > MOST:
                return sorted(day.isoformat() for day in found)
    return sorted(day.isoformat() for day in found)


def _days(event: Any, now: datetime) -> Iterator[date]:
    begins = event.decoded("DTSTART", None)
    if not isinstance(begins, date) or isinstance(begins, datetime):
        return  # an appointment, not a free day
    ends = event.decoded("DTEND", None)
    length = max((ends - begins).days, 1) if isinstance(ends, date) else 1
    yearly = "YEARLY" in (event.get("RRULE") or {}).get("FREQ", [])
    years = range(now.year - 1, now.year + YEARS_AHEAD) if yearly else [begins.year]
    for year in years:
        try:
            first = begins.replace(year=year)
        except ValueError:
            continue  # 29 February
        yield from (first + timedelta(days=offset) for offset in range(min(length, 60)))
