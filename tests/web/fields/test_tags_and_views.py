"""Setup, Fields, Tags and Shared views."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from careline.tickets import actions
from careline.tickets.models import Tag, TicketTag, View
from tests.make import MONDAY_9, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX: Any = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def ida(client: Client) -> Client:
    client.force_login(make_user("setup.fields", "views.share", "tickets.see", name="Ida"))
    return client


@pytest.fixture
def tags() -> dict[str, Tag]:
    for number in range(3):
        make_ticket(tags=["refund", "vip"][: 1 + (number == 0)])
    actions.add_tag(ticket=make_ticket(), name="refunds", actor=None, now=MONDAY_9)
    return {tag.name: tag for tag in Tag.objects.all()}


def test_tags_are_listed_by_use_and_lead_to_their_conversations(ida: Client, tags: dict[str, Tag]) -> None:
    page = ida.get("/setup/fields/tags/").content.decode()
    assert page.index(">refund<") < page.index(">refunds<")
    assert f"/inbox/?tag={tags['refund'].pk}" in page


def test_a_new_desk_has_no_tag(ida: Client) -> None:
    assert "No tag yet" in ida.get("/setup/fields/tags/").content.decode()


def test_a_tag_is_renamed_unless_another_one_is_called_that(ida: Client, tags: dict[str, Tag]) -> None:
    ida.post(f"/setup/fields/tags/{tags['vip'].pk}/", {"name": "Very important"})
    assert Tag.objects.filter(name="very important").exists()
    taken = ida.post(f"/setup/fields/tags/{tags['refunds'].pk}/", {"name": "refund"}, **HTMX)
    assert taken.status_code == 422
    assert "Merge the two below instead" in taken.content.decode()


def test_tags_are_merged(ida: Client, tags: dict[str, Tag]) -> None:
    url = f"/setup/fields/tags/{tags['refunds'].pk}/"
    assert "cannot be undone" in ida.get(url).content.decode()
    page = ida.post(f"{url}merge/", {"into": tags["refund"].pk}, follow=True).content.decode()
    assert "1 conversation carries refund now." in page
    assert TicketTag.objects.filter(tag=tags["refund"]).count() == 4
    wrong = ida.post(f"{url}merge/", {"into": tags["refunds"].pk}, **HTMX)
    assert wrong.status_code == 422


def test_a_tag_is_removed_and_brought_back_onto_what_carried_it(ida: Client, tags: dict[str, Tag]) -> None:
    page = ida.post(f"/setup/fields/tags/{tags['refund'].pk}/remove/", follow=True).content.decode()
    assert "refund is removed." in page
    ida.post(f"/setup/fields/tags/{tags['refund'].pk}/restore/")
    assert TicketTag.objects.filter(tag__active=True, tag=tags["refund"]).count() == 3


@pytest.fixture
def shipped() -> list[View]:
    actions.make_default_views()
    return list(View.objects.filter(owner=None))


def test_shared_views_are_listed_in_their_order(ida: Client, shipped: list[View]) -> None:
    make_ticket()
    page = ida.get("/setup/fields/views/").content.decode()
    places = [page.index(f"/setup/fields/views/{view.pk}/") for view in shipped]
    assert places == sorted(places)
    assert f"/inbox/?view={shipped[0].key}" in page


def test_a_shared_view_is_renamed_and_made_as_it_came(ida: Client, shipped: list[View]) -> None:
    url = f"/setup/fields/views/{shipped[0].pk}/"
    ida.post(url, {"name": "All mine"})
    assert View.objects.get(pk=shipped[0].pk).name == "All mine"
    ida.post(f"{url}reset/")
    assert View.objects.get(pk=shipped[0].pk).name == shipped[0].name
    assert ida.post(url, {"name": ""}, **HTMX).status_code == 422


def test_a_shared_view_moves(ida: Client, shipped: list[View]) -> None:
    ida.post(f"/setup/fields/views/{shipped[1].pk}/move/", {"way": "up"})
    assert [view.pk for view in View.objects.filter(owner=None)][:2] == [shipped[1].pk, shipped[0].pk]


def test_a_shared_view_is_removed_and_brought_back(ida: Client, shipped: list[View]) -> None:
    url = f"/setup/fields/views/{shipped[0].pk}/"
    page = ida.post(f"{url}remove/", follow=True).content.decode()
    assert "is removed." in page
    assert ida.get(url).status_code == 404
    ida.post(f"{url}restore/")
    assert View.objects.get(pk=shipped[0].pk).active


def test_a_view_of_ones_own_is_not_shared(ida: Client) -> None:
    ben = make_user("tickets.see", name="Ben")
    own = actions.save_view(name="Mine", condition={}, actor=ben, now=MONDAY_9)
    assert ida.get(f"/setup/fields/views/{own.pk}/").status_code == 404
    assert ida.post(f"/setup/fields/views/{own.pk}/remove/").status_code == 404
