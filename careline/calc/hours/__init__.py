"""Opening hours: which instants count as working time, and how working time passes between two of them."""

from __future__ import annotations

from careline.calc.hours.arithmetic import (
    HORIZON_DAYS,
    ClockIsPaused,
    NoOpenTime,
    Pause,
    due,
    elapsed,
    is_open,
    next_opening,
    open_spans,
)
from careline.calc.hours.calendar import WEEKDAYS, BadCalendar, Calendar, Interval, always
from careline.calc.hours.exchange import from_json, to_json

__all__ = [
    "HORIZON_DAYS",
    "WEEKDAYS",
    "BadCalendar",
    "Calendar",
    "ClockIsPaused",
    "Interval",
    "NoOpenTime",
    "Pause",
    "always",
    "due",
    "elapsed",
    "from_json",
    "is_open",
    "next_opening",
    "open_spans",
    "to_json",
]
