"""Mail that is delivered to us, over real sockets."""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator

import pytest
from django.conf import settings

from careline.calc.mail import tokens
from careline.channels import disk, receiver
from careline.channels.actions import take_in_waiting
from careline.channels.keys import signing_key
from careline.channels.models import Mailbox, RawMail
from careline.core import files
from careline.tickets.models import Ticket
from tests.channels.arriving import NOW, letter, make_mailbox
from tests.real.ports import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def box() -> Mailbox:
    return make_mailbox(aliases=["help@desk.test"])


@pytest.fixture(params=["smtp", "lmtp"])
def via(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def port(via: str) -> Iterator[int]:
    yield from listening(via)


@pytest.fixture
def smtp_port() -> Iterator[int]:
    yield from listening("smtp")


def listening(via: str) -> Iterator[int]:
    number = free_port()
    listener = receiver.listen(
        via=via, host="127.0.0.1", port=number, clock=lambda: NOW, wake=threading.Event()
    )
    yield number
    listener.stop()


def client(via: str, port: int) -> smtplib.SMTP:
    kind = smtplib.LMTP if via == "lmtp" else smtplib.SMTP
    return kind("127.0.0.1", port, timeout=10)


def deliver(via: str, port: int, raw: bytes, *to: str, sender: str = "anna@shop.test") -> dict:
    with client(via, port) as connection:
        return connection.sendmail(sender, list(to), raw)


def test_a_delivered_mail_is_safe_when_the_sender_hears_so(box: Mailbox, via: str, port: int):
    raw = letter()
    assert deliver(via, port, raw, "care@desk.test") == {}
    row = RawMail.objects.get()
    assert (row.via, row.state, row.mailbox, row.received_at) == (via, "stored", box, NOW)
    assert (row.envelope_from, row.envelope_to) == ("anna@shop.test", ["care@desk.test"])
    assert files.read(row.file) == b"Return-Path: <anna@shop.test>\r\n" + raw + b"\r\n"
    assert take_in_waiting(NOW) == 1
    assert Ticket.objects.get().subject == "Lamp"


@pytest.mark.parametrize(
    "address", ["care@desk.test", "CARE@Desk.test", "help@desk.test", "care+anything@desk.test"]
)
def test_our_addresses_aliases_and_their_plus_addresses_are_ours(box: Mailbox, smtp_port: int, address: str):
    assert deliver("smtp", smtp_port, letter(), address) == {}


@pytest.mark.parametrize(
    "address",
    ["anna@shop.test", "care@other.test", "reply+17.0123456789abcdef@desk.test", "care%x@desk.test"],
)
def test_nothing_is_taken_for_anybody_else(box: Mailbox, smtp_port: int, address: str):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        deliver("smtp", smtp_port, letter(), address)
    assert refusal.value.recipients[address][0] == 550
    assert RawMail.objects.count() == 0


def test_a_signed_reply_address_of_ours_is_taken_whatever_stands_before_its_plus(
    box: Mailbox, smtp_port: int
):
    address = tokens.reply_address(17, secret=signing_key(), domain="desk.test")
    assert deliver("smtp", smtp_port, letter(), address) == {}
    assert RawMail.objects.get().mailbox == box


def test_a_mailbox_that_rests_takes_nothing(box: Mailbox, smtp_port: int):
    Mailbox.objects.update(active=False)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        deliver("smtp", smtp_port, letter(), "care@desk.test")


def test_a_mail_for_two_mailboxes_is_kept_for_each(box: Mailbox, smtp_port: int):
    make_mailbox("shop@desk.test")
    deliver("smtp", smtp_port, letter(), "care@desk.test", "shop@desk.test", "help@desk.test")
    rows = RawMail.objects.order_by("mailbox_id")
    assert [row.envelope_to for row in rows] == [["care@desk.test", "help@desk.test"], ["shop@desk.test"]]


def test_the_same_mail_sent_again_is_kept_once(box: Mailbox, via: str, port: int):
    raw = letter()
    for _ in range(2):
        deliver(via, port, raw, "care@desk.test")
    assert RawMail.objects.count() == 1


def test_what_cannot_be_kept_stays_with_the_sender(
    box: Mailbox, via: str, port: int, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(disk, "put", fail)
    with client(via, port) as connection:
        connection.ehlo_or_helo_if_needed()
        connection.mail("anna@shop.test")
        connection.rcpt("care@desk.test")
        code, _said = connection.data(letter())
        assert code == 451
    assert RawMail.objects.count() == 0
    monkeypatch.undo()
    deliver(via, port, letter(), "care@desk.test")
    assert RawMail.objects.count() == 1


def test_lmtp_answers_for_each_recipient(box: Mailbox):
    listener = listening("lmtp")
    with socket.create_connection(("127.0.0.1", next(listener)), timeout=10) as line:
        said = line.makefile("rb")

        def ask(words: bytes, answers: int = 1) -> list[bytes]:
            line.sendall(words + b"\r\n")
            return [said.readline()[:3] for _ in range(answers)]

        said.readline()
        line.sendall(b"LHLO x\r\n")
        while said.readline()[3:4] == b"-":
            pass
        ask(b"MAIL FROM:<>")
        assert ask(b"RCPT TO:<care@desk.test>") == [b"250"]
        assert ask(b"RCPT TO:<nobody@desk.test>") == [b"550"]
        assert ask(b"RCPT TO:<help@desk.test>") == [b"250"]
        assert ask(b"DATA") == [b"354"]
        assert ask(letter() + b"\r\n.", answers=2) == [b"250", b"250"]
        assert ask(b"QUIT") == [b"221"]
    next(listener, None)


def test_the_limit_is_announced_and_held(box: Mailbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "LARGEST_MAIL", 50_000)
    listener = listening("smtp")
    with client("smtp", next(listener)) as connection:
        connection.ehlo()
        assert connection.esmtp_features["size"] == "50000"
        with pytest.raises(smtplib.SMTPSenderRefused) as refusal:
            connection.sendmail("anna@shop.test", ["care@desk.test"], letter("x" * 70 + "\r\n") * 800)
        assert refusal.value.smtp_code == 552
    next(listener, None)


def test_an_empty_sender_marks_a_bounce_and_odd_mails_are_taken_as_they_are(box: Mailbox, smtp_port: int):
    long_line = letter("x" * 50_000)
    dots = letter(".\r\n..\r\n.end", id="")
    eight_bit = b"Subject: \xe4\xf6\xfc\r\n\r\n\xff\xfe\r\n"
    for raw in (long_line, dots, eight_bit):
        deliver("smtp", smtp_port, raw, "care@desk.test", sender="")
    kept = [files.read(row.file) for row in RawMail.objects.order_by("pk")]
    assert [one.removeprefix(b"Return-Path: <>\r\n").rstrip(b"\r\n") for one in kept] == [
        raw.rstrip(b"\r\n") for raw in (long_line, dots, eight_bit)
    ]


def test_too_many_connections_are_asked_to_come_back(
    box: Mailbox, smtp_port: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(receiver, "MOST_CONNECTIONS", 2)
    held = [client("smtp", smtp_port) for _ in range(2)]
    with pytest.raises(smtplib.SMTPConnectError) as refusal:
        client("smtp", smtp_port)
    assert refusal.value.smtp_code == 421
    for connection in held:
        connection.quit()
    deliver("smtp", smtp_port, letter(), "care@desk.test")


def test_too_many_recipients_are_put_off(box: Mailbox, smtp_port: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receiver, "MOST_RECIPIENTS", 3)
    refused = deliver("smtp", smtp_port, letter(), *(f"care+{number}@desk.test" for number in range(4)))
    assert {address: answer[0] for address, answer in refused.items()} == {"care+3@desk.test": 452}
