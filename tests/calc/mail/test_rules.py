# ruff: noqa: E501  (mails are quoted as they come)
from datetime import UTC, datetime, timedelta

import pytest

from careline.calc.mail import brake, tokens
from careline.calc.mail.automatic import answers_something
from careline.calc.mail.forward import forwarded_in, is_forward
from careline.calc.mail.identity import customer_of
from careline.calc.mail.parse import parse
from careline.calc.mail.subjects import normal_subject, numbered_subject, subject_number
from careline.calc.mail.threading import candidates, references_for
from tests.calc.mail.make import HEAD, mixed, part, text_mail

SECRET = b"a secret of thirty-two bytes ....."


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        (b"", "none"),
        (b"Auto-Submitted: no\r\n", "none"),
        (b"Auto-Submitted: auto-replied\r\n", "auto_reply"),
        (b"X-Auto-Response-Suppress: DR, AutoReply\r\n", "auto_reply"),
        (b"X-Auto-Response-Suppress: OOF\r\n", "none"),
        (b"Precedence: bulk\r\n", "list"),
        (b"Precedence: auto_reply\r\n", "auto_reply"),
        (b"List-Id: <news.shop.test>\r\n", "list"),
        (b"List-Unsubscribe: <https://x.test>\r\nAuto-Submitted: auto-generated\r\n", "list"),
        (b"X-Autoreply: yes\r\n", "auto_reply"),
        (b"Return-Path: <>\r\n", "auto_reply"),
        (b"X-Careline-Loop: desk-1\r\n", "loop"),
        (b"X-Failed-Recipients: a@b.test\r\n", "bounce"),
    ],
)
def test_automatic_mail_is_known_by_its_headers(extra: bytes, kind: str) -> None:
    assert parse(text_mail(b"x", extra=extra), instance="desk-1").automatic == kind


def test_mail_from_our_own_address_is_a_loop() -> None:
    assert parse(text_mail(b"x"), own_addresses=["ANNA@shop.test"]).automatic == "loop"


def test_a_bounce_tells_whom_and_why() -> None:
    report = b"Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; gone@shop.test\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\r\n"
    raw = mixed(
        part("text/plain", b"Sorry"),
        part("message/delivery-status", report),
        part("message/rfc822", b"Message-ID: <t.1@desk.test>\r\nSubject: Hi\r\n\r\nx"),
        kind="report",
    )
    bounce = parse(
        raw.replace(b"multipart/report;", b"multipart/report; report-type=delivery-status;")
    ).bounce
    assert bounce is not None
    assert (bounce.recipient, bounce.status, bounce.permanent, bounce.address_unknown) == (
        "gone@shop.test",
        "5.1.1",
        True,
        True,
    )
    assert bounce.original_message_id == "t.1@desk.test"


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Lost parcel",
        "AW: WG: Lost parcel",
        "[EXT] RE[2]: Lost  Parcel [Careline #17]",
        "回复：Lost parcel",
        "Antw: Lost parcel",
        "Ynt: lost parcel",
    ],
)
def test_subjects_are_compared_without_ornament(subject: str) -> None:
    assert normal_subject(subject) == "lost parcel"


def test_subject_numbers_are_written_once_and_read_back() -> None:
    once = numbered_subject(numbered_subject("Lost parcel", 17), 17)
    assert once == "Lost parcel [Careline #17]"
    assert (subject_number(once), subject_number("[#9] x"), subject_number("Order #12")) == (17, 9, None)


def test_tokens_are_ours_or_nothing() -> None:
    address = tokens.reply_address(17, secret=SECRET, domain="desk.test")
    own_id = tokens.message_id(17, 4, secret=SECRET, domain="desk.test")
    assert tokens.ticket_of_reply_address(address.upper(), [b"new", SECRET]) == 17
    assert tokens.ticket_of_reply_address(address.replace("+17", "+18"), [SECRET]) is None
    assert tokens.ticket_of_message_id(own_id, [SECRET]) == (17, 4)
    assert tokens.ticket_of_message_id(own_id, [b"other"]) is None
    assert tokens.tickets_of_markers(tokens.body_marker(17, secret=SECRET), [SECRET]) == (17,)


def test_keys_come_in_the_order_of_trust() -> None:
    own_id = tokens.message_id(2, 1, secret=SECRET, domain="desk.test")
    to = tokens.reply_address(1, secret=SECRET, domain="desk.test")
    head = f"From: a@b.test\r\nTo: {to}\r\nSubject: Re: x [Careline #5]\r\nIn-Reply-To: <{own_id}>\r\nReferences: <old@x> <new@x>\r\n\r\n"
    mail = parse(head.encode() + tokens.body_marker(4, secret=SECRET).encode())
    keys = candidates(mail, secrets=[SECRET], same_subject=True)
    assert [one.kind for one in keys] == [
        "reply_address",
        "own_message_id",
        "foreign_message_id",
        "body_marker",
        "subject_number",
        "same_subject",
    ]
    assert [one.ticket for one in keys] == [1, 2, None, 4, 5, None]
    assert keys[2].message_ids == ("new@x", "old@x")


def test_references_keep_root_and_newest() -> None:
    chain = [f"{i}@x" for i in range(40)]
    assert references_for(chain) == ("0@x", *chain[-20:])


FORWARDS = {
    "gmail": "please handle\n\n---------- Forwarded message ---------\nFrom: *Bo Berg* <bo@home.test>\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nSubject: Broken lamp\nTo: <me@desk.test>\n\nIt is broken.",
    "apple": "please handle\n\nBegin forwarded message:\n\n> From: Bo Berg <bo@home.test>\n> Subject: Broken lamp\n> Date: 1 January 2024\n> To: me@desk.test\n> \n> It is broken.",
    "outlook": "please handle\n\nVon: Bo Berg <bo@home.test>\nGesendet: Montag, 1. Januar 2024 10:00\nAn: me@desk.test\nBetreff: Broken lamp\n\nIt is broken.",
}


@pytest.mark.parametrize("style", FORWARDS)
def test_a_forward_gives_the_original_sender(style: str) -> None:
    raw = b"From: agent@desk.test\r\nSubject: WG: Broken lamp\r\n\r\n" + FORWARDS[style].encode()
    found = forwarded_in(parse(raw))
    assert found is not None
    assert (found.sender.name, found.sender.address) == ("Bo Berg", "bo@home.test")
    assert (found.subject, found.body.strip(), found.note) == (
        "Broken lamp",
        "It is broken.",
        "please handle",
    )


@pytest.mark.parametrize(
    ("head", "address"),
    [
        ("From: form@shop.test\nReply-To: Bo <bo@home.test>\n", "bo@home.test"),
        ("From: bo@home.test\nReply-To: noreply@shop.test\n", "bo@home.test"),
        ("From: bo@home.test\nReply-To: list@x.test\nList-Id: <list.x.test>\n", "bo@home.test"),
        (
            "From: Bo via Team <team@x.test>\nX-Original-Sender: bo@home.test\nList-Id: <team.x.test>\n",
            "bo@home.test",
        ),
        ("From: <>\nReturn-Path: <bo@home.test>\n", "bo@home.test"),
        ("Sender: bo@home.test\n", "bo@home.test"),
    ],
)
def test_the_customer_is_the_true_sender(head: str, address: str) -> None:
    assert customer_of(parse(head.encode() + b"\nx")).address == address


def test_brakes_close_when_a_window_is_full() -> None:
    now = datetime(2026, 1, 5, 12, tzinfo=UTC)
    nine = [now - timedelta(minutes=1)] * 9
    assert brake.allows(nine, now, brake.PER_TICKET_AND_RECIPIENT)
    assert not brake.allows([*nine, now], now, brake.PER_TICKET_AND_RECIPIENT)
    assert brake.allows([now - timedelta(minutes=10)] * 10, now, brake.PER_TICKET_AND_RECIPIENT[:1])
    assert brake.body_hash("Hello  World") == brake.body_hash("hello world\n")
    assert HEAD


@pytest.mark.parametrize(
    ("extra", "answers"),
    [
        (b"Auto-Submitted: auto-replied\r\n", True),
        (b"Auto-Submitted: auto-generated\r\n", False),
        (b"Auto-Submitted: auto-generated\r\nIn-Reply-To: <1@desk.test>\r\n", True),
        (b"Precedence: auto_reply\r\n", True),
        (b"X-Auto-Response-Suppress: All\r\n", False),
        (b"Return-Path: <>\r\n", False),
        (b"X-Autoreply: yes\r\n", True),
    ],
)
def test_a_machine_that_answers_is_told_from_one_that_speaks_by_itself(extra: bytes, answers: bool) -> None:
    mail = parse(text_mail(b"x", extra=extra))
    assert (mail.automatic, answers_something(mail)) == ("auto_reply", answers)


def test_exchange_marks_absence_notes_as_generated_and_their_subject_gives_them_away() -> None:
    raw = text_mail(b"x", extra=b"Auto-Submitted: auto-generated\r\n")
    mail = parse(raw.replace(b"Subject: Hello", b"Subject: Automatic reply: Hello"))
    assert answers_something(mail)


@pytest.mark.parametrize(
    ("subject", "body", "forwards"),
    [
        (b"Fwd: Lamp", b"See below.", True),
        (b"WG: Lampe", b"Siehe unten.", True),
        (b"Lamp", b"Look.\r\n\r\n---------- Forwarded message ---------\r\nFrom: a@b.test\r\n", True),
        (b"Re: Lamp", b"Done.\r\n\r\n-----Original Message-----\r\nFrom: a@b.test\r\n", False),
        (b"Re: Lamp", b"Done.", False),
    ],
)
def test_a_forward_is_told_from_an_answer_that_quotes_alike(
    subject: bytes, body: bytes, forwards: bool
) -> None:
    mail = parse(text_mail(body).replace(b"Subject: Hello", b"Subject: " + subject))
    assert is_forward(mail) == forwards
