"""What ``careline mail deliver`` does: files go the whole way that mail goes, one plain answer for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from careline.calc.mail.addresses import normal
from careline.channels import disk
from careline.channels.actions.intake import take_in
from careline.channels.actions.store import Envelope, Incoming, durably, keep
from careline.channels.models import Mailbox, RawMail

HARD_CAP = 150_000_000  # bytes; of a larger file only so much is kept


def lines(*, mailbox: str, paths: Iterable[str | Path], now: datetime) -> Iterator[dict[str, Any]]:
    """Yield one JSON-able dictionary for each file, in order; what is wrong stands in its ``error``."""
    box = mailbox_of(mailbox)
    for path in paths:
        if box is None:
            yield {"file": str(path), "error": _unknown(mailbox)}
        else:
            yield _line(box, Path(path), now=now)


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


def _line(box: Mailbox, path: Path, *, now: datetime) -> dict[str, Any]:
    try:
        data, size = _bytes_of(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return {"file": str(path), "error": f"The file could not be read: {reason}."}
    incoming = Incoming(data, now, Envelope(via="file", size=size))
    disk.put(data)
    with durably():
        raw = keep(mailbox=box, mails=[incoming])[0]
    known = raw.state != RawMail.State.STORED
    raw = take_in(raw_mail_id=raw.pk, now=now)
    return _told(path, raw) | ({"already_known": True} if known else {})


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
