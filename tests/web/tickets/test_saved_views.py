"""Keeping a list as a view."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from careline.core.models import User
from careline.tickets import actions
from careline.tickets.models import View
from careline.web.tickets.saved import tidy
from tests.make import make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ben(client: Client) -> User:
    actions.make_default_views()
    user = make_user("tickets.see")
    client.force_login(user)
    return user


def save(client: Client, **given: Any) -> Any:
    return client.post(
        reverse("tickets:view_save"),
        {"name": "Lamps on fire", "list": "view=everything&priority=4", **given},
        headers=HTMX,
    )


def test_a_list_becomes_a_view_of_ones_own(client: Client, ben: User) -> None:
    answer = save(client)
    view = View.objects.get(owner=ben)
    assert view.condition == {"field": "priority", "op": "in", "value": [4]}
    assert answer["HX-Redirect"] == f"/inbox/?view={view.pk}"
    make_ticket("Now", priority=4)
    make_ticket("Later", priority=1)
    shown = client.get(answer["HX-Redirect"])
    assert [row.ticket.subject for row in shown.context["rows"]] == ["Now"]
    assert "Lamps on fire" in shown.content.decode()


def test_a_view_of_ones_own_is_nobody_elses(client: Client, ben: User) -> None:
    save(client)
    other = Client()
    other.force_login(make_user("tickets.see"))
    view = View.objects.get(owner=ben)
    assert "Lamps on fire" not in other.get("/inbox/").content.decode()
    for name in ("view_rename", "view_remove", "view_restore"):
        assert other.post(reverse(f"tickets:{name}", args=[view.pk]), {"name": "x"}).status_code == 404


def test_a_view_without_a_name_is_422(client: Client, ben: User) -> None:
    answer = save(client, name="")
    assert answer.status_code == 422
    assert b'id="save-view-form"' in answer.content
    assert b"<html" not in answer.content
    assert not View.objects.filter(owner=ben).exists()


def test_sharing_needs_its_permission(client: Client, ben: User) -> None:
    save(client, shared="on")
    assert View.objects.get(name="Lamps on fire").owner == ben
    cleo = Client()
    cleo.force_login(make_user("tickets.see", "views.share"))
    save(cleo, name="For all", shared="on")
    assert View.objects.get(name="For all").owner is None
    assert "For all" in client.get("/inbox/").content.decode()


def test_a_view_is_renamed_removed_and_brought_back(client: Client, ben: User) -> None:
    save(client)
    view = View.objects.get(owner=ben)
    refused = client.post(reverse("tickets:view_rename", args=[view.pk]), {"name": " "}, headers=HTMX)
    assert refused.status_code == 422
    assert b"at most eighty characters" in refused.content
    client.post(reverse("tickets:view_rename", args=[view.pk]), {"name": "Burning"}, headers=HTMX)
    view.refresh_from_db()
    assert view.name == "Burning"
    client.post(reverse("tickets:view_remove", args=[view.pk]), headers=HTMX)
    page = client.get("/inbox/").content.decode()
    undo = reverse("tickets:view_restore", args=[view.pk])
    assert f'data-undo="{undo}"' in page
    assert f"?view={view.pk}" not in page
    client.post(undo, headers=HTMX)
    assert f"?view={view.pk}" in client.get("/inbox/").content.decode()


def test_shared_views_are_changed_by_those_who_may(client: Client, ben: User) -> None:
    shared = View.objects.get(key="waiting")
    assert client.post(reverse("tickets:view_remove", args=[shared.pk])).status_code == 403


@pytest.mark.parametrize(
    ("condition", "plain"),
    [
        ({"all": [{}, {"all": []}]}, {}),
        ({"all": [{"field": "a"}]}, {"field": "a"}),
        (
            {"all": [{"all": [{"field": "a"}, {"field": "b"}]}, {"field": "c"}]},
            {"all": [{"field": n} for n in "abc"]},
        ),
        ({"any": [{}]}, {"any": [{}]}),
    ],
)
def test_a_condition_is_kept_without_needless_levels(condition: Any, plain: Any) -> None:
    assert tidy(condition) == plain


def test_a_view_whose_condition_makes_no_sense_holds_nothing(client: Client, ben: User) -> None:
    make_ticket("Lamp")
    view = View.objects.create(name="Broken", owner=ben, condition={"field": "gone", "op": "is", "value": 1})
    answer = client.get("/inbox/", {"view": view.pk})
    assert answer.status_code == 200
    assert answer.context["rows"] == []
