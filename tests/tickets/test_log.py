"""The log of a conversation only grows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careline.core.models import Event, User
from careline.tickets import actions
from careline.tickets.models import Category, Ticket
from careline.tickets.said import NewMessage
from tests.make import MONDAY_9, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
ACTS = ("reply", "hear", "note", "status", "priority", "assign", "team", "tag", "untag", "subject", "undo")
REFUSALS = (actions.TicketIsClosed, actions.TooLate, actions.CannotUndo)


@pytest.fixture
def ben() -> User:
    return make_user("tickets.see", "tickets.reply", "tickets.edit")


def act(ticket: Ticket, ben: User, what: str, number: int, team: Any) -> None:
    now = MONDAY_9 + timedelta(minutes=ticket.version)
    common: dict[str, Any] = {"ticket": ticket, "actor": ben, "now": now}
    words = NewMessage(text=f"words {number}")
    categories = list(Category)
    {
        "reply": lambda: actions.reply(message=words, **common),
        "hear": lambda: actions.receive_message(message=words, **common),
        "note": lambda: actions.add_note(message=words, **common),
        "status": lambda: actions.set_status(status=make_status(categories[number % 6].value), **common),
        "priority": lambda: actions.set_priority(priority=1 + number % 4, **common),
        "assign": lambda: actions.assign(assignee=ben if number % 2 else None, **common),
        "team": lambda: actions.move_to_team(team=team if number % 2 else None, **common),
        "tag": lambda: actions.add_tag(name=f"t{number % 3}", **common),
        "untag": lambda: actions.remove_tag(name=f"t{number % 3}", **common),
        "subject": lambda: actions.set_subject(subject=f"subject {number % 3}", **common),
        "undo": lambda: actions.undo(event_id=Event.objects.latest("pk").pk - number % 3, actor=ben, now=now),
    }[what]()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 11)), max_size=25))
def test_whatever_people_do_the_past_stays_and_the_row_agrees_with_it(
    acts: list[tuple[str, int]], ben: User
) -> None:
    Event.objects.all().delete()
    ticket, team = make_ticket(), make_team()
    past = list(Event.objects.order_by("pk").values())
    for what, number in acts:
        try:
            act(ticket, ben, what, number, team)
        except REFUSALS:
            assert list(Event.objects.order_by("pk").values()) == past  # what is refused leaves no trace
        told = list(Event.objects.order_by("pk").values())
        assert told[: len(past)] == past
        past = told
    agree(Ticket.objects.get(pk=ticket.pk))


def agree(ticket: Ticket) -> None:
    told = Event.objects.filter(subject_kind="ticket", subject_id=ticket.pk).order_by("pk")
    assert ticket.version == told.count()
    assert ticket.message_count == ticket.messages.count()
    assert ticket.category == ticket.status.category
    statuses = [event.data for event in told if event.kind == "ticket.status_changed"]
    assert ticket.status_id == (statuses[-1]["new"] if statuses else make_status("new").pk)
    assert (ticket.solved_at is not None) == (ticket.category in ("solved", "closed"))
    assert (ticket.closed_at is not None) == (ticket.category == "closed")
    assert not (ticket.waiting_since and ticket.category in ("solved", "closed"))
    assert ticket.waiting_since is None or (ticket.last_out_at or MONDAY_9) <= ticket.waiting_since
    assert ticket.reopens >= 0
