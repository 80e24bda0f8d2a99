"""Changing one thing about a conversation, and taking it back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from careline.core.models import Event, User
from careline.tickets import actions
from careline.tickets.models import Category, Ticket
from tests.make import make_reason, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ben(client: Client) -> User:
    actions.make_default_statuses()
    user = make_user("tickets.see", "tickets.edit")
    client.force_login(user)
    return user


def change(client: Client, ticket: Ticket, what: str, value: Any, **options: Any) -> Any:
    address = reverse("tickets:ticket_change", args=[ticket.pk, what])
    return client.post(address, {"value": value}, headers=options.get("headers", HTMX))


def told(answer: Any) -> dict[str, Any]:
    return json.loads(answer["HX-Trigger"])


def test_each_property_is_saved_at_once_said_and_taken_back(client: Client, ben: User) -> None:
    team, reason = make_team(ben, name="Billing"), make_reason("Refund")
    cleo = make_user("tickets.see", name="Cleo Marin")
    hold = make_status(Category.HOLD)
    cases = [
        ("status", hold.pk, "status_id", "Status: On hold."),
        ("priority", 4, "priority", "Priority: Urgent."),
        ("assignee", cleo.pk, "assignee_id", "Assigned to Cleo Marin."),
        ("team", team.pk, "team_id", "Moved to Billing."),
        ("reason", reason.pk, "reason_id", "Contact reason: Refund."),
        ("subject", "Lamp flickers", "subject", "The subject is changed."),
    ]
    for what, value, column, words in cases:
        ticket = make_ticket()
        before = getattr(ticket, column)
        answer = change(client, ticket, what, value)
        ticket.refresh_from_db()
        assert (answer.status_code, getattr(ticket, column)) == (204, value)
        news = told(answer)
        assert news["toast"]["text"] == words
        assert news["told"] == [f"ticket:{ticket.pk}"]
        back = client.post(news["toast"]["undo_url"], headers=HTMX)
        ticket.refresh_from_db()
        assert (told(back)["toast"]["text"], getattr(ticket, column)) == ("Taken back.", before)


def test_nothing_chosen_means_nobody(client: Client, ben: User) -> None:
    ticket = make_ticket(assignee=ben, team=make_team(ben))
    assert told(change(client, ticket, "assignee", ""))["toast"]["text"] == "Assigned to nobody."
    assert told(change(client, ticket, "team", ""))["toast"]["text"] == "It belongs to no team now."
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.team) == (None, None)


def test_tags_come_and_go(client: Client, ben: User) -> None:
    ticket = make_ticket()
    assert told(change(client, ticket, "tags", ["Refund", "vip"]))["toast"]["text"] == "Tagged: Refund, vip."
    answer = change(client, ticket, "tags", ["refund"])
    assert told(answer)["toast"]["text"] == "Tag taken away: vip."
    assert [tag.name for tag in ticket.tags.all()] == ["refund"]
    client.post(told(answer)["toast"]["undo_url"], headers=HTMX)
    assert {tag.name for tag in ticket.tags.all()} == {"refund", "vip"}


def test_what_is_so_already_is_not_told(client: Client, ben: User) -> None:
    ticket = make_ticket(priority=2)
    answer = change(client, ticket, "priority", 2)
    assert answer.status_code == 204
    assert "toast" not in told(answer)
    assert not Event.objects.filter(kind="ticket.priority_changed").exists()


@pytest.mark.parametrize(
    ("what", "value", "words"),
    [
        ("status", "", "Choose one from the list."),
        ("status", "999", "Choose one from the list."),
        ("priority", "9", "no longer offered"),
        ("assignee", "ben", "Choose one from the list."),
        ("tags", ["x" * 61], "one to sixty characters"),
    ],
)
def test_a_refusal_is_422_with_the_panel_as_it_is(
    client: Client, ben: User, what: str, value: Any, words: str
) -> None:
    ticket = make_ticket()
    answer = change(client, ticket, what, value)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert b'id="side-properties"' in answer.content
    assert b"<html" not in answer.content
    assert change(client, ticket, what, value, headers={}).status_code == 302


def test_somebody_who_has_left_gets_nothing(client: Client, ben: User) -> None:
    gone = make_user(name="Gone", is_active=False)
    answer = change(client, make_ticket(), "assignee", gone.pk)
    assert answer.status_code == 422
    assert "Gone cannot be given conversations." in answer.content.decode()


def test_a_subject_has_words(client: Client, ben: User) -> None:
    answer = change(client, make_ticket(), "subject", "   ")
    assert answer.status_code == 422
    assert b'id="subject-form"' in answer.content
    assert b"Say in a few words" in answer.content


def test_what_is_closed_stays_as_it_is(client: Client, ben: User) -> None:
    ticket = make_ticket()
    actions.close_ticket(ticket=ticket, actor=None, now=timezone.now())
    answer = change(client, ticket, "status", make_status(Category.OPEN).pk)
    assert answer.status_code == 422
    assert "closed for good" in answer.content.decode()


def test_without_htmx_one_comes_back_to_the_page_with_a_notice(client: Client, ben: User) -> None:
    ticket = make_ticket()
    answer = client.post(
        reverse("tickets:ticket_change", args=[ticket.pk, "priority"]), {"value": 4}, follow=True
    )
    assert answer.redirect_chain == [(reverse("tickets:ticket", args=[ticket.pk]), 302)]
    assert b"Priority: Urgent." in answer.content


def test_the_doors(client: Client, ben: User) -> None:
    ticket = make_ticket()
    assert change(client, ticket, "colour", 1).status_code == 404
    assert client.get(reverse("tickets:ticket_change", args=[ticket.pk, "status"])).status_code == 405
    reader = Client()
    reader.force_login(make_user("tickets.see"))
    own = Client()
    own.force_login(make_user("tickets.see", "tickets.edit:own"))
    for name in ("ticket_change", "ticket_no_reply", "ticket_undo"):
        more = {"ticket_change": ["priority"], "ticket_undo": [1]}.get(name, [])
        address = reverse(f"tickets:{name}", args=[ticket.pk, *more])
        assert reader.post(address, {"value": 4}).status_code == 403
        gone = reverse(f"tickets:{name}", args=[9999, *more])
        assert client.post(gone, {"value": 4}).status_code == 404
    other = make_ticket(team=make_team())
    assert change(own, other, "priority", 4).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ben)
    assert change(strict, ticket, "priority", 4).status_code == 403


def test_no_reply_needed_ends_the_waiting(client: Client, ben: User) -> None:
    ticket = make_ticket()
    answer = client.post(reverse("tickets:ticket_no_reply", args=[ticket.pk]), headers=HTMX)
    ticket.refresh_from_db()
    assert ticket.waiting_since is None
    assert told(answer)["toast"]["text"] == "No reply needed: nobody waits any more."
    again = client.post(reverse("tickets:ticket_no_reply", args=[ticket.pk]), headers=HTMX)
    assert "toast" not in told(again)


def test_what_changed_again_is_not_taken_back(client: Client, ben: User) -> None:
    ticket = make_ticket()
    first = told(change(client, ticket, "priority", 4))["toast"]["undo_url"]
    change(client, ticket, "priority", 1)
    answer = client.post(first, headers=HTMX)
    assert answer.status_code == 422
    assert "changed again since" in told(answer)["toast"]["text"]
    elsewhere = make_ticket()
    last = Event.objects.filter(kind="ticket.priority_changed").latest("pk")
    wrong = reverse("tickets:ticket_undo", args=[elsewhere.pk, last.pk])
    assert client.post(wrong, headers=HTMX).status_code == 404
    ticket.refresh_from_db()
    assert ticket.priority == 1
    assert (
        client.post(reverse("tickets:ticket_undo", args=[ticket.pk, 10**9]), headers=HTMX).status_code == 404
    )
