"""Mail on its way to the server, with a real server at the other end."""

from __future__ import annotations

import socket
import threading
from datetime import timedelta

import pytest

from careline.channels import post
from careline.channels.actions import retry_outgoing, sending
from careline.channels.models import Mailbox, Outgoing
from careline.channels.smtp import Receipt, SmtpError
from careline.core import files
from careline.core.models import Event
from careline.customers.models import Address
from tests.channels.make_mail import make_mailbox, make_person, make_ticket, owe, send
from tests.make import MONDAY_9
from tests.real.ports import free_port, wait_until
from tests.real.smtp import SmtpSink

pytestmark = pytest.mark.django_db
State = Outgoing.State
TEN = MONDAY_9 + timedelta(hours=2)
LATER = TEN + timedelta(minutes=5)


def fresh(outgoing: Outgoing) -> Outgoing:
    """Read a row again."""
    return Outgoing.objects.get(pk=outgoing.pk)


def kinds(ticket_id: int | None) -> list[str]:
    """Return what happened on a conversation."""
    rows = Event.objects.filter(subject_kind="ticket", subject_id=ticket_id, kind__startswith="mail.")
    return list(rows.order_by("pk").values_list("kind", flat=True))


def test_a_reply_arrives_and_is_noted_as_sent(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))

    assert send(mailbox) == 1

    sent = fresh(outgoing)
    assert (sent.state, sent.sent_at, sent.attempts, sent.taken) == (State.SENT, TEN, 1, ["ada@example.org"])
    assert (sent.leased_until, sent.holder, sent.stage) == (None, "", "")
    assert [one.recipients for one in smtp_sink.messages] == [("ada@example.org",)]
    assert smtp_sink.messages[0].message["Message-ID"] == f"<{sent.mail_id}>"
    assert kinds(sent.ticket_id) == ["mail.sent"]


def test_nothing_is_sent_twice_however_often_one_looks(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    owe(make_ticket(mailbox))

    assert [send(mailbox), send(mailbox), send(mailbox, now=LATER)] == [1, 0, 0]
    assert len(smtp_sink.messages) == 1


def test_a_temporary_refusal_is_tried_again_with_the_same_bytes(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    smtp_sink.refuse_for_now()

    assert send(mailbox) == 0
    waiting = fresh(outgoing)
    assert (waiting.state, waiting.problem) == (State.READY, "451 4.3.0 Try again later")
    assert waiting.send_at == TEN + timedelta(seconds=30)
    assert waiting.file is not None

    assert send(mailbox, now=TEN + timedelta(seconds=29)) == 0
    assert send(mailbox, now=TEN + timedelta(seconds=30)) == 1
    sent = fresh(outgoing)
    assert (sent.state, sent.problem, sent.attempts, sent.file) == (State.SENT, "", 2, waiting.file)


def test_waiting_grows_with_each_attempt_up_to_an_hour() -> None:
    assert [sending.wait_s(n) for n in (1, 2, 3, 7, 8, 60)] == [30, 60, 120, 1920, 3600, 3600]


def test_after_two_days_of_trying_a_person_is_asked(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    Outgoing.objects.update(attempts=53)
    smtp_sink.refuse_for_now()

    send(mailbox)

    assert fresh(outgoing).state == State.FAILED
    assert kinds(outgoing.ticket_id) == ["mail.failed"]


def test_a_refusal_for_good_is_kept_in_the_words_of_the_server(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    smtp_sink.refuse_for_good()

    assert send(mailbox) == 0

    failed = fresh(outgoing)
    assert (failed.state, failed.problem) == (State.FAILED, "554 5.7.1 We do not want this")
    assert kinds(failed.ticket_id) == ["mail.failed"]
    assert send(mailbox, now=LATER) == 0


def test_a_failed_mail_can_be_sent_after_all_and_has_kept_its_bytes(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    smtp_sink.refuse_for_good()
    send(mailbox)
    built = fresh(outgoing).file

    retry_outgoing(outgoing_id=outgoing.pk, actor=None, now=LATER)

    assert send(mailbox, now=LATER) == 1
    assert (fresh(outgoing).state, fresh(outgoing).file) == (State.SENT, built)
    assert kinds(outgoing.ticket_id) == ["mail.failed", "mail.retried", "mail.sent"]


def test_one_bad_mail_does_not_hold_up_the_next_over_the_same_connection(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    ticket = make_ticket(mailbox)
    first, second, third = owe(ticket, "one"), owe(ticket, "two"), owe(ticket, "three")
    smtp_sink.troubles += ["554 5.7.1 No", "451 4.3.0 Later", ""]

    assert send(mailbox) == 1

    assert [fresh(one).state for one in (first, second, third)] == [State.FAILED, State.READY, State.SENT]


def test_a_hang_up_instead_of_an_answer_may_mean_that_it_arrived(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    smtp_sink.hang_up_after_keeping()

    assert send(mailbox) == 0
    assert (fresh(outgoing).state, fresh(outgoing).unsure) == (State.READY, True)
    assert "hung up" in fresh(outgoing).problem

    assert send(mailbox, now=LATER) == 1
    first, second = smtp_sink.messages
    assert first.raw == second.raw  # one Message-ID, one content: who receives both can tell
    assert (fresh(outgoing).state, fresh(outgoing).unsure) == (State.SENT, True)


def test_mails_behind_a_hang_up_are_sent_over_a_new_connection(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    ticket = make_ticket(mailbox)
    first, second = owe(ticket, "one"), owe(ticket, "two")
    smtp_sink.hang_up()

    assert send(mailbox) == 1
    assert [fresh(one).state for one in (first, second)] == [State.READY, State.SENT]


def test_a_dead_server_is_asked_once_for_all_its_mails() -> None:
    out = {"host": "127.0.0.1", "port": free_port(), "security": "none"}
    mailbox = make_mailbox(outbound=out)
    ticket = make_ticket(mailbox)
    first, second = owe(ticket, "one"), owe(ticket, "two")

    assert send(mailbox) == 0

    assert [fresh(one).attempts for one in (first, second)] == [1, 0]
    for one in (first, second):
        assert fresh(one).send_at == TEN + timedelta(seconds=30)
        assert "refuses connections on port" in fresh(one).problem


def test_a_wrong_password_lets_all_mails_wait(smtp_sink: SmtpSink) -> None:
    from careline.channels.keys import seal

    out = {"host": smtp_sink.host, "port": smtp_sink.port, "security": "none", "user": "desk"}
    mailbox = make_mailbox(outbound=out, secret=seal({"password": "wrong"}))
    outgoing = owe(make_ticket(mailbox))

    assert send(mailbox) == 0
    assert fresh(outgoing).state == State.READY
    assert "refused user or password" in fresh(outgoing).problem

    Mailbox.objects.update(secret=seal({"password": smtp_sink.password}))
    assert send(mailbox, now=LATER) == 1
    assert smtp_sink.messages[0].login == "desk"


def test_a_recipient_who_does_not_exist_does_not_keep_it_from_the_others(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox), cc=[{"name": "", "address": "gone@example.org"}])
    smtp_sink.refuse_recipient("gone@example.org")

    assert send(mailbox) == 1

    sent = fresh(outgoing)
    assert (sent.state, sent.taken) == (State.SENT, ["ada@example.org"])
    assert sent.problem == "Not delivered to gone@example.org: 550 5.1.1 No such person here"


def test_an_address_that_does_not_exist_is_marked(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    smtp_sink.refuse_recipient("ada@example.org")

    assert send(mailbox) == 0

    assert fresh(outgoing).state == State.FAILED
    assert Address.objects.get(value="ada@example.org").undeliverable_since == TEN


def test_a_recipient_who_is_put_off_gets_it_later_and_the_others_not_again(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox), cc=[{"name": "", "address": "full@example.org"}])
    smtp_sink.refuse_recipient("full@example.org", "452 4.2.2 Mailbox full")

    send(mailbox)
    assert (fresh(outgoing).state, fresh(outgoing).taken) == (State.READY, ["ada@example.org"])

    smtp_sink.refused_recipients.clear()
    send(mailbox, now=LATER)
    assert [one.recipients for one in smtp_sink.messages] == [("ada@example.org",), ("full@example.org",)]
    assert fresh(outgoing).state == State.SENT


def test_a_server_that_takes_no_address_with_a_plus_gets_the_plain_one(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    smtp_sink.refused_senders = "+"

    assert send(mailbox) == 1
    assert smtp_sink.messages[0].sender == "help@lumen.example"
    assert "+b." in fresh(outgoing).envelope_from

    smtp_sink.refused_senders = "@"
    owe(make_ticket(mailbox))
    assert send(mailbox, now=LATER) == 0
    assert "permissions to send as" in Outgoing.objects.get(state=State.FAILED).problem


def test_a_password_of_any_letters_signs_in(smtp_sink: SmtpSink) -> None:
    from careline.channels.keys import seal

    smtp_sink.password = "größe ✓"
    out = {"host": smtp_sink.host, "port": smtp_sink.port, "security": "none", "user": "desk"}
    mailbox = make_mailbox(outbound=out, secret=seal({"password": smtp_sink.password}))
    owe(make_ticket(mailbox))

    assert send(mailbox) == 1
    assert smtp_sink.messages[0].login == "desk"


def test_a_mailbox_that_lost_its_server_lets_its_mails_wait(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    Mailbox.objects.update(outbound={})

    assert send(mailbox) == 0
    assert (fresh(outgoing).state, "no server for sending" in fresh(outgoing).problem) == (State.READY, True)


def test_a_mail_whose_bytes_are_gone_is_set_aside_and_the_next_one_leaves(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    ticket = make_ticket(mailbox)
    first, second = owe(ticket, "one"), owe(ticket, "two")
    smtp_sink.refuse_for_now(2)
    send(mailbox)
    kept = fresh(first).file
    assert kept is not None
    files.path_of(kept.sha256).unlink()

    assert send(mailbox, now=LATER) == 1
    assert [fresh(one).state for one in (first, second)] == [State.FAILED, State.SENT]
    assert "could not be built" in fresh(first).problem


def test_a_mail_of_a_paused_mailbox_waits(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    owe(make_ticket(mailbox))
    Mailbox.objects.update(active=False)

    assert send(mailbox) == 0
    assert smtp_sink.messages == []


def take(mailbox: Mailbox, holder: str = "elsewhere:1:1:a") -> Outgoing:
    """Lease a mail, as a worker does."""
    taken = sending.take_next(mailbox_id=mailbox.pk, holder=holder, now=TEN)
    assert taken is not None
    return taken


def test_a_mail_is_leased_to_one_worker_only(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    owe(make_ticket(mailbox))
    take(mailbox)

    assert sending.take_next(mailbox_id=mailbox.pk, holder="elsewhere:1:2:b", now=TEN) is None


def test_what_a_worker_left_before_the_end_is_sent_as_if_nothing_had_been(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    take(mailbox)

    assert sending.release_orphans(now=TEN + timedelta(seconds=89)) == 0
    assert sending.release_orphans(now=TEN + timedelta(seconds=91)) == 1
    assert (fresh(outgoing).state, fresh(outgoing).unsure) == (State.READY, False)


def test_what_a_worker_left_after_the_end_is_sent_again_and_says_that_it_may_arrive_twice(
    smtp_sink: SmtpSink,
) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    sending.begin_end(take(mailbox), now=TEN)

    assert sending.release_orphans(now=TEN + timedelta(minutes=10)) == 0  # the server may still think
    assert sending.release_orphans(now=TEN + timedelta(minutes=12)) == 1
    assert (fresh(outgoing).state, fresh(outgoing).unsure) == (State.READY, True)
    assert "may arrive twice" in fresh(outgoing).problem


def test_the_mails_of_a_process_that_is_gone_are_taken_back_at_once(smtp_sink: SmtpSink) -> None:
    from careline.core import alive

    mailbox = make_mailbox(smtp_sink)
    owe(make_ticket(mailbox))
    take(mailbox, holder=f"{alive.here()}:4194304:dead")  # above the highest number a process can have

    assert sending.release_orphans(now=TEN) == 1


def test_a_worker_that_slept_too_long_does_not_send_the_end(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    owe(make_ticket(mailbox))
    slow = take(mailbox)
    sending.release_orphans(now=TEN + timedelta(minutes=5))
    take(mailbox, holder="elsewhere:1:2:b")

    with pytest.raises(sending.LeaseLost):
        sending.begin_end(slow, now=TEN + timedelta(minutes=5))


def test_a_late_yes_of_the_server_counts_even_when_the_lease_is_lost(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    outgoing = owe(make_ticket(mailbox))
    slow = take(mailbox)
    sending.begin_end(slow, now=TEN)
    sending.release_orphans(now=TEN + timedelta(minutes=12))

    receipt = Receipt(("ada@example.org",), {}, {})
    sending.note_taken(outgoing=slow, receipt=receipt, now=TEN + timedelta(minutes=13))

    assert fresh(outgoing).state == State.SENT
    assert send(mailbox, now=TEN + timedelta(minutes=14)) == 0


def test_a_broken_connection_before_the_end_is_no_doubt() -> None:
    error = SmtpError("The connection broke.", again=True, whole=True)
    assert not error.unsure


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_each_mail_once(smtp_sink: SmtpSink) -> None:
    mailbox = make_mailbox(smtp_sink)
    ticket = make_ticket(mailbox)
    for number in range(12):
        owe(ticket, f"mail {number}")

    workers = [
        threading.Thread(target=post._round, args=(mailbox.pk, lambda: TEN, threading.Event()))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)

    ids = [one.message["Message-ID"] for one in smtp_sink.messages]
    assert len(ids) == len(set(ids)) == 12
    assert set(Outgoing.objects.values_list("state", flat=True)) == {State.SENT}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_silent_server_holds_up_nobody_else(smtp_sink: SmtpSink) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        out = {"host": "127.0.0.1", "port": silent.getsockname()[1], "security": "none"}
        dead = make_mailbox(outbound=out)
        alive = make_mailbox(smtp_sink, address="sales@lumen.example")
        owe(make_ticket(dead))
        owe(make_ticket(alive, make_person("bo@example.org")))

        stop = threading.Event()
        assert post.look(stop=stop, clock=lambda: TEN)
        wait_until(lambda: len(smtp_sink.messages) == 1, what="the mail of the other mailbox")
    assert post.wait(30)


def test_dots_long_lines_and_odd_characters_survive(smtp_sink: SmtpSink) -> None:
    text = ".\n..two dots\nFrom me\n" + "x" * 1500 + "\nGrüße, 日本語 and 🙂 = done"
    mailbox = make_mailbox(smtp_sink)
    owe(make_ticket(mailbox), text)

    send(mailbox)

    body = smtp_sink.messages[0].message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").startswith(text)
    assert max(len(line) for line in smtp_sink.messages[0].raw.split(b"\r\n")) <= 998
    smtp_sink.messages[0].raw.decode("ascii")
