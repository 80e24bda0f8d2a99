"""Calendars in and out of JSON; every refusal is a sentence a person can act on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from careline.calc.hours.calendar import DAY_MINUTES, WEEKDAYS, BadCalendar, Calendar, Interval, read_zone

_KEYS = ("zone", "week", "closed", "special")
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])|24:00")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def from_json(data: Mapping[str, Any]) -> Calendar:
    """Read a calendar from its JSON shape.

    Parameters
    ----------
    data : mapping
        ``zone`` (IANA name), ``week`` (``"mon"``..``"sun"`` to lists of ``["HH:MM", "HH:MM"]``), and if
        needed ``closed`` (list of ISO dates; stronger than ``special``) and ``special`` (ISO date to list of
        intervals, which replace those of the weekday). An interval is ``[from, to)``; ``to`` may be
        ``"24:00"``; ``to <= from`` runs into the next day, so ``["09:00", "09:00"]`` lasts a whole day.

    Returns
    -------
    Calendar
        The calendar. Keep it: it remembers the spans it has worked out.

    Raises
    ------
    BadCalendar
        Anything is missing, unknown or unreadable, or the calendar never opens.
    """
    _require_mapping(data, "A calendar")
    for key in data:
        if key not in _KEYS:
            raise BadCalendar(f'"{key}" is not part of a calendar. Known parts are {", ".join(_KEYS)}.')
    for key in ("zone", "week"):
        if key not in data:
            raise BadCalendar(f'The calendar has no "{key}".')
    return Calendar(
        zone=read_zone(data["zone"]),
        week=_read_week(data["week"]),
        closed=_read_closed(data.get("closed", [])),
        special=_read_special(data.get("special", {})),
    )


def to_json(calendar: Calendar) -> dict[str, Any]:
    """Write a calendar in the shape `from_json` reads.

    Parameters
    ----------
    calendar : Calendar
        Calendar to write.

    Returns
    -------
    dict
        JSON-ready; weekdays without hours are left out; intervals and dates are sorted.
    """
    return {
        "zone": calendar.zone.key,
        "week": {
            name: _write_intervals(intervals)
            for name, intervals in zip(WEEKDAYS, calendar.week, strict=True)
            if intervals
        },
        "closed": [day.isoformat() for day in sorted(calendar.closed)],
        "special": {day.isoformat(): _write_intervals(intervals) for day, intervals in calendar.special},
    }


def _require_mapping(value: object, what: str) -> None:
    if not isinstance(value, Mapping):
        raise BadCalendar(f"{what} must be an object with named parts, not {value!r}.")


def _read_week(value: Any) -> tuple[tuple[Interval, ...], ...]:
    _require_mapping(value, '"week"')
    for key in value:
        if key not in WEEKDAYS:
            raise BadCalendar(f'"{key}" is not a weekday. Use {", ".join(WEEKDAYS)}.')
    return tuple(_read_intervals(value.get(name, []), name) for name in WEEKDAYS)


def _read_closed(value: Any) -> frozenset[date]:
    if not isinstance(value, (list, tuple)):
        raise BadCalendar(f'"closed" must be a list of dates, not {value!r}.')
    return frozenset(_read_date(text) for text in value)


def _read_special(value: Any) -> tuple[tuple[date, tuple[Interval, ...]], ...]:
    _require_mapping(value, '"special"')
    return tuple(sorted((_read_date(text), _read_intervals(spans, text)) for text, spans in value.items()))


def _read_date(text: object) -> date:
    # The pattern first: `fromisoformat` also takes week dates and packed forms, which people misread.
    if isinstance(text, str) and _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise BadCalendar(f'"{text}" is not a date. Write it as 2025-12-24.')


def _read_intervals(value: Any, where: str) -> tuple[Interval, ...]:
    if not isinstance(value, (list, tuple)):
        raise BadCalendar(f'Hours of {where} must be a list such as [["09:00", "17:00"]], not {value!r}.')
    return tuple(sorted({_read_interval(item, where) for item in value}))


def _read_interval(item: Any, where: str) -> Interval:
    if not isinstance(item, (list, tuple)) or len(item) != 2:
        raise BadCalendar(f'Hours of {where} must be pairs such as ["09:00", "17:00"], not {item!r}.')
    opens, closes = (_read_minutes(text, where) for text in item)
    if opens == DAY_MINUTES:
        raise BadCalendar(f'Hours of {where} cannot start at 24:00. Start at "00:00" of the next day.')
    return opens, closes if closes > opens else closes + DAY_MINUTES


def _read_minutes(text: object, where: str) -> int:
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise BadCalendar(f'"{text}" ({where}) is not a time. Write it as 09:00, from 00:00 to 24:00.')
    return int(text[:2]) * 60 + int(text[3:])


def _write_intervals(intervals: tuple[Interval, ...]) -> list[list[str]]:
    return [[_write_minutes(opens), _write_minutes(closes)] for opens, closes in intervals]


def _write_minutes(minutes: int) -> str:
    if minutes > DAY_MINUTES:
        minutes -= DAY_MINUTES
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
