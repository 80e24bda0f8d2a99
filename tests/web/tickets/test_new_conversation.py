"""Beginning a conversation."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from careline.core.models import User
from careline.customers.models import Person
from careline.tickets import actions
from careline.tickets.models import Ticket
from tests.make import make_person, make_team, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
URL = "/tickets/new/"


@pytest.fixture
def ben(client: Client) -> User:
    actions.make_default_statuses()
    user = make_user("tickets.see", "tickets.create", "tickets.reply", "customers.see")
    client.force_login(user)
    return user


def send(client: Client, **given: Any) -> Any:
    data = {
        "address": "Ada@Example.org",
        "name": "Ada Lund",
        "subject": "Your lamp",
        "text": "It is ready.",
        "priority": 3,
        **given,
    }
    return client.post(URL, data, headers=HTMX)


def test_a_first_mail_begins_a_conversation_with_a_new_customer(client: Client, ben: User) -> None:
    team = make_team(ben)
    answer = send(client, team=team.pk, assignee=ben.pk)
    ticket = Ticket.objects.get()
    assert answer["HX-Redirect"] == reverse("tickets:ticket", args=[ticket.pk])
    assert (ticket.subject, ticket.customer.name, ticket.team, ticket.assignee) == (
        "Your lamp",
        "Ada Lund",
        team,
        ben,
    )
    assert (ticket.priority, ticket.opened_by_customer) == (3, False)
    message = ticket.messages.get()
    assert (message.kind, message.text, message.address) == ("out", "It is ready.", "ada@example.org")


def test_who_is_known_is_not_made_twice(client: Client, ben: User) -> None:
    ada = make_person("Ada Lund", "ada@example.org")
    send(client, name="Somebody else")
    assert Ticket.objects.get().customer == ada
    assert Person.objects.get().name == "Ada Lund"


def test_a_customer_is_named_in_the_address(client: Client, ben: User) -> None:
    ada = make_person("Ada Lund", "ada@example.org")
    page = client.get(URL, {"customer": ada.pk}).content.decode()
    assert 'value="ada@example.org"' in page
    assert 'value="Ada Lund"' in page
    assert client.get(URL, {"customer": "9999"}).status_code == 200


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"address": "ada"}, "Enter a valid email address."),
        ({"subject": ""}, "This field is required."),
        ({"text": " \n "}, "Write something"),
        ({"priority": 7}, "7 is not one of the available choices"),
    ],
)
def test_what_is_missing_is_said_beside_it(
    client: Client, ben: User, given: dict[str, Any], words: str
) -> None:
    answer = send(client, **given)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert 'id="new-form"' in page
    assert "<html" not in page
    assert not Ticket.objects.exists()
    assert not Person.objects.exists()


def test_known_people_are_offered_while_one_types(client: Client, ben: User) -> None:
    make_person("Ada Lund", "ada@example.org")
    address = reverse("tickets:new_people")
    assert (
        '<option value="ada@example.org">Ada Lund'
        in client.get(address, {"address": "lund"}).content.decode()
    )
    assert "<option" not in client.get(address, {"address": "l"}).content.decode()
    blind = Client()
    blind.force_login(make_user("tickets.create"))
    assert blind.get(address, {"address": "lund"}).status_code == 403


def test_the_doors(client: Client, ben: User) -> None:
    reader = Client()
    reader.force_login(make_user("tickets.see"))
    assert reader.get(URL).status_code == 403
    assert send(reader).status_code == 403
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ben)
    assert send(strict).status_code == 403
    assert client.post(URL, {}).status_code == 422
    assert Client().get(URL).status_code == 302
