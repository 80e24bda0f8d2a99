"""One's own page."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from careline.core.models import Event, User
from tests.make import make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
GIVEN = {"name": "Ben O.", "language": "de", "time_zone": "Europe/Riga", "theme": "dark", "signature": "Ben"}


@pytest.fixture
def ben(client: Client) -> User:
    user = make_user("tickets.see")
    client.force_login(user)
    return user


def test_saving_changes_the_person_and_the_first_paint(client: Client, ben: User) -> None:
    answer = client.post(reverse("account:profile"), GIVEN)
    assert answer.status_code == 302
    ben.refresh_from_db()
    assert (ben.name, ben.language, ben.time_zone, ben.theme) == ("Ben O.", "de", "Europe/Riga", "dark")
    assert answer.cookies["theme"].value == "dark"


def test_htmx_is_sent_to_the_fresh_page(client: Client, ben: User) -> None:
    answer = client.post(reverse("account:profile"), GIVEN, headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("account:profile"))


def test_a_nameless_person_is_422_and_keeps_what_was_typed(client: Client, ben: User) -> None:
    answer = client.post(
        reverse("account:profile"), GIVEN | {"name": "", "signature": "keep me"}, headers=HTMX
    )
    assert answer.status_code == 422
    assert b"keep me" in answer.content
    assert b"<html" not in answer.content


def test_an_invented_time_zone_is_refused(client: Client, ben: User) -> None:
    answer = client.post(reverse("account:profile"), GIVEN | {"time_zone": "Moon/Base"})
    assert answer.status_code == 422


def test_going_away_and_coming_back(client: Client, ben: User) -> None:
    for wanted in ("away", "online"):
        client.post(reverse("account:availability"))
        ben.refresh_from_db()
        assert ben.availability == wanted
    assert Event.objects.filter(kind="user.changed").count() == 2


def test_strangers_are_asked_to_sign_in(client: Client) -> None:
    make_user()
    answer = client.get(reverse("account:profile"))
    assert answer.url.startswith(reverse("account_login"))  # type: ignore[attr-defined]


def test_profile_query_budget(client: Client, ben: User, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    client.get(reverse("account:profile"))
    with django_assert_max_num_queries(9):
        assert client.get(reverse("account:profile")).status_code == 200
