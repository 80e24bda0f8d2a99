"""A calendar of opening hours and the open spans it stands for in UTC."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 1440

# Instants are whole microseconds since 1970-01-01 UTC in here: exact, and quick to compare and add.
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000
BLOCK_US = 28 * DAY_US
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
BLOCKS_KEPT = 4_096

Interval = tuple[int, int]
_NOT_PLACES = ("localtime", "posixrules", "Factory")


class BadCalendar(ValueError):
    """The calendar cannot be used; the message says what to change."""


def read_zone(name: object) -> ZoneInfo:
    """Return the IANA zone called `name`, refusing names that mean "whatever this machine uses".

    Parameters
    ----------
    name : object
        Expected to be a string such as ``"Europe/Berlin"``.

    Returns
    -------
    ZoneInfo
        The zone.

    Raises
    ------
    BadCalendar
        `name` is not a known IANA zone.
    """
    if isinstance(name, str) and name not in _NOT_PLACES and not name.startswith(("posix/", "right/")):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            pass
    raise BadCalendar(f'"{name}" is not a known time zone. Use an IANA name such as "Europe/Berlin".')


@dataclass(frozen=True, slots=True)
class Block:
    """Open spans of one 28-day stretch of UTC: sorted, disjoint, with the open time before each."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    spent: tuple[int, ...]

    @property
    def total(self) -> int:
        """Open time of the whole block. [us]"""
        return self.spent[-1]

    def before(self, at: int) -> int:
        """Open time of the block that lies before `at`. [us]"""
        i = bisect_right(self.starts, at) - 1
        if i < 0:
            return 0
        return self.spent[i] + min(at, self.ends[i]) - self.starts[i]


@dataclass(frozen=True)
class Calendar:
    """When a desk works.

    Attributes
    ----------
    zone : ZoneInfo
        Zone in which all wall times are read.
    week : tuple of 7 tuples of (int, int)
        Open intervals for Monday..Sunday, ``[from, to)``. [minutes after local midnight]
        ``to`` may pass 1440: the interval then ends on the following date.
    closed : frozenset of date
        Local dates on which no interval starts. Stronger than `special`.
    special : tuple of (date, tuple of (int, int))
        Local dates whose intervals replace those of their weekday, sorted by date.
    """

    zone: ZoneInfo
    week: tuple[tuple[Interval, ...], ...]
    closed: frozenset[date] = frozenset()
    special: tuple[tuple[date, tuple[Interval, ...]], ...] = ()
    _special: dict[date, tuple[Interval, ...]] = field(init=False, repr=False, compare=False)
    _blocks: dict[int, Block] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse a calendar that never opens, and make room for what is worked out on demand."""
        if len(self.week) != 7:
            raise BadCalendar(f"A week has 7 days, this calendar has {len(self.week)}.")
        if not any(self.week) and not any(spans for _, spans in self.special):
            raise BadCalendar("This calendar never opens. Give at least one weekday or date opening hours.")
        object.__setattr__(self, "_special", dict(self.special))
        object.__setattr__(self, "_blocks", {})

    def intervals_on(self, day: date) -> tuple[Interval, ...]:
        """Return the intervals that start on the local date `day`. [minutes after local midnight]"""
        if day in self.closed:
            return ()
        found = self._special.get(day)
        return self.week[day.weekday()] if found is None else found

    def block(self, number: int) -> Block:
        """Return the open spans of block `number`: UTC ``[number, number + 1)`` times 28 days."""
        found = self._blocks.get(number)
        if found is None:
            if len(self._blocks) >= BLOCKS_KEPT:
                self._blocks.clear()
            found = self._blocks[number] = _build_block(self, number)
        return found


def always(zone: str = "UTC") -> Calendar:
    """Return the calendar that is open day and night.

    Parameters
    ----------
    zone : str
        IANA zone, used only to name days.

    Returns
    -------
    Calendar
        Open 24 hours on 7 days.

    Raises
    ------
    BadCalendar
        `zone` is not a known IANA zone.
    """
    return Calendar(zone=read_zone(zone), week=(((0, DAY_MINUTES),),) * 7)


def _build_block(calendar: Calendar, number: int) -> Block:
    floor, ceiling = number * BLOCK_US, (number + 1) * BLOCK_US
    first = EPOCH_ORDINAL + floor // DAY_US
    # A local date begins up to 14 hours off the UTC one, and an interval may run a day past its date.
    ordinals = range(max(first - 3, 1), min(first + 31, date.max.toordinal()))
    spans = sorted(span for ordinal in ordinals for span in _spans_of_date(calendar, ordinal))
    starts: list[int] = []
    ends: list[int] = []
    for opens, closes in spans:
        opens, closes = max(opens, floor), min(closes, ceiling)
        if opens >= closes:
            continue
        if ends and opens <= ends[-1]:
            ends[-1] = max(ends[-1], closes)
        else:
            starts.append(opens)
            ends.append(closes)
    spent = [0]
    for opens, closes in zip(starts, ends, strict=True):
        spent.append(spent[-1] + closes - opens)
    return Block(tuple(starts), tuple(ends), tuple(spent))


def _spans_of_date(calendar: Calendar, ordinal: int) -> list[tuple[int, int]]:
    intervals = calendar.intervals_on(date.fromordinal(ordinal))
    return [
        (
            _instant(calendar.zone, ordinal, opens, ends=False),
            _instant(calendar.zone, ordinal, closes, ends=True),
        )
        for opens, closes in intervals
    ]


def _instant(zone: ZoneInfo, ordinal: int, minutes: int, *, ends: bool) -> int:
    days, minute = divmod(minutes, DAY_MINUTES)
    wall = datetime.fromordinal(ordinal + days).replace(hour=minute // 60, minute=minute % 60, tzinfo=zone)
    offset = _offset_us(wall)
    if ends:
        # Twice on the clock (fold): the later offset is the smaller one, so the end is the last of both.
        # Never on the clock (gap): the earlier offset is the smaller one, so the end moves forward.
        offset = min(offset, _offset_us(wall.replace(fold=1)))
    return (ordinal + days - EPOCH_ORDINAL) * DAY_US + minute * MINUTE_US - offset


def _offset_us(wall: datetime) -> int:
    offset = wall.utcoffset() or timedelta(0)
    return offset.days * DAY_US + offset.seconds * 1_000_000 + offset.microseconds
