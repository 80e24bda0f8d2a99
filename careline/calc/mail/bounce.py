"""Read delivery reports: standard ones (RFC 3464) and the old free-form kinds."""

from __future__ import annotations

import re

from careline.calc.mail.addresses import addresses
from careline.calc.mail.ids import message_ids
from careline.calc.mail.mime import Part, content, split
from careline.calc.mail.shapes import Bounce
from careline.calc.mail.words import decode_header

READ_BYTES = 200_000
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_SMTP_CODE = re.compile(r"(?<![\d.])(55[0-4]|4[2-5]\d)[ -]")
_ADDRESS = re.compile(r"<?([\w.+=~!#$%&'*/?^`{|}-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})>?")
_ORIGINAL_ID = re.compile(r"^[> ]{0,4}Message-Id:\s{0,5}<([^<>\s]{1,500})>", re.I | re.M)
_ORIGINAL_SUBJECT = re.compile(r"^[> ]{0,4}Subject:[ \t]{0,5}([^\r\n]{1,500})", re.I | re.M)
_UNKNOWN_CODES = ("5.1.1", "5.1.0", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.4.4")
_UNKNOWN_WORDS = re.compile(
    r"user unknown|unknown user|no such user|does not exist|doesn't exist|mailbox unavailable|"
    r"unknown recipient|"
    r"address rejected|recipient not found|no mailbox|invalid recipient|unrouteable address",
    re.I,
)
_HEADERS_WITH_RECIPIENT = ("x-failed-recipients", "x-original-to")


def read_bounce(root: Part, body_text: str) -> Bounce:
    """Return what a mail already known as a bounce reports.

    Parameters
    ----------
    root : Part
        The message, split.
    body_text : str
        Its readable text, for reports that follow no standard.
    """
    fields = _report_fields(root)
    words = body_text[:READ_BYTES]
    diagnostic = fields.get("diagnostic-code", "") or _telling_line(words)
    recipient = _recipient(root, fields, words)
    status = _status(fields.get("status", ""), diagnostic, words)
    original_id, subject = _original(root, words)
    permanent = status.startswith("5") or (not status and fields.get("action", "").lower() == "failed")
    unknown = permanent and (
        status in _UNKNOWN_CODES
        or (status in ("", "5.0.0") and bool(_UNKNOWN_WORDS.search(diagnostic or words[:5_000])))
    )
    return Bounce(
        recipient, status, permanent, unknown, original_id, subject, " ".join(diagnostic.split())[:500]
    )


def is_delay(root: Part) -> bool:
    """Tell whether a report only says that delivery takes longer, or that it worked."""
    return _report_fields(root).get("action", "").strip().lower() in (
        "delayed",
        "relayed",
        "delivered",
        "expanded",
    )


def _report_fields(root: Part) -> dict[str, str]:
    """Return the per-recipient fields of the first failed recipient in a delivery-status part."""
    part = next(
        (
            one
            for one in root.walk()
            if one.type in ("message/delivery-status", "message/global-delivery-status")
        ),
        None,
    )
    if part is None:
        return {}
    blocks = re.split(rb"\r?\n[ \t]*\r?\n", content(part, [])[:READ_BYTES].strip())
    read = [_fields(block) for block in blocks]
    of_recipients = [
        one for one in read if "final-recipient" in one or "original-recipient" in one or "status" in one
    ]
    failed = (one for one in of_recipients if one.get("action", "").strip().lower() == "failed")
    return next(failed, of_recipients[0] if of_recipients else {})


def _fields(block: bytes) -> dict[str, str]:
    headers = split(block + b"\n\n", []).headers
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name, decode_header(value))
    return found


def _recipient(root: Part, fields: dict[str, str], words: str) -> str:
    for name in ("original-recipient", "final-recipient"):
        value = fields.get(name, "")
        if "@" in value:
            return value.rpartition(";")[2].strip().strip("<>")
    for name in _HEADERS_WITH_RECIPIENT:
        if found := addresses(root.first(name)):
            return found[0].address
    own = {
        one.address.lower() for name in ("from", "to", "return-path") for one in addresses(root.first(name))
    }
    named = (found[1] for found in _ADDRESS.finditer(words[:20_000]))
    return next(
        (
            one
            for one in named
            if one.lower() not in own and not one.lower().startswith(("mailer-daemon@", "postmaster@"))
        ),
        "",
    )


def _status(told: str, diagnostic: str, words: str) -> str:
    for place in (told, diagnostic, words[:20_000]):
        if found := _STATUS.search(place):
            if place is told and found[1] in ("5.0.0", "4.0.0") and (better := _STATUS.search(diagnostic)):
                return better[1]
            return found[1]
    code = _SMTP_CODE.search(diagnostic or words[:20_000])
    return f"{code[1][0]}.0.0" if code else ""


def _telling_line(words: str) -> str:
    for line in words[:20_000].split("\n"):
        if len(line) < 600 and (
            _STATUS.search(line) or _SMTP_CODE.search(line) or _UNKNOWN_WORDS.search(line)
        ):
            return line.strip()
    return ""


def _original(root: Part, words: str) -> tuple[str, str]:
    """Return message id and subject of the mail that came back."""
    for part in root.walk():
        if part.type in (
            "message/rfc822",
            "message/rfc822-headers",
            "text/rfc822-headers",
            "message/global",
            "message/global-headers",
        ):
            inner = split(content(part, [])[:READ_BYTES].lstrip() + b"\n\n", [])
            ids = message_ids([decode_header(inner.first("message-id"))])
            return (ids[0] if ids else ""), decode_header(inner.first("subject"))
    found, subject = _ORIGINAL_ID.search(words), _ORIGINAL_SUBJECT.search(words)
    return (found[1] if found else ""), (subject[1].strip() if subject else "")
