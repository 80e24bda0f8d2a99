"""Decide which parts are the text, which are pictures in it, and which are files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from careline.calc.mail import smime, tnef
from careline.calc.mail.charset import Decoded, decode
from careline.calc.mail.mime import Part, content, split, uu_file
from careline.calc.mail.params import first_token, parameters
from careline.calc.mail.shapes import Role
from careline.calc.mail.words import decode_header

MAX_UU_FILES = 200
_TNEF_TYPES = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_P7M_TYPES = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_ROLES: dict[str, Role] = {
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "application/pgp-signature": "signature",
    "application/pkcs7-signature": "signature",
    "application/x-pkcs7-signature": "signature",
    "message/delivery-status": "report",
    "message/disposition-notification": "report",
    "text/rfc822-headers": "report",
    "message/rfc822": "message",
    "message/global": "message",
}


@dataclass(slots=True)
class Block:
    """One piece of body: text, HTML or both as alternatives, or a picture between pieces."""

    text: str = ""
    html: str = ""
    image_cid: str = ""


@dataclass(slots=True)
class File:
    """A file before it has its final name."""

    name: str
    type: str
    content: bytes
    cid: str = ""
    inline: bool = False
    role: Role = "file"


@dataclass(slots=True)
class Bodies:
    """All body pieces in order and all files."""

    blocks: list[Block] = field(default_factory=list)
    files: list[File] = field(default_factory=list)


@dataclass(slots=True)
class _Reading:
    problems: list[str]
    hints: tuple[str, ...]
    files: list[File] = field(default_factory=list)
    seen_body: bool = False
    unwrapped: int = 0


def gather(root: Part, hints: tuple[str, ...], problems: list[str]) -> Bodies:
    """Return the body pieces and files of a message.

    Parameters
    ----------
    root : Part
        The message, split.
    hints : tuple of str
        Charsets used anywhere in the mail.
    problems : list of str
        Appended to.
    """
    reading = _Reading(problems, hints)
    blocks = _blocks(reading, root, in_related=False)
    if not blocks:
        blocks = _rescued(reading)
    return Bodies(blocks, reading.files)


def _rescued(reading: _Reading) -> list[Block]:
    """Take a nameless text that came as an attachment for the body, when there is no other."""
    for number, one in enumerate(reading.files):
        if one.role == "file" and not one.name and one.type in ("text/plain", "text/html"):
            del reading.files[number]
            text = decode(one.content, hints=reading.hints, html=one.type == "text/html").text
            return [Block(html=text) if one.type == "text/html" else Block(text=text)]
    return []


def _blocks(reading: _Reading, part: Part, *, in_related: bool) -> list[Block]:
    if part.opaque:
        reading.files.append(File("unopened.eml", "application/octet-stream", part.body))
        return []
    if not part.children:
        return _leaf(reading, part, in_related=in_related)
    if part.type == "multipart/alternative":
        return _alternative(reading, part)
    if part.type == "multipart/related":
        return _related(reading, part)
    if part.type == "multipart/encrypted":
        _say(reading, "The mail is encrypted and cannot be read here.")
    found: list[Block] = []
    for child in part.children:
        found += _blocks(reading, child, in_related=in_related)
    return found


def _say(reading: _Reading, sentence: str) -> None:
    if sentence not in reading.problems:
        reading.problems.append(sentence)


def _alternative(reading: _Reading, part: Part) -> list[Block]:
    """Merge alternatives into one: the first with text, the last with HTML."""
    texts: list[Block] = []
    pages: list[list[Block]] = []
    before = reading.seen_body
    for child in part.children:
        reading.seen_body = before
        blocks = _blocks(reading, child, in_related=False)
        if any(block.html or block.image_cid for block in blocks):
            pages.append(blocks)
        else:
            texts += [] if texts else blocks
    reading.seen_body = before or bool(texts or pages)
    if not pages:
        return texts
    text = "\n\n".join(block.text for block in texts if block.text)
    page = pages[-1]
    if text.strip():
        first = next(block for block in page if block.html or block.image_cid)
        for block in page:
            block.text = ""
        first.text = text
    return page


def _related(reading: _Reading, part: Part) -> list[Block]:
    start = part.params.get("start", "").strip("<>")
    root = next((one for one in part.children if start and _cid(one) == start), part.children[0])
    found = _blocks(reading, root, in_related=False)
    for child in part.children:
        if child is not root:
            found += _blocks(reading, child, in_related=True)
    return found


def _cid(part: Part) -> str:
    return decode_header(part.first("content-id")).strip().strip("<>").strip()[:300]


def _leaf(reading: _Reading, part: Part, *, in_related: bool) -> list[Block]:
    disposition = part.first("content-disposition")
    where = first_token(disposition)
    name = _name(reading, part, disposition)
    if _is_body(reading, part, where, name):
        return _text_leaf(reading, part)
    data = content(part, reading.problems)
    if part.type in _TNEF_TYPES or (name.lower() == "winmail.dat" and tnef.is_tnef(data)):
        return _tnef_leaf(reading, data, name)
    if part.type in _P7M_TYPES or name.lower().endswith(".p7m"):
        return _p7m_leaf(reading, part, data, name)
    return _file_leaf(reading, part, File(name, part.type, data, _cid(part), where != "attachment"), where)


def _file_leaf(reading: _Reading, part: Part, one: File, where: str) -> list[Block]:
    one.role = _ROLES.get(part.type, "file")
    if part.type in ("message/rfc822", "message/global") and not one.name:
        one.name = _subject_of(one.content, reading.hints)
    picture = part.type.startswith("image/")
    # Apple Mail: a picture between two texts has no id and no HTML around it.
    if picture and where == "inline" and not one.cid:
        one.cid = f"part{len(reading.files) + 1}@inline"
    reading.files.append(one)
    return [Block(image_cid=one.cid)] if picture and where == "inline" and one.cid else []


def _subject_of(raw: bytes, hints: tuple[str, ...]) -> str:
    subject = decode_header(split(raw[:200_000], []).first("subject"), hints)
    # A slash in a subject is a word divider, not a path.
    plain = re.sub(r"[/\\]+", "-", subject)[:120]
    return f"{plain}.eml" if plain.strip() else ""


def _name(reading: _Reading, part: Part, disposition: bytes) -> str:
    named = parameters(disposition, reading.hints).get("filename", "") if b";" in disposition else ""
    if named or "name" not in part.params:
        return named
    return parameters(part.first("content-type"), reading.hints).get("name", "")


def _is_body(reading: _Reading, part: Part, where: str, name: str) -> bool:
    if part.type not in (
        "text/plain",
        "text/html",
        "text/enriched",
        "text/richtext",
        "text/x-amp-html",
        "text/markdown",
    ):
        return not part.type.partition("/")[2] or part.type in ("text/text", "text/x-plain")
    if part.type == "text/x-amp-html":
        return False
    return where != "attachment" and not (name and reading.seen_body)


def _text_leaf(reading: _Reading, part: Part) -> list[Block]:
    raw = content(part, reading.problems)
    page = part.type == "text/html"
    declared = part.params.get("charset")
    decoded = decode(raw, declared, reading.hints, html=page)
    _report(reading, declared, decoded)
    reading.seen_body = True
    if page:
        return [Block(html=decoded.text)] if decoded.text.strip() else []
    text = _without_uu_files(reading, raw, declared, decoded.text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.params.get("format", "").lower() == "flowed":
        text = unflowed(text, drop_space=part.params.get("delsp", "").lower() == "yes")
    return [Block(text=text)] if text.strip() else []


def _report(reading: _Reading, declared: str | None, decoded: Decoded) -> None:
    if declared and not decoded.as_declared and decoded.charset not in ("ascii", "utf-8"):
        _say(
            reading,
            f"The text is not in the charset it names; it was read as {decoded.charset.replace('_', '-')}.",
        )


def _without_uu_files(reading: _Reading, raw: bytes, declared: str | None, text: str) -> str:
    """Move uuencoded files out of a text."""
    if b"begin" not in raw or b"\nend" not in raw:
        return text
    kept, at = [], 0
    while len(reading.files) < MAX_UU_FILES and (found := uu_file(raw, at)):
        name, data, begin, end = found
        reading.files.append(
            File(
                decode(name.encode("latin-1"), declared, reading.hints).text, "application/octet-stream", data
            )
        )
        kept.append(raw[at:begin])
        at = end
    return decode(b"".join((*kept, raw[at:])), declared, reading.hints).text if at else text


def unflowed(text: str, *, drop_space: bool) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676).

    Parameters
    ----------
    text : str
        Body with LF line ends.
    drop_space : bool
        DelSp=yes: the space at the break is not part of the text.
    """
    out: list[str] = []
    soft, depth = False, 0
    for line in text.split("\n"):
        marks = len(line) - len(line.lstrip(">"))
        words = line[marks:].removeprefix(" ")
        goes_on = words.endswith(" ") and words != "-- "
        if soft and marks == depth and words != "-- ":
            out[-1] += words
        else:
            out.append(f"{'>' * marks} {words}" if marks else words)
        if goes_on and drop_space:
            out[-1] = out[-1][:-1]
        soft, depth = goes_on, marks
    return "\n".join(out)


def _tnef_leaf(reading: _Reading, data: bytes, name: str) -> list[Block]:
    unpacked = tnef.unpack(data)
    if unpacked is None:
        _say(reading, "The file winmail.dat is damaged and could not be unpacked.")
        reading.files.append(File(name or "winmail.dat", "application/ms-tnef", data))
        return []
    for file_name, kind, cid, body in unpacked.files:
        inline = bool(cid) and cid.lower() in unpacked.html.lower()
        reading.files.append(File(file_name, kind or "application/octet-stream", body, cid, inline))
    if reading.seen_body or not (unpacked.text.strip() or unpacked.html.strip()):
        return []
    reading.seen_body = True
    return [Block(text=unpacked.text.replace("\r\n", "\n"), html=unpacked.html)]


def _p7m_leaf(reading: _Reading, part: Part, data: bytes, name: str) -> list[Block]:
    inner = smime.signed_content(data) if reading.unwrapped < 3 else None
    if inner is None:
        if smime.is_encrypted(data):
            _say(reading, "The mail is encrypted and cannot be read here.")
        reading.files.append(File(name or "smime.p7m", part.type, data))
        return []
    reading.unwrapped += 1
    reading.files.append(File(name or "smime.p7m", part.type, data, role="signature"))
    return _blocks(reading, split(inner, reading.problems), in_related=False)
