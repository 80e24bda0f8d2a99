"""Service clocks: by when a ticket owes a reply, an update or a solution, derived from its history."""

from __future__ import annotations

from careline.calc.clocks.cycle import (
    Cycle,
    Held,
    Outcome,
    Span,
    State,
    breach_of,
    calendar_s,
    elapsed_s,
    is_late,
    next_due,
    notice_at,
    remaining_s,
    state,
)
from careline.calc.clocks.explain import Step, explain
from careline.calc.clocks.facts import (
    CATEGORIES,
    DEFAULT_PAUSES,
    METRICS,
    RESTING,
    Category,
    Fact,
    Kind,
    Metric,
    Terms,
)
from careline.calc.clocks.replay import absorbing, derive

__all__ = [
    "CATEGORIES",
    "DEFAULT_PAUSES",
    "METRICS",
    "RESTING",
    "Category",
    "Cycle",
    "Fact",
    "Held",
    "Kind",
    "Metric",
    "Outcome",
    "Span",
    "State",
    "Step",
    "Terms",
    "absorbing",
    "breach_of",
    "calendar_s",
    "derive",
    "elapsed_s",
    "explain",
    "is_late",
    "next_due",
    "notice_at",
    "remaining_s",
    "state",
]
