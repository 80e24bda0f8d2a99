"""Structured header values: media types and their parameters, with RFC 2231 and every way around it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote_to_bytes

from careline.calc.mail.charset import decode
from careline.calc.mail.words import decode_header

_TYPE = re.compile(rb"\s*([\w.+-]{1,80})\s*/\s*([\w.+-]{1,120})")
_SECTION = re.compile(r"^([^*]+)(?:\*(\d{1,4}))?(\*)?$")
MAX_PARAMS = 200


def media_type(raw: bytes) -> str:
    """Return the lower-case media type of a Content-Type value, or an empty string."""
    found = _TYPE.match(raw)
    return f"{found[1].decode()}/{found[2].decode()}".lower() if found else ""


def first_token(raw: bytes) -> str:
    """Return the first word of a structured value in lower case: ``attachment``, ``base64`` ..."""
    found = re.match(rb"[\s\"']*([\w.+-]{1,60})", raw)
    return found[1].decode().lower() if found else ""


def parameters(raw: bytes, hints: Iterable[str] = ()) -> dict[str, str]:
    """Return the parameters of a Content-Type or Content-Disposition value, decoded.

    Parameters
    ----------
    raw : bytes
        The header value.
    hints : iterable of str
        Charsets used elsewhere in the mail, for raw 8-bit values.

    Returns
    -------
    dict of str to str
        Lower-case names; continuations joined (RFC 2231), encoded words read although RFC 2047 forbids them.
    """
    plain: dict[str, bytes] = {}
    sections: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for name, value in _pairs(raw):
        found = _SECTION.match(name)
        if found is None or (found[2] is None and found[3] is None):
            plain.setdefault(name, value)
            continue
        sections.setdefault(found[1], {}).setdefault(int(found[2] or 0), (value, found[3] is not None))
    result = {name: _plain_text(value, hints) for name, value in plain.items()}
    result.update({name: _joined(parts, hints) for name, parts in sections.items()})
    return result


def _plain_text(value: bytes, hints: Iterable[str]) -> str:
    if value[:8].lower().startswith((b"utf-8''", b"utf8''")):  # RFC 2231 form without its star
        return decode(unquote_to_bytes(value.split(b"''", 1)[1]), "utf-8", hints).text
    return decode_header(value, hints)


def _joined(parts: dict[int, tuple[bytes, bool]], hints: Iterable[str]) -> str:
    charset, data = None, b""
    for index in sorted(parts):
        value, extended = parts[index]
        if extended and charset is None and value.count(b"'") >= 2:
            name, _, value = value.split(b"'", 2)
            charset = name.decode("ascii", "ignore")
        data += unquote_to_bytes(value) if extended else value
    if b"=?" in data and charset is None:
        return decode_header(data, hints)
    return decode(data, charset or None, hints).text


def _pairs(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield (name, value) from ``; name=value`` lists, quoted or not."""
    for count, piece in enumerate(_pieces(raw)):
        if count > MAX_PARAMS:
            return
        name, equals, value = piece.partition(b"=")
        if equals and count:
            yield name.strip().decode("latin-1").lower(), _unquoted(value.strip())


def _unquoted(value: bytes) -> bytes:
    if value[:1] not in (b'"', b"'"):
        return value.strip(b"\"'")
    body = value[1:]
    end = body.rfind(value[:1])
    return re.sub(rb"\\([\\\"])", rb"\1", body[:end] if end >= 0 else body)


def _pieces(raw: bytes) -> Iterator[bytes]:
    """Split at semicolons and folds outside quotes."""
    start, quoted, escaped = 0, False, False
    for i, byte in enumerate(raw[:20_000]):
        if escaped:
            escaped = False
        elif byte == 0x5C and quoted:
            escaped = True
        elif byte == 0x22:
            quoted = not quoted
        elif byte == 0x3B and not quoted:
            yield raw[start:i]
            start = i + 1
    yield raw[start:]
