"""Read one message: `parse` takes any bytes and returns a `Mail`."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from careline.calc.mail import automatic, bounce
from careline.calc.mail.addresses import addresses
from careline.calc.mail.bodies import Block, File, gather
from careline.calc.mail.charset import tidy
from careline.calc.mail.filenames import safe_name, unique_name
from careline.calc.mail.html_text import to_html, to_text
from careline.calc.mail.ids import date_of, message_ids
from careline.calc.mail.mime import Part, split
from careline.calc.mail.quote import Folded, fold
from careline.calc.mail.quote_html import fold_html
from careline.calc.mail.sanitise import Safe, sanitise
from careline.calc.mail.shapes import Address, Attachment, Mail
from careline.calc.mail.words import charsets_in, decode_header

MAX_FOLD = 500_000  # characters searched for a quotation
MAX_SUBJECT = 2_000
MAX_TEXT = 5_000_000
_SINGLE = (
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
)
_NOT_KEPT = frozenset(
    (
        "received",
        "dkim-signature",
        "arc-seal",
        "arc-message-signature",
        "x-ms-exchange-antispam-messagedata-0",
    )
)
MAX_KEPT = 200
MAX_KEPT_VALUE = 5_000


def parse(
    raw: bytes,
    *,
    own_domains: Collection[str] = (),
    own_addresses: Collection[str] = (),
    instance: str = "",
    separators: Sequence[str] = (),
) -> Mail:
    """Read a message from its bytes. Never raises, whatever they are.

    Parameters
    ----------
    raw : bytes
        The message as it arrived, or any other bytes.
    own_domains, own_addresses : collection of str
        Our own, to know our loops.
    instance : str
        Name of this installation as it stands in its loop header.
    separators : sequence of str
        Lines below which everything is quotation.

    Returns
    -------
    Mail
        `problems` tells what was wrong.
    """
    own = _Own(tuple(own_domains), tuple(own_addresses), instance, tuple(separators))
    try:
        return _parse(raw, own)
    except (
        RecursionError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        ArithmeticError,
        RuntimeError,
    ) as error:
        # A fault of ours must not lose a customer's words.
        return _last_resort(raw, error)


@dataclass(frozen=True, slots=True)
class _Own:
    domains: tuple[str, ...]
    addresses: tuple[str, ...]
    instance: str
    separators: tuple[str, ...]


def _last_resort(raw: bytes, error: BaseException) -> Mail:
    text = tidy(raw[:200_000].decode("latin-1")).replace("\r\n", "\n")
    said = f"The mail could not be taken apart ({type(error).__name__}); its source is shown as text."
    return Mail(body_text=text, reply_text=text, problems=(said,))


def _parse(raw: bytes, own: _Own) -> Mail:
    problems: list[str] = [] if raw.strip() else ["The mail is empty."]
    root = split(raw, problems)
    hints = _charsets(root)
    read = _Reader(root, hints)
    _doubles(root, problems)
    bodies = gather(root, hints, problems)
    files = _attachments(bodies.files)
    subject = tidy(" ".join(read.text("subject").split()))[:MAX_SUBJECT]
    text, safe, files = _body(bodies.blocks, files, problems)
    folded = _folded(text, safe, bodies.blocks, subject, own)
    kept = _kept_headers(root, hints)
    facts = _facts(root, read, kept, subject)
    verdict = automatic.classify(
        facts, own_domains=own.domains, own_addresses=own.addresses, instance=own.instance
    )
    date = date_of(read.text("date"))
    _remark(root, read, problems, dated=date is not None)
    return Mail(
        from_=read.one("from"),
        sender=read.one("sender"),
        reply_to=read.many("reply-to"),
        return_path=facts.return_path,
        to=read.many("to"),
        cc=read.many("cc"),
        bcc=read.many("bcc"),
        delivered_to=read.delivered_to(),
        subject=subject,
        date=date,
        message_id=facts.message_id,
        in_reply_to=read.ids("in-reply-to"),
        references=read.ids("references"),
        body_text=text,
        body_html=safe.html,
        reply_text=folded.reply,
        quoted_text=folded.quoted,
        signature_text=folded.signature,
        attachments=files,
        automatic=verdict.kind,
        signals=verdict.signals,
        bounce=bounce.read_bounce(root, text) if verdict.kind == "bounce" else None,
        authentication_results=tuple(
            decode_header(one, hints) for one in root.every("authentication-results")[:20]
        ),
        headers=kept,
        remote_images=safe.remote_images,
        problems=tuple(dict.fromkeys(tidy(one) for one in (*problems, *safe.problems))),
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads single headers of one message."""

    root: Part
    hints: tuple[str, ...]

    def text(self, name: str) -> str:
        return decode_header(self.root.first(name), self.hints)

    def many(self, name: str) -> tuple[Address, ...]:
        values = self.root.every(name)
        return addresses(
            b", ".join(values) if name in ("to", "cc", "bcc") else b"".join(values[:1]), self.hints
        )

    def one(self, name: str) -> Address:
        found = self.many(name)
        return next((one for one in found if one.address), found[0] if found else Address())

    def ids(self, name: str) -> tuple[str, ...]:
        return message_ids(decode_header(value, self.hints) for value in self.root.every(name)[:20])

    def delivered_to(self) -> tuple[str, ...]:
        names = (
            "delivered-to",
            "x-original-to",
            "envelope-to",
            "x-envelope-to",
            "x-rcpt-to",
            "x-forwarded-to",
        )
        found = (
            one.address
            for name in names
            for value in self.root.every(name)[:20]
            for one in addresses(value, self.hints)
        )
        return tuple(dict.fromkeys(one for one in found if one))

    def return_path(self) -> str | None:
        values = self.root.every("return-path")
        if not values:
            return None
        found = addresses(values[0], self.hints)
        return found[0].address if found else ""


def _charsets(root: Part) -> tuple[str, ...]:
    """Return the charsets named anywhere in the mail: the best hints for text that names none."""
    named: dict[str, None] = {}
    for value in (value for name, value in root.headers if name in ("subject", "from", "to")):
        named.update(dict.fromkeys(charsets_in(value)))
    for part in root.walk():
        if part.params.get("charset"):
            named[part.params["charset"]] = None
        if len(named) > 20:
            break
    return tuple(named)


def _doubles(root: Part, problems: list[str]) -> None:
    names = [name for name, _ in root.headers]
    for name in _SINGLE:
        if names.count(name) > 1 and name not in ("to", "cc"):
            problems.append(f"The mail has {names.count(name)} {name.title()} headers; the first was used.")


def _remark(root: Part, read: _Reader, problems: list[str], *, dated: bool) -> None:
    """Note what is missing from a mail that otherwise has headers."""
    if not root.headers:
        return
    if not read.one("from").address:
        problems.append("The mail names no sender address.")
    if not read.ids("message-id"):
        problems.append("The mail has no Message-ID.")
    if not dated:
        problems.append("The mail has no date that can be read.")


def _kept_headers(root: Part, hints: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    kept = [(name, value) for name, value in root.headers if name not in _NOT_KEPT][:MAX_KEPT]
    return tuple((name, decode_header(value[:MAX_KEPT_VALUE], hints)) for name, value in kept)


def _facts(root: Part, read: _Reader, kept: Sequence[tuple[str, str]], subject: str) -> automatic.Facts:
    ids = read.ids("message-id")
    has_from = bool(root.every("from"))
    senders = tuple(
        one.address or one.name
        for one in (*read.many("from"), *read.many("sender"))
        if one.address or one.name
    )
    return automatic.Facts(
        headers=kept,
        # A mail without any From line is merely broken; an empty one is a machine's.
        senders=senders if has_from or senders else ("unknown",),
        return_path=read.return_path(),
        report_type=root.params.get("report-type", "").lower() if root.type == "multipart/report" else "",
        has_status_part=any(part.type == "message/delivery-status" for part in root.children),
        subject=subject,
        message_id=ids[0] if ids else "",
    )


def _attachments(files: Sequence[File]) -> tuple[Attachment, ...]:
    taken: set[str] = set()
    return tuple(_attachment(one, number, taken) for number, one in enumerate(files, 1))


def _attachment(one: File, number: int, taken: set[str]) -> Attachment:
    name = unique_name(safe_name(tidy(one.name), one.type, number), taken)
    digest = hashlib.sha256(one.content).hexdigest()
    return Attachment(
        name, one.type, len(one.content), one.inline, tidy(one.cid) or None, digest, one.role, one.content
    )


def _body(
    blocks: Sequence[Block], files: tuple[Attachment, ...], problems: list[str]
) -> tuple[str, Safe, tuple[Attachment, ...]]:
    """Return text, safe HTML, and the files with `inline` true only where the HTML shows them."""
    texts = [to_text(block.html) if block.html and not block.text.strip() else block.text for block in blocks]
    text = tidy("\n\n".join(one.strip("\n") for one in texts if one.strip()))
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT]
        problems.append("The text is too long to show in full. Open the original to see all of it.")
    safe = Safe("")
    if any(block.html for block in blocks):
        ids = [one.content_id for one in files if one.content_id and one.type.startswith("image/")]
        safe = sanitise("\n".join(_markup(block) for block in blocks), cids=ids)
        problems += [one for one in safe.problems if one not in problems]
    shown = {one.lower() for one in safe.cids}
    return text, safe, tuple(_settled(one, shown) for one in files)


def _markup(block: Block) -> str:
    if block.image_cid:
        return f'<div><img src="cid:{html.escape(block.image_cid)}"></div>'
    return block.html or to_html(block.text)


def _settled(one: Attachment, shown: set[str]) -> Attachment:
    inline = one.content_id is not None and one.content_id.lower() in shown
    return Attachment(one.name, one.type, one.size, inline, one.content_id, one.sha256, one.role, one.content)


def _folded(text: str, safe: Safe, blocks: Sequence[Block], subject: str, own: _Own) -> Folded:
    """Fold by the text; when that shows no quotation but the HTML does, fold by the HTML."""
    if len(text) > MAX_FOLD:
        head = fold(text[:MAX_FOLD], subject=subject, separators=own.separators)
        return head if head.quoted else Folded(text.strip())
    folded = fold(text, subject=subject, separators=own.separators)
    if folded.quoted or "data-quote" not in safe.html:
        return folded
    visible, quoted = fold_html(safe.html)
    shorter = fold(tidy(to_text(visible)), subject=subject, separators=own.separators)
    # Alternatives may differ: never drop a reply that only the text part holds.
    if not quoted or not shorter.reply or _answered_in_text(text):
        return folded
    return Folded(shorter.reply, tidy(to_text(quoted)), shorter.signature, "html")


def _answered_in_text(text: str) -> bool:
    """Tell whether the text has quote marks: then its own rules have already judged it."""
    return any(line.startswith(">") for line in text.split("\n"))


def as_json(mail: Mail, file: str = "") -> dict[str, object]:
    """Return what ``careline mail parse`` prints for one file.

    Message ids carry no angle brackets. `in_reply_to` is the first id or None, `references` a list.

    Parameters
    ----------
    mail : Mail
        A parsed message.
    file : str
        Name of the file it came from.
    """
    return {
        "file": tidy(file),
        "from": _address_json(mail.from_),
        "reply_to": [_address_json(one) for one in mail.reply_to],
        "to": [_address_json(one) for one in mail.to],
        "cc": [_address_json(one) for one in mail.cc],
        "subject": mail.subject,
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id or None,
        "in_reply_to": mail.in_reply_to[0] if mail.in_reply_to else None,
        "references": list(mail.references),
        "body_text": mail.body_text,
        "body_html": mail.body_html,
        "reply_text": mail.reply_text,
        "attachments": [_attachment_json(one) for one in mail.attachments],
        "automatic": mail.automatic,
        "problems": list(mail.problems),
    }


def _address_json(one: Address) -> dict[str, str]:
    return {"name": one.name, "address": one.address}


def _attachment_json(one: Attachment) -> dict[str, object]:
    return {
        "name": one.name,
        "type": one.type,
        "size": one.size,
        "inline": one.inline,
        "content_id": one.content_id,
    }
