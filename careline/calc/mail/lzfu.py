"""Decompress RTF as Outlook stores it ([MS-OXRTFCP], section 3)."""

from __future__ import annotations

import struct

COMPRESSED, UNCOMPRESSED = b"LZFu", b"MELA"
WINDOW = 4_096
LIMIT = 20_000_000
# The window begins with these 207 bytes, so that even the first words can be references (section 2.1.2).
_PRESET = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript "
    b"\\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    b"\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompress(raw: bytes) -> bytes:
    """Return the RTF inside a compressed property; a damaged end gives what came before it.

    Parameters
    ----------
    raw : bytes
        Header of 16 bytes and the data.

    Raises
    ------
    ValueError
        When the header is not that of compressed RTF.
    """
    if len(raw) < 16:
        raise ValueError("too short for compressed RTF")
    size, kind = struct.unpack_from("<I", raw, 4)[0], raw[8:12]
    if kind == UNCOMPRESSED:
        return raw[16 : 16 + size]
    if kind != COMPRESSED:
        raise ValueError(f"unknown compression {kind!r}")
    return _unwound(raw[16:], min(size, LIMIT))


def _unwound(data: bytes, size: int) -> bytes:
    window = bytearray(_PRESET.ljust(WINDOW, b" "))
    out, place, at = bytearray(), len(_PRESET), 0
    while at < len(data) and len(out) < size:
        control, at = data[at], at + 1
        for bit in range(8):
            piece, at, ended = _piece(data, at, window, place, bool(control >> bit & 1))
            for byte in piece:
                window[place % WINDOW] = byte
                place += 1
            out += piece
            if ended or at >= len(data):
                return bytes(out[:size])
    return bytes(out[:size])


def _piece(data: bytes, at: int, window: bytearray, place: int, reference: bool) -> tuple[bytes, int, bool]:
    """Return the next literal or referenced bytes, where to go on, and whether that was the end."""
    if not reference:
        return data[at : at + 1], at + 1, False
    if at + 2 > len(data):
        return b"", len(data), True
    word = struct.unpack_from(">H", data, at)[0]
    offset, length = word >> 4, (word & 15) + 2
    if offset == place % WINDOW:
        return b"", at + 2, True
    copied = bytearray()
    for i in range(length):
        source = (offset + i) % WINDOW
        # A reference may run into the bytes it is just writing.
        ahead = (source - place) % WINDOW
        copied.append(copied[ahead] if ahead < len(copied) else window[source])
    return bytes(copied), at + 2, False
