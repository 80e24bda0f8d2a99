"""Who works when: shifts, breaks, duty at weekends, holidays, leave and sick days, as spans of seconds."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from careline.config.demo.company import PORTO
from careline.config.demo.dice import Dice
from careline.config.demo.records import Staff

Span = tuple[int, int]
Hours = tuple[tuple[time, time], ...]

EARLY: Hours = ((time(8), time(12)), (time(12, 30), time(16, 30)))
LATE: Hours = ((time(11, 30), time(15, 30)), (time(16), time(20)))
EARLY_PORTO: Hours = ((time(7), time(11)), (time(11, 30), time(15, 30)))
LATE_PORTO: Hours = ((time(10, 30), time(14, 30)), (time(15), time(19)))
WEEKEND: Hours = ((time(10), time(13)), (time(13, 20), time(16)))
WEEKEND_PORTO: Hours = ((time(9), time(12)), (time(12, 20), time(15)))
OFFICE: Hours = ((time(9), time(12, 30)), (time(13), time(17, 30)))

SICK = 0.03
AFTER = 3  # days that are planned beyond today
COLDS, COLD_DAYS = 0.25, 2  # today and yesterday are short of people
SATURDAY_EVERY, SUNDAY_EVERY = 4, 8  # weeks between two weekend duties


@cache
def free_days(country: str, year: int) -> frozenset[date]:
    """Return the public holidays of a site ("Hamburg" or "Porto")."""
    if country == PORTO[0]:
        return frozenset(holidays.country_holidays("PT", years=year))
    return frozenset(holidays.country_holidays("DE", subdiv="HH", years=year))


def spans_of(
    person: Staff, *, first: date, last: date, leave: tuple[date, date] | None, dice: Dice
) -> list[Span]:
    """Return when this person works, as (start, end) in seconds since 1970, in order."""
    zone = ZoneInfo(person.zone)
    week_off = dice.whole(0, max(0, (last - first).days // 7))
    spans = []
    for day in _days(first, last):
        week = day.toordinal() // 7
        away = leave is not None and leave[0] <= day <= leave[1]
        on_holiday_week = (day - first).days // 7 == week_off and person.role == "agent"
        sick = dice.chance(SICK if (last - day).days >= COLD_DAYS + AFTER else COLDS)
        if day < person.joined or away or on_holiday_week or sick:
            continue
        for opens, closes in hours_on(person, day, week):
            spans.append((_second(day, opens, zone), _second(day, closes, zone)))
    return spans


def hours_on(person: Staff, day: date, week: int) -> Hours:
    """Return the planned hours of one person on one day; empty when off."""
    porto = person.site == PORTO[0]
    if day.weekday() >= 5:
        every = SATURDAY_EVERY if day.weekday() == 5 else SUNDAY_EVERY
        on_duty = person.role == "agent" and (person.number + week) % every == 0
        return (WEEKEND_PORTO if porto else WEEKEND) if on_duty else ()
    if day in free_days(person.site, day.year):
        return ()
    if person.role != "agent":
        return OFFICE
    early = (person.number + week) % 2 == 0
    if porto:
        return EARLY_PORTO if early else LATE_PORTO
    return EARLY if early else LATE


class Roster:
    """Looks up working time; instants are seconds since 1970."""

    def __init__(self, spans: dict[int, list[Span]]) -> None:
        self._spans = spans
        self._starts = {person: [start for start, _end in own] for person, own in spans.items()}

    def at_work_until(self, person: int, at: float) -> int:
        """Return the end of the span that `at` lies in, or 0 when off."""
        place = bisect_right(self._starts[person], at) - 1
        if place < 0:
            return 0
        end = self._spans[person][place][1]
        return end if at < end else 0

    def next_start(self, person: int, at: float) -> int:
        """Return when the next span begins, or 0 when there is none."""
        starts = self._starts[person]
        place = bisect_right(starts, at)
        return starts[place] if place < len(starts) else 0

    def starts(self) -> Iterator[tuple[int, int]]:
        """Yield (instant, person) for the start of every span."""
        for person, starts in self._starts.items():
            for start in starts:
                yield start, person


def _days(first: date, last: date) -> Iterator[date]:
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def _second(day: date, at: time, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, at, zone).timestamp())
