"""The clocks of one conversation, and why they stand as they do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from careline.calc import clocks
from careline.sla import history, past
from careline.sla.book import book
from careline.sla.models import Policy, Track
from careline.sla.words import METRIC_WORDS, sentences

if TYPE_CHECKING:
    from careline.tickets.models import Ticket

UNFINISHED = ("late", "at_risk", "running", "paused")


@dataclass(frozen=True)
class ClockView:
    """One clock of a conversation as it stands now."""

    metric: str
    label: str
    cycle: int
    state: str  # running, at_risk, late, paused, met, breached, not_applicable, cancelled, merged
    policy: str  # its name, empty where none applied
    target_s: float | None
    started_at: datetime
    due_at: datetime | None
    warn_at: datetime | None
    stopped_at: datetime | None
    breached_at: datetime | None
    by_change: bool
    elapsed_s: float  # open time counted so far
    calendar_s: float  # all time since the start
    remaining_s: float | None  # open time left, negative when late
    why: list[str]  # sentences, in order of time

    @property
    def is_open(self) -> bool:
        """Say whether it is still owed."""
        return self.state in UNFINISHED

    @property
    def due_state(self) -> str:
        """Return the state as parts/due.html names it."""
        return {"at_risk": "risk", "breached": "late"}.get(self.state, self.state)


def clocks_of(ticket: Ticket, now: datetime) -> list[ClockView]:
    """Return all clocks of a conversation: first those that are owed, the most urgent on top."""
    cycles = cycles_of(ticket)
    names = dict(Policy.objects.values_list("pk", "name")) if cycles else {}
    views = [_view(cycle, now, names) for cycle in cycles if _worth_showing(cycle)]
    return sorted(views, key=_urgency)


def cycles_of(ticket: Ticket) -> list[clocks.Cycle]:
    """Return the cycles of a conversation, derived from its events."""
    steps = history.steps_of(ticket.pk)
    track = Track.objects.filter(pk=ticket.pk).first()
    promises = book()
    applied = track.applied if track else past.retrace(ticket, steps, promises)
    facts = history.facts_of(steps, track.absorbed if track else ())
    return clocks.derive(facts, past.pairs(applied, promises))


def _worth_showing(cycle: clocks.Cycle) -> bool:
    return cycle.target_s is not None or cycle.stopped_at is not None


def _view(cycle: clocks.Cycle, now: datetime, names: dict[int, str]) -> ClockView:
    return ClockView(
        metric=cycle.metric,
        label=str(METRIC_WORDS[cycle.metric]),
        cycle=cycle.number,
        state=clocks.state(cycle, now),
        policy=names.get(cycle.policy_id or 0, ""),
        target_s=cycle.target_s,
        started_at=cycle.started_at,
        due_at=cycle.due_at,
        warn_at=cycle.warn_at,
        stopped_at=cycle.stopped_at,
        breached_at=clocks.breach_of(cycle, now),
        by_change=cycle.by_change,
        elapsed_s=clocks.elapsed_s(cycle, now),
        calendar_s=clocks.calendar_s(cycle, now),
        remaining_s=clocks.remaining_s(cycle, now),
        why=explain(cycle, now, names),
    )


def explain(cycle: clocks.Cycle, now: datetime, names: dict[int, str] | None = None) -> list[str]:
    """Return why a clock stands as it does, in sentences; times are those of the reader's zone."""
    known = dict(Policy.objects.values_list("pk", "name")) if names is None else names
    return sentences(cycle, now, known)


def _urgency(view: ClockView) -> tuple[int, float]:
    if not view.is_open:
        return len(UNFINISHED), -(view.stopped_at or view.started_at).timestamp()
    return UNFINISHED.index(view.state), (view.due_at or view.started_at).timestamp()
