"""What can happen to promises and their clocks."""

from __future__ import annotations

from careline.sla.actions.calendars import (
    CalendarIsUsed,
    CalendarNameTaken,
    Hours,
    extend_holidays,
    remove_calendar,
    save_calendar,
)
from careline.sla.actions.clocks import follow_event
from careline.sla.actions.defaults import adopt_zone, ensure_defaults
from careline.sla.actions.policies import (
    BadTarget,
    PolicyNameTaken,
    Promise,
    apply_all_to_open,
    archive_policy,
    move_policy,
    restore_policy,
    save_policy,
)
from careline.sla.actions.reapply import apply_to_open
from careline.sla.actions.rebuild import rebuild_clocks
from careline.sla.actions.telling import tell_due_clocks

__all__ = [
    "BadTarget",
    "CalendarIsUsed",
    "CalendarNameTaken",
    "Hours",
    "PolicyNameTaken",
    "Promise",
    "adopt_zone",
    "apply_all_to_open",
    "apply_to_open",
    "archive_policy",
    "ensure_defaults",
    "extend_holidays",
    "follow_event",
    "move_policy",
    "rebuild_clocks",
    "remove_calendar",
    "restore_policy",
    "save_calendar",
    "save_policy",
    "tell_due_clocks",
]
