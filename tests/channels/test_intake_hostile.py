"""Mails that nobody meant well, or nobody meant at all: each is taken in or set aside, then the next."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from careline.channels import queries
from careline.channels.actions import store_mail, take_in_waiting
from careline.channels.models import MailId, RawMail
from careline.tickets.models import Message, Ticket
from tests.calc.mail.make import HEAD, file_part, html_mail, mixed, part, text_mail, tnef
from tests.channels.arriving import NOW, arrive, letter, make_mailbox

pytestmark = pytest.mark.django_db

HOSTILE = {
    "nothing": b"",
    "spaces": b" \r\n \r\n",
    "bytes": bytes(range(256)) * 40,
    "no headers": b"just words without any header\r\n",
    "NULs": HEAD.replace(b"Hello", b"He\x00llo") + b"\r\nbody\x00with\x00nothing",
    "half characters": text_mail(b"\xed\xa0\x80 and \xed\xb0\x80", "utf-8"),
    "unknown charset": text_mail("Grüße".encode(), "x-klingon"),
    "wrong base64": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n!!!!not base64====x",
    "deep nesting": HEAD
    + b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(400))
    + b"\r\nhello",
    "many parts": mixed(*(part("text/plain", b"x") for _ in range(3_000))),
    "boundary that never comes": HEAD + b"Content-Type: multipart/mixed; boundary=zzz\r\n\r\nhello\r\n",
    "many links": html_mail("".join(f'<a href="https://x{n}.test">x</a>' for n in range(6_000))),
    "deep html": html_mail("<div>" * 5_000 + "hello"),
    "script": html_mail("<script>alert(1)</script><img src=x onerror=alert(1)><p>Hello</p>"),
    "crowd": letter(cc=", ".join(f"p{n}@x.test" for n in range(5_000))),
    "long subject": letter(subject="x" * 90_000),
    "long references": letter(references=" ".join(f"<{n}@x.test>" for n in range(5_000))),
    "long ids": letter(id="i" * 5_000 + "@x.test", in_reply_to="<" + "r" * 900 + "@x.test>"),
    "odd date": letter().replace(b"Date: Mon, 02 Mar 2026", b"Date: Mon, 31 Dec 9999"),
    "old date": letter().replace(b"Date: Mon, 02 Mar 2026", b"Date: Thu, 01 Jan 0001"),
    "odd sender": letter(sender='"\u202egro.elpmaxe@nhoj" <anna@shop.test>'),
    "quoted sender": letter(sender='"a b"@shop.test'),
    "sender without domain": letter(sender="root"),
    "long sender": letter(sender=f"{'a' * 400}@{'b' * 400}.test"),
    "international sender": letter(sender="Jörg <jörg@müller.test>"),
    "two senders": letter(sender="anna@shop.test, ben@shop.test"),
    "wrong winmail": mixed(part("text/plain", b"x"), file_part("application/ms-tnef", tnef(b"hi", {})[:60])),
    "path in name": mixed(
        file_part(
            "text/plain; name=../../etc/passwd", b"x", 'Content-Disposition: attachment; filename="../../x"'
        )
    ),
    "empty attachment": mixed(part("text/plain", b"x"), file_part("application/pdf; name=a.pdf", b"")),
    "carriage returns": letter().replace(b"\r\n", b"\r"),
    "commands": letter("'; DROP TABLE tickets_ticket; --", subject="{{ 7*7 }} <b>%s %d"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_taken_in_or_set_aside_with_a_reason(name: str):
    raw = arrive(make_mailbox(), HOSTILE[name])
    assert raw.state in {"done", "quarantined"}
    assert bool(raw.problem) == (raw.state == "quarantined")
    assert "fault of ours" not in raw.problem
    assert queries.intake_counts().adds_up


def test_all_of_them_one_after_the_other_leave_nothing_waiting():
    box = make_mailbox()
    for raw in HOSTILE.values():
        store_mail(mailbox=box, raw=raw, via="imap", received_at=NOW)
    RawMail.objects.update(released=True)  # many have the same text; the brake is not the matter here
    while take_in_waiting(NOW):
        pass
    counts = queries.intake_counts()
    assert (counts.received, counts.waiting) == (len(set(HOSTILE.values())), 0)
    assert counts.done >= len(HOSTILE) - 8
    said = RawMail.objects.filter(outcome__in=("new", "reply"))
    assert Message.objects.count() == said.count() >= counts.done - 4


def test_a_chain_of_thousands_of_ids_costs_two_hundred_rows_at_most():
    arrive(make_mailbox(), HOSTILE["long references"])
    assert MailId.objects.count() <= 201


def test_what_is_shown_of_a_script_is_only_its_harmless_neighbour():
    html = arrive(make_mailbox(), HOSTILE["script"]).message.html
    assert "Hello" in html
    assert "alert" not in html


class AnyBytes(TestCase):
    """Whatever the bytes are, they are accounted for."""

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(raw=st.binary(max_size=2_000), sender=st.text(max_size=60), subject=st.text(max_size=80))
    def test_any_bytes_are_accounted_for(self, raw: bytes, sender: str, subject: str) -> None:
        box = make_mailbox()
        head = f"From: {sender} <a@b.test>\r\nSubject: {subject}\r\n".encode("utf-8", "surrogatepass")
        for each in (raw, head + raw):
            arrive(box, each)
        states = set(RawMail.objects.values_list("state", flat=True))
        assert states <= {"done", "quarantined"}
        assert not RawMail.objects.filter(problem__contains="fault of ours").exists()
        assert Ticket.objects.count() <= 2
