"""Setup, Fields, Statuses."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from careline.core.models import Event
from careline.tickets.models import Status
from tests.make import make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ida(client: Client) -> Client:
    make_status()
    client.force_login(make_user("setup.fields", "setup.see", "tickets.see", name="Ida"))
    return client


HTMX: Any = {"HTTP_HX_REQUEST": "true"}


def test_statuses_are_listed_by_what_they_mean(ida: Client) -> None:
    make_status("open", name="In the workshop")
    page = ida.get("/setup/fields/").content.decode()
    assert "In the workshop" in page
    assert page.index("In the workshop") < page.index("Waiting on customer")


def test_a_status_is_added_once(ida: Client) -> None:
    given = {"name": "In the workshop", "category": "hold"}
    assert ida.post("/setup/fields/", given, **HTMX).headers["HX-Redirect"] == "/setup/fields/"
    assert Status.objects.get(name="In the workshop").category == "hold"
    again = ida.post("/setup/fields/", given, **HTMX)
    assert again.status_code == 422
    assert "Another status is called that" in again.content.decode()
    assert "<html" not in again.content.decode()


def test_a_status_is_renamed(ida: Client) -> None:
    status = make_status("open", name="Workshop")
    ida.post(f"/setup/fields/statuses/{status.pk}/", {"name": "In the workshop"})
    status.refresh_from_db()
    assert status.name == "In the workshop"
    taken = ida.post(f"/setup/fields/statuses/{status.pk}/", {"name": "open"})
    assert taken.status_code == 422


def test_a_status_moves_among_its_kind(ida: Client) -> None:
    first, second = make_status("hold", name="A"), make_status("hold", name="B")
    Status.objects.filter(pk=first.pk).update(position=20)
    Status.objects.filter(pk=second.pk).update(position=21)
    ida.post(f"/setup/fields/statuses/{second.pk}/move/", {"way": "up"})
    names = list(Status.objects.filter(category="hold").values_list("name", flat=True))
    assert names == ["On hold", "B", "A"]
    ida.post(f"/setup/fields/statuses/{first.pk}/move/", {"way": "sideways"})
    assert list(Status.objects.filter(category="hold").values_list("name", flat=True)) == [
        "On hold",
        "B",
        "A",
    ]


def test_the_usual_status_of_a_kind_is_chosen(ida: Client) -> None:
    status = make_status("solved", name="Done well")
    ida.post(f"/setup/fields/statuses/{status.pk}/default/")
    assert list(Status.objects.filter(category="solved", default=True)) == [status]


def test_a_status_is_archived_and_brought_back(ida: Client) -> None:
    status = make_status("open", name="Workshop")
    page = ida.post(f"/setup/fields/statuses/{status.pk}/archive/", follow=True).content.decode()
    assert "Workshop is archived." in page
    assert f"/setup/fields/statuses/{status.pk}/restore/" in page
    ida.post(f"/setup/fields/statuses/{status.pk}/restore/")
    status.refresh_from_db()
    assert status.active
    assert Event.objects.filter(kind="status.changed").count() == 2


def test_a_status_in_use_and_the_usual_one_stay(ida: Client) -> None:
    used = make_status("open", name="Workshop")
    ticket = make_ticket()
    ticket.status = used
    ticket.save()
    page = ida.post(f"/setup/fields/statuses/{used.pk}/archive/", follow=True).content.decode()
    assert "Move them to another status first" in page
    usual = ida.post(f"/setup/fields/statuses/{make_status().pk}/archive/", follow=True).content.decode()
    assert "Make another one that first" in usual
    assert Status.objects.filter(active=False).count() == 0


@pytest.mark.parametrize("path", ["statuses/999/", "reasons/999/", "tags/999/"])
def test_what_is_not_there_is_not_found(ida: Client, path: str) -> None:
    assert ida.get(f"/setup/fields/{path}").status_code == 404


@pytest.mark.parametrize(
    "path", ["", "statuses/1/", "reasons/", "reasons/1/", "tags/", "tags/1/", "views/", "views/1/"]
)
def test_agents_do_not_change_fields(client: Client, path: str) -> None:
    client.force_login(make_user("tickets.see", name="Ben"))
    assert client.get(f"/setup/fields/{path}").status_code == 403
