"""Setting up mailboxes, and trying them out."""

from __future__ import annotations

import socket
import ssl
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from careline.channels.actions import (
    AddressTaken,
    MailboxRefused,
    activate_mailbox,
    pause_mailbox,
    save_mailbox,
)
from careline.channels.check import Result, try_connection
from careline.channels.keys import unseal
from careline.channels.models import Mailbox
from careline.channels.smtp import why_not, words
from careline.core.models import Event
from tests.channels.make_mail import make_mailbox, make_ticket, owe, send
from tests.make import MONDAY_9, make_brand, make_user
from tests.real.dovecot import Dovecot
from tests.real.ports import free_port
from tests.real.smtp import SmtpSink

pytestmark = pytest.mark.django_db
IMAP = {"kind": "imap", "host": "imap.lumen.example", "port": 993, "security": "tls", "user": "help"}
SMTP = {"host": "smtp.lumen.example", "port": 587, "security": "starttls", "user": "help", "auth": "password"}


def keep(mailbox: Mailbox | None = None, **over: Any) -> Mailbox:
    """Keep a mailbox, as the screens do."""
    usual: dict[str, Any] = {
        "name": "Help",
        "address": "Help@Lumen.example",
        "inbound": IMAP,
        "outbound": SMTP,
        "secrets": {"password": "correct horse"},
        "actor": None,
        "now": MONDAY_9,
    }
    return save_mailbox(mailbox=mailbox, **{**usual, **over})


def test_a_mailbox_is_kept_with_its_brand_and_its_secret_sealed() -> None:
    brand = make_brand()
    box = keep()
    assert (box.address, box.brand, box.active) == ("help@lumen.example", brand, True)
    assert "correct" not in box.secret
    assert unseal(box.secret) == {"password": "correct horse"}
    event = Event.objects.get(kind="mailbox.changed")
    assert event.data["new"] is True
    assert event.data["changed"]["password"] is True
    assert "correct horse" not in str(event.data)


def test_an_empty_password_leaves_the_old_one() -> None:
    box = keep(keep(), secrets={"password": ""}, name="Care")
    assert unseal(box.secret) == {"password": "correct horse"}
    assert list(Event.objects.order_by("pk").last().data["changed"]) == ["name"]  # type: ignore[union-attr]


def test_saving_what_is_there_already_is_no_event() -> None:
    keep(keep())
    assert Event.objects.filter(kind="mailbox.changed").count() == 1


def test_another_server_wants_the_password_again() -> None:
    box = keep()
    with pytest.raises(MailboxRefused, match="Type the password again"):
        keep(box, inbound={**IMAP, "host": "imap.elsewhere.example"}, secrets={})
    moved = keep(box, inbound={**IMAP, "host": "imap.elsewhere.example"}, secrets={"password": "new"})
    assert unseal(moved.secret) == {"password": "new"}


def test_another_folder_is_read_from_its_beginning_and_the_same_one_goes_on() -> None:
    box = keep()
    Mailbox.objects.update(uid_validity=7, last_uid=42)
    keep(box, name="Care")
    assert Mailbox.objects.values_list("uid_validity", "last_uid").get() == (7, 42)
    keep(box, inbound={**IMAP, "folder": "Support"})
    assert Mailbox.objects.values_list("uid_validity", "last_uid").get() == (None, 0)


def test_an_address_belongs_to_one_mailbox() -> None:
    box = keep(aliases=["Hello@lumen.example"])
    assert box.aliases == ["hello@lumen.example"]
    for address in ("help@lumen.example", "hello@lumen.example"):
        with pytest.raises(AddressTaken):
            keep(address=address)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"address": "nonsense"}, "address"),
        ({"address": "a@b\r\nBcc: c@d"}, "address"),
        ({"inbound": {**IMAP, "host": "a b"}}, "imap_host"),
        ({"inbound": {**IMAP, "host": "-x"}}, "imap_host"),
        ({"inbound": {**IMAP, "port": 0}}, "imap_port"),
        ({"inbound": {**IMAP, "port": "many"}}, "imap_port"),
        ({"inbound": {**IMAP, "security": "magic"}}, "imap_security"),
        ({"inbound": {"kind": "pop3"}}, "kind"),
        ({"outbound": {**SMTP, "port": 65536}}, "smtp_port"),
        ({"aliases": ["x"]}, "aliases"),
        ({"quote_history": "some"}, "quote_history"),
    ],
)
def test_what_cannot_be_right_is_refused_with_the_field_to_change(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(MailboxRefused) as refusal:
        keep(**wrong)
    assert refusal.value.field == field
    assert not Mailbox.objects.exists()


def test_only_those_who_may_set_mailboxes_up() -> None:
    with pytest.raises(PermissionDenied):
        keep(actor=make_user("tickets.see"))
    box = keep(actor=make_user("setup.channels"))
    with pytest.raises(PermissionDenied):
        pause_mailbox(mailbox=box, actor=make_user("setup.see"), now=MONDAY_9)


def test_a_misspelt_choice_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(TypeError, match="colour"):
        keep(colour="red")


def test_what_waited_for_a_paused_mailbox_leaves_when_it_works_again(smtp_sink: SmtpSink) -> None:
    box = make_mailbox(smtp_sink)
    owe(make_ticket(box))
    pause_mailbox(mailbox=box, actor=None, now=MONDAY_9)
    assert send(box) == 0
    activate_mailbox(mailbox=box, actor=None, now=MONDAY_9 + timedelta(hours=2))
    assert send(box) == 1
    changes = [one.data["changed"]["active"] for one in Event.objects.filter(kind="mailbox.changed")]
    assert changes == [{"old": True, "new": False}, {"old": False, "new": True}]


# --- trying out


def tried(**over: Any) -> dict[str, Result]:
    """Try both ways; each is nothing unless given."""
    usual: dict[str, Any] = {"inbound": {"kind": "smtp"}, "outbound": {}, "secrets": {}}
    return {one.way: one for one in try_connection(**{**usual, **over})}


def imap(dovecot: Dovecot, **over: Any) -> dict[str, Any]:
    """How to read from the test server."""
    way = {"kind": "imap", "host": dovecot.host, "port": dovecot.port, "security": "none"}
    return {**way, "user": "try@lumen.example", "auth": "password", "folder": "INBOX", **over}


def test_both_ways_that_work_say_so(dovecot: Dovecot, smtp_sink: SmtpSink) -> None:
    dovecot.put("try@lumen.example", b"Subject: one\r\n\r\nx")
    out = {"host": smtp_sink.host, "port": smtp_sink.port, "security": "none"}
    found = tried(inbound=imap(dovecot), outbound=out, secrets={"password": dovecot.password})
    assert found["inbound"] == Result("inbound", True, "127.0.0.1 lets us read INBOX. It holds 1 mails.")
    assert found["outbound"].ok
    assert smtp_sink.messages == []


def test_reading_with_a_token_works(dovecot: Dovecot) -> None:
    token = dovecot.token("try@lumen.example")
    assert tried(inbound=imap(dovecot, auth="xoauth2"), secrets={"access_token": token})["inbound"].ok
    none = tried(inbound=imap(dovecot, auth="xoauth2", provider="google"))["inbound"]
    assert (none.ok, "no permission to sign in" in none.text) == (False, True)


def test_each_mistake_has_a_sentence_that_helps(dovecot: Dovecot) -> None:
    def said(secrets: dict[str, str] | None = None, **over: Any) -> str:
        found = tried(inbound=imap(dovecot, **over), secrets=secrets or {"password": dovecot.password})
        assert not found["inbound"].ok
        return found["inbound"].text

    assert "refused user or password" in said({"password": "wrong"})
    assert "no folder called Support" in said(folder="Support")
    assert "refuses connections on port" in said(port=free_port())
    assert "There is no server called" in said(host="nowhere.invalid")
    assert "does not speak TLS" in said(security="tls")
    assert "Write the name of the server" in said(host="a b")


def test_a_silent_server_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("careline.channels.check.TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        way = {"host": "127.0.0.1", "port": silent.getsockname()[1], "security": "none"}
        found = tried(outbound=way)["outbound"]
    assert "did not answer" in found.text


def test_a_banner_is_repeated_only_shortened_and_harmless() -> None:
    assert words(b"\x1b[31m<b>" + b"x" * 900)[:6] == "[31m<b"
    assert len(words("x" * 900)) == 200
    error = ssl.SSLCertVerificationError(1, "failed")
    error.verify_message = "self-signed certificate"
    assert (
        why_not(error, "imap.x", 993, "tls")
        == "The certificate of imap.x is not valid: self-signed certificate."
    )
