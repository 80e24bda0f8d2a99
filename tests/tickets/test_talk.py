"""What customers and agents say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from careline.core import events, files
from careline.core.models import Event, User
from careline.tickets import actions, queries
from careline.tickets.models import Attachment, Category, Message, Ticket
from careline.tickets.said import NewFile, NewMessage
from tests.make import MONDAY_9, make_person, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
LATER, LATER_STILL = MONDAY_9 + timedelta(hours=1), MONDAY_9 + timedelta(hours=2)
AGENT = ("tickets.see", "tickets.reply", "tickets.edit")


@pytest.fixture
def ben() -> User:
    return make_user(*AGENT)


def reply(ticket: Ticket, ben: User | None, text: str = "Try the switch.", **more: Any) -> Message:
    fields = {"now": LATER, **more}
    return actions.reply(ticket=ticket, message=NewMessage(text=text), actor=ben, **fields)


def hear(ticket: Ticket, text: str = "Still dark.", automatic: str = "none", now: Any = LATER) -> Message:
    message = NewMessage(text=text, automatic=automatic, address="Ada@Example.org")
    return actions.receive_message(ticket=ticket, message=message, now=now)


def facts(ticket: Ticket) -> list[str]:
    rows = Event.objects.filter(subject_kind="ticket", subject_id=ticket.pk).order_by("pk")
    return [kind.removeprefix("ticket.") for kind in rows.values_list("kind", flat=True)]


def test_an_answer_ends_the_waiting_takes_the_conversation_and_opens_it(ben: User) -> None:
    ticket = make_ticket()
    message = reply(ticket, ben)
    kept = Ticket.objects.get()
    assert kept.waiting_since is None
    assert (kept.last_out_at, kept.changed_at, kept.assignee, kept.category) == (LATER, LATER, ben, "open")
    assert (kept.message_count, kept.preview) == (2, "Try the switch.")
    assert (message.kind, message.author, message.subject) == ("out", ben, "Re: Broken lamp")
    assert facts(ticket) == ["opened", "received", "replied", "assigned", "status_changed"]
    assert Event.objects.get(kind="ticket.replied").data == {"message": message.pk}


def test_the_row_in_the_callers_hand_is_as_true_as_the_one_in_the_table(ben: User) -> None:
    ticket = make_ticket()
    reply(ticket, ben)
    kept = Ticket.objects.get()
    names = [field.attname for field in Ticket._meta.concrete_fields]
    assert {name: getattr(ticket, name) for name in names} == {name: getattr(kept, name) for name in names}


def test_an_answer_leaves_a_conversation_with_who_has_it(ben: User) -> None:
    cleo = make_user(*AGENT, name="Cleo")
    ticket = make_ticket(assignee=cleo)
    reply(ticket, ben)
    assert Ticket.objects.get().assignee == cleo


def test_an_answer_may_change_the_status_with_it(ben: User) -> None:
    ticket = make_ticket()
    reply(ticket, ben, status=make_status("waiting"))
    assert ticket.category == Category.WAITING
    assert facts(ticket)[-3:] == ["replied", "assigned", "status_changed"]


def test_an_answer_of_the_system_takes_nothing_over() -> None:
    ticket = make_ticket()
    reply(ticket, None)
    assert (ticket.assignee, ticket.category) == (None, "new")


@pytest.mark.parametrize("category", ["waiting", "hold", "solved"])
def test_a_customers_message_opens_what_rested(ben: User, category: str) -> None:
    ticket = make_ticket()
    reply(ticket, ben, status=make_status(category))
    message = hear(ticket, now=LATER_STILL)
    assert ticket.category == "open"
    assert ticket.reopens == (1 if category == "solved" else 0)
    assert ticket.waiting_since == ticket.last_in_at == LATER_STILL
    assert ticket.solved_at is None
    assert message.address == "ada@example.org"
    assert facts(ticket)[-2:] == ["received", "status_changed"]
    changed = Event.objects.filter(kind="ticket.status_changed").latest("pk").data
    assert (changed["old_category"], changed["category"]) == (category, "open")


@pytest.mark.parametrize("automatic", ["bounce", "auto_reply"])
def test_a_machine_opens_nothing(ben: User, automatic: str) -> None:
    ticket = make_ticket()
    reply(ticket, ben, status=make_status("solved"))
    hear(ticket, automatic=automatic, now=LATER_STILL)
    assert (ticket.category, ticket.reopens, ticket.last_in_at) == ("solved", 0, MONDAY_9)
    assert ticket.waiting_since is None
    assert ticket.message_count == 3
    assert facts(ticket)[-1] == "received"


def test_a_second_message_does_not_move_the_waiting() -> None:
    ticket = make_ticket()
    hear(ticket)
    assert (ticket.waiting_since, ticket.last_in_at) == (MONDAY_9, LATER)


def test_a_closed_conversation_takes_neither_mail_nor_answer(ben: User) -> None:
    ticket = make_ticket()
    actions.close_ticket(ticket=ticket, actor=ben, now=LATER)
    with pytest.raises(actions.TicketIsClosed):
        hear(ticket)
    with pytest.raises(actions.TicketIsClosed):
        reply(ticket, ben)
    assert facts(ticket) == ["opened", "received", "status_changed"]


def test_a_merged_conversation_says_so_and_leads_to_where_it_goes_on(ben: User) -> None:
    first, second, third = make_ticket(), make_ticket(), make_ticket()
    Ticket.objects.filter(pk=first.pk).update(merged_into=second)
    Ticket.objects.filter(pk=second.pk).update(merged_into=third)
    first.refresh_from_db()
    with pytest.raises(actions.TicketIsMerged):
        hear(first)
    assert queries.survivor_of(first) == third


def test_a_circle_of_merges_ends_somewhere() -> None:
    first, second = make_ticket(), make_ticket()
    Ticket.objects.filter(pk=first.pk).update(merged_into=second)
    Ticket.objects.filter(pk=second.pk).update(merged_into=first)
    first.refresh_from_db()
    assert queries.survivor_of(first) == second


def test_a_note_stays_among_us_and_changes_nothing_for_the_customer(ben: User) -> None:
    ticket = make_ticket()
    message = actions.add_note(ticket=ticket, message=NewMessage(text="Call her."), actor=ben, now=LATER)
    kept = Ticket.objects.get()
    assert (kept.preview, kept.waiting_since, kept.last_out_at) == ("It does not shine.", MONDAY_9, None)
    assert (kept.message_count, kept.changed_at) == (2, LATER)
    assert Event.objects.get(kind="ticket.noted").data == {"message": message.pk}


def test_notes_are_taken_where_the_conversation_is_over(ben: User) -> None:
    ticket = make_ticket()
    actions.close_ticket(ticket=ticket, actor=ben, now=LATER)
    actions.add_note(ticket=ticket, message=NewMessage(text="She wrote a card."), actor=ben, now=LATER)
    assert facts(ticket)[-1] == "noted"


def test_who_has_not_seen_the_customers_last_word_is_told_it(ben: User) -> None:
    ticket = make_ticket()
    seen = ticket.version
    news = hear(ticket)
    with pytest.raises(actions.SomethingNewer) as refusal:
        reply(ticket, ben, version=seen)
    assert refusal.value.messages == [news]
    assert not Message.objects.filter(kind="out").exists()
    reply(ticket, ben, version=ticket.version)


def test_a_colleagues_answer_is_news_too_but_not_ones_own(ben: User) -> None:
    cleo = make_user(*AGENT, name="Cleo")
    ticket = make_ticket()
    seen = ticket.version
    reply(ticket, cleo)
    with pytest.raises(actions.SomethingNewer):
        reply(ticket, ben, version=seen)
    reply(ticket, cleo, version=seen)


def test_notes_changes_and_machines_are_no_reason_to_stop_an_answer(ben: User) -> None:
    ticket = make_ticket()
    seen = ticket.version
    actions.set_priority(ticket=ticket, priority=4, actor=ben, now=LATER)
    actions.add_note(ticket=ticket, message=NewMessage(text="Hm."), actor=None, now=LATER)
    hear(ticket, automatic="auto_reply")
    reply(ticket, ben, version=seen)


def test_an_empty_answer_is_refused_unless_a_file_says_it(ben: User) -> None:
    ticket = make_ticket()
    with pytest.raises(actions.NothingSaid):
        reply(ticket, ben, text=" \n")
    with pytest.raises(actions.NothingSaid):
        actions.add_note(ticket=ticket, message=NewMessage(text=""), actor=ben, now=LATER)
    kept = files.store(b"%PDF", now=MONDAY_9)
    file = NewFile(name="label.pdf", type="application/pdf", size=4, file=kept)
    message = NewMessage(text="", files=[file])
    actions.reply(ticket=ticket, message=message, actor=ben, now=LATER)
    assert Attachment.objects.get().name == "label.pdf"


@pytest.mark.parametrize("reach", ["tickets.reply:own", "tickets.reply:team"])
def test_answers_go_only_where_the_permission_reaches(reach: str) -> None:
    eve = make_user(reach)
    ticket = make_ticket(team=make_team())
    with pytest.raises(PermissionDenied):
        reply(ticket, eve)
    with pytest.raises(PermissionDenied):
        actions.add_note(ticket=ticket, message=NewMessage(text="x"), actor=eve, now=LATER)
    assert facts(ticket) == ["opened", "received"]


def test_no_reply_needed_ends_the_waiting_once(ben: User) -> None:
    ticket = make_ticket()
    assert actions.mark_no_reply_needed(ticket=ticket, actor=ben, now=LATER)
    assert Ticket.objects.get().waiting_since is None
    assert actions.mark_no_reply_needed(ticket=ticket, actor=ben, now=LATER) is None
    assert facts(ticket)[-1] == "no_reply_needed"


def test_others_take_part_once_each() -> None:
    ticket, cleo = make_ticket(), make_person("Cleo")
    for address in ("cleo@work.example", "CLEO@work.example"):
        actions.add_participants(ticket=ticket, people=[(cleo, address)], actor=None, now=LATER)
    assert [one.address for one in ticket.participants.all()] == ["cleo@work.example"]
    assert facts(ticket).count("joined") == 1


def test_imported_history_is_told_as_it_was() -> None:
    former = make_user(is_active=False)
    ticket = make_ticket()
    with events.origin("import"):
        reply(ticket, former)
        actions.set_status(ticket=ticket, status=make_status("closed"), actor=former, now=LATER)
        hear(ticket)
    assert ticket.assignee is None
    assert ticket.category == "closed"
    assert facts(ticket) == ["opened", "received", "replied", "status_changed", "received"]


def test_the_preview_is_the_start_of_what_is_visible() -> None:
    ticket = make_ticket(text="x " * 400)
    assert ticket.preview == "x " * 80
    quoted = NewMessage(text="Thanks!\n\n> old words", visible_text="Thanks!")
    actions.receive_message(ticket=ticket, message=quoted, now=LATER)
    assert ticket.preview == "Thanks!"
