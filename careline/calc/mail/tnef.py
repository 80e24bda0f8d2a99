"""Unpack winmail.dat, the envelope that Outlook puts around mails for strangers."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from tnefparse import TNEF

from careline.calc.mail.charset import decode
from careline.calc.mail.lzfu import decompress
from careline.calc.mail.rtf import read_rtf

SIGNATURE = b"\x78\x9f\x3e\x22"
MAX_OBJECTS = 5_000
MAX_BYTES = 60_000_000


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a winmail.dat held: bodies and (name, media type, content id, content) of its files."""

    text: str = ""
    html: str = ""
    files: tuple[tuple[str, str, str, bytes], ...] = ()


def is_tnef(raw: bytes) -> bool:
    """Tell whether bytes begin like TNEF."""
    return raw[:4] == SIGNATURE


def unpack(raw: bytes) -> Unpacked | None:
    """Return the content of a winmail.dat, or None when it cannot be read.

    Parameters
    ----------
    raw : bytes
        The file, transfer encoding undone.
    """
    if not is_tnef(raw) or len(raw) > MAX_BYTES or _objects(raw) > MAX_OBJECTS:
        return None
    try:
        read = TNEF(raw, do_checksum=False)
    except Exception:  # the library raises whatever a damaged file makes it raise
        try:
            read = TNEF(_readable(raw), do_checksum=False)
        except Exception:
            return None
    text, html = _bodies(read)
    return Unpacked(text, html, tuple(_file(one) for one in read.attachments if one.data))


def _objects(raw: bytes) -> int:
    """Count the objects in the file unread; the library copies the rest of the file for each."""
    return sum(1 for _ in _spans(raw))


def _spans(raw: bytes) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = 6
    while at + 11 <= len(raw) and len(spans) <= MAX_OBJECTS:
        size = struct.unpack_from("<I", raw, at + 5)[0] + 11
        spans.append((at, min(len(raw), at + size)))
        at += size
    return spans


def _readable(raw: bytes) -> bytes:
    """Keep only body and files: damage is usually in dates and recipients, which nobody needs here."""
    wanted = {0x800C, 0x9003, 0x9007, 0x8010, 0x800F, 0x9002, 0x9005}
    kept = [raw[a:b] for a, b in _spans(raw) if struct.unpack_from("<H", raw, a + 1)[0] in wanted]
    return raw[:6] + b"".join(kept) + b"\x00"


def _bodies(read: TNEF) -> tuple[str, str]:
    codec = read.codepage or None
    text, html = _as_text(read.body, codec), _as_text(read.htmlbody, codec)
    if not html and read._rtfbody:
        rtf_text, html = _rtf(_first(read._rtfbody))
        text = text or rtf_text
    return text.rstrip("\x00"), html.rstrip("\x00")


def _rtf(raw: object) -> tuple[str, str]:
    if not isinstance(raw, bytes):
        return "", ""
    try:
        return read_rtf(decompress(raw))
    except ValueError:
        return "", ""


def _first(value: object) -> object:
    return value[0] if isinstance(value, (list, tuple)) and value else value


def _as_text(value: object, codec: str | None) -> str:
    value = _first(value)
    if isinstance(value, bytes):
        return decode(value.rstrip(b"\x00"), codec).text
    return value if isinstance(value, str) else ""


def _file(one: object) -> tuple[str, str, str, bytes]:
    """Return name, type, content id and content of one attachment."""
    props = {prop.name_str: prop.data for prop in getattr(one, "mapi_attrs", ())}
    name = _as_text(props.get("MAPI_ATTACH_LONG_FILENAME"), None) or _as_text(
        getattr(one, "_name", b""), None
    )
    kind = _as_text(props.get("MAPI_ATTACH_MIME_TAG"), None).strip("\x00").lower()
    cid = _as_text(props.get("MAPI_ATTACH_CONTENT_ID"), None).strip("\x00<> ")
    data = _first(getattr(one, "data", b""))
    content = bytes(data) if isinstance(data, (bytes, bytearray, memoryview)) else b""
    return name.strip("\x00"), kind, cid, content
