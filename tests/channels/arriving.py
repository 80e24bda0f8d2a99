"""Plain makers of mails that arrive, and the way they go."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import count
from typing import Any

from careline.channels.actions import store_mail, take_in
from careline.channels.models import Mailbox, RawMail
from tests.make import make_brand

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
ANNA = "Anna Berg <anna@shop.test>"
_number = count(1)


def make_mailbox(address: str = "care@desk.test", **over: Any) -> Mailbox:
    """A mailbox that mail is delivered to."""
    brand = over.pop("brand", None) or make_brand()
    fields = {"name": address, "brand": brand, "inbound": {"kind": "smtp"}, **over}
    return Mailbox.objects.create(address=address, **fields)


def letter(
    text: str = "My lamp is broken.",
    *,
    sender: str = ANNA,
    to: str = "care@desk.test",
    subject: str = "Lamp",
    id: str | None = None,
    at: datetime = NOW,
    **headers: str,
) -> bytes:
    """A mail as it comes; further headers as keywords (in_reply_to="<a@b>")."""
    mail_id = f"{next(_number)}@shop.test" if id is None else id
    known = {"From": sender, "To": to, "Subject": subject, "Date": format_datetime(at)}
    if mail_id:
        known["Message-ID"] = f"<{mail_id}>"
    known |= {name.replace("_", "-").title(): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in known.items() if value)
    return (lines + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + text).encode()


def arrive(mailbox: Mailbox, raw: bytes, *, at: datetime = NOW, **more: Any) -> RawMail:
    """Keep a mail and take it in."""
    kept = store_mail(mailbox=mailbox, raw=raw, via=more.pop("via", "imap"), received_at=at, **more)
    return take_in(raw_mail_id=kept.pk, now=at)
