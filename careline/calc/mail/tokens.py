"""Signed tokens that bring an answer back to its ticket, and no stranger can make (HMAC, RFC 2104)."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

HEX_DIGITS = 20  # 80 bits of the HMAC; 16 is the least that is accepted
LEAST_HEX_DIGITS = 16

_REPLY = re.compile(r"^[^@]{1,200}\+(\d{1,15})\.([0-9a-f]{16,64})@", re.I)
_MESSAGE_ID = re.compile(r"^<?t\.(\d{1,15})\.(\d{1,15})\.([0-9a-f]{16,64})@", re.I)
_BOUNCE = re.compile(r"^[^@]{1,200}\+b\.(\d{1,15})\.([0-9a-f]{16,64})@", re.I)
_MARKER = re.compile(r"ref:t(\d{1,15})\.([0-9a-f]{16,64}):ref", re.I)


def _mac(secret: bytes, purpose: str, *parts: int) -> str:
    said = "\x00".join((purpose, *(str(part) for part in parts))).encode()
    return hmac.new(secret, said, hashlib.sha256).hexdigest()[:HEX_DIGITS]


def _holds(mac: str, secrets: Sequence[bytes], purpose: str, *parts: int) -> bool:
    return any(
        hmac.compare_digest(mac.lower().encode(), _mac(one, purpose, *parts).encode()) for one in secrets
    )


def reply_address(ticket: int, *, secret: bytes, domain: str, local: str = "reply") -> str:
    """Return ``reply+<ticket>.<mac>@domain``.

    Parameters
    ----------
    ticket : int
        Number the answer belongs to.
    secret : bytes
        Key of this installation.
    domain, local : str
        Where our mailbox accepts plus-addresses.
    """
    return f"{local}+{ticket}.{_mac(secret, 'reply', ticket)}@{domain}"


def ticket_of_reply_address(address: str, secrets: Sequence[bytes]) -> int | None:
    """Return the ticket of a reply address, or None when it is not one of ours.

    Parameters
    ----------
    address : str
        Any address.
    secrets : sequence of bytes
        Keys that are valid: the present one and, during a change, the one before.
    """
    found = _REPLY.match(address)
    return int(found[1]) if found and _holds(found[2], secrets, "reply", int(found[1])) else None


def bounce_address(mail: int, *, secret: bytes, domain: str, local: str = "reply") -> str:
    """Return ``reply+b.<mail>.<mac>@domain``, the envelope sender that failures of one mail come back to."""
    return f"{local}+b.{mail}.{_mac(secret, 'bounce', mail)}@{domain}"


def mail_of_bounce_address(address: str, secrets: Sequence[bytes]) -> int | None:
    """Return the mail whose failure an address is for, or None when it is not one of ours.

    Parameters
    ----------
    address : str
        Any address.
    secrets : sequence of bytes
        Keys that are valid.
    """
    found = _BOUNCE.match(address)
    return int(found[1]) if found and _holds(found[2], secrets, "bounce", int(found[1])) else None


def message_id(ticket: int, message: int, *, secret: bytes, domain: str) -> str:
    """Return ``t.<ticket>.<message>.<mac>@domain``, without angle brackets."""
    return f"t.{ticket}.{message}.{_mac(secret, 'message', ticket, message)}@{domain}"


def ticket_of_message_id(one: str, secrets: Sequence[bytes]) -> tuple[int, int] | None:
    """Return (ticket, message) of one of our own message ids, or None; the domain may have been rewritten."""
    found = _MESSAGE_ID.match(one)
    if not found:
        return None
    ticket, message = int(found[1]), int(found[2])
    return (ticket, message) if _holds(found[3], secrets, "message", ticket, message) else None


def body_marker(ticket: int, *, secret: bytes) -> str:
    """Return the marker that is hidden in outgoing bodies and comes back inside quotations."""
    return f"ref:t{ticket}.{_mac(secret, 'body', ticket)}:ref"


def tickets_of_markers(text: str, secrets: Sequence[bytes]) -> tuple[int, ...]:
    """Return the tickets whose genuine markers stand in `text`, in order, each once."""
    found = ((int(one[1]), one[2]) for one in _MARKER.finditer(text[:5_000_000]))
    genuine = (ticket for ticket, mac in found if _holds(mac, secrets, "body", ticket))
    return tuple(dict.fromkeys(genuine))
