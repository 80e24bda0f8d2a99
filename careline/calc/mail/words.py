"""Header text: RFC 2047 encoded words and raw 8-bit, as programs really write them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable, Iterator

from careline.calc.mail.charset import codec_of, decode

LIMIT = 100_000  # bytes of one header that are read

# Single question marks are tolerated inside a word, a few only: the pattern must stay linear.
_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bqBQ])\?([^?]*(?:\?(?!=)[^?]*){0,3})\?=")
_GAP = re.compile(rb"[ \t\r\n]*\Z")


def decode_header(raw: bytes, hints: Iterable[str] = ()) -> str:
    """Return the text of an unstructured header.

    Neighbouring encoded words of one charset are joined *before* decoding, because programs cut words in
    the middle of a character. Raw 8-bit text between them is decoded like a body.

    Parameters
    ----------
    raw : bytes
        Header value, folded or not.
    hints : iterable of str
        Charsets used elsewhere in the mail.
    """
    flat = b" ".join(line.strip(b" \t") for line in raw[:LIMIT].strip().splitlines())
    if b"=?" not in flat:
        return decode(flat, hints=hints).text
    return "".join(_text_of(charset, data, hints) for charset, data in _joined(flat)).strip()


def charsets_in(raw: bytes) -> list[str]:
    """Return the charset names of the encoded words in `raw`."""
    return [found[1].decode("ascii", "ignore").split("*")[0] for found in _WORD.finditer(raw[:LIMIT])]


def _text_of(charset: str | None, data: bytes, hints: Iterable[str]) -> str:
    return decode(data, charset, hints).text


def _joined(flat: bytes) -> Iterator[tuple[str | None, bytes]]:
    """Yield (charset, bytes) runs; adjacent words of the same charset come as one."""
    held: tuple[str | None, bytes] | None = None
    for charset, data in _runs(flat):
        if held and charset is not None and held[0] is not None and codec_of(held[0]) == codec_of(charset):
            held = (charset, held[1] + data)
            continue
        if held:
            yield held
        held = (charset, data)
    if held:
        yield held


def _runs(flat: bytes) -> Iterator[tuple[str | None, bytes]]:
    position, after_word = 0, False
    for found in _WORD.finditer(flat):
        between = flat[position : found.start()]
        if between and not (after_word and _GAP.fullmatch(between)):
            yield None, between
        yield found[1].decode("ascii", "ignore").split("*")[0], _word_bytes(found[2], found[3])
        position, after_word = found.end(), True
    if position < len(flat):
        yield None, flat[position:]


def _word_bytes(encoding: bytes, data: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(data.replace(b"=\n", b"=").replace(b" ", b"_"), header=True)
    return decode_base64(data)


def decode_base64(data: bytes) -> bytes:
    """Decode base64 leniently: foreign bytes skipped, padding in the middle or missing forgiven."""
    if b"+" not in data and b"/" not in data:
        data = data.replace(b"-", b"+").replace(b"_", b"/")
    clean = re.sub(rb"[^A-Za-z0-9+/=]+", b"", data)
    return b"".join(_unpadded(piece) for piece in re.split(rb"=+", clean) if piece)


def _unpadded(piece: bytes) -> bytes:
    piece = piece[:-1] if len(piece) % 4 == 1 else piece
    return binascii.a2b_base64(piece + b"=" * (-len(piece) % 4))
