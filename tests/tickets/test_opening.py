"""How conversations begin."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from careline.core.models import Event
from careline.tickets import actions
from careline.tickets.models import Category, Message, Ticket
from careline.tickets.said import NewMessage, Opening
from tests.make import MONDAY_9, make_brand, make_person, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_a_customers_mail_opens_a_new_conversation_that_waits_for_an_answer() -> None:
    ada = make_person(language="de")
    ticket = make_ticket("Broken  lamp\n", "It does\nnot shine.", customer=ada)
    kept = Ticket.objects.get(pk=ticket.pk)
    assert (kept.subject, kept.category, kept.language) == ("Broken lamp", "new", "de")
    assert kept.opened_at == kept.changed_at == kept.last_in_at == kept.waiting_since == MONDAY_9
    assert (kept.message_count, kept.preview, kept.version) == (1, "It does not shine.", 2)
    assert kinds() == ["ticket.opened", "ticket.received"]
    opened, received = Event.objects.order_by("pk")
    assert opened.data == {"channel": "email", "by_customer": True, "automatic": False}
    assert received.data == {"message": Message.objects.get().pk, "automatic": "none"}


def test_what_a_machine_opened_waits_for_nobody() -> None:
    ticket = make_ticket(automatic="auto_reply")
    assert ticket.waiting_since is None
    assert ticket.last_in_at is None
    assert ticket.message_count == 1


def test_mail_from_a_list_is_a_customers_message_like_any_other() -> None:
    assert make_ticket(automatic="list").waiting_since == MONDAY_9


def test_a_conversation_may_go_on_from_a_closed_one() -> None:
    ticket = make_ticket(follows=17)
    assert Event.objects.get(kind="ticket.opened", subject_id=ticket.pk).data["follows"] == 17


def test_it_belongs_to_the_brand_and_the_customers_organisation() -> None:
    brand = make_brand()
    ticket = make_ticket()
    assert ticket.brand == brand
    assert ticket.organisation_id is None


def test_it_begins_with_team_tags_and_somebody_who_has_it() -> None:
    ben = make_user("tickets.see")
    team = make_team(ben)
    ticket = make_ticket(team=team, assignee=ben, tags=["VIP", "#Sale"], priority=4)
    assert Ticket.objects.get(team=team, assignee=ben, priority=4) == ticket
    assert list(ticket.tags.values_list("name", flat=True)) == ["sale", "vip"]
    assert kinds()[2:] == ["ticket.tagged", "ticket.tagged", "ticket.assigned"]


def test_what_we_write_first_is_ours_and_open() -> None:
    ben = make_user("tickets.create")
    ticket = make_ticket("Your order", "It is late, sorry.", by_customer=False, actor=ben)
    message = Message.objects.get()
    assert (message.kind, message.author, message.subject) == ("out", ben, "Your order")
    assert (ticket.assignee, ticket.category) == (ben, Category.OPEN)
    assert ticket.waiting_since is None
    assert ticket.last_out_at == MONDAY_9
    assert kinds() == ["ticket.opened", "ticket.replied", "ticket.assigned", "ticket.status_changed"]


def test_a_call_taken_down_by_an_agent_is_the_customers_word() -> None:
    ben = make_user("tickets.create")
    ticket = make_ticket(actor=ben, channel="phone")
    assert Message.objects.get().kind == "in"
    assert Event.objects.get(kind="ticket.received").actor == ben
    assert ticket.waiting_since == MONDAY_9


def test_agents_need_the_permission_to_open() -> None:
    with pytest.raises(PermissionDenied):
        make_ticket(actor=make_user("tickets.reply"))
    assert not Ticket.objects.exists()


def test_nonsense_is_refused_and_leaves_nothing() -> None:
    with pytest.raises(actions.NoSuchPriority):
        make_ticket(priority=7)
    with pytest.raises(actions.CannotTakeTickets):
        make_ticket(assignee=make_user())
    with pytest.raises(actions.NothingSaid):
        actions.open_ticket(
            subject="Hello",
            customer=make_person(),
            first=NewMessage(text="  "),
            opening=Opening(by_customer=False),
            actor=None,
            now=MONDAY_9,
        )
    assert not Ticket.objects.exists()
    assert not Event.objects.exists()
