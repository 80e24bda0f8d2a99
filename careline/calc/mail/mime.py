"""Split a message into its parts, by offsets into the one byte string, within fixed limits.

The standard library's parser nests a generator per level and copies every line; a mail of 1,000 levels
ends it. Here depth and number of parts are limits of the walk itself, whatever is beyond them stays as one
opaque part, and no input can raise.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from careline.calc.mail.params import first_token, media_type, parameters
from careline.calc.mail.words import decode_base64

MAX_DEPTH = 50
MAX_PARTS = 1_000
MAX_HEADERS = 2_000  # lines of one header block
MAX_HEADER_BYTES = 1_000_000

_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_END_OF_LINE = re.compile(rb"\r\n|\n|\r")
_BLANK_LINE = re.compile(rb"\n(?:\r?\n)")
_SNIFFED = re.compile(rb"(?<![^\n])--([^\r\n]{1,200}?)[ \t]*\r?\nContent-", re.I)
_BASE64_LINE = re.compile(rb"(?!--)[A-Za-z0-9+/=_-]*[ \t\r]*\Z")
_UU_BEGIN = re.compile(rb"(?:\A|\n)begin(?:-base64)? [0-7]{3,4} ([^\r\n]{1,200})\r?\n")

Header = tuple[str, bytes]


@dataclass(slots=True)
class Part:
    """One node of the message: a leaf with `body`, or a multipart with `children`."""

    headers: list[Header]
    body: bytes
    type: str
    params: dict[str, str]
    children: list[Part] = field(default_factory=list)
    opaque: bool = False  # a multipart that was not opened: a limit was reached

    def first(self, name: str) -> bytes:
        """Return the first value of header `name`, or empty bytes."""
        return next((value for key, value in self.headers if key == name), b"")

    def every(self, name: str) -> list[bytes]:
        """Return all values of header `name`."""
        return [value for key, value in self.headers if key == name]

    def walk(self) -> Iterator[Part]:
        """Yield this part and all below it, in order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.children))


@dataclass(slots=True)
class _Walk:
    raw: bytes
    problems: list[str]
    parts: int = 0


def split(raw: bytes, problems: list[str]) -> Part:
    """Return the message as a tree of parts; sentences about what was wrong go to `problems`.

    Parameters
    ----------
    raw : bytes
        The message as it came.
    problems : list of str
        Appended to.
    """
    return _open(_Walk(_one_line_end(raw), problems), _start(raw), None, 0)


def _one_line_end(raw: bytes) -> bytes:
    """Old Macintosh line ends (CR alone) become LF; everything else is left as it is."""
    head = raw[:65_536]
    return raw.replace(b"\r", b"\n") if b"\n" not in head and b"\r" in head else raw


def _start(raw: bytes) -> int:
    """Return where the headers begin: after a byte order mark, blank lines and an mbox line."""
    start = 3 if raw.startswith(b"\xef\xbb\xbf") else 0
    while raw[start : start + 1] in (b"\r", b"\n") and start < len(raw):
        start += 1
    if raw[start : start + 6] in (b"From -", b">From ") or raw[start : start + 5] == b"From ":
        end = _END_OF_LINE.search(raw, start)
        return end.end() if end else len(raw)
    return start


def _open(walk: _Walk, start: int, end: int | None, depth: int) -> Part:
    end = len(walk.raw) if end is None else end
    headers, body_at = _header_block(walk, start, end, top=depth == 0)
    value = next((v for k, v in headers if k == "content-type"), b"")
    kind = media_type(value) or "text/plain"
    part = Part(headers, b"", kind, parameters(value) if b"=" in value else {})
    walk.parts += 1
    if not kind.startswith("multipart/"):
        part.body = walk.raw[body_at:end]
        return part
    _open_multipart(walk, part, body_at, end, depth)
    return part


def _open_multipart(walk: _Walk, part: Part, start: int, end: int, depth: int) -> None:
    if depth >= MAX_DEPTH or walk.parts >= MAX_PARTS:
        what = (
            f"nested deeper than {MAX_DEPTH} levels"
            if depth >= MAX_DEPTH
            else f"in more than {MAX_PARTS} parts"
        )
        _say(walk, f"The mail is {what}; the rest is kept unopened.")
        part.opaque, part.body = True, walk.raw[start:end]
        return
    spans = _spans(walk, part.params.get("boundary", ""), start, end)
    if not spans:
        _say(walk, "The mail says it has several parts, but the line that divides them never comes.")
        part.type, part.body = "text/plain", walk.raw[start:end]
        return
    for at, until in spans:
        if walk.parts >= MAX_PARTS:
            _say(walk, f"The mail is in more than {MAX_PARTS} parts; the rest is kept unopened.")
            part.children.append(Part([], walk.raw[at : spans[-1][1]], part.type, {}, opaque=True))
            return
        part.children.append(_open(walk, at, until, depth + 1))


def _say(walk: _Walk, sentence: str) -> None:
    if sentence not in walk.problems:
        walk.problems.append(sentence)


def _spans(walk: _Walk, boundary: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return the (start, end) offsets of the parts between the delimiter lines."""
    mark = b"--" + boundary.encode("utf-8", "surrogateescape") if boundary else b""
    lines = _delimiters(walk.raw, mark, start, end) if boundary else []
    if not lines and (sniffed := _SNIFFED.search(walk.raw, start, min(end, start + 200_000))):
        _say(
            walk,
            "The dividing line of the parts is not the one that was announced; it was found by its look.",
        )
        lines = _delimiters(walk.raw, b"--" + sniffed[1], start, end)
    spans = []
    for number, (_, after, closing) in enumerate(lines):
        if closing:
            break
        until = lines[number + 1][0] if number + 1 < len(lines) else end
        spans.append((after, max(after, until)))
        if len(spans) > MAX_PARTS:
            return [*spans[:-1], (spans[-1][0], end)]
    return spans


def _delimiters(raw: bytes, mark: bytes, start: int, end: int) -> list[tuple[int, int, bool]]:
    """Return (end of content before, start of content after, closing) of each delimiter line."""
    found: list[tuple[int, int, bool]] = []
    at = raw.find(mark, start, end)
    while at >= 0 and len(found) <= MAX_PARTS + 1:
        stop = raw.find(b"\n", at, end)
        line_end = end if stop < 0 else stop
        tail = raw[at + len(mark) : min(line_end, at + len(mark) + 80)].strip()
        if tail in (b"", b"--") and (at == start or raw[at - 1 : at] == b"\n"):
            before = at - 2 if raw[at - 2 : at] == b"\r\n" else at - 1
            found.append((max(start, before), min(end, line_end + 1), tail == b"--"))
        at = raw.find(mark, max(at + 1, line_end), end)
    return found


def _header_block(walk: _Walk, start: int, end: int, *, top: bool) -> tuple[list[Header], int]:
    """Read header lines until a blank line, or until a line that cannot be a header."""
    headers: list[Header] = []
    at, raw = start, walk.raw
    limit = min(end, start + MAX_HEADER_BYTES)
    while at < limit and len(headers) < MAX_HEADERS:
        after = _line_after(raw, at, end)
        line = raw[at:after]
        if not line.strip(b"\r\n"):
            return headers, after
        if line[:1] in b" \t" and headers:
            headers[-1] = (
                (headers[-1][0], headers[-1][1] + line) if len(headers[-1][1]) < 500_000 else headers[-1]
            )
        elif found := _NAME.match(line):
            headers.append((found[1].decode("ascii").lower(), line[found.end() :]))
        else:
            return headers, _body_without_blank_line(walk, headers, at, start, top=top)
        at = after
    if at < end:
        _say(walk, "The headers are larger than any real mail's; only the first part of them was read.")
        blank = _BLANK_LINE.search(raw, at, end)
        return headers, blank.end() if blank else end
    return headers, end


def _body_without_blank_line(walk: _Walk, headers: list[Header], at: int, start: int, *, top: bool) -> int:
    if not headers:
        if top:
            _say(walk, "The mail has no headers; all of it was taken as text.")
        return start
    if top:
        _say(walk, "The blank line between headers and text is missing.")
    return at


def _line_after(raw: bytes, at: int, end: int) -> int:
    stop = raw.find(b"\n", at, end)
    return end if stop < 0 else stop + 1


def content(part: Part, problems: list[str]) -> bytes:
    """Return the body of a leaf with its transfer encoding undone, as far as it can be.

    Parameters
    ----------
    part : Part
        A leaf.
    problems : list of str
        Appended to when something had to be forgiven.
    """
    encoding = first_token(part.first("content-transfer-encoding"))
    if encoding in ("", "7bit", "8bit", "binary", "7-bit", "8-bit", "none"):
        return part.body
    if encoding == "quoted-printable":
        return binascii.a2b_qp(part.body)
    if encoding == "base64":
        return _base64_body(part.body, problems)
    if encoding in ("x-uuencode", "uuencode", "x-uue", "uue"):
        found = uu_file(part.body)
        return found[1] if found else part.body
    if "The mail names a transfer encoding that nobody knows; it was read as it is." not in problems:
        problems.append("The mail names a transfer encoding that nobody knows; it was read as it is.")
    return part.body


def _base64_body(body: bytes, problems: list[str]) -> bytes:
    """Decode base64 up to a plain footer that some list added after it."""
    if not body.strip():
        return b""
    lines = body.split(b"\n")
    good = len(lines)
    for number, line in enumerate(lines):
        if not _BASE64_LINE.match(line) and any(text.strip() for text in lines[:number]):
            good = number
            break
    if good < len(lines):
        problems.append("Part of the mail is not proper base64; what could be read is shown.")
    readable = b"\n".join(lines[:good])
    return decode_base64(readable if readable.strip() else body)


def uu_file(body: bytes, start: int = 0) -> tuple[str, bytes, int, int] | None:
    """Find one uuencoded file in a text: (name, content, begin offset, end offset), or None."""
    found = _UU_BEGIN.search(body, start)
    if found is None:
        return None
    at, data = found.end(), []
    while at < len(body):
        after = _line_after(body, at, len(body))
        line = body[at:after].rstrip(b"\r\n")
        at = after
        if line in (b"end", b"====", b"`"):
            if line != b"`":
                break
            continue
        if (decoded := _uu_line(line)) is None:
            return None
        data.append(decoded)
    begin = found.start() + (1 if body[found.start() : found.start() + 1] == b"\n" else 0)
    return found[1].decode("latin-1"), b"".join(data), begin, at


def _uu_line(line: bytes) -> bytes | None:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        pass
    try:  # some encoders write trailing garbage; the length byte is right
        return binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3])
    except (binascii.Error, IndexError):
        return None
