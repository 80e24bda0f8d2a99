"""The page of one conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from careline.core.models import User
from careline.tickets import actions, queries
from careline.tickets.models import Category, Ticket
from careline.tickets.said import NewMessage
from tests.make import MONDAY_9, make_person, make_policy, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ben(client: Client) -> User:
    actions.make_default_statuses()
    actions.make_default_views()
    user = make_user("tickets.see", "tickets.edit", "tickets.reply", "tickets.create", "customers.see")
    client.force_login(user)
    return user


def url(ticket: Ticket) -> str:
    return reverse("tickets:ticket", args=[ticket.pk])


def talk(ticket: Ticket, many: int) -> None:
    for number in range(many):
        actions.receive_message(
            ticket=ticket,
            message=NewMessage(text=f"Message number {number}."),
            now=MONDAY_9 + timedelta(minutes=number + 1),
        )


def test_the_page_shows_subject_words_and_customer(client: Client, ben: User) -> None:
    ticket = make_ticket(
        "Broken lamp", "It does not shine.", customer=make_person("Ada Lund", "ada@example.org")
    )
    page = client.get(url(ticket)).content.decode()
    assert "<h1" in page
    assert "Broken lamp" in page
    assert "It does not shine." in page
    assert "Ada Lund" in page
    assert "ada@example.org" in page


@pytest.mark.parametrize(
    "name", ["ticket", "ticket_history", "ticket_pulse", "ticket_properties", "ticket_why"]
)
@pytest.mark.parametrize(
    ("reach", "assigned", "in_team", "status"),
    [
        ("own", True, False, 200),
        ("own", False, True, 404),
        ("team", False, True, 200),
        ("team", False, False, 404),
        ("all", False, False, 200),
    ],
)
def test_not_theirs_and_not_there_look_the_same(
    client: Client, name: str, reach: str, assigned: bool, in_team: bool, status: int
) -> None:
    user = make_user(f"tickets.see:{reach}")
    client.force_login(user)
    team = make_team(user) if in_team else make_team()
    ticket = make_ticket(assignee=user if assigned else None, team=team)
    assert client.get(reverse(f"tickets:{name}", args=[ticket.pk])).status_code == status
    assert client.get(reverse(f"tickets:{name}", args=[ticket.pk + 1])).status_code == 404


def test_without_the_permission_the_page_is_closed(client: Client) -> None:
    client.force_login(make_user("customers.see"))
    assert client.get(url(make_ticket())).status_code == 403


def test_words_of_strangers_stay_words(client: Client, ben: User) -> None:
    person = make_person("<b>Ada</b>")
    ticket = make_ticket("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", customer=person)
    for page in (client.get(url(ticket)), client.get("/inbox/?view=everything")):
        text = page.content.decode()
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "<b>Ada</b>" not in text


def test_a_long_conversation_shows_its_newest_and_asks_for_earlier_ones(client: Client, ben: User) -> None:
    ticket = make_ticket(text="The very first one.")
    talk(ticket, 100)
    first = client.get(url(ticket))
    page = first.content.decode()
    assert "Message number 99." in page
    assert "Message number 70." in page
    assert "Message number 69." not in page
    earlier = client.get(first.context["earlier_url"], headers=HTMX)
    text = earlier.content.decode()
    assert "Message number 69." in text
    assert "Message number 20." in text
    assert "Message number 19." not in text
    assert "<html" not in text
    last = client.get(earlier.context["earlier_url"], headers=HTMX)
    assert "The very first one." in last.content.decode()
    assert last.context["earlier_url"] == ""


def test_five_hundred_messages_cost_what_two_cost(
    client: Client, ben: User, django_assert_max_num_queries: Any
) -> None:
    make_policy()
    ticket = make_ticket(assignee=ben)
    talk(ticket, 500)
    client.get(url(ticket))
    with django_assert_max_num_queries(36):
        assert client.get(url(ticket)).status_code == 200


def test_quotations_are_folded_and_notes_are_marked(client: Client, ben: User) -> None:
    ticket = make_ticket()
    said = NewMessage(text="Thanks.\n\n> earlier words", visible_text="Thanks.")
    actions.receive_message(ticket=ticket, message=said, now=timezone.now())
    actions.add_note(ticket=ticket, message=NewMessage(text="Call her."), actor=ben, now=timezone.now())
    page = client.get(url(ticket)).content.decode()
    assert '<details class="quoted"><summary>' in page
    assert "&gt; earlier words" in page
    assert 'data-kind="note"' in page


def test_a_signature_is_folded_under_its_own_name(client: Client, ben: User) -> None:
    ticket = make_ticket()
    signed = NewMessage(text="Thanks.\n\n-- \nAda\nEngines Ltd", visible_text="Thanks.")
    actions.receive_message(ticket=ticket, message=signed, now=timezone.now())
    page = client.get(url(ticket)).content.decode()
    assert '<details class="quoted"><summary>Signature</summary><div dir="auto">-- \nAda' in page


def test_automatic_mail_is_folded_away(client: Client, ben: User) -> None:
    ticket = make_ticket()
    away = NewMessage(text="I am away.", automatic="auto_reply", address="ada@example.org")
    actions.receive_message(ticket=ticket, message=away, now=timezone.now())
    page = client.get(url(ticket)).content.decode()
    assert "Automatic reply from ada@example.org" in page


def test_many_changes_in_a_row_are_one_line(client: Client, ben: User) -> None:
    ticket = make_ticket()
    for priority in (3, 4, 1, 2):
        actions.set_priority(ticket=ticket, priority=priority, actor=ben, now=timezone.now())
    page = client.get(url(ticket)).content.decode()
    assert "4 changes" in page
    history = client.get(reverse("tickets:ticket_history", args=[ticket.pk])).content.decode()
    assert history.count("set the priority:") == 4
    assert "<s>Normal</s> → High" in history


def test_the_history_says_who_when_and_from_what_to_what(client: Client, ben: User) -> None:
    ticket = make_ticket()
    cleo = make_user("tickets.see", name="Cleo Marin")
    event = actions.assign(ticket=ticket, assignee=cleo, actor=ben, now=timezone.now())
    actions.undo(event_id=event.pk, actor=ben, now=timezone.now())  # type: ignore[union-attr]
    actions.set_subject(ticket=ticket, subject="Lamp flickers", actor=ben, now=timezone.now())
    page = client.get(reverse("tickets:ticket_history", args=[ticket.pk])).content.decode()
    assert "Ben Okafor</strong> assigned it:" in page
    assert "took back: assigned it:" in page
    assert "<s>Broken lamp</s> → Lamp flickers" in page
    assert "The customer</strong> opened this" in page


def test_taking_it_oneself_and_who_was_brought_in_are_said_in_few_words(client: Client, ben: User) -> None:
    ticket, boss = make_ticket(), make_person("", "boss@work.example")
    actions.assign(ticket=ticket, assignee=ben, actor=ben, now=timezone.now())
    people = [(boss, "boss@work.example"), (make_person("Cleo Marin"), "cleo@work.example")]
    actions.add_participants(ticket=ticket, people=people, actor=None, now=timezone.now())
    page = client.get(reverse("tickets:ticket_history", args=[ticket.pk])).content.decode()
    assert "Ben Okafor</strong> took it" in page
    assert "brought in:" in page
    assert "boss@work.example, Cleo Marin" in page


def test_promises_explain_themselves(client: Client, ben: User) -> None:
    make_policy("Everybody")
    ticket = make_ticket(now=MONDAY_9)
    page = client.get(url(ticket)).content.decode()
    assert "First reply" in page
    assert "The policy “Everybody” promises it within 2 h of open time." in page
    why = client.get(reverse("tickets:ticket_why", args=[ticket.pk])).content.decode()
    assert "The policy “Everybody” promises it within 2 h of open time." in why
    quiet = make_ticket(now=MONDAY_9)
    actions.set_status(ticket=quiet, status=make_status(Category.SOLVED), actor=None, now=MONDAY_9)
    assert (
        "Nothing is promised here"
        in client.get(reverse("tickets:ticket_why", args=[quiet.pk])).content.decode()
    )


def test_the_way_back_and_the_neighbours_follow_the_list(client: Client, ben: User) -> None:
    tickets = [make_ticket(f"Lamp {n}", now=MONDAY_9 + timedelta(hours=n)) for n in range(3)]
    rows = client.get("/inbox/", {"view": "everything"}).context["rows"]
    assert [row.ticket.pk for row in rows] == [t.pk for t in reversed(tickets)]
    middle = client.get(rows[1].url)
    assert middle.context["previous_url"] == rows[0].url
    assert middle.context["next_url"] == rows[2].url
    assert middle.context["back_url"] == f"/inbox/?view=everything#t{tickets[1].pk}"
    # A change moves it to the front of the list, yet the next one stays the next one.
    actions.set_priority(ticket=tickets[1], priority=4, actor=ben, now=timezone.now())
    assert client.get(rows[1].url).context["next_url"] == rows[2].url
    assert client.get(rows[2].url).context["next_url"] == ""
    assert client.get(f"{url(tickets[0])}?in=view%3Deverything&at=nonsense").status_code == 200


def test_a_page_hears_what_was_said_since(client: Client, ben: User) -> None:
    ticket = make_ticket()
    mark = client.get(url(ticket)).context["last_mark"]
    pulse = reverse("tickets:ticket_pulse", args=[ticket.pk])
    assert 'hx-target="#talk"' not in client.get(pulse, {"last": mark}).content.decode()
    actions.receive_message(ticket=ticket, message=NewMessage(text="One more thing."), now=timezone.now())
    heard = client.get(pulse, {"last": mark}).content.decode()
    assert '<hx-partial hx-target="#talk" hx-swap="beforeend">' in heard
    assert "One more thing." in heard
    assert "It does not shine." not in heard
    assert "composer" not in heard
    assert client.get(pulse, {"last": "x.y"}).status_code == 200


def test_an_open_history_hears_what_happened_since(client: Client, ben: User) -> None:
    ticket = make_ticket()
    address = client.get(reverse("tickets:ticket_history", args=[ticket.pk])).context["pulse_url"]
    actions.set_priority(ticket=ticket, priority=4, actor=ben, now=timezone.now())
    heard = client.get(address, {"last": "1.1", "tab": "history"}).content.decode()
    assert '<hx-partial hx-target="#history"' in heard
    assert "set the priority:" in heard
    assert 'hx-target="#talk"' not in heard


def test_other_conversations_of_the_customer_are_those_one_may_see(client: Client) -> None:
    user = make_user("tickets.see:own")
    client.force_login(user)
    ada = make_person("Ada Lund")
    ticket = make_ticket("This one", customer=ada, assignee=user)
    make_ticket("Mine too", customer=ada, assignee=user)
    make_ticket("Not mine", customer=ada)
    page = client.get(url(ticket)).content.decode()
    assert "Mine too" in page
    assert "Not mine" not in page


def test_who_may_only_read_gets_no_tools(client: Client) -> None:
    client.force_login(make_user("tickets.see"))
    ticket = make_ticket()
    page = client.get(url(ticket)).content.decode()
    assert 'id="composer-form"' not in page
    assert 'id="solve"' not in page
    assert "<select" not in page


def test_a_closed_conversation_takes_notes_only(client: Client, ben: User) -> None:
    ticket = make_ticket()
    actions.close_ticket(ticket=ticket, actor=ben, now=timezone.now())
    page = client.get(url(ticket)).content.decode()
    assert "This is closed for good." in page
    assert 'value="out"' not in page
    assert 'id="solve"' not in page
    assert queries.ticket_for(ben, ticket.pk).category == "closed"  # type: ignore[union-attr]


def test_the_page_offers_its_actions_to_the_command_bar(client: Client, ben: User) -> None:
    page = client.get(url(make_ticket())).content.decode()
    assert 'data-press="#solve"' in page
    assert 'data-press="#take"' in page
