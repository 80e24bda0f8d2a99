"""Open an opaquely signed S/MIME message: find the signed content in the CMS structure (RFC 5652).

The signature is not checked here. The cryptography library reads certificates and encrypted messages, not
signed content, and what is needed of the structure is one octet string at a known place.
"""

from __future__ import annotations

from dataclasses import dataclass

SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
ENVELOPED_DATA = bytes.fromhex("2a864886f70d010703")
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class _Item:
    tag: int
    start: int  # of the content
    end: int
    after: int


def signed_content(der: bytes) -> bytes | None:
    """Return the content of a CMS SignedData, or None when there is none to be had.

    Parameters
    ----------
    der : bytes
        ``smime.p7m``, BER or DER.
    """
    try:
        outer = _item(der, 0)
        parts = _children(der, outer)
        if len(parts) < 2 or der[parts[0].start : parts[0].end] != SIGNED_DATA:
            return None
        signed = _children(der, _children(der, parts[1])[0])
        encapsulated = _children(der, signed[2])
        return _octets(der, _children(der, encapsulated[1])[0], 0)
    except (IndexError, ValueError):
        return None


def is_encrypted(der: bytes) -> bool:
    """Tell whether a CMS structure is enveloped (encrypted) data."""
    return ENVELOPED_DATA in der[:40]


def _item(raw: bytes, at: int, depth: int = 0) -> _Item:
    tag, length, start = raw[at], raw[at + 1], at + 2
    if length == 0x80:  # indefinite: walk to the end-of-contents mark
        end = _end_of(raw, start, depth)
        return _Item(tag, start, end, end + 2)
    if length & 0x80:
        count = length & 0x7F
        if count > 8:
            raise ValueError(count)
        length, start = int.from_bytes(raw[start : start + count], "big"), start + count
    if start + length > len(raw):
        raise ValueError(length)
    return _Item(tag, start, start + length, start + length)


def _end_of(raw: bytes, at: int, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise ValueError(depth)
    while raw[at : at + 2] != b"\x00\x00":
        at = _item(raw, at, depth + 1).after
    return at


def _children(raw: bytes, item: _Item) -> list[_Item]:
    found: list[_Item] = []
    at = item.start
    while at < item.end and len(found) < 10_000:
        one = _item(raw, at)
        found.append(one)
        at = one.after
    return found


def _octets(raw: bytes, item: _Item, depth: int) -> bytes:
    """Return an octet string, joined when it comes in pieces."""
    if depth > MAX_DEPTH:
        raise ValueError(depth)
    if not item.tag & 0x20:
        return raw[item.start : item.end]
    pieces, at = [], item.start
    while at < item.end:
        one = _item(raw, at)
        pieces.append(_octets(raw, one, depth + 1))
        at = one.after
    return b"".join(pieces)
