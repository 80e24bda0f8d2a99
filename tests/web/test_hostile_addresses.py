"""Addresses and words that no page of ours would ever send: none of them may break a page."""

from __future__ import annotations

import json

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from careline.core.conditions import BadCondition, check
from careline.core.models import Event
from careline.tickets import actions
from careline.tickets.fields import FIELDS
from careline.tickets.models import Ticket
from tests.make import make_admin, make_person, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db
HUGE = "9" * 30
EARLY, LATE = "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_admin())
    return client


@pytest.mark.parametrize(
    ("name", "query"),
    [
        *[("setup:users", {key: HUGE}) for key in ("role", "team", "after")],
        *[("setup:audit", {key: HUGE}) for key in ("who", "older", "newer")],
        *[("customers:list", {key: HUGE}) for key in ("organisation", "after", "before")],
        *[("tickets:inbox", {key: f"{EARLY}~1"}) for key in ("after", "before")],
        ("tickets:inbox", {"after": f"{LATE}~1"}),
        *[("tickets:inbox", {"figure": "arrivals", "hour": hour}) for hour in ("0001-01-01T00:00Z",)],
        ("tickets:inbox", {"figure": "arrivals", "hour": "9999-12-31T23:00Z"}),
    ],
)
def test_a_number_or_time_beyond_all_bounds_is_as_if_it_were_not_there(
    name: str, query: dict[str, str], client: Client
) -> None:
    assert client.get(reverse(name), query).status_code == 200


@pytest.mark.parametrize("mark", [f"{EARLY}~1", f"{LATE}~1"])
def test_a_place_before_all_time_is_none(mark: str, client: Client) -> None:
    person = make_person()
    assert client.get(f"/today/figures/first_reply/?after={mark.replace('+', '%2B')}").status_code == 404
    page = reverse("customers:person", args=[person.pk])
    assert client.get(page, {"before": mark.replace("~", "~t")}).status_code == 200


@pytest.mark.parametrize(
    "test",
    [
        {"field": "subject", "op": "contains", "value": "half \ud800"},
        {"field": "subject", "op": "contains", "value": "zero \x00"},
        {"field": "changed_at", "op": "older_than_s", "value": 1e300},
        {"field": "changed_at", "op": "after", "value": EARLY},
        {"field": "tag", "op": "has", "value": "no number"},
        {"field": "assignee", "op": "is", "value": "no number"},
    ],
)
def test_a_condition_that_no_database_can_answer_filters_nothing(test: object, client: Client) -> None:
    make_ticket("A lamp")
    query = {"view": "everything", "where": json.dumps(test)}
    assert client.get("/inbox/", query).status_code == 200
    kept = client.post("/inbox/views/save/", {"name": "Mine", "list": f"where={json.dumps(test)}"})
    assert kept.status_code < 500
    assert client.get(reverse("setup:audit")).status_code == 200


def test_half_a_character_is_no_condition() -> None:
    with pytest.raises(BadCondition):
        check({"field": "subject", "op": "is", "value": "\udfff"}, FIELDS)


def test_the_character_zero_is_left_out_of_subjects_and_tags(client: Client) -> None:
    ticket = make_ticket("A lamp")
    for what, value in (("subject", "Two\x00lamps"), ("tags", "bro\x00ken")):
        client.post(reverse("tickets:ticket_change", args=[ticket.pk, what]), {"value": value})
    client.post("/inbox/change/", {"ticket": str(ticket.pk), "do": "edit", "add": "glass\x00"})
    found = Ticket.objects.get()
    assert found.subject == "Two lamps"
    assert sorted(found.tags.values_list("name", flat=True)) == ["bro ken", "glass"]


def test_restoring_a_mail_that_is_not_there_says_so(client: Client) -> None:
    answer = client.post(reverse("channels:mail_restore", args=[999]))
    assert answer.status_code == 302


def test_the_link_to_a_new_password_never_leads_to_the_host_that_the_asker_names() -> None:
    user = make_user("tickets.see", email="ida@lumen.example")
    user.set_password("a long enough word")
    user.save()
    Client(headers={"Host": "evil.example"}).post("/accounts/password/reset/", {"email": user.email})
    assert len(mail.outbox) == 1
    assert "/accounts/password/reset/key/" in mail.outbox[0].body
    assert "evil.example" not in mail.outbox[0].body


def test_what_came_over_a_list_is_news_to_whoever_answers_as_any_message_is() -> None:
    """A list's mail is a customer's: it waits for an answer, so an answer that has not seen it is held."""
    from careline.tickets.said import NewMessage
    from tests.make import MONDAY_9

    make_status()
    ticket = make_ticket("A lamp")
    seen = ticket.version
    actions.receive_message(ticket=ticket, message=NewMessage("More", automatic="list"), now=MONDAY_9)
    with pytest.raises(actions.SomethingNewer):
        actions.reply(
            ticket=ticket, message=NewMessage("Hello"), version=seen, actor=make_admin(), now=MONDAY_9
        )


def test_the_log_says_who_saved_conversations_as_a_file(client: Client) -> None:
    client.get("/inbox/export/?view=everything")
    client.get("/inbox/export/?view=everything&q=lamp")
    told = Event.objects.filter(kind="tickets.exported").order_by("pk")
    assert [event.data["narrowed"] for event in told] == [False, True]
    assert all(event.actor is not None for event in told)
