"""Text out of RTF, and the HTML that Outlook hides inside it ([MS-OXRTFEX])."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LIMIT = 10_000_000
_TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z'])|([{}])|([^\\{}\r\n]+)|[\r\n]+|\\", re.S
)
_BREAKS = {b"par": "\n", b"line": "\n", b"tab": "\t", b"row": "\n", b"cell": "\t"}
_MARKS = {
    b"lquote": "‘",
    b"rquote": "’",
    b"ldblquote": "“",
    b"rdblquote": "”",
    b"bullet": "•",
    b"endash": "–",
    b"emdash": "—",
}
_SKIPPED = frozenset(
    (
        b"fonttbl",
        b"colortbl",
        b"stylesheet",
        b"info",
        b"pict",
        b"object",
        b"themedata",
        b"listtable",
        b"generator",
    )
)


@dataclass(slots=True)
class _State:
    skip: bool = False
    htmltag: bool = False
    hidden: bool = False  # between \htmlrtf and \htmlrtf0: a copy for RTF readers only
    unicode_skip: int = 1


@dataclass(slots=True)
class _Reader:
    encapsulated: bool
    codec: str = "cp1252"
    state: _State = field(default_factory=_State)
    stack: list[_State] = field(default_factory=list)
    out: list[str] = field(default_factory=list)
    held: bytearray = field(default_factory=bytearray)
    to_skip: int = 0


def read_rtf(raw: bytes) -> tuple[str, str]:
    """Return (plain text, HTML) of an RTF body; the HTML is empty unless it was made from HTML.

    Parameters
    ----------
    raw : bytes
        RTF, uncompressed.
    """
    raw = raw[:LIMIT]
    reader = _Reader(encapsulated=b"\\fromhtml" in raw[:2_000])
    if found := re.search(rb"\\ansicpg(\d{3,5})", raw[:2_000]):
        reader.codec = "utf-8" if found[1] == b"65001" else f"cp{found[1].decode()}"
    for token in _TOKEN.finditer(raw):
        _take(reader, token)
    _flush(reader)
    text = "".join(reader.out).strip()
    return ("", text) if reader.encapsulated else (text, "")


def _take(reader: _Reader, token: re.Match[bytes]) -> None:
    word, number, hexed, symbol, brace, plain = token.groups()
    if brace:
        _brace(reader, brace)
    elif word is not None:
        _word(reader, word, int(number) if number else None)
    elif hexed is not None:
        _bytes(reader, bytes([int(hexed, 16)]))
    elif symbol is not None:
        _symbol(reader, symbol)
    elif plain:
        _bytes(reader, plain)


def _brace(reader: _Reader, brace: bytes) -> None:
    _flush(reader)
    if brace == b"{" and len(reader.stack) < 1_000:
        now = reader.state
        reader.stack.append(now)
        reader.state = _State(now.skip, now.htmltag, now.hidden, now.unicode_skip)
    elif brace == b"}" and reader.stack:
        reader.state = reader.stack.pop()


def _symbol(reader: _Reader, symbol: bytes) -> None:
    if symbol == b"*":
        reader.state.skip = True  # undone by \htmltag, the one such group with content for us
    elif symbol in (b"{", b"}", b"\\"):
        _bytes(reader, symbol)
    elif symbol == b"~":
        _write(reader, "\xa0")
    elif symbol in (b"\n", b"\r"):
        _write(reader, "\n")


def _word(reader: _Reader, word: bytes, number: int | None) -> None:
    state = reader.state
    if word == b"u" and number is not None:
        _write(reader, _unicode(number))
        reader.to_skip = state.unicode_skip
    elif word == b"uc":
        state.unicode_skip = min(number or 0, 10)
    elif word == b"htmlrtf":
        state.hidden = number != 0
    elif word == b"htmltag":
        state.skip, state.htmltag = False, True
    elif word in _SKIPPED:
        state.skip = True
    elif not (state.htmltag and word in (b"par", b"line")):
        _write(reader, _BREAKS.get(word) or _MARKS.get(word) or "")


def _unicode(number: int) -> str:
    code = number + 65_536 if number < 0 else number
    return chr(code) if 0 <= code < 0x110000 else ""


def _bytes(reader: _Reader, data: bytes) -> None:
    if reader.to_skip:
        data, reader.to_skip = data[reader.to_skip :], max(0, reader.to_skip - len(data))
    if data and not reader.state.skip and not reader.state.hidden:
        reader.held += data


def _write(reader: _Reader, text: str) -> None:
    _flush(reader)
    if not reader.state.skip and not reader.state.hidden:
        reader.out.append(text)


def _flush(reader: _Reader) -> None:
    if not reader.held:
        return
    try:
        text = bytes(reader.held).decode(reader.codec)
    except (UnicodeError, LookupError):
        text = bytes(reader.held).decode("latin-1")
    reader.held.clear()
    reader.out.append(text)
