"""Operation, audit trail, health, navigation, home and the pages of refusal."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.timezone import now
from pytest_django.fixtures import Settings

from careline.core import directory
from careline.core import settings as choices
from careline.core.actions import operation, teams
from careline.core.models import Event, Heartbeat, Job, User
from careline.customers.actions import create_person
from careline.web.errors import views as errors
from tests.make import MONDAY_9, make_admin, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ida(client: Client) -> User:
    user = make_admin()
    client.force_login(user)
    return user


def test_the_operation_is_named(client: Client, ida: User) -> None:
    given = {"name": "Lumen Care", "language": "de", "time_zone": "Europe/Riga"}
    assert client.post(reverse("setup:operation"), given).status_code == 302
    assert choices.get("operation.name") == "Lumen Care"


def test_a_nameless_operation_is_422(client: Client, ida: User) -> None:
    given = {"name": "", "language": "de", "time_zone": "Europe/Riga"}
    answer = client.post(reverse("setup:operation"), given, headers=HTMX)
    assert answer.status_code == 422
    assert b"<html" not in answer.content


def test_the_brand_is_changed_and_its_word_checked(client: Client, ida: User) -> None:
    good = {"name": "Lumen", "token": "Lumen", "signature": "Your Lumen team"}
    assert client.post(reverse("setup:brand"), good).status_code == 302
    brand = directory.first_brand()
    assert brand
    assert brand.signature == "Your Lumen team"
    assert client.post(reverse("setup:brand"), good | {"token": "a b]"}).status_code == 422


def test_the_trail_shows_who_changed_what_from_what_to_what(client: Client, ida: User) -> None:
    operation.set_operation(name="Lumen", language="en", time_zone="UTC", actor=ida, now=MONDAY_9)
    body = client.get(reverse("setup:audit")).content.decode()
    assert "operation.name" in body
    assert "<del>Careline</del>" in body
    assert "Ida Holm" in body


def test_the_trail_is_filtered_by_kind_person_and_day(client: Client, ida: User) -> None:
    other = make_admin(name="Other")
    teams.create_team(name="Billing", actor=ida, now=MONDAY_9)
    teams.create_team(name="Returns", actor=other, now=MONDAY_9 + timedelta(days=2))

    def shown(**given: object) -> tuple[bool, bool]:
        body = client.get(reverse("setup:audit"), given, headers=HTMX).content.decode()
        assert "<html" not in body
        return "Billing" in body, "Returns" in body

    assert shown() == (True, True)
    assert shown(about="role") == (False, False)
    assert shown(about="team.created", who=ida.pk) == (True, False)
    assert shown(since="2026-01-06") == (False, True)
    assert shown(until="2026-01-05") == (True, False)
    assert shown(until="9999-12-31", since="nonsense") == (True, True)


def test_a_line_of_the_trail_leads_to_the_conversation_and_customer_it_is_about(
    client: Client, ida: User
) -> None:
    ticket = make_ticket()
    customer = create_person(name="Ada Lund", actor=ida, now=MONDAY_9)
    body = client.get(reverse("setup:audit")).content.decode()
    assert f'<a href="/tickets/{ticket.pk}/">#{ticket.pk}</a>' in body
    about = client.get(reverse("setup:audit"), {"about": "person"}).content.decode()
    assert f'<a href="/customers/{customer.pk}/">#{customer.pk}</a>' in about
    assert f"/tickets/{ticket.pk}/" not in about
    client.force_login(make_user("audit.see"))
    assert f"/tickets/{ticket.pk}/" not in client.get(reverse("setup:audit")).content.decode()


def test_the_trail_pages_without_gaps_or_repeats(client: Client, ida: User) -> None:
    for number in range(120):
        teams.create_team(name=f"Team-{number:03}", actor=ida, now=MONDAY_9)
    seen: list[str] = []
    url = reverse("setup:audit")
    while url:
        answer = client.get(url)
        seen += [row["event"].data["name"] for row in answer.context["rows"]]
        older = answer.context["older_url"]
        url = reverse("setup:audit") + older if older else ""
    assert seen == [f"Team-{number:03}" for number in reversed(range(120))]


def test_the_trail_pages_back_to_newer(client: Client, ida: User) -> None:
    for number in range(60):
        teams.create_team(name=f"Team-{number:03}", actor=ida, now=MONDAY_9)
    first = client.get(reverse("setup:audit"))
    second = client.get(reverse("setup:audit") + first.context["older_url"])
    back = client.get(reverse("setup:audit") + second.context["newer_url"])
    assert [row["event"].pk for row in back.context["rows"]] == [
        row["event"].pk for row in first.context["rows"]
    ]


def dead_job() -> Job:
    return Job.objects.create(
        task="careline.mail.send",
        state="dead",
        error="No route to host",
        run_at=now(),
        enqueued_at=now(),
        finished_at=now(),
    )


def test_health_shows_silent_parts_and_work_that_was_given_up(client: Client, ida: User) -> None:
    Heartbeat.objects.create(part="work", at=now() - timedelta(minutes=10))
    dead_job()
    body = client.get(reverse("setup:health")).content.decode()
    assert "Silent" in body
    assert "No route to host" in body
    assert "1 piece of work was given up" in body


def test_failed_work_is_tried_again_and_recorded(client: Client, ida: User) -> None:
    job = dead_job()
    client.post(reverse("setup:job_retry", args=[job.pk]))
    assert Job.objects.get().state == "ready"
    assert Event.objects.get(kind="job.retried").subject_id == job.pk
    client.post(reverse("setup:job_retry", args=[job.pk]))
    assert b"Somebody was faster" in client.get(reverse("setup:health")).content


def test_all_failed_work_is_tried_again_at_once(client: Client, ida: User) -> None:
    dead_job(), dead_job()
    client.post(reverse("setup:job_retry_all"))
    assert set(Job.objects.values_list("state", flat=True)) == {"ready"}


def test_who_may_only_look_at_health_cannot_act(client: Client, ida: User) -> None:
    job = dead_job()
    quinn = Client()
    quinn.force_login(make_user("health.see"))
    page = quinn.get(reverse("setup:health")).content.decode()
    assert reverse("setup:job_retry", args=[job.pk]) not in page
    assert quinn.post(reverse("setup:job_retry", args=[job.pk])).status_code == 403
    assert quinn.post(reverse("setup:job_discard", args=[job.pk])).status_code == 403


def test_navigation_shows_only_what_the_role_may_open(client: Client, ida: User) -> None:
    quinn = Client()
    quinn.force_login(make_user("health.see"))
    labels = [item["name"] for wing in quinn.get("/account/").context["nav"] for item in wing["items"]]
    assert labels == ["health"]
    assert "users" in [
        item["name"] for wing in client.get("/account/").context["nav"] for item in wing["items"]
    ]


def test_the_gallery_of_parts_is_shown_to_who_builds_careline(
    client: Client, ida: User, settings: Settings
) -> None:
    for development in (True, False):
        settings.DEVELOPMENT = development
        body = client.get(reverse("setup:health")).content.decode()
        assert (reverse("interface:interface") in body) is development


def test_home_without_any_page_is_ones_own_profile(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/").url == reverse("account:profile")  # type: ignore[attr-defined]


def test_pages_of_refusal_help(client: Client, ida: User) -> None:
    request = RequestFactory().get("/")
    broken = errors.broken(request)
    assert broken.status_code == 500
    assert b"Something broke on our side" in broken.content  # type: ignore[attr-defined]
    missing = client.get("/nowhere/")
    assert (missing.status_code, b"There is nothing here" in missing.content) == (404, True)


def test_an_old_form_says_what_to_do() -> None:
    make_user()
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(reverse("account_login"), {"login": "x@example.org", "password": "x"})
    assert answer.status_code == 403
    assert b"This form has grown old" in answer.content
