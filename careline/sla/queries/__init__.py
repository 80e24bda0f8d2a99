"""What is promised, what is owed, and how well promises were kept."""

from __future__ import annotations

from careline.sla.queries.clocks import ClockView, clocks_of, explain
from careline.sla.queries.figures import Kept, Owed, kept, promises
from careline.sla.queries.promises import (
    calendar,
    calendars,
    default_calendar,
    policies,
    policy,
    version_history,
)

__all__ = [
    "ClockView",
    "Kept",
    "Owed",
    "calendar",
    "calendars",
    "clocks_of",
    "default_calendar",
    "explain",
    "kept",
    "policies",
    "policy",
    "promises",
    "version_history",
]
