"""Why a clock is due when it is due, as a list of steps a person can follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from careline.calc import hours
from careline.calc.clocks.cycle import Cycle, breach_of

What = Literal[
    "started",
    "counted",
    "closed",
    "special_hours",
    "paused",
    "resumed",
    "policy_changed",
    "warned",
    "due",
    "breached",
    "overtime",
    "stopped",
]

# Of steps at one instant, what ends comes before what begins.
_ORDER = {
    "started": 0, "resumed": 1, "policy_changed": 2, "closed": 3, "special_hours": 3, "counted": 4,
    "warned": 5, "due": 6, "breached": 7, "overtime": 8, "stopped": 9, "paused": 10,
}  # fmt: skip

# A clock that ran for years is explained by its first days and its sums, not by a thousand lines.
MAX_DAYS = 400


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation.

    Attributes
    ----------
    at, until : datetime
        When it happened, and when it ended for what lasts; a running pause has no `until`.
    what : str
        ``started``; ``counted`` (open time of one local day); ``closed`` (a date without its usual hours);
        ``special_hours``; ``paused``; ``resumed``; ``policy_changed``; ``warned``; ``due``; ``breached``;
        ``overtime`` (open time after the due instant); ``stopped``.
    seconds : float
        Counted time of the step. [s]
    day : date, optional
        Local date of the calendar, for ``counted``, ``closed`` and ``special_hours``.
    policy_id, policy_version : int, optional
        New policy, for ``policy_changed``; the first one, for ``started``.
    detail : str
        For ``stopped`` why (``reply``, ``solved`` ...); for ``breached`` ``by_change`` where that caused it.
    """

    at: datetime
    what: What
    until: datetime | None = None
    seconds: float = 0.0
    day: date | None = None
    policy_id: int | None = None
    policy_version: int | None = None
    detail: str = ""


def explain(cycle: Cycle, now: datetime) -> list[Step]:
    """Explain the cycle at `now`: what counted, what did not, and what followed.

    Steps after `now` are what will happen if nothing else does. Counted time is told under the last terms,
    since a change of terms counts the whole cycle anew.

    Parameters
    ----------
    cycle : Cycle
        Any cycle.
    now : datetime
        Aware instant.

    Returns
    -------
    list of Step
        In order of time. ``counted`` seconds up to ``due`` add up to the target.
    """
    until = _told_until(cycle, now)
    steps = [*_events(cycle, now), *_pauses(cycle)]
    counted_until = until if cycle.due_at is None else min(until, cycle.due_at)
    steps += _counted(cycle, counted_until)
    steps += _exceptions(cycle, counted_until)
    if counted_until < until:
        over_s = hours.elapsed(cycle.calendar, counted_until, until, cycle.pauses)
        steps.append(Step(counted_until, "overtime", until, over_s))
    return sorted(steps, key=lambda step: (step.at, _ORDER[step.what]))


def _told_until(cycle: Cycle, now: datetime) -> datetime:
    if cycle.stopped_at is not None:
        return cycle.stopped_at
    return max(now, cycle.started_at, cycle.due_at or now)


def _events(cycle: Cycle, now: datetime) -> Iterator[Step]:
    first, *later = cycle.history
    yield Step(cycle.started_at, "started", policy_id=first.policy_id, policy_version=first.policy_version)
    for held in later:
        yield Step(
            held.from_at, "policy_changed", policy_id=held.policy_id, policy_version=held.policy_version
        )
    if cycle.warn_at is not None and (cycle.stopped_at is None or cycle.warn_at <= cycle.stopped_at):
        yield Step(cycle.warn_at, "warned")
    if cycle.due_at is not None:
        yield Step(cycle.due_at, "due")
    breached_at = breach_of(cycle, now)
    if breached_at is not None:
        yield Step(breached_at, "breached", detail="by_change" if cycle.by_change else "")
    if cycle.stopped_at is not None:
        yield Step(cycle.stopped_at, "stopped", detail=cycle.stop_reason or "")


def _pauses(cycle: Cycle) -> Iterator[Step]:
    for begins, ends in cycle.pauses:
        yield Step(begins, "paused", ends)
        if ends is not None and ends != cycle.stopped_at:
            yield Step(ends, "resumed")


def _counted(cycle: Cycle, until: datetime) -> Iterator[Step]:
    calendar, told = cycle.calendar, 0
    held: Step | None = None
    for opens, closes in hours.open_spans(calendar, cycle.started_at, until):
        seconds = hours.elapsed(calendar, opens, closes, cycle.pauses)
        day = opens.astimezone(calendar.zone).date()
        if held is not None and (held.day == day or told >= MAX_DAYS):
            held = Step(held.at, "counted", closes, held.seconds + seconds, held.day)
            continue
        if held is not None and held.seconds:
            told += 1
            yield held
        held = Step(opens, "counted", closes, seconds, day)
    if held is not None and held.seconds:
        yield held


def _exceptions(cycle: Cycle, until: datetime) -> Iterator[Step]:
    calendar = cycle.calendar
    first = cycle.started_at.astimezone(calendar.zone).date()
    last = until.astimezone(calendar.zone).date()
    special = dict(calendar.special)
    for day in sorted({d for d in (*calendar.closed, *special) if first <= d <= last}):
        opens = bool(calendar.intervals_on(day))
        if not opens and not calendar.week[day.weekday()]:
            continue  # closed on a day that is closed anyway explains nothing
        begins = datetime.combine(day, time(), calendar.zone).astimezone(UTC)
        ends = datetime.combine(day + timedelta(days=1), time(), calendar.zone).astimezone(UTC)
        what: What = "special_hours" if opens else "closed"
        yield Step(max(begins, cycle.started_at), what, ends, day=day)
