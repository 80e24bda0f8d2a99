"""Rows from CSV and JSON lines, plain or .gz; what is broken is told and left out, the rest goes on."""

from __future__ import annotations

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from careline.config.importing.mapping import Map

LONGEST_LINE = 32_000_000  # bytes
LARGEST_FIELD = 16_000_000  # characters
MOST_LINES = 2_000  # lines of one CSV row; beyond it, a quotation mark was left open
TELL_EVERY = 50
BOMS = (b"\xff\xfe", b"\xfe\xff")
EXPECTED = {"utf-8": "utf-8-sig"}


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True)
class Line:
    """One row of the file, or why it is none."""

    number: int
    row: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""


def rows(path: Path, chosen: Map, progress: Callable[[float], None] | None = None) -> Iterator[Line]:
    """Yield the rows of a file, telling now and then which share of it is read.

    Raises
    ------
    Unreadable
        There is no such file, it is in another encoding, or a column that the map names is missing.
    """
    with opened(path) as (stream, share):
        source = Source(stream, chosen.encoding)
        lines = _csv(source, chosen, path) if kind_of(path, chosen) == "csv" else _jsonl(source)
        for count, line in enumerate(lines):
            if progress and count % TELL_EVERY == 0:
                progress(share())
            yield line


def kind_of(path: Path, chosen: Map) -> str:
    """Return csv or jsonl, as the map says or the name of the file tells."""
    if chosen.kind:
        return chosen.kind
    name = path.name.lower().removesuffix(".gz")
    return "jsonl" if name.endswith((".jsonl", ".ndjson", ".json")) else "csv"


@contextmanager
def opened(path: Path) -> Iterator[tuple[IO[bytes], Callable[[], float]]]:
    """Open a file, unpacked when it is a .gz, with a function that says which share of it is read.

    Raises
    ------
    Unreadable
        There is no such file, or it cannot be opened.
    """
    try:
        raw = path.open("rb")
    except OSError as error:
        raise Unreadable(f"{path} cannot be opened: {error.strerror}.") from error
    with raw:
        size = max(path.stat().st_size, 1)
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        stream: IO[bytes] = gzip.GzipFile(fileobj=raw) if packed else raw  # type: ignore[assignment]
        yield stream, lambda: min(raw.tell() / size, 1.0)


class Source:
    """Decoded lines, counted; a line that cannot be decoded comes as a problem."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self.number = 0
        self.problem = ""  # of the line that came last
        self.broken_off = ""  # why the file ended early
        self._stream = stream
        self._encoding = EXPECTED.get(encoding.lower().replace("_", "-"), encoding)
        self._back: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number += 1
        if self._back:
            return self._back.pop()
        raw = self._read()
        if not raw:
            raise StopIteration
        if self.number == 1 and raw[:2] in BOMS and not self._encoding.lower().startswith("utf-16"):
            raise Unreadable("The file is UTF-16 text. Save it as UTF-8 first.")
        return self._decoded(raw)

    def _read(self) -> bytes:
        try:
            return self._stream.readline(LONGEST_LINE)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            self.broken_off = f"the compressed file is cut off or broken here ({error})"
            return b""

    def _decoded(self, raw: bytes) -> str:
        encoding = self._encoding
        if self.number > 1:
            encoding = encoding.removesuffix("-sig")  # the sign stands at the very beginning only
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            self.problem = (
                f"byte {error.start + 1} is not {encoding.removesuffix('-sig').upper()}; "
                "name the encoding in the map, such as encoding: cp1252"
            )
            return raw.decode(encoding, errors="replace")

    def give_back(self, lines: list[str]) -> None:
        """Read these lines again."""
        self._back += lines[::-1]
        self.number -= len(lines)

    def take_problem(self) -> str:
        """Return what was wrong with the lines since the last call."""
        problem, self.problem = self.problem, ""
        return problem


def _jsonl(source: Source) -> Iterator[Line]:
    for text in source:
        if not text.strip():
            continue
        if source.number == 1 and text.lstrip().startswith("["):
            raise Unreadable("The file is one JSON list. Write one object a line, such as with: jq -c '.[]'")
        problem = source.take_problem()
        yield Line(source.number, problem=problem) if problem else _json_line(source.number, text)
    if source.broken_off:
        yield Line(source.number, problem=source.broken_off)


def _json_line(number: int, text: str) -> Line:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        return Line(number, problem=f"is not JSON: {said}")
    return Line(number, row) if isinstance(row, dict) else Line(number, problem="is JSON, but not an object")


class _Kept:
    """Hands lines to the CSV reader, and remembers those of the row at hand."""

    def __init__(self, source: Source) -> None:
        self.lines: list[str] = []
        self.ended = False  # the row wanted more lines than there are
        self._source = source

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._source, None) if len(self.lines) < MOST_LINES else None
        if line is None:
            self.ended = True
            raise StopIteration
        self.lines.append(line)
        return line


def _csv(source: Source, chosen: Map, path: Path) -> Iterator[Line]:
    csv.field_size_limit(LARGEST_FIELD)
    names = _header(source, chosen, path)
    while True:
        row, lines, problem = _csv_row(source, chosen.delimiter)
        if not lines:
            break
        first = source.number - len(lines) + 1
        problem = problem or source.take_problem()
        if not problem and not row:
            continue
        if not problem and len(row) != len(names):
            problem = f"has {len(row)} columns instead of {len(names)}"
        if problem and len(lines) > 1:
            # A quotation mark left open swallows the lines below it: they get another chance.
            source.give_back(lines[1:])
            problem += "; perhaps a quotation mark is left open"
        yield Line(first, problem=problem) if problem else Line(first, dict(zip(names, row, strict=True)))
    if source.broken_off:
        yield Line(source.number, problem=source.broken_off)


def _csv_row(source: Source, delimiter: str) -> tuple[list[str], list[str], str]:
    kept = _Kept(source)
    try:
        row = next(csv.reader(kept, delimiter=delimiter, strict=False), [])
    except csv.Error as error:
        return [], kept.lines, f"is not CSV: {error}"
    except StopIteration:  # pragma: no cover - next() has a default
        row = []
    unfinished = kept.ended and bool(kept.lines)
    return row, kept.lines, "does not end" if unfinished else ""


def _header(source: Source, chosen: Map, path: Path) -> list[str]:
    row, _lines, problem = _csv_row(source, chosen.delimiter)
    problem = problem or source.take_problem()
    if source.broken_off or problem:
        raise Unreadable(f"{path.name} cannot be read: {source.broken_off or problem}.")
    names = [name.strip() for name in row]
    if not any(names):
        raise Unreadable(f"{path.name} is empty.")
    missing = {column: use for column, use in chosen.columns().items() if column not in names}
    if missing:
        told = "; ".join(f"{column!r} (for {use})" for column, use in missing.items())
        have = ", ".join(name[:40] for name in names[:40])
        raise Unreadable(
            f"{path.name} lacks what {chosen.name} asks for: {told}. It has the columns: {have}."
        )
    return names
