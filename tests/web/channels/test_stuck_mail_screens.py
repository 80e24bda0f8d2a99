"""Quarantine and outbox on the screen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from careline.channels.models import Mailbox, Outgoing, RawMail
from careline.core import files
from careline.core.models import User
from tests.channels.make_mail import make_mailbox, make_ticket, owe
from tests.make import MONDAY_9, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
QUARANTINE, OUTBOX = "/setup/channels/quarantine/", "/setup/channels/outbox/"
RAW = b"Subject: <script>alert(1)</script>\r\n\r\n<script>alert(2)</script>"


@pytest.fixture
def mara(client: Client) -> User:
    user = make_user("tickets.see", "health.see", "health.act", name="Mara Lind")
    client.force_login(user)
    return user


@pytest.fixture
def mailbox() -> Mailbox:
    return make_mailbox(outbound={"host": "smtp.lumen.example", "port": 587})


def held(mailbox: Mailbox, **over: object) -> RawMail:
    """A mail in quarantine."""
    usual = {
        "mailbox": mailbox,
        "file": files.store(RAW, now=MONDAY_9),
        "dedupe_key": f"held-{RawMail.objects.count()}",
        "received_at": MONDAY_9,
        "state": "quarantined",
        "problem": "The mail took too long to read and was set aside.",
        "from_address": "ada@example.org",
        "subject": "<script>alert(1)</script>",
    }
    return RawMail.objects.create(**{**usual, **over})


def failed(mailbox: Mailbox, **over: object) -> Outgoing:
    """A mail that was given up."""
    outgoing = owe(make_ticket(mailbox))
    Outgoing.objects.filter(pk=outgoing.pk).update(
        **{"state": "failed", "problem": "554 5.7.1 We do not want this", **over}
    )
    return outgoing


# --- quarantine


def test_the_quarantine_says_what_why_and_whence(client: Client, mara: User, mailbox: Mailbox) -> None:
    held(mailbox)
    body = client.get(QUARANTINE).content.decode()
    assert "The mail took too long to read" in body
    assert "ada@example.org" in body
    assert "<script>alert" not in body
    assert "No mail is missing." in body


def test_the_sum_is_shown(client: Client, mara: User, mailbox: Mailbox) -> None:
    for state in ("done", "done", "stored", "quarantined", "discarded"):
        held(mailbox, state=state, received_at=now())
    body = client.get(QUARANTINE, headers=HTMX).content.decode()
    assert "<html" not in body
    shown = re.findall(r"<dd>(?:<a [^>]*>)?(\d+)", body)
    assert shown == ["5", "2", "1", "1", "1"]


def test_a_sum_that_is_wrong_raises_the_alarm(client: Client, mara: User, mailbox: Mailbox) -> None:
    held(mailbox, state="lost")
    body = client.get(QUARANTINE).content.decode()
    assert "The sum is wrong" in body
    assert "only 0 are accounted for" in body


def test_a_held_mail_is_tried_again_put_away_and_brought_back(
    client: Client, mara: User, mailbox: Mailbox
) -> None:
    mail = held(mailbox)
    url = f"{QUARANTINE}{mail.pk}/"

    answer = client.post(f"{url}discard/", follow=True)
    assert f"{url}restore/" in answer.content.decode()  # the undo
    assert "Nothing was discarded" not in client.get(f"{QUARANTINE}?list=discarded").content.decode()
    client.post(f"{url}restore/")
    client.post(f"{url}retry/")
    assert RawMail.objects.get().state == "stored"
    for verb in ("retry", "discard", "restore"):
        answer = client.post(f"{url}{verb}/", follow=True)
        assert "Somebody was faster" in answer.content.decode()


def test_all_are_tried_again(client: Client, mara: User, mailbox: Mailbox) -> None:
    held(mailbox)
    held(mailbox)
    assert "2 mails are taken in again" in client.post(f"{QUARANTINE}retry/", follow=True).content.decode()


def test_a_mail_is_downloaded_and_never_shown(client: Client, mara: User, mailbox: Mailbox) -> None:
    mail = held(mailbox)
    answer = client.get(f"{QUARANTINE}{mail.pk}/raw/")
    assert answer.content == RAW
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == f'attachment; filename="mail-{mail.pk}.eml"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert client.get(f"{QUARANTINE}999/raw/").status_code == 404
    files.path_of(mail.file.sha256).unlink()
    assert client.get(f"{QUARANTINE}{mail.pk}/raw/").status_code == 404


def test_who_may_only_look_cannot_act(client: Client, mailbox: Mailbox) -> None:
    mail, outgoing = held(mailbox), failed(mailbox)
    client.force_login(make_user("health.see"))
    for url in (QUARANTINE, OUTBOX):
        answer = client.get(url)
        assert answer.status_code == 200
        assert "/retry/" not in answer.content.decode()
    for verb in ("retry", "discard", "restore"):
        assert client.post(f"{QUARANTINE}{mail.pk}/{verb}/").status_code == 403
    for verb in ("retry", "cancel", "restore"):
        assert client.post(f"{OUTBOX}{outgoing.pk}/{verb}/").status_code == 403
    for url in (f"{QUARANTINE}{mail.pk}/raw/", f"{OUTBOX}{outgoing.pk}/raw/"):
        assert client.get(url).status_code == 403
    client.force_login(make_user("tickets.see"))
    for url in (QUARANTINE, OUTBOX):
        assert client.get(url).status_code == 403


def test_changes_are_never_made_by_looking(client: Client, mara: User, mailbox: Mailbox) -> None:
    mail, outgoing = held(mailbox), failed(mailbox)
    for url in (f"{QUARANTINE}{mail.pk}/discard/", f"{OUTBOX}{outgoing.pk}/cancel/", f"{OUTBOX}retry/"):
        assert client.get(url).status_code == 405


# --- outbox


def test_the_outbox_opens_on_what_failed_with_the_servers_words(
    client: Client, mara: User, mailbox: Mailbox
) -> None:
    outgoing = failed(mailbox)
    body = client.get(OUTBOX).content.decode()
    assert "554 5.7.1 We do not want this" in body
    assert reverse("tickets:ticket", args=[outgoing.ticket_id]) in body


def test_a_failed_mail_is_sent_again_or_not_at_all(client: Client, mara: User, mailbox: Mailbox) -> None:
    outgoing = failed(mailbox)
    url = f"{OUTBOX}{outgoing.pk}/"
    answer = client.post(f"{url}cancel/", follow=True)
    assert f"{url}restore/" in answer.content.decode()
    assert Outgoing.objects.get().state == "cancelled"
    client.post(f"{url}restore/")
    assert Outgoing.objects.get().state == "failed"
    client.post(f"{url}retry/")
    assert (Outgoing.objects.get().state, Outgoing.objects.get().problem) == ("ready", "")
    Outgoing.objects.update(state="sent")
    assert "Somebody was faster" in client.post(f"{url}retry/", follow=True).content.decode()


def test_retrying_without_a_mailbox_says_what_to_do(client: Client, mara: User, mailbox: Mailbox) -> None:
    outgoing = failed(mailbox)
    Mailbox.objects.update(active=False)
    Outgoing.objects.update(mailbox=None)
    body = client.post(f"{OUTBOX}{outgoing.pk}/retry/", follow=True).content.decode()
    assert "Set up sending for one under Setup, Channels" in body
    assert client.post(f"{OUTBOX}retry/", follow=True).status_code == 200
    assert Outgoing.objects.get().state == "failed"


def test_lists_of_waiting_returned_and_cancelled_mail(client: Client, mara: User, mailbox: Mailbox) -> None:
    outgoing = failed(mailbox, state="sent", problem="", bounced_at=MONDAY_9, bounce="ada@example.org: gone")
    assert "It came back. ada@example.org: gone" in client.get(f"{OUTBOX}?list=bounced").content.decode()
    Outgoing.objects.filter(pk=outgoing.pk).update(
        state="ready", bounced_at=None, problem="451 Later", attempts=1
    )
    body = client.get(f"{OUTBOX}?list=waiting").content.decode()
    assert "it is tried again. 451 Later" in body
    assert "waits for over ten minutes" in body
    assert client.get(f"{OUTBOX}?list=nonsense&before=x").status_code == 200


def test_mails_of_careline_itself_are_not_handed_out(client: Client, mara: User, mailbox: Mailbox) -> None:
    Outgoing.objects.create(
        purpose="system",
        mail_id="s.1@x",
        file=files.store(b"a link that signs one in", now=MONDAY_9),
        created_at=MONDAY_9,
        send_at=MONDAY_9,
        state="failed",
    )
    body = client.get(OUTBOX).content.decode()
    assert "Mail of Careline itself" in body
    assert client.get(f"{OUTBOX}{Outgoing.objects.get().pk}/raw/").status_code == 404


def test_long_lists_are_turned_page_by_page(client: Client, mara: User, mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    for number in range(51):
        owe(ticket, f"mail {number}", at=MONDAY_9 + timedelta(minutes=number))
    Outgoing.objects.update(state="failed", problem="554 No")
    body = client.get(OUTBOX).content.decode()
    second = Outgoing.objects.order_by("pk")[1]
    assert f"?list=failed&amp;before={second.pk}" in body
    body = client.get(OUTBOX, {"list": "failed", "before": second.pk}).content.decode()
    assert body.count("Send again</button>") == 1
