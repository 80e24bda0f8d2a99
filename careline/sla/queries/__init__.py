"""What is promised, what is owed, and how well promises were kept."""

from __future__ import annotations

from careline.sla.actions.versions import exported
from careline.sla.queries.clocks import ClockView, clocks_of, explain
from careline.sla.queries.figures import Kept, Owed, kept, promises
from careline.sla.queries.preview import (
    Effect,
    count_matching,
    effect_of_all,
    effect_of_hours,
    effect_of_policy,
)
from careline.sla.queries.rules import (
    calendar,
    calendars,
    default_calendar,
    hours_like,
    is_counted_by,
    next_openings,
    open_day_s,
    own_closed_dates,
    policies,
    policy,
    version_history,
)

__all__ = [
    "ClockView",
    "Effect",
    "Kept",
    "Owed",
    "calendar",
    "calendars",
    "clocks_of",
    "count_matching",
    "default_calendar",
    "effect_of_all",
    "effect_of_hours",
    "effect_of_policy",
    "explain",
    "exported",
    "hours_like",
    "is_counted_by",
    "kept",
    "next_openings",
    "open_day_s",
    "own_closed_dates",
    "policies",
    "policy",
    "promises",
    "version_history",
]
