"""What ``careline mail deliver`` does: files go the whole way that mail goes, one plain answer for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from careline.calc.mail.addresses import normal
from careline.channels import disk
from careline.channels.actions.intake import take_in_these
from careline.channels.actions.store import Envelope, Incoming, durably, keep
from careline.channels.models import Mailbox, RawMail

TOGETHER = 50
BYTES_TOGETHER = 50_000_000
HARD_CAP = 150_000_000  # bytes; of a larger file only so much is kept


def lines(*, mailbox: str, paths: Iterable[str | Path], now: datetime) -> Iterator[dict[str, Any]]:
    """Yield one JSON-able dictionary for each file, in order; what is wrong stands in its ``error``."""
    box = mailbox_of(mailbox)
    for some in _batches(Path(path) for path in paths):
        if box is None:
            yield from ({"file": str(path), "error": _unknown(mailbox)} for path in some)
        else:
            yield from _lines(box, some, now=now)


def _batches(paths: Iterable[Path]) -> Iterator[list[Path]]:
    """Yield files that are kept in one transaction: so many, or so many bytes."""
    batch, size = [], 0
    for path in paths:
        batch.append(path)
        size += path.stat().st_size if path.is_file() else 0
        if len(batch) == TOGETHER or size >= BYTES_TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def mailbox_of(address: str) -> Mailbox | None:
    """Return the mailbox with this address or alias, or None."""
    wanted = normal(address)
    boxes = list(Mailbox.objects.select_related("brand", "team").order_by("pk"))
    by_address = (box for box in boxes if box.address == wanted)
    by_alias = (box for box in boxes if wanted in {normal(one) for one in box.aliases})
    return next(by_address, None) or next(by_alias, None)


def _unknown(address: str) -> str:
    known = ", ".join(Mailbox.objects.order_by("address").values_list("address", flat=True)[:10])
    none = "There is none yet. Add one under Setup, Channels, or with: careline mail add ADDRESS"
    there = f"There are: {known}." if known else none
    return f"There is no mailbox {address}. {there}"


def _lines(box: Mailbox, paths: list[Path], *, now: datetime) -> Iterator[dict[str, Any]]:
    read = [_incoming(path, now=now) for path in paths]
    mails = [one for one in read if isinstance(one, Incoming)]
    disk.put_all(one.raw for one in mails)
    with durably():
        kept = keep(mailbox=box, mails=mails)
    known = {row.pk for row in kept if row.state != RawMail.State.STORED}
    take_in_these(raw_mail_ids=[row.pk for row in kept], now=now)
    rows, numbers = RawMail.objects.in_bulk([row.pk for row in kept]), iter(kept)
    for path, one in zip(paths, read, strict=True):
        if isinstance(one, str):
            yield {"file": str(path), "error": one}
            continue
        raw = rows[next(numbers).pk]
        yield _told(path, raw) | ({"already_known": True} if raw.pk in known else {})
        known.add(raw.pk)


def _incoming(path: Path, *, now: datetime) -> Incoming | str:
    """Return the mail in a file, or a sentence why there is none."""
    try:
        data, size = _bytes_of(path)
    except (OSError, ValueError) as error:
        return f"The file could not be read: {getattr(error, 'strerror', None) or str(error)}."
    return Incoming(data, now, Envelope(via="file", size=size))


def _bytes_of(path: Path) -> tuple[bytes, int]:
    if path.is_dir():
        raise ValueError("it is a folder")
    with path.open("rb") as file:
        data = file.read(HARD_CAP + 1)
    return data[:HARD_CAP], max(len(data), path.stat().st_size)


def _told(path: Path, raw: RawMail) -> dict[str, Any]:
    told: dict[str, Any] = {
        "file": str(path),
        "mail": raw.pk,
        "outcome": raw.outcome or raw.state,
        "ticket": raw.ticket_id,
        "message": raw.message_id,
        "matched_by": raw.matched_by or None,
    }
    if raw.state == RawMail.State.QUARANTINED:
        told |= {"quarantined": True, "why": raw.problem}
    return told
