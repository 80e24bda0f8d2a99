"""Cycles as rows: what the clock table and the conversation keep of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from careline.calc import clocks, hours
from careline.sla.models import Clock
from careline.tickets.said import Due

URGENT = 4
Key = tuple[str, int]
# What a derivation says of a clock; the rest is its key and its id.
COLUMNS = (
    "policy_id", "policy_version", "target_s", "started_at", "due_at", "warn_at", "stopped_at", "breached_at",
    "outcome", "by_change", "elapsed_s", "calendar_s", "alarm_at", "warned", "breach_told",
)  # fmt: skip
UPSERTED = tuple(name.replace("policy_id", "policy") for name in COLUMNS)


def key_of(clock: Clock) -> Key:
    """Return what tells a clock from the others of its conversation."""
    return clock.metric, clock.cycle


def rows_of(
    ticket_id: int,
    cycles: Sequence[clocks.Cycle],
    *,
    known: Mapping[Key, Clock],
    silent_until: datetime | None,
    urgent: bool,
    now: datetime,
) -> list[Clock]:
    """Return the clock rows these cycles amount to at `now`; what was told already stays told."""
    rows = []
    for cycle in cycles:
        row = _row(ticket_id, cycle, now)
        silent = silent_until is not None and cycle.started_at <= silent_until
        _remember_told(row, known.get(key_of(row)), silent=silent, now=now)
        row.alarm_at = _alarm_at(row, cycle, urgent=urgent)
        rows.append(row)
    return rows


def _row(ticket_id: int, cycle: clocks.Cycle, now: datetime) -> Clock:
    stopped = cycle.stopped_at is not None
    return Clock(
        ticket_id=ticket_id,
        metric=cycle.metric,
        cycle=cycle.number,
        policy_id=cycle.policy_id or None,
        policy_version=cycle.policy_version or 0,
        target_s=None if cycle.target_s is None else round(cycle.target_s),
        started_at=cycle.started_at,
        due_at=cycle.due_at,
        warn_at=cycle.warn_at,
        stopped_at=cycle.stopped_at,
        breached_at=clocks.breach_of(cycle, now),
        outcome=cycle.outcome,
        by_change=cycle.by_change,
        elapsed_s=clocks.elapsed_s(cycle, now) if stopped else None,
        calendar_s=clocks.calendar_s(cycle, now) if stopped else None,
    )


def _remember_told(row: Clock, before: Clock | None, *, silent: bool, now: datetime) -> None:
    told = before is not None and before.breach_told
    warned = before is not None and before.warned and (row.warn_at is None or row.warn_at <= now)
    # Nobody is alarmed about what happened elsewhere or was invented.
    row.warned, row.breach_told = warned or silent, told or silent


def _alarm_at(row: Clock, cycle: clocks.Cycle, *, urgent: bool) -> datetime | None:
    if row.breached_at is not None:
        return None if row.breach_told else row.breached_at
    if row.stopped_at is not None or row.due_at is None:
        return None
    if row.warned or row.warn_at is None:
        return row.due_at
    return min(row.due_at, warning_at(cycle.calendar, row.warn_at, urgent=urgent))


def warning_at(calendar: hours.Calendar, at: datetime, *, urgent: bool) -> datetime:
    """Return when to warn of what begins at `at`: not while everybody is at home, unless it is urgent."""
    try:
        return clocks.notice_at(calendar, at, urgent=urgent)
    except hours.NoOpenTime:
        return at


def differs(row: Clock, before: Clock | None) -> bool:
    """Say whether a row is to be written."""
    return before is None or any(getattr(row, name) != getattr(before, name) for name in COLUMNS)


def due_of(ticket_id: int, rows: Iterable[Clock]) -> Due:
    """Return what lists show: the nearest promise that still runs, and the first that is broken."""
    owed = [row for row in rows if row.stopped_at is None and row.target_s is not None]
    dated = [row for row in owed if row.due_at is not None]
    nearest = min(dated, key=_urgency, default=None)
    broken = min((row.breached_at for row in owed if row.breached_at is not None), default=None)
    if nearest is None:
        return Due(ticket_id, breached_at=broken)
    return Due(ticket_id, nearest.due_at, nearest.metric, nearest.warn_at, broken)


def _urgency(row: Clock) -> Any:
    return row.due_at, clocks.METRICS.index(row.metric)
