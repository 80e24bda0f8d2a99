"""One run of one clock, and what can be said about it at an instant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from careline.calc import hours
from careline.calc.clocks.facts import Metric, Terms

Outcome = Literal["running", "paused", "met", "breached", "not_applicable", "cancelled", "merged"]
State = Literal[
    "running", "at_risk", "late", "paused", "met", "breached", "not_applicable", "cancelled", "merged"
]
StopReason = Literal["reply", "solved", "no_reply_needed", "merged"]
Span = tuple[datetime, datetime | None]

ROUND_THE_CLOCK = hours.always()


@dataclass(frozen=True, slots=True)
class Held:
    """Terms under which a cycle ran for a while.

    Attributes
    ----------
    policy_id, policy_version : int
        The policy, None where none applied.
    from_at, until_at : datetime
        When they applied to this cycle; `until_at` is None for the last ones.
    target_s : float, optional
        Promised time. [s]
    """

    policy_id: int | None
    policy_version: int | None
    from_at: datetime
    until_at: datetime | None
    target_s: float | None


@dataclass(frozen=True, slots=True)
class Cycle:
    """One run of one clock of a ticket, from the event that started it to the one that stopped it.

    Attributes
    ----------
    metric : str
        What is owed.
    number : int
        Counts the cycles of this metric on the ticket, from 1.
    started_at : datetime
        Aware.
    terms : Terms, optional
        Last terms that applied; None where no policy did.
    target_s : float, optional
        Promised time. [s]
    due_at, warn_at : datetime, optional
        None where nothing is promised, the clock stands still, or the calendar never opens long enough.
    stopped_at : datetime, optional
        None while unfinished.
    stop_reason : str, optional
        ``reply``, ``solved``, ``no_reply_needed`` or ``merged``.
    outcome : str
        How it ended, or ``running`` / ``paused``. Says nothing that depends on the present instant.
    breached_at : datetime, optional
        When the promise was broken, as far as the facts alone can tell; `breach_of` also knows the instant.
    by_change : bool
        The breach came from a change of terms or a merge, not from time passing.
    pauses : tuple of (datetime, datetime or None)
        Spans that did not count, in order; the last may be open.
    history : tuple of Held
        All terms that applied, in order.
    """

    metric: Metric
    number: int
    started_at: datetime
    terms: Terms | None
    target_s: float | None
    due_at: datetime | None
    warn_at: datetime | None
    stopped_at: datetime | None
    stop_reason: StopReason | None
    outcome: Outcome
    breached_at: datetime | None
    by_change: bool
    pauses: tuple[Span, ...]
    history: tuple[Held, ...]

    @property
    def policy_id(self) -> int | None:
        """Policy of the last terms."""
        return self.terms.policy_id if self.terms else None

    @property
    def policy_version(self) -> int | None:
        """Version of that policy."""
        return self.terms.policy_version if self.terms else None

    @property
    def calendar(self) -> hours.Calendar:
        """Hours in which this cycle counts."""
        return self.terms.calendar_for(self.metric) if self.terms else ROUND_THE_CLOCK


def is_late(due_at: datetime, now: datetime) -> bool:
    """Return whether `now` is past `due_at`; a reply at the very instant is in time.

    Parameters
    ----------
    due_at, now : datetime
        Aware instants.
    """
    return now > due_at


def breach_of(cycle: Cycle, now: datetime) -> datetime | None:
    """Return when the cycle's promise was broken, seen at `now`.

    Parameters
    ----------
    cycle : Cycle
        Any cycle.
    now : datetime
        Aware instant.

    Returns
    -------
    datetime or None
        None when it was not broken by then.
    """
    if cycle.breached_at is not None:
        return cycle.breached_at if cycle.breached_at <= now else None
    if cycle.stopped_at is None and cycle.due_at is not None and is_late(cycle.due_at, now):
        return cycle.due_at
    return None


def state(cycle: Cycle, now: datetime) -> State:
    """Return what to show for the cycle at `now`.

    Parameters
    ----------
    cycle : Cycle
        Any cycle.
    now : datetime
        Aware instant, not before the last fact the cycle was derived from.

    Returns
    -------
    str
        The outcome of a finished cycle; else ``late``, ``paused``, ``at_risk`` (warning passed) or
        ``running``.
    """
    if cycle.stopped_at is not None:
        return cycle.outcome
    if breach_of(cycle, now) is not None:
        return "late"
    if cycle.outcome == "running" and cycle.warn_at is not None and now >= cycle.warn_at:
        return "at_risk"
    return cycle.outcome


def elapsed_s(cycle: Cycle, now: datetime) -> float:
    """Return the time counted so far: open hours without pauses, up to `now` or the stop.

    Parameters
    ----------
    cycle : Cycle
        Any cycle.
    now : datetime
        Aware instant.

    Returns
    -------
    float
        Counted time. [s]
    """
    return hours.elapsed(cycle.calendar, cycle.started_at, _end(cycle, now), cycle.pauses)


def calendar_s(cycle: Cycle, now: datetime) -> float:
    """Return the wall-clock time since the start, nights and pauses included, up to `now` or the stop.

    Parameters
    ----------
    cycle : Cycle
        Any cycle.
    now : datetime
        Aware instant.

    Returns
    -------
    float
        Wall-clock time. [s]
    """
    return (_end(cycle, now) - cycle.started_at).total_seconds()


def remaining_s(cycle: Cycle, now: datetime) -> float | None:
    """Return the counted time left until the target; negative when late, None where nothing is promised.

    Parameters
    ----------
    cycle : Cycle
        Any cycle.
    now : datetime
        Aware instant.

    Returns
    -------
    float or None
        Counted time left. [s]
    """
    return None if cycle.target_s is None else cycle.target_s - elapsed_s(cycle, now)


def next_due(cycles: Iterable[Cycle]) -> datetime | None:
    """Return the earliest due instant among unfinished cycles that are not broken yet.

    Parameters
    ----------
    cycles : iterable of Cycle
        Cycles of one ticket.

    Returns
    -------
    datetime or None
        None when nothing is due.
    """
    dues = [
        cycle.due_at
        for cycle in cycles
        if cycle.stopped_at is None and cycle.breached_at is None and cycle.due_at is not None
    ]
    return min(dues, default=None)


def notice_at(calendar: hours.Calendar, at: datetime, *, urgent: bool) -> datetime:
    """Return when to tell people about something that happened at `at`.

    Parameters
    ----------
    calendar : Calendar
        Hours of those to be told.
    at : datetime
        Aware instant of the warning or breach.
    urgent : bool
        Urgent news is told at once.

    Returns
    -------
    datetime
        `at` when urgent or within hours (closing time included), else the next opening.

    Raises
    ------
    NoOpenTime
        The calendar does not open again.
    """
    # A clock that runs out exactly at closing time is told about while people are still there.
    if urgent or hours.is_open(calendar, at) or hours.is_open(calendar, at - timedelta(microseconds=1)):
        return at
    return hours.next_opening(calendar, at)


def _end(cycle: Cycle, now: datetime) -> datetime:
    end = now if cycle.stopped_at is None else min(now, cycle.stopped_at)
    return max(end, cycle.started_at)
