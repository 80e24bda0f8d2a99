"""The tests' own instruments: each real server does what its fixture promises."""

from __future__ import annotations

import imaplib
import smtplib
from email.message import EmailMessage

import pytest

from tests.real.browser import axe_violations
from tests.real.careline import installation, running
from tests.real.dovecot import Dovecot
from tests.real.smtp import SmtpSink

RAW = b"From: a@example.test\r\nSubject: Hello\r\n\r\nHi\r\n"


def mail() -> EmailMessage:
    """Return a small mail."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.test", "b@example.test", "Hello"
    message.set_content("Hi")
    return message


def test_smtp_sink_keeps_a_mail_and_who_signed_in(smtp_sink: SmtpSink) -> None:
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as connection:
        connection.login(smtp_sink.username, smtp_sink.password)
        connection.send_message(mail())
    (kept,) = smtp_sink.messages
    assert (kept.sender, kept.recipients, kept.login) == ("a@example.test", ("b@example.test",), "desk")
    assert kept.message["Subject"] == "Hello"


def test_smtp_sink_refuses_as_often_as_told_and_then_keeps(smtp_sink: SmtpSink) -> None:
    smtp_sink.refuse_for_now()
    smtp_sink.refuse_for_good()
    with smtplib.SMTP(smtp_sink.host, smtp_sink.port) as connection:
        codes = []
        for _ in range(2):
            with pytest.raises(smtplib.SMTPDataError) as refusal:
                connection.send_message(mail())
            codes.append(refusal.value.smtp_code)
        connection.send_message(mail())
    assert codes == [451, 554]
    assert len(smtp_sink.messages) == 1


@pytest.mark.parametrize(("trouble", "kept"), [("hang_up", 0), ("hang_up_after_keeping", 1)])
def test_smtp_sink_hangs_up(smtp_sink: SmtpSink, trouble: str, kept: int) -> None:
    getattr(smtp_sink, trouble)()
    connection = smtplib.SMTP(smtp_sink.host, smtp_sink.port)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        connection.send_message(mail())
    connection.close()
    assert len(smtp_sink.messages) == kept


def test_dovecot_gives_back_a_mail_to_who_has_the_password(dovecot: Dovecot) -> None:
    dovecot.put("anna@example.test", RAW)
    with dovecot.session("anna@example.test") as connection:
        assert connection.select()[1] == [b"1"]


def sign_in_with(dovecot: Dovecot, token: str) -> None:
    """Sign in the way large mail providers ask for."""
    with imaplib.IMAP4(dovecot.host, dovecot.port) as connection:
        words = f"user=tom@example.test\x01auth=Bearer {token}\x01\x01".encode()
        # After a refusal the server explains itself and waits for an empty line.
        answers = iter([words])
        connection.authenticate("XOAUTH2", lambda _: next(answers, b""))


def test_dovecot_accepts_a_token(dovecot: Dovecot) -> None:
    sign_in_with(dovecot, dovecot.token("tom@example.test"))


def test_dovecot_refuses_a_token_that_has_run_out(dovecot: Dovecot) -> None:
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        sign_in_with(dovecot, dovecot.token("tom@example.test", valid_s=-10))


def test_dovecot_can_renumber_a_mailbox(dovecot: Dovecot) -> None:
    def status() -> bytes:
        with dovecot.session("eva@example.test") as connection:
            return connection.status("INBOX", "(MESSAGES UIDVALIDITY)")[1][0]

    dovecot.put("eva@example.test", RAW)
    before = status()
    dovecot.renumber("eva@example.test")
    after = status()
    assert b"MESSAGES 1" in before
    assert b"MESSAGES 1" in after
    assert before != after


def test_axe_finds_a_picture_without_words(page) -> None:
    page.set_content("<html lang=en><title>t</title><main><img src='data:image/gif;base64,R0lGOD'></main>")
    assert any(line.startswith("image-alt") for line in axe_violations(page))


@pytest.mark.slow
def test_careline_starts_on_an_empty_folder_and_stops_when_asked() -> None:
    with installation() as careline:
        with running(careline):
            assert careline.is_healthy()
            assert careline.run("doctor", "--help")
        assert not careline.is_healthy()
