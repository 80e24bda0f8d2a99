"""Setup, Fields, Contact reasons."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from careline.tickets.models import Reason
from tests.make import make_reason, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ida(client: Client) -> Client:
    client.force_login(make_user("setup.fields", "tickets.see", name="Ida"))
    return client


@pytest.fixture
def tree() -> dict[str, Reason]:
    delivery, money = make_reason("Delivery"), make_reason("Money", position=1)
    return {"delivery": delivery, "late": make_reason("Late", parent=delivery), "money": money}


def paths() -> list[str]:
    return list(Reason.objects.order_by("path").values_list("path", flat=True))


def test_the_tree_shows_how_often_each_is_named(ida: Client, tree: dict[str, Reason]) -> None:
    make_ticket(reason=tree["late"])
    make_ticket(reason=tree["delivery"])
    page = ida.get("/setup/fields/reasons/").content.decode()
    assert 'data-depth="1"' in page
    assert f"?reason={tree['late'].pk}" in page
    assert "+ 1 below" in page


def test_a_new_tree_teaches(ida: Client) -> None:
    assert "No contact reason yet" in ida.get("/setup/fields/reasons/").content.decode()


def test_a_reason_is_added_below_another(ida: Client, tree: dict[str, Reason]) -> None:
    ida.post("/setup/fields/reasons/", {"name": "Lost", "parent": tree["delivery"].pk})
    assert "Delivery / Lost" in paths()
    again = ida.post("/setup/fields/reasons/", {"name": "lost", "parent": tree["delivery"].pk}, **HTMX)
    assert again.status_code == 422
    assert "That branch holds a reason of this name" in again.content.decode()


def test_a_reason_is_renamed_with_all_below_it(ida: Client, tree: dict[str, Reason]) -> None:
    ida.post(f"/setup/fields/reasons/{tree['delivery'].pk}/", {"name": "Shipping"})
    assert paths() == ["Money", "Shipping", "Shipping / Late"]
    wrong = ida.post(f"/setup/fields/reasons/{tree['money'].pk}/", {"name": "Shipping"})
    assert wrong.status_code == 422


def test_a_reason_moves_in_the_tree_but_not_below_itself(ida: Client, tree: dict[str, Reason]) -> None:
    ida.post(f"/setup/fields/reasons/{tree['delivery'].pk}/place/", {"parent": tree["money"].pk})
    assert paths() == ["Money", "Money / Delivery", "Money / Delivery / Late"]
    circle = ida.post(f"/setup/fields/reasons/{tree['money'].pk}/place/", {"parent": tree["late"].pk}, **HTMX)
    assert circle.status_code == 422
    ida.post(f"/setup/fields/reasons/{tree['late'].pk}/place/", {"parent": ""})
    assert paths() == ["Late", "Money", "Money / Delivery"]


def test_a_reason_moves_up_and_down_in_its_branch(ida: Client, tree: dict[str, Reason]) -> None:
    ida.post(f"/setup/fields/reasons/{tree['money'].pk}/move/", {"way": "up"})
    top = Reason.objects.filter(parent=None).order_by("position")
    assert [one.name for one in top] == ["Money", "Delivery"]


def test_a_branch_is_archived_and_brought_back(ida: Client, tree: dict[str, Reason]) -> None:
    page = ida.post(f"/setup/fields/reasons/{tree['delivery'].pk}/archive/", follow=True).content.decode()
    assert "Delivery is archived." in page
    assert Reason.objects.filter(active=False).count() == 2
    ida.post(f"/setup/fields/reasons/{tree['delivery'].pk}/restore/")
    assert Reason.objects.filter(active=False).count() == 0


def test_the_pages_of_a_reason_show(ida: Client, tree: dict[str, Reason]) -> None:
    page = ida.get(f"/setup/fields/reasons/{tree['delivery'].pk}/").content.decode()
    assert "No conversation names it." in page
    assert "Delivery / Late" in page
    opened = ida.get(f"/setup/fields/reasons/?below={tree['delivery'].pk}").content.decode()
    assert '<dialog id="create" aria-labelledby="create-title" open>' in opened
