"""Telling of clocks that are at risk or late: once each, at the second."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from careline.core import events
from careline.sla import rows
from careline.sla.book import book
from careline.sla.models import Clock
from careline.tickets.actions.due import note_due

BATCH = 100
MOST_BATCHES = 20  # a tick gives way to its neighbours; what is left comes a second later


def tell_due_clocks(*, now: datetime) -> int:
    """Record a warning or a breach for each clock whose time has come; return how many were told.

    A clock is claimed by the very row that says when it is due, in the transaction that tells: two workers
    tell it once, and one that dies tells nothing.
    """
    told = 0
    for _round in range(MOST_BATCHES):
        if not Clock.objects.filter(alarm_at__lte=now).exists():  # an idle tick takes no lock
            break
        taken, count = _tell_some(now)
        told += count
        if taken < BATCH:
            break
    return told


@transaction.atomic
def _tell_some(now: datetime) -> tuple[int, int]:
    due = Clock.objects.filter(alarm_at__lte=now).select_related("ticket").order_by("alarm_at", "id")
    # Whoever holds the conversation at this moment sees to its clocks; we come back.
    locked = due.select_for_update(skip_locked=True, no_key=True, of=("self", "ticket"))[:BATCH]
    clocks = list(locked)
    return len(clocks), sum(_tell(clock, now) for clock in clocks)


def _tell(clock: Clock, now: datetime) -> bool:
    broken_at = clock.breached_at or (clock.due_at if clock.stopped_at is None else None)
    if broken_at is not None and (clock.breached_at or broken_at < now):
        return _tell_breach(clock, broken_at)
    if clock.warned or clock.due_at == now:
        return False  # due at this very instant: a reply is still in time
    return _tell_warning(clock, now)


def _tell_breach(clock: Clock, broken_at: datetime) -> bool:
    silent = clock.breach_told
    Clock.objects.filter(pk=clock.pk).update(breached_at=broken_at, breach_told=True, alarm_at=None)
    if clock.stopped_at is None:
        _note(clock.ticket_id)
    if silent:
        return False
    _record("clock.breached", clock, broken_at, by_change=clock.by_change)
    return True


def _tell_warning(clock: Clock, now: datetime) -> bool:
    urgent = clock.ticket.priority >= rows.URGENT
    terms = book().terms(clock.policy_id, clock.policy_version, clock.ticket.priority)
    calendar = terms.calendar_for(clock.metric)  # type: ignore[arg-type]
    later = rows.warning_at(calendar, now, urgent=urgent)
    if later > now and clock.due_at is not None:
        Clock.objects.filter(pk=clock.pk).update(alarm_at=min(later, clock.due_at))
        return False
    at = clock.alarm_at or now
    Clock.objects.filter(pk=clock.pk).update(warned=True, alarm_at=clock.due_at)
    _record("clock.warned", clock, at)
    return True


def _record(kind: str, clock: Clock, at: datetime, **more: bool) -> None:
    subject = ("ticket", clock.ticket_id)
    data = {"metric": clock.metric, "cycle": clock.cycle, "clock": clock.pk, **more}
    events.record(kind, subject=subject, actor=None, at=at, **data)


def _note(ticket_id: int) -> None:
    due = rows.due_of(ticket_id, Clock.objects.filter(ticket_id=ticket_id, stopped_at__isnull=True))
    note_due(
        ticket_id=ticket_id,
        due_at=due.due_at,
        due_metric=due.due_metric,
        risk_at=due.risk_at,
        breached_at=due.breached_at,
    )
