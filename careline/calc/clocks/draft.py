"""A cycle while it is being derived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from careline.calc import hours
from careline.calc.clocks.cycle import Cycle, Held, Outcome, Span, StopReason
from careline.calc.clocks.facts import Metric, Terms


@dataclass(slots=True)
class Draft:
    """A cycle that may still change; becomes a `Cycle` when the facts are used up."""

    metric: Metric
    number: int
    started_at: datetime
    terms: Terms | None
    history: list[Held] = field(default_factory=list)
    stopped_at: datetime | None = None
    stop_reason: StopReason | None = None
    breached_at: datetime | None = None
    by_change: bool = False

    def __post_init__(self) -> None:
        """Open the first page of the history."""
        self.history.append(_held(self.metric, self.terms, self.started_at))

    @property
    def target_s(self) -> float | None:
        """Promised time under the present terms. [s]"""
        return self.terms.targets.get(self.metric) if self.terms else None

    def due_at(self, pauses: Sequence[Span]) -> datetime | None:
        """Return when the target is used up, None when that cannot be said."""
        return self._spend(self.target_s, pauses)

    def warn_at(self, pauses: Sequence[Span]) -> datetime | None:
        """Return when to warn, None when that cannot be said."""
        if self.terms is None or self.target_s is None:
            return None
        return self._spend(self.terms.warn_after_s(self.metric), pauses)

    def _spend(self, seconds: float | None, pauses: Sequence[Span]) -> datetime | None:
        if self.terms is None or seconds is None:
            return None
        try:
            return hours.due(self.terms.calendar_for(self.metric), self.started_at, seconds, pauses)
        except (hours.ClockIsPaused, hours.NoOpenTime):
            return None

    def switch(self, at: datetime, terms: Terms, pauses: Sequence[Span]) -> None:
        """Go on under other terms: start and pauses stay, a breach that has happened stays too."""
        if terms == self.terms:
            return
        due_at = self.due_at(pauses)
        if self.breached_at is None and due_at is not None and due_at < at:
            self.breached_at = due_at
        last = self.history.pop()
        if last.from_at < at:
            self.history.append(
                Held(last.policy_id, last.policy_version, last.from_at, at, last.target_s),
            )
        self.terms = terms
        self.history.append(_held(self.metric, terms, max(at, last.from_at)))
        self.notice_change(at, pauses)

    def start_earlier(self, since: datetime, at: datetime, pauses: Sequence[Span]) -> None:
        """Take over the earlier start of a merged ticket."""
        due_at = self.due_at(pauses)
        if self.breached_at is None and due_at is not None and due_at < at:
            self.breached_at = due_at
        self.started_at = min(self.started_at, since)

    def notice_change(self, at: datetime, pauses: Sequence[Span]) -> None:
        """Mark the breach that a change made at `at` has caused by putting the due time into the past."""
        due_at = self.due_at(pauses)
        if self.breached_at is None and due_at is not None and due_at < at:
            self.breached_at, self.by_change = at, True

    def finished(self, pauses: tuple[Span, ...]) -> Cycle:
        """Return the cycle as the facts leave it."""
        due_at = self.due_at(pauses)
        breached_at = self.breached_at
        if breached_at is None and self.stopped_at is not None and due_at is not None:
            breached_at = due_at if self.stopped_at > due_at else None
        return Cycle(
            metric=self.metric,
            number=self.number,
            started_at=self.started_at,
            terms=self.terms,
            target_s=self.target_s,
            due_at=due_at,
            warn_at=self.warn_at(pauses),
            stopped_at=self.stopped_at,
            stop_reason=self.stop_reason,
            outcome=self._outcome(breached_at, pauses),
            breached_at=breached_at,
            by_change=self.by_change,
            pauses=pauses,
            history=tuple(self.history),
        )

    def _outcome(self, breached_at: datetime | None, pauses: tuple[Span, ...]) -> Outcome:
        if self.stopped_at is None:
            return "paused" if pauses and pauses[-1][1] is None else "running"
        if self.stop_reason == "merged":
            return "merged"
        if self.metric == "first_reply" and self.stop_reason == "solved":
            return "not_applicable"
        if breached_at is not None:
            return "breached"
        if self.target_s is None:
            return "not_applicable"
        if self.metric == "periodic_update" and self.stop_reason == "solved":
            return "cancelled"
        return "met"


def _held(metric: Metric, terms: Terms | None, at: datetime) -> Held:
    if terms is None:
        return Held(None, None, at, None, None)
    return Held(terms.policy_id, terms.policy_version, at, None, terms.targets.get(metric))
