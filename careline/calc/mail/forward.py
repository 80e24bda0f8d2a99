"""Find the original mail inside one that an agent forwards, so that the ticket belongs to the true sender."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from careline.calc.mail.addresses import addresses
from careline.calc.mail.ids import date_of
from careline.calc.mail.quote import label_of
from careline.calc.mail.quote_words import FORWARDED, ORIGINAL, bare
from careline.calc.mail.shapes import Address, Mail

MAX_LINES = 2_000
MAX_HEADER_LINES = 25
_FORWARD_SUBJECT = re.compile(
    r"^\s*(?:fwd?|wg|tr|rv|enc|i|vs|vb|vl|pd|fs|doorst|转发|轉寄|転送|fwd?\[\d+\])\s*[:：]\s*", re.I
)
_MARKS = re.compile(r"^[> ]{0,8}")
_MARKUP = re.compile(r"\*|\[mailto:[^\]]{0,320}\]|<mailto:[^>]{0,320}>", re.I)


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The mail that was forwarded.

    Attributes
    ----------
    note : str
        What the forwarder wrote above it.
    sent_at : datetime or None
        Aware instant, where the block's date can be read; ``date_text`` has its own words.
    """

    sender: Address
    subject: str = ""
    sent_at: datetime | None = None
    date_text: str = ""
    body: str = ""
    note: str = ""


def forwarded_in(mail: Mail) -> Forwarded | None:
    """Return the original mail inside a forwarded one, or None when there is none with a sender.

    Parameters
    ----------
    mail : Mail
        A mail by somebody whose forwards are trusted. Outlook's bare header block counts only below a
        forward subject.
    """
    lines = mail.body_text.split("\n")[:MAX_LINES]
    loose = bool(_FORWARD_SUBJECT.match(mail.subject))
    for i, line in enumerate(lines):
        if _announces(line):
            found = _block(lines, i + 1, i)
        elif loose and label_of(_MARKS.sub("", line)) == "from":
            found = _block(lines, i, i)
        else:
            continue
        if found is not None:
            return found if found.subject else _with_subject(found, mail.subject)
    return None


def is_forward(mail: Mail) -> bool:
    """Tell whether a mail says of itself that it forwards something; an answer may quote in the same form.

    Parameters
    ----------
    mail : Mail
        A parsed message.
    """
    if _FORWARD_SUBJECT.match(mail.subject):
        return True
    lines = mail.body_text.split("\n")[:MAX_LINES]
    return any(_announces(line) and bare(line).startswith(tuple(FORWARDED)) for line in lines)


def _with_subject(found: Forwarded, subject: str) -> Forwarded:
    bare_subject = _FORWARD_SUBJECT.sub("", subject)
    return Forwarded(found.sender, bare_subject, found.sent_at, found.date_text, found.body, found.note)


def _announces(line: str) -> bool:
    plain = bare(line)
    if not plain or len(plain) > 80:
        return False
    ruled = line.strip()[:1] in "-_=*—–>" or line.rstrip().endswith((":", "："))
    return ruled and plain.startswith((*FORWARDED, *ORIGINAL))


def _block(lines: list[str], start: int, cut: int) -> Forwarded | None:
    """Read the header lines from `start`; the body follows them."""
    fields: dict[str, str] = {}
    quoted = False
    at, last = start, ""
    while at < min(len(lines), start + MAX_HEADER_LINES):
        line = lines[at]
        plain = _MARKUP.sub("", _MARKS.sub("", line)).strip()
        label = label_of(plain)
        if label:
            quoted = quoted or line.lstrip().startswith(">")
            last = label
            fields.setdefault(label, re.split(r"[:：]", plain, maxsplit=1)[1].strip())
        elif not plain and fields:
            break
        elif plain and fields and last:  # a wrapped header line
            fields[last] = f"{fields[last]} {plain}".strip()
        elif plain:
            return None
        at += 1
    return _made(fields, lines, at, cut, quoted=quoted)


def _made(fields: dict[str, str], lines: list[str], at: int, cut: int, *, quoted: bool) -> Forwarded | None:
    senders = addresses(fields.get("from", "").encode("utf-8", "ignore"))
    sender = next((one for one in senders if one.address), None)
    if sender is None or len(fields) < 2:
        return None
    body = lines[at:]
    if quoted:
        body = [_unquoted(line) for line in body]
    text, note = "\n".join(body).strip("\n"), "\n".join(lines[:cut]).strip()
    return Forwarded(
        sender, fields.get("subject", ""), date_of(fields.get("date", "")), fields.get("date", ""), text, note
    )


def _unquoted(line: str) -> str:
    return line[1:].removeprefix(" ") if line.startswith(">") else line
