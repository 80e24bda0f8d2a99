"""The demo is written without the actions; both must mean the same by every column."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest

from careline.config.demo import write
from careline.core import events
from careline.core.models import Event, Team, User
from careline.tickets import actions
from careline.tickets.models import Message, Reason, Status, Tag, Ticket
from careline.tickets.said import NewMessage, Opening

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 11, 20, tzinfo=UTC)
SAME = (  # noqa: SIM905
    "status_id category priority reason_id team_id assignee_id opened_at changed_at last_in_at last_out_at "
    "waiting_since solved_at closed_at reopens message_count preview version organisation_id language channel"
).split()


def first_old(told: Iterable[Event], kind: str, now: Any) -> Any:
    return next((event.data["old"] for event in told if event.kind == kind), now)


def said(event: Event) -> NewMessage:
    row = Message.objects.get(pk=event.data["message"])
    return NewMessage(row.text, row.visible_text, automatic=row.automatic, person=row.person)


def act(ticket: Ticket, event: Event) -> None:
    """Do again what an event says was done."""
    data: Any = event.data
    given: Any = {"ticket": ticket, "actor": event.actor, "now": event.at}
    {
        "received": lambda: actions.receive_message(message=said(event), **given),
        "replied": lambda: actions.reply(message=said(event), **given),
        "noted": lambda: actions.add_note(message=said(event), **given),
        "status_changed": lambda: actions.set_status(status=Status.objects.get(pk=data["new"]), **given),
        "assigned": lambda: actions.assign(assignee=User.objects.filter(pk=data["new"]).first(), **given),
        "team_changed": lambda: actions.move_to_team(team=Team.objects.get(pk=data["new"]), **given),
        "priority_changed": lambda: actions.set_priority(priority=data["new"], **given),
        "reason_changed": lambda: actions.set_reason(reason=Reason.objects.get(pk=data["new"]), **given),
        "tagged": lambda: actions.add_tag(name=Tag.objects.get(pk=data["tag"]).name, **given),
    }[event.kind.removeprefix("ticket.")]()


def again(ticket: Ticket) -> Ticket:
    told = [event for event in events.of("ticket", ticket.pk) if event.kind.startswith("ticket.")]
    opening = Opening(
        team=Team.objects.filter(pk=first_old(told, "ticket.team_changed", ticket.team_id)).first(),
        priority=first_old(told, "ticket.priority_changed", ticket.priority),
        channel=ticket.channel,
        language=ticket.language,
    )
    copy = actions.open_ticket(
        subject=ticket.subject, customer=ticket.customer, opening=opening, actor=None, now=told[0].at
    )
    for event in told[1:]:
        act(copy, event)
    return Ticket.objects.get(pk=copy.pk)


def test_the_same_history_leaves_the_same_row_and_the_same_events() -> None:
    write.build(now=NOW, tickets=40, days=20)
    compared = 0
    for ticket in Ticket.objects.filter(merged_into=None).order_by("pk"):
        with events.origin("demo"):
            copy = again(ticket)
        assert {name: getattr(copy, name) for name in SAME} == {name: getattr(ticket, name) for name in SAME}
        assert kinds(copy) == kinds(ticket)
        compared += 1
    assert compared > 30


def kinds(ticket: Ticket) -> list[tuple[str, datetime, Any]]:
    told = [event for event in events.of("ticket", ticket.pk) if event.kind.startswith("ticket.")]
    return [(event.kind, event.at, event.data.get("new")) for event in told]
