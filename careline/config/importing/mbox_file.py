"""Mails from an mbox file: where each begins, what its headers say, and its bytes."""

from __future__ import annotations

import email.utils
import gzip
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import IO

from careline.calc.mail.ids import date_of, message_ids
from careline.config.importing.reading import Unreadable, opened

LARGEST = 35_000_000  # bytes of one mail
HEADERS = 262_144  # bytes of it in which headers are looked for
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True)
class Head:
    """One mail of the file as far as sorting needs it."""

    number: int  # counted from 1
    start: int  # of its bytes, behind the "From " line
    size: int
    key: str  # hash of its bytes
    at: datetime | None
    message_id: str
    ids: tuple[str, ...]  # its own and those it answers
    problem: str = ""


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """Open a file so that one can jump about in it; a .gz is unpacked for that.

    Raises
    ------
    Unreadable
        It cannot be opened or unpacked.
    """
    with opened(path) as (stream, _share), tempfile.TemporaryFile() as plain:
        if not isinstance(stream, gzip.GzipFile):
            yield stream
            return
        try:
            shutil.copyfileobj(stream, plain, 1 << 20)
        except (OSError, EOFError) as error:
            raise Unreadable(f"{path.name} cannot be unpacked: {error}.") from error
        plain.seek(0)
        yield plain


def heads(stream: IO[bytes], *, latest: datetime) -> Iterator[Head]:
    """Yield the mails of an mbox in the order of the file.

    Raises
    ------
    Unreadable
        The file is no mbox.
    """
    first = stream.readline(HEADERS)
    if not first.startswith(b"From "):
        raise Unreadable("This is not an mbox file: its first line does not begin with “From ”.")
    number, line, start = 0, first, stream.tell()
    while line:
        number += 1
        size, envelope, line = _length(stream), line, b""
        after = stream.tell()
        yield _head(stream, number, start, size, envelope, latest)
        stream.seek(after)
        line = stream.readline(HEADERS)
        start = stream.tell()


def _length(stream: IO[bytes]) -> int:
    """Read up to the next mail and return how many bytes there were; the stream stands before its line."""
    size, blank = 0, False
    while chunk := stream.readline(1 << 16):
        if blank and chunk.startswith(b"From "):
            stream.seek(-len(chunk), 1)
            return size
        blank = chunk in (b"\n", b"\r\n")
        size += len(chunk)
    return size


def _head(stream: IO[bytes], number: int, start: int, size: int, envelope: bytes, latest: datetime) -> Head:
    if size > LARGEST:
        return Head(number, start, size, "", None, "", (), f"is larger than {LARGEST // 1_000_000} MB")
    raw = read(stream, start, size)
    parsed = BytesHeaderParser().parsebytes(raw[:HEADERS])

    def ids(name: str) -> tuple[str, ...]:
        return message_ids(str(value) for value in parsed.get_all(name, []))

    own = ids("message-id")
    at = _date(str(parsed.get("date", "")), envelope, latest)
    return Head(
        number=number,
        start=start,
        size=size,
        key=f"sha256:{hashlib.sha256(raw).hexdigest()}",
        at=at,
        message_id=own[0] if own else "",
        ids=tuple(dict.fromkeys((*own[:1], *ids("in-reply-to"), *ids("references")))),
        problem="" if at else "has no date",
    )


def _date(header: str, envelope: bytes, latest: datetime) -> datetime | None:
    """Return when a mail was sent by its own header, else by the line that begins it in the file."""
    for at in (date_of(header), _envelope_date(envelope)):
        if at is not None and EARLIEST <= at <= latest:
            return at.astimezone(UTC)
    return None


def _envelope_date(line: bytes) -> datetime | None:
    words = line.decode("latin-1").split()
    when = email.utils.parsedate_tz(" ".join(words[2:]))
    if when is None:
        return None
    try:
        return datetime(*when[:6], tzinfo=UTC) - timedelta(seconds=when[9] or 0)
    except (ValueError, OverflowError):
        return None


def read(stream: IO[bytes], start: int, size: int) -> bytes:
    """Return the bytes of one mail as they were before the file: ">From " begins with "From " again."""
    stream.seek(start)
    raw = stream.read(size)
    # The blank line before the next mail belongs to the file.
    raw = raw[: -2 if raw.endswith(b"\r\n\r\n") else -1 if raw.endswith(b"\n\n") else None]
    return _QUOTED.sub(rb"\1", raw)
