"""Setting up mailboxes on the screen."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from careline.channels.keys import unseal
from careline.channels.models import Mailbox
from careline.core.models import Event, User
from tests.channels.make_mail import make_mailbox
from tests.make import make_team, make_user
from tests.real.ports import free_port
from tests.real.smtp import SmtpSink

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mara(client: Client) -> User:
    user = make_user("setup.channels", "health.see", "health.act", name="Mara Lind")
    client.force_login(user)
    return user


def given(**over: Any) -> dict[str, Any]:
    """What the form sends for a mailbox that is fetched by IMAP."""
    usual = {
        "address": "help@lumen.example",
        "name": "Help",
        "kind": "imap",
        "imap_host": "imap.lumen.example",
        "imap_port": "993",
        "imap_security": "tls",
        "folder": "INBOX",
        "auth": "password",
        "user": "",
        "password": "correct horse",
        "smtp_host": "smtp.lumen.example",
        "smtp_port": "587",
        "smtp_security": "starttls",
        "smtp_login": "on",
        "quote_history": "last",
        "plus": "on",
        "verp": "on",
    }
    return {**usual, **over}


def test_mailboxes_are_for_those_who_may(client: Client) -> None:
    for name, args in (("mailboxes", []), ("mailbox_new", []), ("mailbox", [1])):
        url = reverse(f"channels:{name}", args=args)
        assert client.get(url).status_code == 302
    client.force_login(make_user("tickets.see"))
    for name, args in (("mailboxes", []), ("mailbox_new", []), ("mailbox", [1])):
        assert client.get(reverse(f"channels:{name}", args=args)).status_code == 403


def test_a_desk_without_mailboxes_is_told_what_one_is(client: Client, mara: User) -> None:
    body = client.get(reverse("channels:mailboxes")).content.decode()
    assert "No mailbox yet" in body


def test_a_mailbox_is_set_up(client: Client, mara: User) -> None:
    team = make_team()
    answer = client.post(reverse("channels:mailbox_new"), given(team=team.pk, aliases="hi@lumen.example"))
    assert answer.status_code == 302
    box = Mailbox.objects.get()
    assert (box.address, box.team, box.aliases) == ("help@lumen.example", team, ["hi@lumen.example"])
    assert box.inbound == {
        "kind": "imap",
        "host": "imap.lumen.example",
        "port": 993,
        "security": "tls",
        "user": "help@lumen.example",
        "auth": "password",
        "folder": "INBOX",
    }
    assert (box.outbound["user"], box.outbound["plus"]) == ("help@lumen.example", True)
    assert unseal(box.secret) == {"password": "correct horse"}


def test_the_form_begins_with_what_is_known_of_the_provider(client: Client, mara: User) -> None:
    body = client.get(reverse("channels:mailbox_new"), {"provider": "microsoft"}).content.decode()
    assert 'value="outlook.office365.com"' in body
    assert "Where does the mail lie?" in client.get(reverse("channels:mailbox_new")).content.decode()


def test_a_password_is_never_shown_and_stays_when_it_is_left_empty(client: Client, mara: User) -> None:
    client.post(reverse("channels:mailbox_new"), given())
    box = Mailbox.objects.get()
    url = reverse("channels:mailbox", args=[box.pk])

    body = client.get(url).content.decode()
    assert "correct horse" not in body
    assert "kept; empty leaves it so" in body

    assert client.post(url, given(password="", name="Care")).status_code == 302
    box.refresh_from_db()
    assert box.name == "Care"
    assert unseal(box.secret) == {"password": "correct horse"}
    told = str(list(Event.objects.filter(kind="mailbox.changed").values_list("data", flat=True)))
    assert "correct horse" not in told


def test_what_cannot_be_right_is_422_with_what_was_typed(client: Client, mara: User) -> None:
    make_mailbox(address="sales@lumen.example")
    url = reverse("channels:mailbox_new")
    for wrong, sentence in (
        ({"address": "sales@lumen.example"}, "Another mailbox has this address."),
        ({"imap_host": "not a host"}, "Write the name of the server"),
        ({"imap_host": ""}, "Needed to fetch mail by IMAP."),
        ({"imap_port": "0"}, "greater than or equal to 1"),
        ({"aliases": "nonsense"}, "is not a mail address"),
    ):
        answer = client.post(url, given(from_name="Kept words", **wrong), headers=HTMX)
        body = answer.content.decode()
        assert answer.status_code == 422, wrong
        assert sentence in body
        assert "Kept words" in body
        assert "<html" not in body
    assert Mailbox.objects.count() == 1


def test_a_password_is_not_given_to_another_server_unasked(client: Client, mara: User) -> None:
    client.post(reverse("channels:mailbox_new"), given())
    url = reverse("channels:mailbox", args=[Mailbox.objects.get().pk])
    answer = client.post(url, given(password="", imap_host="imap.elsewhere.example"), headers=HTMX)
    assert answer.status_code == 422
    assert "Type the password again" in answer.content.decode()


def test_a_mailbox_that_is_not_there_is_404(client: Client, mara: User) -> None:
    assert client.get(reverse("channels:mailbox", args=[99])).status_code == 404
    assert client.post(reverse("channels:mailbox_pause", args=[99])).status_code == 404


def test_a_mailbox_rests_and_works_again(client: Client, mara: User) -> None:
    box = make_mailbox()
    answer = client.post(reverse("channels:mailbox_pause", args=[box.pk]), follow=True)
    assert reverse("channels:mailbox_activate", args=[box.pk]) in answer.content.decode()  # the undo
    assert not Mailbox.objects.get().active
    client.post(reverse("channels:mailbox_activate", args=[box.pk]))
    assert Mailbox.objects.get().active
    assert client.get(reverse("channels:mailbox_pause", args=[box.pk])).status_code == 405


def test_a_connection_is_tried_before_anything_is_kept(
    client: Client, mara: User, smtp_sink: SmtpSink
) -> None:
    ways = {"kind": "smtp", "smtp_host": smtp_sink.host, "smtp_port": smtp_sink.port, "smtp_security": "none"}
    url = reverse("channels:mailbox_test")

    good = client.post(url, given(**ways, user=smtp_sink.username, password=smtp_sink.password), headers=HTMX)
    assert good.status_code == 200
    assert "127.0.0.1 takes our mail." in good.content.decode()

    bad = client.post(url, given(**ways, user=smtp_sink.username, password="wrong"), headers=HTMX)
    assert "refused user or password" in bad.content.decode()

    nobody = client.post(url, given(**{**ways, "smtp_port": free_port()}), headers=HTMX)
    assert "refuses connections" in nobody.content.decode()
    assert client.post(url, given(address="nonsense"), headers=HTMX).status_code == 422
    assert Mailbox.objects.count() == 0


def test_a_kept_password_is_tried_only_with_its_own_server(
    client: Client, mara: User, smtp_sink: SmtpSink
) -> None:
    ways = {"kind": "smtp", "smtp_host": smtp_sink.host, "smtp_port": smtp_sink.port, "smtp_security": "none"}
    right = given(**ways, user=smtp_sink.username, password=smtp_sink.password)
    client.post(reverse("channels:mailbox_new"), right)
    box = Mailbox.objects.get()

    again = {**right, "password": "", "box": box.pk}
    body = client.post(reverse("channels:mailbox_test"), again, headers=HTMX).content.decode()
    assert "127.0.0.1 takes our mail." in body

    elsewhere = {**again, "smtp_host": "localhost"}
    body = client.post(reverse("channels:mailbox_test"), elsewhere, headers=HTMX).content.decode()
    assert "refused user or password" in body


def test_the_list_says_how_each_mailbox_fares(client: Client, mara: User) -> None:
    make_mailbox(name="Broken", problem="imap.lumen.example refuses connections on port 993.")
    make_mailbox(name="Resting", address="rest@lumen.example", active=False)
    body = client.get(reverse("channels:mailboxes"), headers=HTMX).content.decode()
    assert "<html" not in body
    for words in ("Needs you", "refuses connections", "Paused", "No mailbox can send"):
        assert words in body


def test_the_list_takes_as_many_queries_for_ten_mailboxes_as_for_one(client: Client, mara: User) -> None:
    make_mailbox()
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("channels:mailboxes"))
    for number in range(9):
        make_mailbox(address=f"box{number}@lumen.example")
    with CaptureQueriesContext(connection) as ten:
        client.get(reverse("channels:mailboxes"))
    assert len(ten) <= len(one)
