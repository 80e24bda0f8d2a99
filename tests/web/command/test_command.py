"""The command bar: what is found, and for whom."""

from __future__ import annotations

import pytest
from django.test import Client

from careline.core.models import User
from tests.make import make_person, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben(client: Client) -> User:
    user = make_user("tickets.see", "tickets.create", "customers.see")
    client.force_login(user)
    return user


def find(client: Client, words: str) -> str:
    answer = client.get("/command/", {"q": words}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_conversation_is_found_by_number_words_and_customer(client: Client, ben: User) -> None:
    ticket = make_ticket("Broken reading lamp", customer=make_person("Ada Lund"))
    for words in (f"#{ticket.pk}", str(ticket.pk), "lamp reading", "ada"):
        assert f'href="/tickets/{ticket.pk}/"' in find(client, words)
    assert "/tickets/" not in find(client, "unicorn").replace("/tickets/new", "")
    assert "<html" not in find(client, "lamp")


def test_a_customer_is_found_and_can_be_written_to(client: Client, ben: User) -> None:
    ada = make_person("Ada Lund", "ada@example.org")
    found = find(client, "ada@example.org")
    assert f'href="/customers/{ada.pk}/"' in found
    assert "Write to Ada Lund" in found
    assert f"/tickets/new/?customer={ada.pk}" in found


def test_words_lead_on_to_the_whole_list(client: Client, ben: User) -> None:
    assert "/inbox/?view=everything&amp;q=red%20%26%20blue" in find(client, "red & blue")


def test_only_what_one_may_see_is_found(client: Client) -> None:
    user = make_user("tickets.see:own")
    client.force_login(user)
    make_ticket("Lamp of others", team=make_team(), customer=make_person("Ada Lund"))
    mine = make_ticket("Lamp of mine", assignee=user)
    found = find(client, "lamp")
    assert f"/tickets/{mine.pk}/" in found
    assert "Lamp of others" not in found
    assert "Write to" not in find(client, "ada@example.org")
    stranger = Client()
    stranger.force_login(make_user())
    assert find(stranger, "lamp").strip() == ""


@pytest.mark.parametrize("words", ["", " ", "#", "<script>", "%", "é" * 300, "\x00"])
def test_odd_words_find_nothing_and_break_nothing(client: Client, ben: User, words: str) -> None:
    make_ticket("Lamp")
    assert "<script>" not in find(client, words)


def test_it_is_for_those_who_sign_in() -> None:
    assert Client().get("/command/", {"q": "lamp"}).status_code == 302
    signed_in = Client()
    signed_in.force_login(make_user())
    assert signed_in.post("/command/").status_code == 405
