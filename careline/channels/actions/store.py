"""Keeping mail: the bytes are safe on disk before anybody reads them, and before anybody is told so.

A mail counts as kept when its bytes, its place in the folder and its row would survive a power cut. Only then
does a sender hear 250, and only then does the cursor of a mailbox move.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from careline.channels import disk
from careline.channels.models import Mailbox, RawMail
from careline.core import events, files
from careline.core.models import File

MAX_ENVELOPE = 320
MAX_RECIPIENTS = 200


@dataclass(frozen=True)
class Envelope:
    """What the transport knew of a mail besides its bytes."""

    via: str = "imap"
    uid: int | None = None
    uid_validity: int | None = None
    sender: str = ""
    recipients: Sequence[str] = ()
    size: int | None = None  # of the whole mail, where only its beginning could be kept


@dataclass(frozen=True)
class Incoming:
    """One mail that has just come; its bytes are on disk already."""

    raw: bytes
    received_at: datetime
    envelope: Envelope = Envelope()
    sha256: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Note what the bytes are known by."""
        object.__setattr__(self, "sha256", hashlib.sha256(self.raw).hexdigest())

    @property
    def key(self) -> str:
        """Return what the mail is known by within its mailbox."""
        return f"sha256:{self.sha256}"


def store_mail(
    *,
    mailbox: Mailbox,
    raw: bytes,
    via: str,
    received_at: datetime,
    uid: int | None = None,
    uid_validity: int | None = None,
    envelope_from: str = "",
    envelope_to: Sequence[str] = (),
) -> RawMail:
    """Keep one mail; the same bytes for the same mailbox are one row, however often they come."""
    envelope = Envelope(via, uid, uid_validity, envelope_from, envelope_to)
    disk.put(raw)
    with durably():
        return keep(mailbox=mailbox, mails=[Incoming(raw, received_at, envelope)])[0]


@contextmanager
def durably() -> Iterator[None]:
    """Commit what happens inside in one transaction, on disk when this returns.

    SQLite in WAL mode with its usual setting may lose the last commits to a power cut. That is fine for work
    that would be done again, and not for a promise to another mail server.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    _set_synchronous("FULL")
    try:
        with transaction.atomic():
            yield
    finally:
        _set_synchronous("NORMAL")


def _set_synchronous(how: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA synchronous={how}")


def keep(*, mailbox: Mailbox, mails: Sequence[Incoming]) -> list[RawMail]:
    """Keep mails within a transaction that `durably` opened; return the row of each, the known ones too."""
    try:
        with transaction.atomic():
            return _keep(mailbox, mails)
    except IntegrityError:  # another process has just kept one of them
        return _keep(mailbox, mails)


def _keep(mailbox: Mailbox, mails: Sequence[Incoming]) -> list[RawMail]:
    rows = _known(mailbox, mails)
    new = list({one.key: one for one in mails if one.key not in rows}.values())
    if new:
        kept = disk.rows_of((one.raw for one in new), now=new[0].received_at)
        made = RawMail.objects.bulk_create(_row(mailbox, one, kept[one.sha256]) for one in new)
        rows |= {row.dedupe_key: row for row in made}
        for row in made:
            _tell(row)
    return [rows[one.key] for one in mails]


def _known(mailbox: Mailbox, mails: Sequence[Incoming]) -> dict[str, RawMail]:
    keys = [one.key for one in mails]
    return {row.dedupe_key: row for row in RawMail.objects.filter(mailbox=mailbox, dedupe_key__in=keys)}


def _row(mailbox: Mailbox, mail: Incoming, file: File) -> RawMail:
    envelope = mail.envelope
    return RawMail(
        mailbox=mailbox,
        file=file,
        dedupe_key=mail.key,
        uid=envelope.uid,
        uid_validity=envelope.uid_validity,
        via=envelope.via,
        envelope_from=plain(envelope.sender)[:MAX_ENVELOPE],
        envelope_to=[plain(one)[:MAX_ENVELOPE] for one in envelope.recipients[:MAX_RECIPIENTS]],
        received_at=mail.received_at,
        size=len(mail.raw) if envelope.size is None else envelope.size,
    )


def _tell(row: RawMail) -> None:
    facts = {"mailbox": row.mailbox_id, "via": row.via}
    events.record("mail.received", subject=("mail", row.pk), actor=None, at=row.received_at, **facts)


def store_bytes(raw: bytes, *, now: datetime) -> File:
    """Keep bytes that must survive a power cut, and return their row."""
    disk.put(raw)
    return files.store(raw, now=now)


def plain(text: str) -> str:
    """Return text that every database takes: no NUL, no half characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
