"""Mail that is delivered to us: a listener for SMTP and one for LMTP, for our own addresses and no other.

The sender hears 250 only when the bytes are on disk. What cannot be kept now is answered with 451, so that
their server keeps it and tries again. Nothing is ever passed on, so this can never be an open relay.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import close_old_connections, connection

from careline import __version__
from careline.calc.mail.addresses import domain_of, normal
from careline.calc.mail.tokens import mail_of_bounce_address, ticket_of_reply_address
from careline.channels import disk, reading
from careline.channels.actions import store
from careline.channels.keys import signing_keys
from careline.channels.models import Mailbox, MailId
from careline.channels.ours import without_plus

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
MOST_CONNECTIONS = 30
MOST_RECIPIENTS = 100
LONGEST_LINE = 4_000_000  # programs write longer lines than they may; that is no reason to lose a mail
SILENCE_S = 120
KEPT = "250 2.0.0 Kept"
NOT_NOW = "451 4.3.0 This mail could not be kept just now, please try again"
NOBODY = "550 5.1.1 There is no such mailbox here"
TOO_MANY = "452 4.5.3 Too many recipients"
NO_RECIPIENT = "503 5.5.1 Name a recipient first"


@dataclass(frozen=True)
class Copy:
    """The part of one mail that goes to one mailbox: the recipients it was named by."""

    mailbox: Mailbox
    recipients: tuple[str, ...]


def mailbox_for(address: str) -> Mailbox | None:
    """Return the mailbox that takes mail to an address: ours, an alias, either with a plus, a reply token."""
    boxes = list(Mailbox.objects.select_related("brand", "team").filter(active=True).order_by("pk"))
    wanted = (normal(address), without_plus(address))
    for known in wanted:
        for box in boxes:
            if known == box.address or known in {normal(one) for one in box.aliases}:
                return box
    return _by_token(address, boxes)


def _by_token(address: str, boxes: Sequence[Mailbox]) -> Mailbox | None:
    """Return where a signed address of ours leads, whatever stands before its plus."""
    domain = domain_of(address)
    near = [box for box in boxes if domain in {domain_of(one) for one in (box.address, *box.aliases)}]
    keys = signing_keys()
    ticket = ticket_of_reply_address(address, keys)
    if not near or (ticket is None and mail_of_bounce_address(address, keys) is None):
        return None
    used = set(MailId.objects.filter(ticket=ticket).values_list("mailbox_id", flat=True)) if ticket else set()
    return next((box for box in near if box.pk in used), near[0])


@dataclass
class Handler:
    """The answers to what senders ask."""

    clock: Clock
    via: str
    wake: threading.Event
    # One thread that speaks with the database: it writes one mail at a time in any case.
    pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(max_workers=1, thread_name_prefix="receive")
    )

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Accept a recipient that is ours."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY
        try:
            found = await self._in_thread(mailbox_for, address)
        except Exception:
            log.exception("a recipient could not be looked up")
            return NOT_NOW
        if found is None:
            return NOBODY
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 Ours"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail, and say so when it is safe."""
        recipients = list(envelope.rcpt_tos)
        try:
            await self._in_thread(self._keep, envelope, recipients)
            answer = KEPT
        except Exception:
            log.exception("a delivered mail could not be kept; its sender will try again")
            answer = NOT_NOW
        # LMTP wants one answer for each recipient.
        return "\r\n".join([answer] * len(recipients)) if self.via == "lmtp" else answer

    def _keep(self, envelope: Envelope, recipients: Sequence[str]) -> None:
        content = envelope.original_content or b""
        now, sender = self.clock(), (envelope.mail_from or "").strip("<>")
        # As every last server does, so that a bounce is known by its empty sender.
        raw = b"Return-Path: <" + sender.encode("utf-8", "surrogateescape") + b">\r\n" + content
        disk.put(raw)
        with store.durably():
            for copy in _copies(recipients):
                known = store.Envelope(via=self.via, sender=sender, recipients=copy.recipients)
                store.keep(mailbox=copy.mailbox, mails=[store.Incoming(raw, now, known)])
        self.wake.set()

    async def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.pool, _with_database, function, *args)


def _with_database(function: Callable[..., Any], *args: Any) -> Any:
    close_old_connections()
    try:
        return function(*args)
    except Exception:
        connection.close()
        raise


def _hang_up() -> None:
    """End the database connection of the thread this runs in."""
    connection.close()


def _copies(recipients: Sequence[str]) -> list[Copy]:
    """Return one copy for each mailbox.

    Raises
    ------
    LookupError
        A recipient that was accepted has no mailbox any more.
    """
    found: dict[int, Copy] = {}
    for address in recipients:
        mailbox = mailbox_for(address)
        if mailbox is None:
            raise LookupError(f"the mailbox of {address} is gone")
        before = found.get(mailbox.pk)
        named = (*before.recipients, address) if before else (address,)
        found[mailbox.pk] = Copy(mailbox, named)
    return list(found.values())


class _Limited:
    """A protocol that takes long lines, and no more connections than we can serve."""

    line_length_limit = LONGEST_LINE
    open_connections: set[int]

    def connection_made(self, transport: Any) -> None:
        """Count the connection, or turn it away."""
        if len(self.open_connections) >= MOST_CONNECTIONS:
            transport.write(b"421 4.7.0 Too many connections, please try again\r\n")
            transport.close()
            return
        self.open_connections.add(id(self))
        super().connection_made(transport)  # type: ignore[misc]

    def connection_lost(self, error: Exception | None) -> None:
        """Count it no more."""
        if id(self) in self.open_connections:
            self.open_connections.discard(id(self))
            super().connection_lost(error)  # type: ignore[misc]


class _LimitedSMTP(_Limited, SMTP):
    """SMTP within limits."""


class _LimitedLMTP(_Limited, LMTP):
    """LMTP within limits."""


class Listener(Controller):
    """One listener in a thread of its own."""

    def __init__(self, handler: Handler, *, host: str, port: int) -> None:
        self._kind = type(
            "Counted",
            (_LimitedLMTP if handler.via == "lmtp" else _LimitedSMTP,),
            {"open_connections": set()},
        )
        self._pool = handler.pool
        super().__init__(handler, hostname=host, port=port, ready_timeout=10)

    def factory(self) -> Any:
        """Return the protocol for one connection."""
        return self._kind(
            self.handler,
            data_size_limit=reading.largest(),
            enable_SMTPUTF8=True,
            timeout=SILENCE_S,
            ident=f"Careline {__version__}",
            hostname="careline",
        )

    def stop(self, no_assert: bool = False) -> None:
        """Stop listening; a mail that is just being kept is kept."""
        super().stop(no_assert=no_assert)
        self._pool.submit(_hang_up)
        self._pool.shutdown(wait=True)


def listen(*, via: str, host: str, port: int, clock: Clock, wake: threading.Event) -> Listener:
    """Start to listen.

    Raises
    ------
    OSError
        The port is taken, or not ours to take.
    """
    listener = Listener(Handler(clock, via, wake), host=host, port=port)
    listener.start()
    return listener
