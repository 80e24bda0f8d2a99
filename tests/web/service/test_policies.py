"""Service level policies on screen."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from careline.core.models import Event, Job, User
from careline.sla import queries
from careline.sla.models import Policy
from tests.make import make_calendar, make_policy, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mara(client: Client) -> User:
    user = make_user("setup.service")
    client.force_login(user)
    return user


def filled(**over: Any) -> dict[str, Any]:
    """What the form sends for a promise of a first reply in 4 h."""
    calendar = queries.default_calendar() or make_calendar()
    return {
        "name": "Everybody",
        "calendar": calendar.pk,
        "warn": "share",
        "warn_percent": "75",
        "reopen_window_s": "7 d",
        "scope": "new",
        "t-first_reply-2": "4 h",
        **over,
    }


@pytest.mark.parametrize("name", ["service", "policy_new", "hours", "calendar_new"])
def test_the_pages_open_for_those_who_may_change_service_levels_only(
    name: str, client: Client, mara: User
) -> None:
    assert client.get(reverse(f"service:{name}")).status_code == 200
    ben = Client()
    ben.force_login(make_user("tickets.see"))
    assert ben.get(reverse(f"service:{name}")).status_code == 403


@pytest.mark.parametrize(
    "name", ["policy", "policy_move", "policy_archive", "policy_restore", "calendar", "calendar_remove"]
)
def test_what_is_not_there_is_404(name: str, client: Client, mara: User) -> None:
    assert client.post(reverse(f"service:{name}", args=[9999])).status_code == 404


def test_without_a_policy_the_page_says_what_one_would_do(client: Client, mara: User) -> None:
    assert "Nothing is promised yet" in client.get(reverse("service:service")).content.decode()


def test_the_list_says_whom_each_policy_covers_and_what_it_promises(client: Client, mara: User) -> None:
    make_policy("Everybody", targets={"first_reply": {"1": 8 * 3600, "4": 3600}})
    make_policy("Urgent", condition={"field": "priority", "op": "at_least", "value": 4})
    body = client.get(reverse("service:service")).content.decode()
    assert "Priority is at least Urgent" in body
    assert "1 h – 8 h" in body
    assert body.index("Priority is at least Urgent") < body.index("Everybody")


def test_a_policy_behind_one_that_covers_everybody_is_marked(client: Client, mara: User) -> None:
    make_policy("First")
    make_policy("Second")
    assert "Never reached" in client.get(reverse("service:service")).content.decode()


def test_a_new_policy_is_made_from_lengths_as_people_write_them(client: Client, mara: User) -> None:
    make_calendar()  # eight hours a day
    sent = filled(
        **{"t-first_reply-4": "30 min", "t-resolution-2": "2 d", "p-resolution": ["waiting", "hold"]}
    )
    answer = client.post(reverse("service:policy_new"), sent, headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("service:service"))
    policy = Policy.objects.get()
    assert policy.targets == {"first_reply": {"2": 14_400, "4": 1_800}, "resolution": {"2": 57_600}}
    assert policy.pauses == {"resolution": ["hold", "waiting"]}
    event = Event.objects.get(kind="policy.changed")
    assert (event.actor, event.data["old"], event.data["new"]["name"]) == (mara, None, "Everybody")


def test_a_policy_comes_back_into_its_form_as_it_was_saved(client: Client, mara: User) -> None:
    client.post(reverse("service:policy_new"), filled(**{"t-resolution-2": "2 d"}))
    body = client.get(reverse("service:policy", args=[Policy.objects.get().pk])).content.decode()
    assert 'name="t-resolution-2" value="2 d"' in body
    assert 'name="t-first_reply-2" value="4 h"' in body


@pytest.mark.parametrize(
    ("over", "sentence"),
    [
        ({"t-first_reply-2": ""}, "Promise at least one time"),
        ({"t-first_reply-2": "soon"}, "Write a length such as"),
        ({"t-first_reply-2": "3 lightyears"}, "is no unit of time"),
        ({"warn": "before"}, "Say how long before"),
        (
            {"condition-mode": "any", "condition-0-mode": "all", "condition-0-0-field": ""},
            "Choose what to look at",
        ),
    ],
)
def test_what_cannot_be_promised_is_refused_with_a_remedy(
    over: dict[str, str], sentence: str, client: Client, mara: User
) -> None:
    answer = client.post(reverse("service:policy_new"), filled(**over), headers=HTMX)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert not Policy.objects.exists()


def test_two_policies_are_not_called_the_same(client: Client, mara: User) -> None:
    make_policy("Everybody")
    answer = client.post(reverse("service:policy_new"), filled())
    assert answer.status_code == 422
    assert "Another policy is called that" in answer.content.decode()


def test_open_conversations_change_in_the_background_if_that_is_chosen(client: Client, mara: User) -> None:
    make_ticket()
    client.post(reverse("service:policy_new"), filled(scope="open"))
    assert Job.objects.get().task.endswith("apply_to_open")
    assert "Changing open conversations" in client.get(reverse("service:service")).content.decode()


def test_a_condition_is_built_line_by_line(client: Client, mara: User) -> None:
    team = make_team(name="Billing")
    url = reverse("service:policy_condition")
    body = client.post(url, {"condition-do": "group"}, headers=HTMX).content.decode()
    assert 'name="condition-0-0-field"' in body
    line = {"condition-0-mode": "all", "condition-0-0-field": "team", "condition-0-0-was": ""}
    body = client.post(url, line, headers=HTMX).content.decode()
    assert f'<option value="{team.pk}">Billing</option>' in body
    assert "my teams" not in body
    body = client.post(url, {**line, "condition-do": "remove:0:0"}, headers=HTMX).content.decode()
    assert "Everybody is covered" in body


def test_the_builder_says_how_many_conversations_a_condition_covers(client: Client, mara: User) -> None:
    team = make_team(name="Billing")
    from django.utils import timezone

    for inside in (team, team, None):
        make_ticket(team=inside, now=timezone.now())
    sent = {
        "condition-0-mode": "all",
        "condition-0-0-field": "team",
        "condition-0-0-was": "team",
        "condition-0-0-op": "is",
        "condition-0-0-value": team.pk,
    }
    url = reverse("service:policy_condition")
    body = client.post(f"{url}?part=count", sent, headers=HTMX).content.decode()
    assert "Matches 2 conversations of the last 30 days" in body


def test_without_scripts_the_builders_buttons_keep_what_was_typed(client: Client, mara: User) -> None:
    sent = filled(name="Half", **{"condition-do": "group"})
    body = client.post(reverse("service:policy_new"), sent).content.decode()
    assert 'value="Half"' in body
    assert 'name="condition-0-0-field"' in body
    assert not Policy.objects.exists()


def test_the_effect_on_open_conversations_is_shown_before_saving(client: Client, mara: User) -> None:
    policy = make_policy("Everybody", targets={"first_reply": 3_600})
    make_ticket()
    sent = filled(policy=policy.pk, **{"t-first_reply-2": "30 min"})
    body = client.post(reverse("service:policy_effect"), sent, headers=HTMX).content.decode()
    assert "1 of 1 would be promised something else" in body


def test_moving_up_can_be_undone(client: Client, mara: User) -> None:
    first, second = make_policy("First"), make_policy("Second")
    answer = client.post(reverse("service:policy_move", args=[second.pk]), {"place": 0}, follow=True)
    assert [policy.name for policy in queries.policies()] == ["Second", "First"]
    assert "Second is now number 1" in answer.content.decode()
    client.post(f"{reverse('service:policy_move', args=[second.pk])}?place=1")
    assert [policy.name for policy in queries.policies()] == ["First", "Second"]
    assert first.name == "First"


def test_archiving_can_be_undone(client: Client, mara: User) -> None:
    policy = make_policy("Everybody")
    client.post(reverse("service:policy_archive", args=[policy.pk]))
    assert queries.policies() == []
    client.post(reverse("service:policy_restore", args=[policy.pk]))
    assert queries.policies() == [policy]


def test_the_list_costs_the_same_for_many_policies(client: Client, mara: User) -> None:
    condition = {"field": "team", "op": "is", "value": make_team().pk}
    client.get(reverse("service:service"))  # the first page of a session also notes who is here
    costs = []
    for _ in range(2):
        for _number in range(3):
            make_policy(condition=condition)
        with CaptureQueriesContext(connection) as made:
            client.get(reverse("service:service"))
        costs.append(len(made))
    assert costs == [8, 8]


def test_applying_everything_to_open_conversations_says_first_what_it_would_do(
    client: Client, mara: User
) -> None:
    make_policy()
    make_ticket()
    body = client.get(reverse("service:apply")).content.decode()
    assert "Of 1 open conversation none would be promised anything else" in body
    client.post(reverse("service:apply"))
    assert Job.objects.get().task.endswith("apply_to_open")
