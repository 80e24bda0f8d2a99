"""Today's arrivals hour by hour, against a usual day: the same weekday of the eight weeks before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from zoneinfo import ZoneInfo

from django.db.models import Min, Q

from careline.core.conditions import to_q
from careline.insights import days
from careline.insights.queries.buckets import STEP, count_by_quarter
from careline.insights.queries.memory import name_of, remembered
from careline.insights.queries.scope import Scope, condition_of, conversations
from careline.tickets.fields import FIELDS

WEEKS = 8
FEWEST = 2  # days that make a usual one
A_DAY = 24 * 4  # quarters
KEEP_S = 3600


@dataclass(frozen=True)
class Hour:
    """One hour: what came, and what usually comes (None: too few days to say)."""

    start: datetime
    label: int  # the hour on the clock, 0..23
    count: int
    usual: float | None
    low: float | None
    high: float | None
    partial: bool  # it is not over
    ahead: bool  # it has not begun


@dataclass(frozen=True)
class Day:
    """Arrivals of today so far, and of a usual day by this time."""

    date: date
    hours: list[Hour]
    arrivals: int
    solved: int
    usual_by_now: float | None
    days_compared: int


def day_of(scope: Scope) -> Day:
    """Return today's arrivals against the usual."""
    where = scope.zone
    today = days.today(scope.now, where)
    counts = _arrivals(scope)
    usual = _usual_days(scope, today, where)
    hours = []
    for span in days.hours_of(today, where):
        clock = span.start.astimezone(where).hour
        past = [sum(one[clock * 4 : clock * 4 + 4]) for one in usual]
        low, middle, high = (quantile(past, share) for share in (0.25, 0.5, 0.75))
        ends = span.end or span.start
        hours.append(
            Hour(
                start=span.start,
                label=clock,
                count=sum(n for at, n in counts.items() if span.start <= at < ends),
                usual=middle,
                low=low,
                high=high,
                partial=span.start <= scope.now < ends,
                ahead=span.start > scope.now,
            )
        )
    return Day(
        date=today,
        hours=hours,
        arrivals=sum(counts.values()),
        solved=_solved(scope),
        usual_by_now=quantile([_until(one, scope.now.astimezone(where)) for one in usual], 0.5),
        days_compared=len(usual),
    )


def quantile(values: Sequence[float], share: float) -> float | None:
    """Return the value below which this share lies, between neighbours in proportion; None below FEWEST."""
    if len(values) < FEWEST:
        return None
    known = sorted(values)
    place = share * (len(known) - 1)
    below = int(place)
    above = min(below + 1, len(known) - 1)
    return known[below] + (known[above] - known[below]) * (place - below)


def _arrivals(scope: Scope) -> dict[datetime, int]:
    today = to_q(condition_of("arrivals", scope), FIELDS, scope.asker)
    return count_by_quarter(conversations(scope).filter(today), "opened_at")


def _solved(scope: Scope) -> int:
    return conversations(scope).filter(to_q(condition_of("solved", scope), FIELDS, scope.asker)).count()


def _until(quarters: Sequence[int], local: datetime) -> float:
    """Return what had come by this time of day, the quarter at hand in proportion."""
    place = (local.hour * 60 + local.minute) / (STEP.total_seconds() / 60)
    whole = int(place)
    return sum(quarters[:whole]) + quarters[whole] * (place - whole)


def _usual_days(scope: Scope, today: date, where: ZoneInfo) -> list[list[int]]:
    """Return the quarters of each day compared with."""
    name = name_of("usual", scope, today, where)
    return remembered(name, lambda: _count_days(scope, today, where), keep_s=KEEP_S)


def _count_days(scope: Scope, today: date, where: ZoneInfo) -> list[list[int]]:
    first = conversations(scope).aggregate(first=Min("opened_at"))["first"]
    if first is None:
        return []
    begun = first.astimezone(where).date()
    wanted = [day for week in range(1, WEEKS + 1) if (day := today - timedelta(weeks=week)) > begun]
    if not wanted:
        return []
    spans = [days.day_of(day, where) for day in wanted]
    inside = reduce(or_, (Q(opened_at__gte=span.start, opened_at__lt=span.end) for span in spans))
    found: dict[date, list[int]] = {day: [0] * A_DAY for day in wanted}
    for at, count in count_by_quarter(conversations(scope).filter(inside), "opened_at").items():
        local = at.astimezone(where)
        found[local.date()][local.hour * 4 + local.minute // 15] += count
    return [found[day] for day in wanted]
