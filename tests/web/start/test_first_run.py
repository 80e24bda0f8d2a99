"""The first pages: the demo or one's own desk, and the way in for people who are invited."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from careline.core import directory, progress
from careline.core import settings as choices
from careline.core.actions import operation, users
from careline.core.models import Event, Job, User
from careline.tickets import queries as tickets
from careline.tickets.actions import make_default_statuses
from tests.make import MONDAY_9, make_admin, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "walnut carriage seven"
HTMX = {"HX-Request": "true"}
IDA = {"name": "Ida Holm", "email": "Ida@example.org", "password": PASSWORD, "zone": "Europe/Riga"}


@pytest.fixture(autouse=True)
def _var_of_its_own(settings, tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    settings.VAR = tmp_path


def build_nothing() -> None:
    """Stands where the demo would be built."""


@pytest.mark.parametrize("address", ["/", "/account/", "/setup/users/", "/accounts/login/", "/nowhere/"])
def test_every_address_leads_to_the_first_page_while_nobody_signs_in(client: Client, address: str) -> None:
    assert client.get(address).url == reverse("start:start")  # type: ignore[attr-defined]


def test_the_first_page_offers_two_ways(client: Client) -> None:
    body = client.get(reverse("start:start")).content.decode()
    assert "Explore the demo operation" in body
    assert "Set up my desk" in body


def begin(client: Client):  # type: ignore[no-untyped-def]
    return client.post(reverse("start:administrator"), IDA)


def test_the_first_administrator_is_signed_in_and_goes_on(client: Client) -> None:
    assert begin(client).url == reverse("start:step", args=["brand"])
    ida = User.objects.get()
    assert (ida.email, directory.role_keys(ida)) == ("ida@example.org", {"admin"})
    assert client.session["_auth_user_id"] == str(ida.pk)
    assert choices.get("operation.time_zone") == "Europe/Riga"


def test_a_weak_password_is_422_with_reasons_and_keeps_the_rest(client: Client) -> None:
    answer = client.post(reverse("start:administrator"), IDA | {"password": "short"}, headers=HTMX)
    assert answer.status_code == 422
    assert b"Ida Holm" in answer.content
    assert b"too short" in answer.content
    assert not User.objects.exists()


def test_two_people_racing_make_one_operation(client: Client) -> None:
    make_nobody_see = Client()
    make_nobody_see.get(reverse("start:administrator"))
    begin(client)
    late = make_nobody_see.post(reverse("start:administrator"), IDA | {"email": "eve@example.org"})
    assert late.status_code == 404
    assert User.objects.count() == 1


def test_an_invented_zone_from_the_browser_counts_as_none(client: Client) -> None:
    client.post(reverse("start:administrator"), IDA | {"zone": "Moon/Base"})
    assert choices.get("operation.time_zone") == "UTC"


def step(client: Client, name: str, data: dict[str, str], **options):  # type: ignore[no-untyped-def]
    return client.post(reverse("start:step", args=[name]), data, **options)


def test_the_name_becomes_operation_and_brand_and_the_way_goes_on(client: Client) -> None:
    begin(client)
    answer = step(client, "brand", {"name": "Lumen Lamps", "language": "en", "time_zone": "Europe/Riga"})
    assert answer.url == reverse("start:step", args=["hours"])
    brand = directory.first_brand()
    assert brand
    assert (brand.name, brand.token) == ("Lumen Lamps", "Lumen")
    assert choices.get("operation.name") == "Lumen Lamps"


def test_leaving_everything_for_later_ends_on_a_ready_desk(client: Client) -> None:
    begin(client)
    for name in ("hours", "mailbox", "team"):
        answer = step(client, name, {"skip": "1"})
    assert answer.url == reverse("home:home")
    assert choices.get("operation.ready") is True


def test_an_unfinished_set_up_is_taken_up_where_it_was_left(client: Client) -> None:
    begin(client)
    step(client, "hours", {"skip": "1"})
    assert client.get("/").url == reverse("start:step", args=["mailbox"])  # type: ignore[attr-defined]


def test_one_can_go_back_and_finds_what_was_kept(client: Client) -> None:
    begin(client)
    step(client, "brand", {"name": "Lumen Lamps", "language": "en", "time_zone": "Europe/Riga"})
    assert b"Lumen Lamps" in client.get(reverse("start:step", args=["brand"])).content


def test_statuses_are_called_by_the_language_of_the_operation(client: Client) -> None:
    make_default_statuses()
    begin(client)
    step(client, "brand", {"name": "Lumen", "language": "de", "time_zone": "Europe/Berlin"})
    names = [status.name for status in tickets.statuses()]
    assert names == ["Neu", "Offen", "Wartet auf Kunden", "Zurückgestellt", "Gelöst", "Geschlossen"]
    step(client, "brand", {"name": "Lumen", "language": "en", "time_zone": "Europe/Berlin"})
    assert tickets.default_status("waiting").name == "Waiting on customer"


@pytest.mark.parametrize(
    ("roles", "page"),
    [(["agent"], "/inbox/"), (["lead"], "/today/"), (["auditor"], "/today/"), (["qa"], "/today/")],
)
def test_everybody_begins_where_their_work_is(client: Client, roles: list[str], page: str) -> None:
    make_admin()  # with the roles that come with Careline
    ben = make_user(name="Ben Okafor")
    ben.roles.set([directory.role_id(key) for key in roles])
    client.force_login(ben)
    assert client.get(reverse("home:home")).url == page  # type: ignore[attr-defined]


def test_the_first_pages_are_closed_after_the_set_up(client: Client) -> None:
    begin(client)
    step(client, "team", {"skip": "1"})
    for address in (
        reverse("start:start"),
        reverse("start:administrator"),
        reverse("start:step", args=["brand"]),
    ):
        assert client.get(address).status_code == 404
        assert Client().get(address).status_code in {302, 404}
    assert Client().get(reverse("start:start")).status_code == 404


def test_only_an_administrator_sets_up(client: Client) -> None:
    begin(client)
    ben = Client()
    ben.force_login(make_user("tickets.see"))
    assert ben.get(reverse("start:step", args=["brand"])).status_code == 403


@pytest.mark.parametrize(
    "typed", ["9 to five", "17:00-09:00", "09:00-25:00", "09:00-13:00, 12:00-17:00", "9:75-10"]
)
def test_hours_that_cannot_be_are_422_and_kept_as_typed(client: Client, typed: str) -> None:
    begin(client)
    answer = step(client, "hours", {"mon": typed, "country": ""}, headers=HTMX)
    assert answer.status_code == 422
    assert typed in answer.content.decode()


def test_a_week_that_never_opens_is_refused(client: Client) -> None:
    begin(client)
    assert "Open on at least one day" in step(client, "hours", {"country": ""}).content.decode()


def test_mondays_hours_are_copied_to_the_weekdays_without_keeping_them(client: Client) -> None:
    begin(client)
    body = step(client, "hours", {"mon": "8-12, 13-16", "copy": "1"}, headers=HTMX).content.decode()
    assert body.count('value="8-12, 13-16"') == 5


def test_the_team_is_invited_in_rounds(client: Client, mailoutbox: list[object]) -> None:
    begin(client)
    agent = str(directory.role_id("agent"))
    answer = step(client, "team", {"emails": "ben@example.org, cleo@example.org", "role": agent, "more": "1"})
    assert answer.url == reverse("start:step", args=["team"])
    assert b"ben@example.org" in client.get(answer.url).content
    assert len(mailoutbox) == 2
    assert step(client, "team", {"emails": "", "role": agent}).url == reverse("home:home")


def test_a_wrong_address_is_named(client: Client) -> None:
    begin(client)
    answer = step(
        client, "team", {"emails": "ben@example.org, cleo", "role": str(directory.role_id("agent"))}
    )
    assert answer.status_code == 422
    assert "“cleo” is not a mail address" in answer.content.decode()


def test_an_incomplete_mailbox_is_422(client: Client) -> None:
    begin(client)
    answer = step(client, "mailbox", {"address": "help@example.org", "kind": "imap"}, headers=HTMX)
    assert answer.status_code == 422
    assert b"Needed to fetch mail by IMAP" in answer.content


# The demo operation


def choose_demo(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    settings.CARELINE_DEMO_TASK = "tests.web.start.test_first_run.build_nothing"
    client.post(reverse("start:demo"))


def test_choosing_the_demo_puts_its_building_into_the_queue_once(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    choose_demo(client, settings)
    choose_demo(client, settings)
    assert Job.objects.get().task == "tests.web.start.test_first_run.build_nothing"
    assert client.get(reverse("start:start")).url == reverse("start:progress")  # type: ignore[attr-defined]


def test_progress_is_shown_while_the_demo_is_built(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    choose_demo(client, settings)
    progress.tell("demo", share=0.42, text="Customers write", left_s=20)
    body = client.get(reverse("start:progress"), headers=HTMX).content.decode()
    assert "42 %" in body
    assert "Customers write" in body
    assert "<html" not in body


def test_a_demo_that_failed_lets_one_choose_again(client: Client, settings) -> None:  # type: ignore[no-untyped-def]
    choose_demo(client, settings)
    Job.objects.update(state="dead")
    assert b"Choose again" in client.get(reverse("start:progress")).content
    client.post(reverse("start:again"))
    assert client.get(reverse("start:start")).status_code == 200
    assert begin(client).status_code == 302


@pytest.fixture
def mara() -> User:
    mara, ben = make_admin(name="Mara Vale"), make_user("tickets.see", name="Ben Okafor")
    operation.mark_demo_ready(persona_ids=[mara.pk, ben.pk], now=MONDAY_9)
    return mara


def test_a_ready_demo_lets_one_in_as_the_manager(client: Client, mara: User) -> None:
    assert b"Come in" in client.get(reverse("start:progress")).content
    client.post(reverse("start:enter"))
    assert client.session["_auth_user_id"] == str(mara.pk)


def test_every_page_of_a_demo_says_so_and_offers_somebody_else(client: Client, mara: User) -> None:
    client.force_login(mara)
    body = client.get(reverse("account:profile")).content.decode()
    assert "This is the demo operation" in body
    assert reverse("start:people") in body
    assert reverse("start:over") in body
    ben = User.objects.get(name="Ben Okafor")
    client.post(reverse("start:enter"), {"person": ben.pk})
    assert client.session["_auth_user_id"] == str(ben.pk)
    for page in ("account:profile", "start:people"):  # it would be refused to him
        assert reverse("start:over") not in client.get(reverse(page)).content.decode()


def test_nobody_enters_a_real_operation_without_a_password(client: Client) -> None:
    ida = make_admin()
    for data in ({}, {"person": ida.pk}):
        assert client.post(reverse("start:enter"), data).status_code == 404
    assert client.get(reverse("start:people")).status_code == 404


def test_only_the_named_people_can_be_entered_as(client: Client, mara: User) -> None:
    other = make_admin(name="Not a persona")
    assert client.post(reverse("start:enter"), {"person": other.pk}).status_code == 404


def test_a_real_operation_cannot_be_thrown_away(client: Client) -> None:
    client.force_login(make_admin())
    assert client.get(reverse("start:over")).status_code == 404
    assert client.post(reverse("start:over")).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_beginning_again_names_what_goes_and_leads_to_the_first_page(client: Client) -> None:
    mara = make_admin(name="Mara Vale")
    operation.mark_demo_ready(persona_ids=[mara.pk], now=MONDAY_9)
    client.force_login(mara)
    assert "1 person who signs in" in client.get(reverse("start:over")).content.decode()
    assert client.post(reverse("start:over")).url == reverse("start:start")  # type: ignore[attr-defined]
    assert client.get(reverse("start:start")).status_code == 200
    assert not Event.objects.exists()


# Joining


def word_for(email: str = "ben@example.org") -> str:
    words: list[str] = []

    def link(word: str) -> str:
        words.append(word)
        return word

    ida = make_admin()
    agent = directory.role_id("agent") or 0
    from django.utils.timezone import now

    users.invite_user(email=email, role_ids=[agent], link=link, actor=ida, now=now())
    return words[0]


def test_an_invited_person_chooses_name_and_password_and_is_in(client: Client) -> None:
    address = reverse("start:join", args=[word_for()])
    assert b"ben@example.org" in client.get(address).content
    answer = client.post(address, {"name": "Ben Okafor", "password": PASSWORD})
    assert answer.url == reverse("home:home")  # type: ignore[attr-defined]
    assert client.session["_auth_user_id"] == str(User.objects.get(email="ben@example.org").pk)
    assert client.get(address).status_code == 404


def test_a_weak_password_is_422_on_joining_too(client: Client) -> None:
    address = reverse("start:join", args=[word_for()])
    answer = client.post(address, {"name": "Ben", "password": "12345"}, headers=HTMX)
    assert answer.status_code == 422
    assert b"<html" not in answer.content


def test_a_guessed_word_opens_nothing(client: Client) -> None:
    make_admin()
    answer = client.get(reverse("start:join", args=["guessed"]))
    assert answer.status_code == 404
    assert b"This invitation is closed" in answer.content
