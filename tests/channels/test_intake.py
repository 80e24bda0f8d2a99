"""What becomes of a mail: kept, read, placed, held or set aside; and never lost, never doubled."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from careline.channels import deliver_files, queries, reading
from careline.channels.actions import (
    MailIsNotDiscarded,
    MailIsNotQuarantined,
    discard_mail,
    intake,
    restore_mail,
    retry_all_mail,
    retry_mail,
    store_mail,
    take_in,
    take_in_waiting,
)
from careline.channels.guard import Failure
from careline.channels.models import Outgoing, RawMail
from careline.channels.ours import instance
from careline.core import files
from careline.core.models import Event
from careline.tickets.actions import reply
from careline.tickets.models import Category, Message, Ticket
from careline.tickets.said import NewMessage
from tests.calc.mail.make import HEAD, file_part, mixed, part
from tests.channels.arriving import NOW, arrive, letter, make_mailbox
from tests.channels.test_threading import close, our_id, reply_to
from tests.make import make_status, make_user

pytestmark = pytest.mark.django_db
SENDING = {"host": "127.0.0.1", "port": 2525, "security": "none"}
PASSED = "mx.desk.test; dkim=pass header.d=desk.test"


@contextmanager
def instead(place, name: str, value) -> Iterator[None]:
    """Put something else in the place of one of our functions, for a while."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(place, name, value)
        yield


def kinds_of(raw: RawMail) -> list[str]:
    rows = Event.objects.filter(subject_kind="mail", subject_id=raw.pk).order_by("pk")
    return list(rows.values_list("kind", flat=True))


# Keeping


def test_the_bytes_are_kept_as_they_came_before_anything_is_read():
    raw = store_mail(mailbox=make_mailbox(), raw=b"\xff\x00 no mail at all", via="imap", received_at=NOW)
    assert files.read(raw.file) == b"\xff\x00 no mail at all"
    assert (raw.state, raw.size, kinds_of(raw)) == ("stored", 17, ["mail.received"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.sqlite
def test_a_kept_mail_is_synchronised_and_the_usual_setting_comes_back():
    with CaptureQueriesContext(connection) as said:
        store_mail(mailbox=make_mailbox(), raw=letter(), via="smtp", received_at=NOW)
    words = [query["sql"] for query in said if query["sql"].startswith(("PRAGMA", "BEGIN", "COMMIT"))]
    assert words[0] == "PRAGMA synchronous=FULL"
    assert words[-1] == "PRAGMA synchronous=NORMAL"


def test_the_files_of_a_mail_are_kept_once_and_pictures_stay_in_their_place():
    picture = file_part(
        "image/png; name=a.png", b"PNG", "Content-ID: <p1>", "Content-Disposition: inline; filename=a.png"
    )
    html = part("text/html; charset=utf-8", b'<p>See <img src="cid:p1"></p>')
    related = part(
        'multipart/related; boundary="CC"', b"--CC\r\n" + html + b"\r\n--CC\r\n" + picture + b"\r\n--CC--"
    )
    raw = arrive(
        make_mailbox(),
        mixed(
            related, file_part("application/pdf; name=bill.pdf", b"%PDF", "Content-Disposition: attachment")
        ),
    )
    rows = {one.name: one for one in raw.message.attachments.all()}
    assert {name: (one.inline, one.size) for name, one in rows.items()} == {
        "a.png": (True, 3),
        "bill.pdf": (False, 4),
    }
    assert rows["a.png"].content_id == "p1"
    assert 'src="cid:p1"' in raw.message.html
    assert rows["bill.pdf"].file.sha256 == hashlib.sha256(b"%PDF").hexdigest()


def test_the_quotation_is_folded_away_and_kept():
    markup = (
        '<div>Thanks!</div><div class="gmail_quote"><div>On Monday, Care wrote:<br></div>'
        "<blockquote>Old words</blockquote></div><script>alert(1)</script>"
    )
    raw = arrive(make_mailbox(), HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + markup.encode())
    message = raw.message
    assert message.visible_text == "Thanks!"
    assert "Old words" in message.text
    assert "Old words" in message.quoted_html
    assert "Old words" not in message.html
    assert "script" not in message.html + message.quoted_html


def test_a_mail_without_a_subject_is_called_by_its_first_words():
    box = make_mailbox()
    assert arrive(box, letter("My lamp\r\nis broken.", subject="")).ticket.subject == "My lamp is broken."
    assert arrive(box, letter(" ", subject="")).ticket.subject == "(no subject)"


# Too large


def test_a_mail_over_the_limit_becomes_a_notice_and_its_original_is_kept(monkeypatch):
    monkeypatch.setattr(settings, "LARGEST_MAIL", 20_000)
    box = make_mailbox()
    big = mixed(
        part("text/plain", b"Here is the film."), file_part("video/mp4; name=film.mp4", b"x" * 40_000)
    )
    raw = arrive(box, big)
    assert (raw.outcome, raw.message.visible_text) == ("new", "Here is the film.")
    assert raw.message.attachments.count() == 0
    assert raw.message.flags[0].startswith("This mail is too large to take in whole")
    assert files.read(raw.file) == big


def test_of_a_mail_over_the_hard_cap_the_beginning_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(deliver_files, "HARD_CAP", 30_000)
    monkeypatch.setattr(settings, "LARGEST_MAIL", 20_000)
    make_mailbox()
    (tmp_path / "big.eml").write_bytes(letter("Look.\r\n" + "x" * 60_000))
    told = next(deliver_files.lines(mailbox="care@desk.test", paths=[tmp_path / "big.eml"], now=NOW))
    raw = RawMail.objects.get(pk=told["mail"])
    assert (told["outcome"], raw.file.size) == ("new", 30_000)
    assert raw.size > 60_000


# Machines


def test_an_absence_note_is_attached_and_moves_nothing():
    box = make_mailbox()
    ticket = arrive(box, letter(id="one@shop.test")).ticket
    Ticket.objects.update(status=make_status(Category.SOLVED), category=Category.SOLVED, solved_at=NOW)
    raw = arrive(box, letter("I am away.", auto_submitted="auto-replied", in_reply_to="<one@shop.test>"))
    now = Ticket.objects.get()
    assert (raw.outcome, raw.ticket, raw.message.automatic) == ("auto_reply", ticket, "auto_reply")
    assert (now.category, now.message_count, now.assignee) == ("solved", 2, None)


def test_an_absence_note_that_belongs_to_nothing_opens_nothing():
    raw = arrive(make_mailbox(), letter("I am away.", auto_submitted="auto-replied"))
    assert (raw.state, raw.outcome, raw.ticket) == ("done", "auto_reply", None)
    assert Ticket.objects.count() == 0


@pytest.mark.parametrize("subject", ["Automatic reply: Lamp", "Automatische Antwort: Lampe"])
def test_exchange_calls_its_absence_notes_generated_and_they_open_nothing(subject: str):
    raw = arrive(
        make_mailbox(),
        letter("Away.", subject=subject, auto_submitted="auto-generated", x_auto_response_suppress="All"),
    )
    assert (raw.outcome, Ticket.objects.count()) == ("auto_reply", 0)


def test_what_a_program_sends_by_itself_opens_a_conversation_that_nobody_acknowledges():
    box = make_mailbox(acknowledge=True, outbound=SENDING)
    raw = arrive(box, letter("Somebody filled in the form.", auto_submitted="auto-generated"))
    assert (raw.outcome, raw.message.automatic) == ("new", "list")
    assert Outgoing.objects.count() == 0


def test_an_absence_note_to_a_closed_conversation_opens_no_other():
    box = make_mailbox()
    ticket = arrive(box, letter(id="one@shop.test")).ticket
    close(ticket)
    raw = arrive(box, letter("Away.", auto_submitted="auto-replied", in_reply_to="<one@shop.test>"))
    assert (raw.outcome, raw.ticket, raw.message) == ("auto_reply", ticket, None)
    assert Ticket.objects.count() == 1


def test_a_list_mail_opens_a_conversation_without_acknowledgement():
    box = make_mailbox(acknowledge=True, outbound=SENDING)
    raw = arrive(box, letter(list_id="<news.shop.test>"))
    assert (raw.outcome, raw.message.automatic, Outgoing.objects.count()) == ("new", "list", 0)


def test_a_customer_gets_one_acknowledgement_where_the_mailbox_wants_it():
    box = make_mailbox(acknowledge=True, outbound=SENDING)
    arrive(box, letter(id="one@shop.test"))
    arrive(box, letter("More.", in_reply_to="<one@shop.test>"))
    arrive(make_mailbox("quiet@desk.test", outbound=SENDING), letter("Hello there."))
    assert [one.purpose for one in Outgoing.objects.all()] == ["acknowledgement"]
    assert Outgoing.objects.get().recipients == ["anna@shop.test"]


def test_nobody_is_told_that_we_have_a_mail_from_last_week():
    box = make_mailbox(acknowledge=True, outbound=SENDING)
    assert arrive(box, letter(at=NOW - timedelta(days=7))).outcome == "new"
    assert Outgoing.objects.count() == 0


@pytest.mark.parametrize("sign", ["header", "our address", "our message id"])
def test_our_own_mail_that_comes_back_is_kept_and_dropped_where_it_can_be_seen(sign: str):
    box = make_mailbox()
    ticket = arrive(box, letter()).ticket
    headers = {
        "header": {"x_careline_loop": instance()},
        "our address": {"sender": "Care <care@desk.test>"},
        "our message id": {"id": our_id(ticket)},
    }[sign]
    raw = arrive(box, letter("An answer of ours.", to=reply_to(ticket), **headers))
    assert (raw.state, raw.outcome, raw.ticket) == ("done", "loop", None)
    assert ticket.messages.count() == 1
    found = queries.mail_page(queries.MailFilter(outcomes=("loop",))).mails
    assert found == [raw]


def bounce_of(mail_id: str, recipient: str = "anna@shop.test", status: str = "5.1.1") -> bytes:
    head = HEAD.replace(b"Anna <anna@shop.test>", b"MAILER-DAEMON@mx.test").replace(b"Hello", b"Undelivered")
    report = f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n"
    report = f"Reporting-MTA: dns; mx.test\r\n\r\n{report}"
    parts = (
        part("text/plain", b"It could not be delivered."),
        part("message/delivery-status", report.encode()),
        part("message/rfc822", f"Message-ID: <{mail_id}>\r\nSubject: Re: Lamp\r\n\r\nx".encode()),
    )
    body = b"".join(b"--BB\r\n" + one + b"\r\n" for one in parts) + b"--BB--\r\n"
    kind = b'Content-Type: multipart/report; report-type=delivery-status; boundary="BB"\r\n\r\n'
    return head.replace(b"<1@shop.test>", b"<dsn@mx.test>") + b"Return-Path: <>\r\n" + kind + body


def test_a_bounce_goes_to_the_conversation_whose_mail_came_back():
    box = make_mailbox(outbound=SENDING)
    ticket = arrive(box, letter()).ticket
    answer = reply(ticket=ticket, message=NewMessage(text="Sent."), actor=None, now=NOW)
    sent = Outgoing.objects.get(message=answer)
    raw = arrive(box, bounce_of(sent.mail_id))
    assert (raw.outcome, raw.ticket, raw.message.automatic) == ("bounce", ticket, "bounce")
    sent.refresh_from_db()
    assert sent.bounced_at == NOW
    assert ticket.customer.addresses.get().undeliverable_since == NOW


def test_a_bounce_of_nothing_we_know_is_done_with_and_opens_nothing():
    raw = arrive(make_mailbox(), bounce_of("unknown@else.test"))
    assert (raw.state, raw.outcome, raw.ticket, Ticket.objects.count()) == ("done", "bounce", None, 0)


# The brake


def test_the_third_mail_with_the_same_text_within_ten_minutes_is_held():
    box = make_mailbox()
    said = [
        arrive(box, letter("Disk full.", subject=f"Alert {n}"), at=NOW + timedelta(minutes=4 * n))
        for n in range(3)
    ]
    assert [one.state for one in said] == ["done", "done", "quarantined"]
    assert said[2].problem == (
        "This is the third mail with the same text from anna@shop.test within ten minutes. "
        "It may be a machine."
    )
    assert arrive(box, letter("Disk full."), at=NOW + timedelta(minutes=30)).state == "done"


def test_the_same_words_with_another_file_are_not_the_same_mail():
    box = make_mailbox()
    for number in range(4):
        scan = file_part("application/pdf; name=scan.pdf", b"%d" % number)
        raw = mixed(part("text/plain", b"Your scan."), scan).replace(b"<1@", b"<%d@" % number)
        assert arrive(box, raw).state == "done"


def test_what_a_person_lets_through_is_not_held_again():
    box = make_mailbox()
    raw = [arrive(box, letter("Disk full.")) for _ in range(3)][2]
    retry_mail(raw_mail_id=raw.pk, actor=make_user("health.act"), now=NOW)
    assert take_in_waiting(NOW) == 1
    raw.refresh_from_db()
    assert (raw.state, raw.outcome, raw.problem) == ("done", "new", "")


# People of ours


def test_an_agents_answer_by_mail_is_the_agents_when_our_server_vouches_for_it():
    box = make_mailbox(outbound=SENDING, trusted_authserv="mx.desk.test")
    ben = make_user("tickets.reply", email="ben@desk.test", aliases=["b.okafor@desk.test"])
    ticket = arrive(box, letter(id="one@shop.test")).ticket
    quotation = "On Mon, 2 Mar 2026 at 10:00, Anna <anna@shop.test> wrote:\r\n> internal words\r\n"
    text = f"We send a new one.\r\n\r\n{quotation}"
    raw = arrive(
        box,
        letter(
            text, sender="B.Okafor@desk.test", in_reply_to="<one@shop.test>", authentication_results=PASSED
        ),
    )
    assert (raw.outcome, raw.message.kind, raw.message.author) == ("reply", "out", ben)
    assert raw.message.text == "We send a new one."
    sent = Outgoing.objects.get()
    assert (sent.message, sent.recipients, sent.state) == (raw.message, ["anna@shop.test"], "ready")
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.waiting_since) == (ben, None)


def test_an_agents_answer_with_a_token_counts_where_no_server_vouches():
    box = make_mailbox(outbound=SENDING)
    ben = make_user("tickets.reply", email="ben@desk.test")
    ticket = arrive(box, letter()).ticket
    raw = arrive(box, letter("Done.", sender="ben@desk.test", to=reply_to(ticket)))
    assert (raw.message.kind, raw.message.author) == ("out", ben)


@pytest.mark.parametrize(
    ("authserv", "results"),
    [
        ("mx.desk.test", "mx.desk.test; dkim=fail header.d=desk.test; spf=softfail smtp.mailfrom=desk.test"),
        ("mx.desk.test", "mx.desk.test; dkim=pass header.d=evil.test"),
        ("mx.desk.test", "mx.desk.test; spf=pass smtp.mailfrom=eve@evil.test"),
    ],
)
def test_a_forged_agent_is_a_customer_and_flagged_even_with_the_token(authserv: str, results: str):
    box = make_mailbox(outbound=SENDING, trusted_authserv=authserv)
    make_user("tickets.reply", email="ben@desk.test", name="Ben Okafor")
    ticket = arrive(box, letter()).ticket
    raw = arrive(
        box,
        letter("Refund her.", sender="ben@desk.test", to=reply_to(ticket), authentication_results=results),
    )
    assert (raw.message.kind, raw.message.author, Outgoing.objects.count()) == ("in", None, 0)
    assert raw.message.flags[0] == (
        "The address is that of Ben Okafor, but nothing proves that Ben Okafor wrote this."
    )


def test_a_result_that_the_sender_wrote_itself_proves_nothing():
    box = make_mailbox(outbound=SENDING, trusted_authserv="mx.desk.test")
    make_user("tickets.reply", email="ben@desk.test")
    arrive(box, letter(id="one@shop.test"))
    forged = letter(
        "Hi.", sender="ben@desk.test", in_reply_to="<one@shop.test>", authentication_results=PASSED
    )
    raw = arrive(box, b"Authentication-Results: mx.desk.test; dkim=none\r\n" + forged)
    assert raw.message.kind == "in"


def test_an_agent_who_wrote_to_the_customer_too_is_not_sent_twice():
    box = make_mailbox(outbound=SENDING)
    make_user("tickets.reply", email="ben@desk.test")
    ticket = arrive(box, letter()).ticket
    arrive(box, letter("Done.", sender="ben@desk.test", to=f"anna@shop.test, {reply_to(ticket)}"))
    assert [one.state for one in Outgoing.objects.all()] == ["cancelled"]


def test_an_agent_who_may_not_answer_here_is_not_sent():
    box = make_mailbox(outbound=SENDING)
    make_user(email="ben@desk.test", name="Ben Okafor")
    ticket = arrive(box, letter()).ticket
    raw = arrive(box, letter("Done.", sender="ben@desk.test", to=reply_to(ticket)))
    assert raw.message.kind == "in"
    assert raw.message.flags[0] == "Ben Okafor may not answer here, so this was not sent to the customer."
    assert Outgoing.objects.count() == 0


def test_an_agents_answer_to_a_closed_conversation_is_kept_as_a_note():
    box = make_mailbox(outbound=SENDING)
    make_user("tickets.reply", email="ben@desk.test")
    ticket = arrive(box, letter()).ticket
    close(ticket)
    raw = arrive(box, letter("Done.", sender="ben@desk.test", to=reply_to(ticket)))
    assert (raw.ticket, raw.message.kind, Outgoing.objects.count()) == (ticket, "note", 0)


def test_an_agent_who_is_the_customer_is_the_customer():
    box = make_mailbox()
    make_user("tickets.reply", email="ben@desk.test")
    first = arrive(box, letter("My own lamp.", sender="Ben <ben@desk.test>", id="one@desk.test"))
    raw = arrive(box, letter("And?", sender="Ben <ben@desk.test>", to=reply_to(first.ticket)))
    assert (raw.ticket, raw.message.kind) == (first.ticket, "in")


FORWARD = """Please look at this.

---------- Forwarded message ---------
From: Siv Dahl <siv@else.test>
Date: Sun, 1 Mar 2026 18:00:00 +0000
Subject: Missing parcel
To: <ben@desk.test>

Where is my parcel?
"""


def test_what_an_agent_forwards_is_a_conversation_with_the_one_who_wrote_it():
    box = make_mailbox(trusted_authserv="mx.desk.test")
    ben = make_user("tickets.reply", email="ben@desk.test", name="Ben Okafor")
    raw = arrive(
        box,
        letter(FORWARD, sender="ben@desk.test", subject="Fwd: Missing parcel", authentication_results=PASSED),
    )
    ticket = raw.ticket
    assert (ticket.subject, ticket.customer.name, raw.outcome) == ("Missing parcel", "Siv Dahl", "new")
    first, note = ticket.messages.order_by("pk")
    assert (first.kind, first.text, first.address) == ("in", "Where is my parcel?", "siv@else.test")
    assert first.flags == ["Forwarded by Ben Okafor."]
    assert (note.kind, note.text, note.author) == ("note", "Please look at this.", ben)


def test_a_forward_that_nothing_proves_is_flagged_and_its_note_is_nobodys():
    make_user("tickets.reply", email="ben@desk.test", name="Ben Okafor")
    raw = arrive(make_mailbox(), letter(FORWARD, sender="ben@desk.test", subject="Fwd: Missing parcel"))
    first, note = raw.ticket.messages.order_by("pk")
    assert "nothing proves" in first.flags[1]
    assert note.author is None
    assert "nothing proves" in note.text


def test_a_forward_within_a_conversation_is_not_sent_to_the_customer():
    box = make_mailbox(outbound=SENDING)
    make_user("tickets.reply", email="ben@desk.test")
    ticket = arrive(box, letter()).ticket
    raw = arrive(box, letter(FORWARD, sender="ben@desk.test", subject="Fwd: Parcel", to=reply_to(ticket)))
    assert (raw.ticket, raw.message.kind, Outgoing.objects.count()) == (ticket, "in", 0)


# Quarantine


def test_a_mail_that_names_nobody_is_set_aside_with_the_reason():
    raw = arrive(make_mailbox(), letter(sender=""))
    assert raw.state == "quarantined"
    assert raw.problem == "The mail names no sender with an address, so nobody could be answered."
    assert kinds_of(raw) == ["mail.received", "mail.quarantined"]
    raw.refresh_from_db()
    assert raw.subject == "Lamp"


def test_a_mail_that_takes_too_long_to_read_is_set_aside_and_the_next_is_taken_in():
    box = make_mailbox()
    slow = store_mail(mailbox=box, raw=letter("slow"), via="imap", received_at=NOW)
    store_mail(mailbox=box, raw=letter("quick"), via="imap", received_at=NOW)

    def read(raw: bytes, **_: object):
        return Failure("time") if b"slow" in raw else original(raw)

    original = reading.parse_limited
    with instead(reading, "parse_limited", read):
        assert take_in_waiting(NOW) == 2
    slow.refresh_from_db()
    assert (slow.state, slow.problem) == (
        "quarantined",
        "The mail took too long to read and was set aside.",
    )
    assert Ticket.objects.count() == 1


def test_retry_takes_a_mail_in_after_all():
    box, actor = make_mailbox(), make_user("health.act")
    with instead(reading, "parse_limited", lambda raw, **_: Failure("crash")):
        raw = arrive(box, letter())
    retry_mail(raw_mail_id=raw.pk, actor=actor, now=NOW)
    assert take_in(raw_mail_id=raw.pk, now=NOW).outcome == "new"
    assert kinds_of(raw) == ["mail.received", "mail.quarantined", "mail.retried"]
    with pytest.raises(MailIsNotQuarantined):
        retry_mail(raw_mail_id=raw.pk, actor=actor, now=NOW)


def test_discard_can_be_undone_and_both_are_told():
    box, actor = make_mailbox(), make_user("health.act")
    raw = arrive(box, letter(sender=""))
    discard_mail(raw_mail_id=raw.pk, actor=actor, now=NOW)
    raw.refresh_from_db()
    assert raw.state == "discarded"
    with pytest.raises(MailIsNotQuarantined):
        discard_mail(raw_mail_id=raw.pk, actor=actor, now=NOW)
    restore_mail(raw_mail_id=raw.pk, actor=actor, now=NOW)
    raw.refresh_from_db()
    assert raw.state == "quarantined"
    assert kinds_of(raw)[2:] == ["mail.discarded", "mail.restored"]
    with pytest.raises(MailIsNotDiscarded):
        restore_mail(raw_mail_id=raw.pk, actor=actor, now=NOW)


def test_all_quarantined_mails_can_be_tried_again_at_once():
    box = make_mailbox()
    with instead(reading, "parse_limited", lambda raw, **_: Failure("crash")):
        rows = [arrive(box, letter(f"Mail {number}")) for number in range(3)]
    assert retry_all_mail(actor=make_user("health.act"), now=NOW, ids=[rows[0].pk]) == 1
    assert retry_all_mail(actor=make_user("health.act"), now=NOW) == 2
    assert take_in_waiting(NOW) == 3
    assert Ticket.objects.count() == 3


@pytest.mark.parametrize("act", [retry_mail, discard_mail, restore_mail])
def test_only_who_may_act_on_health_touches_the_quarantine(act):
    raw = arrive(make_mailbox(), letter(sender=""))
    with pytest.raises(PermissionDenied):
        act(raw_mail_id=raw.pk, actor=make_user("health.see"), now=NOW)


def test_a_mail_whose_bytes_are_gone_is_set_aside():
    raw = store_mail(mailbox=make_mailbox(), raw=letter(), via="imap", received_at=NOW)
    files.path_of(raw.file.sha256).unlink()
    assert (
        take_in(raw_mail_id=raw.pk, now=NOW).problem == "The bytes of this mail are not on the disk any more."
    )


# Nothing lost, nothing doubled


def test_a_fault_of_ours_sets_one_mail_aside_and_leaves_nothing_half_done():
    box = make_mailbox()

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with instead(intake, "_note", fail):
        raw = arrive(box, letter())
    assert raw.state == "quarantined"
    assert raw.problem == (
        "This mail could not be taken in because of a fault of ours (ZeroDivisionError). The mail is safe."
    )
    assert (Ticket.objects.count(), Message.objects.count()) == (0, 0)


def test_a_database_that_fails_leaves_the_mail_waiting():
    box = make_mailbox()

    def fail(*_: object, **__: object) -> None:
        raise OperationalError("disk full")

    with instead(intake, "_note", fail), pytest.raises(OperationalError):
        arrive(box, letter())
    assert (RawMail.objects.get().state, Ticket.objects.count()) == ("stored", 0)
    assert take_in_waiting(NOW) == 1
    assert (RawMail.objects.get().outcome, Ticket.objects.count()) == ("new", 1)


def test_a_mail_that_brings_its_reader_down_each_time_is_set_aside_and_harms_no_other():
    box = make_mailbox()
    bad, good = (
        store_mail(mailbox=box, raw=letter(text), via="imap", received_at=NOW) for text in ("bad", "good")
    )

    class Killed(BaseException):
        """Stands for kill -9: nothing catches it."""

    original = intake._place

    def place(raw, mail, known):
        if raw.pk == bad.pk:
            raise Killed
        original(raw, mail, known)

    with instead(intake, "_place", place):
        for _ in range(5):
            with pytest.raises(Killed):
                take_in_waiting(NOW)
        take_in_waiting(NOW)
        take_in_waiting(NOW)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.problem) == (
        "quarantined",
        "Taking this mail in was cut short 5 times; it may be what stops the program.",
    )
    assert good.outcome == "new"


def test_taking_in_stops_between_mails_and_what_was_not_begun_is_as_before():
    box = make_mailbox()
    for number in range(3):
        store_mail(mailbox=box, raw=letter(f"Mail {number}"), via="imap", received_at=NOW)
    take_in_waiting(NOW, going=lambda: not RawMail.objects.filter(state="done").exists())
    assert list(RawMail.objects.order_by("pk").values_list("state", "attempts")) == [
        ("done", 1),
        ("stored", 0),
        ("stored", 0),
    ]


def test_a_mail_that_was_taken_in_is_not_taken_in_again():
    raw = arrive(make_mailbox(), letter())
    for _ in range(2):
        again = take_in(raw_mail_id=raw.pk, now=NOW)
        assert (again.ticket, again.attempts) == (raw.ticket, 1)
    assert (Ticket.objects.count(), Message.objects.count()) == (1, 1)


# Counting


def test_received_is_waiting_and_done_and_quarantined_and_discarded():
    box, actor = make_mailbox(), make_user("health.act")
    store_mail(mailbox=box, raw=letter("waits"), via="imap", received_at=NOW)
    for text in ("one", "two"):
        arrive(box, letter(text))
    for text in ("three", "four", "five"):
        arrive(box, letter(text, sender=""))
    discard_mail(raw_mail_id=RawMail.objects.filter(state="quarantined").last().pk, actor=actor, now=NOW)
    counts = queries.intake_counts()
    assert (counts.received, counts.waiting, counts.done, counts.quarantined, counts.discarded) == (
        6, 1, 2, 2, 1,
    )  # fmt: skip
    assert counts.adds_up
    assert Event.objects.filter(kind="mail.received").count() == counts.received


def test_the_alarm_is_raised_when_mails_wait_too_long_or_one_is_in_no_state_we_know():
    box = make_mailbox()
    store_mail(mailbox=box, raw=letter(), via="imap", received_at=NOW)
    assert not queries.intake_alarm(NOW + timedelta(minutes=4))
    assert queries.intake_troubles(NOW + timedelta(minutes=6)) == [
        "1 mails wait to be taken in for too long."
    ]
    RawMail.objects.update(state="elsewhere")
    assert queries.intake_troubles(NOW) == ["1 mails were received, but only 0 are accounted for."]


def test_the_alarm_is_raised_when_a_mailbox_cannot_be_read_or_is_not_read():
    box = make_mailbox(inbound={"kind": "imap"}, checked_at=NOW, problem="No such host.")
    assert queries.intake_troubles(NOW) == ["care@desk.test: No such host."]
    box.problem = ""
    box.save()
    assert not queries.intake_alarm(NOW)
    assert queries.intake_alarm(NOW + timedelta(minutes=16))


def test_the_quarantine_is_read_page_by_page():
    box = make_mailbox()
    rows = [arrive(box, letter(f"Mail {number}", sender="")) for number in range(5)]
    first = queries.quarantined_page(size=3)
    second = queries.quarantined_page(before=first.next_before, size=3)
    assert [one.pk for one in (*first.mails, *second.mails)] == [one.pk for one in reversed(rows)]
    assert second.next_before is None


def test_a_message_leads_to_the_mail_it_came_in():
    raw = arrive(make_mailbox(), letter())
    found = queries.mail_of_message(raw.message.pk)
    assert found == raw
    assert queries.mail_bytes(found) == files.read(raw.file)
    assert queries.mail_of_message(0) is None


# From files


def test_delivering_files_says_what_became_of_each(tmp_path: Path):
    make_mailbox(aliases=["help@desk.test"])
    for name, raw in (
        ("a.eml", letter(id="one@shop.test")),
        ("b.eml", letter("More.", in_reply_to="<one@shop.test>")),
        ("c.eml", letter(sender="")),
    ):
        (tmp_path / name).write_bytes(raw)
    paths = [tmp_path / name for name in ("a.eml", "b.eml", "c.eml", "none.eml", "a.eml")]
    told = list(deliver_files.lines(mailbox="HELP@desk.test", paths=paths, now=NOW))
    ticket = Ticket.objects.get().pk
    assert [(one.get("outcome"), one.get("ticket")) for one in told] == [
        ("new", ticket),
        ("reply", ticket),
        ("quarantined", None),
        (None, None),
        ("new", ticket),
    ]
    assert told[1]["matched_by"] == "foreign_message_id"
    assert told[2]["quarantined"]
    assert told[2]["why"]
    assert told[3]["error"] == "The file could not be read: No such file or directory."
    assert told[4]["already_known"]


def test_delivering_to_a_mailbox_that_is_not_there_says_which_there_are(tmp_path: Path):
    make_mailbox()
    told = list(deliver_files.lines(mailbox="nobody@desk.test", paths=[tmp_path / "a"], now=NOW))
    assert told[0]["error"] == "There is no mailbox nobody@desk.test. There are: care@desk.test."


# How much it takes


def test_a_first_mail_and_an_answer_take_few_queries():
    box = make_mailbox()
    arrive(box, letter(id="one@shop.test"))
    kept = store_mail(
        mailbox=box, raw=letter("More.", in_reply_to="<one@shop.test>"), via="imap", received_at=NOW
    )
    with CaptureQueriesContext(connection) as said:
        take_in(raw_mail_id=kept.pk, now=NOW)
    assert len(said) <= 30, "\n".join(query["sql"][:150] for query in said)
