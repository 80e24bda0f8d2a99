"""Reading one stored mail within its limits, with what the transport knew of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.conf import settings

from careline.calc.mail.shapes import Mail
from careline.channels.guard import Failure, parse_limited
from careline.channels.models import RawMail
from careline.channels.ours import Ours
from careline.core import files

LARGEST = 35_000_000  # bytes of a mail that is read in full
BEGINNING = 262_144  # bytes of a larger one that are read: its headers and first text
TOO_LARGE = (
    "This mail is too large to take in whole ({size} MB, the limit is {limit} MB). "
    "Only its beginning is shown, without files; the original is kept as far as it came."
)


@dataclass(frozen=True)
class Unread:
    """Why a mail could not be read, in a sentence for the person who looks at the quarantine."""

    sentence: str


def largest() -> int:
    """Return the size up to which mails are read in full [bytes]."""
    return int(getattr(settings, "LARGEST_MAIL", LARGEST))


def read(raw: RawMail, known: Ours) -> Mail | Unread:
    """Return what a stored mail says, or why it could not be read."""
    try:
        data = files.read(raw.file)
    except OSError:
        return Unread("The bytes of this mail are not on the disk any more.")
    return parse_stored(raw, data, known)


def parse_stored(raw: RawMail, data: bytes, known: Ours) -> Mail | Unread:
    """Parse the bytes of a stored mail in the limited child process."""
    size = max(raw.size, len(data))
    whole = size <= largest()
    mail = parse_limited(data if whole else data[:BEGINNING], own=known.known_to_parser)
    if isinstance(mail, Failure):
        return Unread(mail.sentence)
    return _with_envelope(mail if whole else _cut(mail, size), raw)


def _cut(mail: Mail, size: int) -> Mail:
    """Leave the files out, of which only halves are there, and say so."""
    said = TOO_LARGE.format(size=round(size / 1e6), limit=round(largest() / 1e6))
    return replace(mail, attachments=(), problems=(said,))


def _with_envelope(mail: Mail, raw: RawMail) -> Mail:
    """Add the addresses that the mail was delivered to: a reply token may stand nowhere else."""
    if not raw.envelope_to:
        return mail
    return replace(mail, delivered_to=tuple(dict.fromkeys((*raw.envelope_to, *mail.delivered_to))))
