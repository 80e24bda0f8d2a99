"""A week at a desk, in few words: the customer writes, the desk answers, and clocks are read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from careline.calc.hours import WEEKDAYS
from careline.core.models import Event
from careline.sla.models import Clock
from careline.tickets import actions as tickets
from careline.tickets.models import Ticket
from careline.tickets.said import NewMessage
from tests.make import make_status, make_ticket

SUNDAY = datetime(2026, 1, 4, tzinfo=UTC)


def t(text: str) -> datetime:
    """`mon 10:00` is Monday 5 January 2026, UTC; `mon+1 10:00` the Monday after."""
    day, clock = text.split()
    name, _, weeks = day.partition("+")
    hour, minute, *second = (int(part) for part in clock.split(":"))
    days = 1 + WEEKDAYS.index(name) + 7 * int(weeks or 0)
    return SUNDAY + timedelta(days=days, hours=hour, minutes=minute, seconds=second[0] if second else 0)


def opened(text: str, **more: Any) -> Ticket:
    return make_ticket(now=t(text), **more)


def written(ticket: Ticket, text: str, automatic: str = "none") -> None:
    message = NewMessage(text="And?", person=ticket.customer, automatic=automatic)
    tickets.receive_message(ticket=ticket, message=message, now=t(text))


def answered(ticket: Ticket, text: str, category: str = "") -> None:
    status = make_status(category) if category else None
    tickets.reply(ticket=ticket, message=NewMessage(text="So."), status=status, actor=None, now=t(text))


def become(ticket: Ticket, text: str, category: str) -> None:
    tickets.set_status(ticket=ticket, status=make_status(category), actor=None, now=t(text))


def clock(ticket: Ticket, metric: str = "first_reply", cycle: int = 1) -> Clock:
    return Clock.objects.get(ticket=ticket, metric=metric, cycle=cycle)


def told(ticket: Ticket) -> list[tuple[str, str]]:
    """What was told of a conversation's clocks, in order: ("clock.warned", "first_reply")."""
    rows = Event.objects.filter(subject_kind="ticket", subject_id=ticket.pk, kind__startswith="clock.")
    return [(event.kind, event.data["metric"]) for event in rows.order_by("id")]


def snapshot() -> list[tuple[Any, ...]]:
    """All clocks and what tickets keep of them, without ids."""
    clocks = Clock.objects.order_by("ticket_id", "metric", "cycle").values_list(
        "ticket_id", "metric", "cycle", "policy_id", "policy_version", "target_s", "started_at", "due_at",
        "warn_at", "stopped_at", "breached_at", "outcome", "by_change", "elapsed_s", "calendar_s", "alarm_at",
        "warned", "breach_told",
    )  # fmt: skip
    dues = Ticket.objects.order_by("pk").values_list("pk", "due_at", "due_metric", "risk_at", "breached_at")
    return [*clocks, *dues]
