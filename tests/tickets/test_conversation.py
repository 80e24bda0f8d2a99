"""One conversation as it is read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from careline.core import files
from careline.core.models import User
from careline.tickets import actions, queries
from careline.tickets.models import Reason, Tag, Ticket
from careline.tickets.said import NewFile, NewMessage
from tests.make import MONDAY_9, make_person, make_reason, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db


def at(minutes: int) -> Any:
    return MONDAY_9 + timedelta(minutes=minutes)


@pytest.fixture
def ben() -> User:
    return make_user("tickets.see", "tickets.reply", "tickets.edit")


def change_everything(ticket: Ticket, ben: User, start: int = 10) -> None:
    given: dict[str, Any] = {"ticket": ticket, "actor": ben}
    team, reason = make_team(ben), make_reason(f"Late {start}")
    actions.set_priority(priority=2 if ticket.priority == 4 else 4, now=at(start), **given)
    actions.assign(assignee=None if ticket.assignee else ben, now=at(start + 1), **given)
    actions.move_to_team(team=team, now=at(start + 2), **given)
    actions.set_reason(reason=reason, now=at(start + 3), **given)
    actions.set_subject(subject=f"Lamp {start}", now=at(start + 4), **given)
    actions.set_customer(customer=make_person(f"Cleo {start}"), now=at(start + 5), **given)
    actions.add_tag(name=f"tag {start}", now=at(start + 6), **given)
    actions.remove_tag(name=f"tag {start}", now=at(start + 7), **given)
    actions.set_status(status=make_status("hold"), now=at(start + 8), **given)
    actions.reply(
        message=NewMessage(text="Hello."), status=make_status("waiting"), now=at(start + 9), **given
    )


def test_messages_and_changes_are_told_in_the_order_of_time_and_in_words(ben: User) -> None:
    ticket = make_ticket()
    change_everything(ticket, ben)
    told = [(one.kind, one.old, one.new) for one in queries.conversation_of(ticket)]
    team, reason = Ticket.objects.get().team, Reason.objects.get()
    assert told == [
        ("ticket.opened", "", ""),
        ("in", "", ""),
        ("ticket.priority_changed", "Normal", "Urgent"),
        ("ticket.assigned", "", "Ben Okafor"),
        ("ticket.team_changed", "", str(team)),
        ("ticket.reason_changed", "", reason.path),
        ("ticket.subject_changed", "Broken lamp", "Lamp 10"),
        ("ticket.customer_changed", "Ada Lund", "Cleo 10"),
        ("ticket.tagged", "", "tag 10"),
        ("ticket.untagged", "tag 10", ""),
        ("ticket.status_changed", "New", "On hold"),
        ("out", "", ""),
        ("ticket.status_changed", "On hold", "Waiting on customer"),
    ]


def test_everything_says_who_and_when(ben: User) -> None:
    ticket = make_ticket()
    actions.reply(ticket=ticket, message=NewMessage(text="Hello."), actor=ben, now=at(5))
    customer, answer = [one for one in queries.conversation_of(ticket) if one.message]
    assert (customer.at, customer.actor) == (MONDAY_9, None)
    assert customer.message
    assert customer.message.person == ticket.customer
    assert (answer.at, answer.actor) == (at(5), ben)


def test_at_one_instant_what_was_said_comes_before_what_it_led_to(ben: User) -> None:
    ticket = make_ticket()
    actions.reply(ticket=ticket, message=NewMessage(text="x"), actor=ben, now=MONDAY_9)
    kinds = [one.kind for one in queries.conversation_of(ticket)]
    assert kinds == ["ticket.opened", "in", "out", "ticket.assigned", "ticket.status_changed"]


def test_a_call_shows_the_agent_who_took_it_down() -> None:
    ben = make_user("tickets.create")
    ticket = make_ticket(actor=ben, channel="phone")
    [spoken] = [one for one in queries.conversation_of(ticket) if one.message]
    assert (spoken.kind, spoken.actor) == ("in", ben)


def test_files_come_with_their_message(ben: User) -> None:
    ticket, kept = make_ticket(), files.store(b"abc", now=MONDAY_9)
    sent = [NewFile(name=name, type="text/plain", size=3, file=kept) for name in ("b.txt", "a.txt")]
    actions.reply(ticket=ticket, message=NewMessage(text="See.", files=sent), actor=ben, now=at(1))
    [answer] = [one for one in queries.conversation_of(ticket) if one.kind == "out"]
    assert answer.message
    assert [one.name for one in answer.message.attachments.all()] == ["b.txt", "a.txt"]
    assert answer.message.attachments.all()[0].file == kept


def read(ticket: Ticket) -> int:
    """Read everything that a page shows, and return what it cost."""
    with CaptureQueriesContext(
        connection,
    ) as cost:
        for one in queries.conversation_of(ticket):
            assert one.actor is None or one.actor.name
            for file in one.message.attachments.all() if one.message else ():
                assert file.file.size
            assert not one.message or one.message.person is None or one.message.person.name
    return len(cost)


def test_a_long_conversation_costs_as_many_queries_as_a_short_one(ben: User) -> None:
    short, long = make_ticket(), make_ticket()
    change_everything(short, ben)
    for start in range(20, 140, 20):
        change_everything(long, ben, start)
        actions.receive_message(ticket=long, message=NewMessage(text="And?"), now=at(start + 15))
    assert read(long) == read(short) <= 12
    assert read(make_ticket()) <= 4


def test_what_was_taken_out_of_use_keeps_its_name_in_the_history(ben: User) -> None:
    ticket = make_ticket()
    actions.add_tag(ticket=ticket, name="sale", actor=ben, now=at(1))
    Tag.objects.update(active=False)
    assert queries.conversation_of(ticket)[-1].new == "sale"


def test_the_last_words_of_either_side_are_those_of_people(ben: User) -> None:
    ticket = make_ticket()
    assert queries.last_message_out(ticket) is None
    answer = actions.reply(ticket=ticket, message=NewMessage(text="Hello."), actor=ben, now=at(1))
    actions.receive_message(ticket=ticket, message=NewMessage(text="Away", automatic="auto_reply"), now=at(2))
    first = ticket.messages.order_by("pk")[0]
    assert queries.last_message_in(ticket) == first
    assert queries.last_message_out(ticket) == answer


def test_the_conversations_of_a_customer_come_newest_first(ben: User) -> None:
    ada = make_person()
    old, new = make_ticket(customer=ada), make_ticket(customer=ada, now=at(60))
    make_ticket()
    assert queries.tickets_of(ben, person=ada) == [new, old]
