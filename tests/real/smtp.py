"""A real mail server that keeps what it is given, and can be told to behave badly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.real.ports import free_port


@dataclass(frozen=True)
class Received:
    """One mail as it arrived."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    login: str | None

    @property
    def message(self) -> EmailMessage:
        """Return the mail, parsed."""
        parsed = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class SmtpSink:
    """What the server received, and what it shall do next."""

    port: int
    host: str = "127.0.0.1"
    username: str = "desk"
    password: str = "correct horse"
    messages: list[Received] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    refused_recipients: dict[str, str] = field(default_factory=dict)
    refused_senders: str = ""  # what an envelope sender must not hold

    def refuse_for_now(self, times: int = 1) -> None:
        """Answer the next mails with a temporary failure."""
        self.troubles += ["451 4.3.0 Try again later"] * times

    def refuse_for_good(self, times: int = 1) -> None:
        """Answer the next mails with a permanent failure."""
        self.troubles += ["554 5.7.1 We do not want this"] * times

    def hang_up(self, times: int = 1) -> None:
        """Drop the connection in place of an answer to the next mails, without keeping them."""
        self.troubles += ["drop"] * times

    def hang_up_after_keeping(self, times: int = 1) -> None:
        """Keep the next mails, but drop the connection before saying so: the sender cannot know."""
        self.troubles += ["keep and drop"] * times

    def refuse_recipient(self, address: str, answer: str = "550 5.1.1 No such person here") -> None:
        """Refuse one recipient from now on."""
        self.refused_recipients[address] = answer


class Handler:
    """The answers of the server."""

    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink

    async def handle_MAIL(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a sender, unless told to refuse its kind."""
        if self.sink.refused_senders and self.sink.refused_senders in address:
            return "550 5.7.60 Client does not have permissions to send as this sender"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient, unless told to refuse it."""
        if address in self.sink.refused_recipients:
            return self.sink.refused_recipients[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail, or do the trouble that is next."""
        trouble = self.sink.troubles.pop(0) if self.sink.troubles else ""
        if trouble in {"", "keep and drop"}:
            self.sink.messages.append(received(session, envelope))
        if trouble in {"drop", "keep and drop"}:
            server.transport.abort()
            return "421 4.3.0 Gone"
        return trouble or "250 2.0.0 Kept"


def received(session: Session, envelope: Envelope) -> Received:
    """Return what an envelope holds."""
    login = session.auth_data
    content = envelope.original_content
    assert content is not None
    return Received(envelope.mail_from or "", tuple(envelope.rcpt_tos), content, login)


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    """Give a mail server on a free port; a login is possible and not demanded."""
    sink = SmtpSink(port=free_port())

    def check(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object
    ) -> AuthResult:
        expected = LoginPassword(sink.username.encode(), sink.password.encode())
        return AuthResult(success=given == expected, handled=False, auth_data=sink.username)

    controller = Controller(
        Handler(sink),
        hostname=sink.host,
        port=sink.port,
        authenticator=check,
        auth_require_tls=False,
        auth_required=False,
    )
    controller.start()
    yield sink
    controller.stop()
