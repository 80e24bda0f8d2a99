"""Keeping mail: the bytes are safe on disk before anybody reads them, and before anybody is told so.

A mail counts as kept when its bytes, its place in the folder and its row would survive a power cut. Only then
does a sender hear 250, and only then does the cursor of a mailbox move.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, connection, transaction

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
    with durably():
        return keep(mailbox=mailbox, raw=raw, envelope=envelope, received_at=received_at)


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


def keep(*, mailbox: Mailbox, raw: bytes, envelope: Envelope, received_at: datetime) -> RawMail:
    """Keep one mail within a transaction that `durably` opened, perhaps together with others."""
    key = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    known = RawMail.objects.filter(mailbox=mailbox, dedupe_key=key).first()
    return known or _insert(mailbox, raw, envelope, received_at, key)


def _insert(mailbox: Mailbox, raw: bytes, envelope: Envelope, received_at: datetime, key: str) -> RawMail:
    row = RawMail(
        mailbox=mailbox,
        file=store_bytes(raw, now=received_at),
        dedupe_key=key,
        uid=envelope.uid,
        uid_validity=envelope.uid_validity,
        via=envelope.via,
        envelope_from=plain(envelope.sender)[:MAX_ENVELOPE],
        envelope_to=[plain(one)[:MAX_ENVELOPE] for one in envelope.recipients[:MAX_RECIPIENTS]],
        received_at=received_at,
        size=len(raw) if envelope.size is None else envelope.size,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # another process has just kept the same mail
        return RawMail.objects.get(mailbox=mailbox, dedupe_key=key)
    events.record(
        "mail.received",
        subject=("mail", row.pk),
        actor=None,
        at=received_at,
        mailbox=mailbox.pk,
        via=envelope.via,
    )
    return row


def store_bytes(raw: bytes, *, now: datetime) -> File:
    """Keep bytes, and see to it that the folders they lie in are on disk as well."""
    path = files.path_of(hashlib.sha256(raw).hexdigest())
    new = not path.exists()
    row = files.store(raw, now=now)
    if new:
        for folder in (path.parent, path.parent.parent, Path(settings.FILES_ROOT)):
            _sync_folder(folder)
    return row


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def plain(text: str) -> str:
    """Return text that every database takes: no NUL, no half characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
