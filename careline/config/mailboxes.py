"""Setting up a mailbox from the command line, for machines without a screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from careline.channels.actions import MailboxRefused, save_mailbox

IMAP_PORTS = {"tls": 993, "starttls": 143, "none": 143}
SMTP_PORTS = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True)
class Server:
    """A mail server as the command line names it: HOST or HOST:PORT, and how the way there is encrypted."""

    at: str
    security: str

    def facts(self, ports: dict[str, int], user: str) -> dict[str, Any]:
        """Return it as the settings of a mailbox."""
        host, colon, port = self.at.rpartition(":")
        known = {"host": host if colon else self.at, "port": port if colon else ports.get(self.security, 0)}
        login = {"user": user, "auth": "password"} if user else {}
        return {**known, "security": self.security, **login}


def add(
    *, address: str, name: str, reading: Server | None, sending: Server | None, user: str, password: str
) -> dict[str, Any]:
    """Keep a mailbox and return what was kept, without its password.

    Raises
    ------
    MailboxRefused
        Something in it cannot be right.
    """
    inbound: dict[str, Any] = {"kind": "smtp"}
    if reading:
        inbound = {"kind": "imap", **reading.facts(IMAP_PORTS, user or address), "folder": "INBOX"}
    mailbox = save_mailbox(
        mailbox=None,
        name=name or address,
        address=address,
        inbound=inbound,
        outbound=sending.facts(SMTP_PORTS, user) if sending else {},
        secrets={"password": password} if password else {},
        actor=None,
        now=timezone.now(),
    )
    return {
        "address": mailbox.address,
        "name": mailbox.name,
        "reads": mailbox.inbound,
        "sends": mailbox.outbound,
    }


__all__ = ["MailboxRefused", "Server", "add"]
