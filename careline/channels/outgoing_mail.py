"""From a letter to the bytes of a mail (RFC 5322, 2045-2049, 2231); what is built once is sent as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.headerregistry import Address as HeaderAddress
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any

from careline.calc.mail.automatic import LOOP_HEADER
from careline.calc.mail.shapes import Address

LONGEST_SUBJECT = 300
LONGEST_NAME = 200
LONGEST_FILE_NAME = 180
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_NOT_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}", re.I)


@dataclass(frozen=True, slots=True)
class MailFile:
    """One file that goes with a mail; inline ones are shown by the HTML at their place."""

    name: str
    type: str
    content: bytes
    content_id: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a mail says.

    Attributes
    ----------
    mail_id : str
        Its Message-ID without angle brackets.
    automatic : str
        The Auto-Submitted word of mail that a machine wrote; empty for a person's.
    """

    mail_id: str
    at: datetime
    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    html: str = ""
    cc: tuple[Address, ...] = ()
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    automatic: str = ""
    files: tuple[MailFile, ...] = ()


class IdsHeader(UnstructuredHeader):
    """Message ids, one a line: the library would encode those that are longer than a line."""

    def fold(self, *, policy: Any) -> str:
        """Return the header with its name."""
        ids = f"{policy.linesep} ".join(str(self).split())
        return f"{self.name}: {ids}{policy.linesep}"  # type: ignore[attr-defined]


_HEADERS = HeaderRegistry()
for _name in ("message-id", "in-reply-to", "references"):
    _HEADERS.map_to_type(_name, IdsHeader)  # type: ignore[arg-type]
_ASCII: EmailPolicy[EmailMessage] = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")
_UNICODE = _ASCII.clone(utf8=True)  # only where an address cannot be written otherwise


def build(letter: Letter, *, instance: str) -> bytes:
    """Return the mail as it goes over the wire, lines ending in CRLF, all of it seven-bit.

    Parameters
    ----------
    letter : Letter
        What it says.
    instance : str
        Name of this installation, so that our own mail is known when it comes back.
    """
    mail = EmailMessage(policy=_policy(letter))
    _write_headers(mail, letter, instance)
    _write_body(mail, letter)
    return mail.as_bytes()


def _policy(letter: Letter) -> EmailPolicy[EmailMessage]:
    people = (letter.sender, *letter.to, *letter.cc)
    plain = all(one.address.rpartition("@")[0].isascii() for one in people)
    return _ASCII if plain else _UNICODE


def _write_headers(mail: EmailMessage, letter: Letter, instance: str) -> None:
    mail["From"] = _person(letter.sender)
    mail["To"] = [_person(one) for one in letter.to]
    if letter.cc:
        mail["Cc"] = [_person(one) for one in letter.cc]
    if letter.reply_to:
        mail["Reply-To"] = _person(Address(letter.sender.name, letter.reply_to))
    mail["Subject"] = one_line(letter.subject)[:LONGEST_SUBJECT]
    mail["Date"] = format_datetime(letter.at)
    mail["Message-ID"] = f"<{letter.mail_id}>"
    if letter.in_reply_to:
        mail["In-Reply-To"] = f"<{letter.in_reply_to}>"
    if letter.references:
        mail["References"] = " ".join(f"<{one}>" for one in letter.references)
    mark(mail, automatic=letter.automatic, instance=instance)


def mark(mail: EmailMessage, *, automatic: str, instance: str) -> None:
    """Write who sent the mail into it, and that nobody need answer when a machine did."""
    mail[LOOP_HEADER.title()] = instance
    if automatic:
        mail["Auto-Submitted"] = automatic
        mail["X-Auto-Response-Suppress"] = "All"


def readdressed(raw: bytes, *, sender: Address, mail_id: str) -> bytes:
    """Return a built mail that nobody has seen yet, with another sender and Message-ID."""
    mail = message_from_bytes(raw, policy=_ASCII)
    for name, value in (("From", _person(sender)), ("Message-ID", f"<{mail_id}>")):
        del mail[name]
        mail[name] = value
    return mail.as_bytes()


def from_django(raw: bytes, *, mail_id: str, at: datetime, instance: str) -> bytes:
    """Return a mail that Django wrote as one that we send: marked as a machine's, with our Message-ID."""
    mail = message_from_bytes(raw, policy=_ASCII)
    assert isinstance(mail, EmailMessage)
    for name in ("Message-ID", "Date", "Bcc"):
        del mail[name]
    mail["Message-ID"], mail["Date"] = f"<{mail_id}>", format_datetime(at)
    mark(mail, automatic="auto-generated", instance=instance)
    return mail.as_bytes()


def _write_body(mail: EmailMessage, letter: Letter) -> None:
    mail.set_content(clean_text(letter.text), cte="quoted-printable")
    shown = [one for one in letter.files if one.content_id and f"cid:{one.content_id}" in letter.html]
    if letter.html:
        mail.add_alternative(clean_text(letter.html), subtype="html", cte="quoted-printable")
        page = mail.get_payload()[-1]  # type: ignore[index]
        for file in shown:
            page.add_related(file.content, **_described(file), cid=f"<{file.content_id}>")  # type: ignore[union-attr]
    for file in letter.files:
        if file not in shown:
            mail.add_attachment(file.content, **_described(file))


def _described(file: MailFile) -> dict[str, Any]:
    """Return type and name; kinds that a mail would have to re-encode travel as plain bytes."""
    known = file.type.lower() if _TYPE.fullmatch(file.type) else ""
    main, _slash, sub = known.partition("/")
    if main in ("", "message", "multipart"):
        main, sub = "application", "octet-stream"
    return {"maintype": main, "subtype": sub, "filename": file_name(file.name)}


def file_name(name: str) -> str:
    """Return a file name that is one line and not too long; its ending stays."""
    name = one_line(name).strip("/\\") or "file"
    if len(name) <= LONGEST_FILE_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    return f"{stem[: LONGEST_FILE_NAME - len(ending) - 1]}{dot}{ending}" if dot else name[:LONGEST_FILE_NAME]


def one_line(text: str) -> str:
    """Return a text without line breaks and controls: no header may be smuggled in."""
    plain = _CONTROL.sub(" ", text).encode("utf-8", "replace").decode()
    return " ".join(plain.split())


def clean_text(text: str) -> str:
    """Return a body that every charset machine can write: one kind of line end, no controls."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_IN_TEXT.sub("", lines).encode("utf-8", "replace").decode()


def _person(one: Address) -> HeaderAddress:
    local, _at, domain = one.address.rpartition("@")
    return HeaderAddress(one_line(one.name)[:LONGEST_NAME], local, wire_domain(domain))


def wire_domain(domain: str) -> str:
    """Return a domain as mail servers write it: international ones in ASCII (RFC 5891)."""
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return domain


def wire_address(address: str) -> str:
    """Return an address as an SMTP command names it."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{wire_domain(domain)}"


def is_address(text: str) -> bool:
    """Tell whether a text can stand as an address in a mail."""
    local, at, domain = text.rpartition("@")
    if not (at and local and domain) or len(text) > 320 or one_line(text).replace(" ", "") != text:
        return False
    try:
        HeaderAddress("", local, wire_domain(domain))
    except (ValueError, IndexError, TypeError):
        return False
    return not re.search(r"[<>,;:\"()\[\]\\]", text)


def names(people: Iterable[object]) -> tuple[Address, ...]:
    """Return the addresses of the rows that messages keep: {"name": ..., "address": ...}, or an address."""
    found = []
    for one in people:
        row = one if isinstance(one, dict) else {"address": str(one)}
        address = str(row.get("address", "")).strip()
        if is_address(address):
            found.append(Address(str(row.get("name") or ""), address))
    return tuple(found)
