"""Working time between instants, and the instant at which an amount of working time has passed."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from careline.calc.hours.calendar import BLOCK_US, DAY_US, Block, Calendar

HORIZON_DAYS = 18_263  # fifty years: what lies further off is a mistake, not a plan

Pause = tuple[datetime, datetime | None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class NoOpenTime(ValueError):
    """The calendar does not open long enough within `HORIZON_DAYS`."""


class ClockIsPaused(ValueError):
    """A pause without an end begins before the time is used up, so there is no due instant yet."""


def due(calendar: Calendar, start: datetime, seconds: float, pauses: Iterable[Pause] = ()) -> datetime:
    """Return the instant at which `seconds` of open, unpaused time have passed since `start`.

    An amount that ends exactly with an open interval is due at that interval's end, not at the next opening.
    An amount of 0 is due at `start` itself, open or not. So for all amounts
    ``due(due(s, a), b) == due(s, a + b)``.

    Parameters
    ----------
    calendar : Calendar
        Opening hours.
    start : datetime
        Aware instant at which counting starts.
    seconds : float
        Open time to spend, >= 0, kept to the microsecond. [s]
    pauses : iterable of (datetime, datetime or None)
        Aware spans that do not count. They may overlap and come in any order; None means "not ended yet".

    Returns
    -------
    datetime
        Aware instant in UTC.

    Raises
    ------
    ValueError
        An instant is naive, a pause ends before it starts, or `seconds` is negative or not finite.
    ClockIsPaused
        An endless pause starts before the time is used up.
    NoOpenTime
        The calendar holds too little open time in the `HORIZON_DAYS` that follow.
    """
    cursor = _us(start, "start")
    if not 0 <= seconds < math.inf:
        raise ValueError(f"seconds must be finite and >= 0, got {seconds}")
    left = round(seconds * 1_000_000)
    if left == 0:
        return start.astimezone(UTC)
    for begins, ends in _merged(pauses):
        if ends is not None and ends <= cursor:
            continue
        open_until = _open_us(calendar, cursor, begins) if begins > cursor else 0
        if left <= open_until:
            break
        if ends is None:
            raise ClockIsPaused(f"paused since {_instant(begins).isoformat()}, so nothing is due yet")
        left -= open_until
        cursor = ends
    return _instant(_due_us(calendar, cursor, left))


def elapsed(calendar: Calendar, start: datetime, end: datetime, pauses: Iterable[Pause] = ()) -> float:
    """Return the open, unpaused time between `start` and `end`.

    Parameters
    ----------
    calendar : Calendar
        Opening hours.
    start, end : datetime
        Aware instants, ``start <= end``.
    pauses : iterable of (datetime, datetime or None)
        Aware spans that do not count. They may overlap and come in any order; None means "until `end`".

    Returns
    -------
    float
        Open time, exact to the microsecond. [s]

    Raises
    ------
    ValueError
        An instant is naive, `end` is before `start`, or a pause ends before it starts.
    """
    first, last = _us(start, "start"), _us(end, "end")
    if last < first:
        raise ValueError(f"end {end.isoformat()} is before start {start.isoformat()}")
    counted = _open_us(calendar, first, last)
    for begins, ends in _merged(pauses):
        a, b = max(begins, first), last if ends is None else min(ends, last)
        if a < b:
            counted -= _open_us(calendar, a, b)
    return counted / 1_000_000


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Return whether the calendar is open at `at`; an interval's end is no longer open.

    Parameters
    ----------
    calendar : Calendar
        Opening hours.
    at : datetime
        Aware instant.

    Raises
    ------
    ValueError
        `at` is naive.
    """
    us = _us(at, "at")
    block = calendar.block(us // BLOCK_US)
    i = bisect_right(block.starts, us) - 1
    return i >= 0 and us < block.ends[i]


def next_opening(calendar: Calendar, at: datetime) -> datetime:
    """Return the first open instant that is not before `at`; `at` itself when it is open.

    Parameters
    ----------
    calendar : Calendar
        Opening hours.
    at : datetime
        Aware instant.

    Returns
    -------
    datetime
        Aware instant in UTC.

    Raises
    ------
    ValueError
        `at` is naive.
    NoOpenTime
        The calendar does not open in the `HORIZON_DAYS` that follow.
    """
    us = _us(at, "at")
    for number in range(us // BLOCK_US, (us + HORIZON_DAYS * DAY_US) // BLOCK_US + 1):
        block = calendar.block(number)
        i = bisect_right(block.ends, us)
        if i < len(block.ends):
            return _instant(max(us, block.starts[i]))
    raise NoOpenTime(f"the calendar does not open within {HORIZON_DAYS} days of {at.isoformat()}")


def open_spans(calendar: Calendar, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Yield the open spans between `start` and `end`, in order, joined where they touch.

    Parameters
    ----------
    calendar : Calendar
        Opening hours.
    start, end : datetime
        Aware instants; spans are cut to lie between them.

    Yields
    ------
    tuple of datetime
        ``(opens, closes)`` in UTC.

    Raises
    ------
    ValueError
        `start` or `end` is naive.
    """
    for opens, closes in _spans_us(calendar, _us(start, "start"), _us(end, "end")):
        yield _instant(opens), _instant(closes)


def _us(at: datetime, name: str) -> int:
    if at.tzinfo is None or at.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime, got {at.isoformat()} without a time zone")
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _instant(us: int) -> datetime:
    return _EPOCH + timedelta(microseconds=us)


def _merged(pauses: Iterable[Pause]) -> list[tuple[int, int | None]]:
    merged: list[tuple[int, int | None]] = []
    for begins, ends in sorted((_pause_us(pause) for pause in pauses), key=lambda pause: pause[0]):
        if not merged or (merged[-1][1] is not None and merged[-1][1] < begins):
            merged.append((begins, ends))
            continue
        last_begins, last_ends = merged[-1]
        if last_ends is not None:
            merged[-1] = (last_begins, None if ends is None else max(last_ends, ends))
    return merged


def _pause_us(pause: Pause) -> tuple[int, int | None]:
    begins = _us(pause[0], "pause start")
    if pause[1] is None:
        return begins, None
    ends = _us(pause[1], "pause end")
    if ends < begins:
        raise ValueError(f"pause ends {pause[1].isoformat()} before it starts {pause[0].isoformat()}")
    return begins, ends


def _open_us(calendar: Calendar, first: int, last: int) -> int:
    a, b = first // BLOCK_US, last // BLOCK_US
    counted = -calendar.block(a).before(first)
    for number in range(a, b):
        counted += calendar.block(number).total
    return counted + calendar.block(b).before(last)


def _due_us(calendar: Calendar, start: int, left: int) -> int:
    number = start // BLOCK_US
    block = calendar.block(number)
    left += block.before(start)
    last = (start + HORIZON_DAYS * DAY_US) // BLOCK_US
    while left > block.total:
        left -= block.total
        number += 1
        if number > last:
            raise NoOpenTime(
                f"too little open time within {HORIZON_DAYS} days of {_instant(start).isoformat()}"
            )
        block = calendar.block(number)
    return _spend(block, left)


def _spend(block: Block, left: int) -> int:
    # The first span by whose end the time is used up: landing on an end stays there.
    i = bisect_left(block.spent, left) - 1
    return block.starts[i] + left - block.spent[i]


def _spans_us(calendar: Calendar, first: int, last: int) -> Iterator[tuple[int, int]]:
    held: tuple[int, int] | None = None
    for number in range(first // BLOCK_US, last // BLOCK_US + 1):
        block = calendar.block(number)
        for opens, closes in zip(block.starts, block.ends, strict=True):
            opens, closes = max(opens, first), min(closes, last)
            if opens >= closes:
                continue
            if held is not None and held[1] == opens:
                held = (held[0], closes)
                continue
            if held is not None:
                yield held
            held = (opens, closes)
    if held is not None:
        yield held
