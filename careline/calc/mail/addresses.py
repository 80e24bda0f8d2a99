"""Address headers, read in one pass over the characters so that no nesting can exhaust anything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from careline.calc.mail.charset import decode
from careline.calc.mail.shapes import Address
from careline.calc.mail.words import LIMIT, decode_header

MAX_ADDRESSES = 1_000
_BARE = re.compile(r"[^\s<>\"(),;:]{1,200}@[^\s<>\"(),;:@]{1,253}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def addresses(raw: bytes, hints: Iterable[str] = ()) -> tuple[Address, ...]:
    """Return the addresses of a From, To, Cc ... header, names decoded, groups opened.

    Parameters
    ----------
    raw : bytes
        Header value.
    hints : iterable of str
        Charsets used elsewhere in the mail, for raw 8-bit names.
    """
    found: list[Address] = []
    text = re.sub(rb"[\r\n]+", b" ", raw[:LIMIT]).decode("ascii", "surrogateescape")
    for piece in _pieces(text):
        one = _one(piece, hints)
        if one.address or one.name:
            found.append(one)
        if len(found) >= MAX_ADDRESSES:
            break
    return tuple(found)


def normal(address: str) -> str:
    """Return an address for comparing: lower case throughout."""
    return address.strip().lower()


def domain_of(address: str) -> str:
    """Return the domain of an address in lower case, or an empty string."""
    return address.rpartition("@")[2].strip(" >").lower() if "@" in address else ""


def _pieces(text: str) -> Iterator[str]:
    """Split at commas and semicolons outside quotes, comments and angle brackets."""
    start, depth, quoted, escaped, angle = 0, 0, False, False, False
    for i, char in enumerate(text):
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char == '"' and depth == 0:
            quoted = not quoted
        elif not quoted:
            depth = max(0, depth + (char == "(") - (char == ")"))
            angle = (angle or char == "<") and char != ">"
            if depth == 0 and (char == ";" or (char == "," and not angle)):
                yield text[start:i]
                start, angle = i + 1, False
    yield from text[start:].split(",") if quoted else (text[start:],)


def _one(piece: str, hints: Iterable[str]) -> Address:
    piece = piece.strip()
    before, angle, rest = piece.rpartition("<")
    if (angle and ">" in rest) or (angle and "@" in rest):
        return Address(_name(_after_group(before), hints), _clean(rest.partition(">")[0], hints))
    bare = _BARE.search(piece)
    if bare is None:
        return Address(_name(_after_group(piece), hints), "")
    comment = re.search(r"\(([^()]*)\)", piece)
    return Address(_name(comment[1], hints) if comment else "", _clean(bare[0], hints))


def _after_group(text: str) -> str:
    """Drop a group's name: ``Friends: a@b`` begins with it."""
    head, colon, tail = text.rpartition(":")
    return tail if colon and '"' not in head and "=?" not in text else text


def _name(text: str, hints: Iterable[str]) -> str:
    text = text.strip().strip("<>")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = re.sub(r"\\(.)", r"\1", text[1:-1])
    decoded = decode_header(text.encode("ascii", "surrogateescape"), hints)
    return " ".join(_CONTROL.sub("", decoded).strip("\"' ").split())[:300]


def _clean(text: str, hints: Iterable[str]) -> str:
    """Return an address without spaces and controls; the domain in lower case."""
    raw = text.encode("ascii", "surrogateescape")
    plain = decode_header(raw, hints) if b"=?" in raw else decode(raw, hints=hints).text
    plain = re.sub(r"[\s<>\"]+", "", _CONTROL.sub("", plain)).removeprefix("mailto:").strip(",;.'")
    local, at, domain = plain.rpartition("@")
    return f"{local}@{domain.lower()}"[:320] if at and local and domain else ""
