"""How a map takes one value from a row: a path, words around paths, a table, a time."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
UNIX_MS = 100_000_000_000  # a number of seconds beyond the year 5000 counts milliseconds
_HOLE = re.compile(r"\{([^{}:]+)(?::(\d+))?\}")
_UNSAFE = re.compile("[\x00\ud800-\udfff]")  # what no database stores


class Unusable(Exception):
    """A value cannot be used; the message says why, for the report."""


@dataclass(frozen=True)
class Entry:
    """What a value is taken from: an entry, the row around it, and what was worked out before."""

    row: Row
    outer: Row | None = None
    known: Row | None = None

    def find(self, path: str) -> Any:
        """Return what lies at a path: `a.b.0`; `^a` looks into the row around it, `$a` at what is known."""
        if path.startswith("$"):
            return (self.known or {}).get(path[1:])
        if path.startswith("^"):
            return _walk(self.outer if self.outer is not None else self.row, path[1:])
        return _walk(self.row, path)


def _walk(row: Any, path: str) -> Any:
    if isinstance(row, Mapping) and path in row:
        return row[path]
    for step in path.split("."):
        if isinstance(row, Mapping):
            row = row.get(step)
        elif isinstance(row, Sequence) and not isinstance(row, str):
            row = (
                row[int(step)] if step.lstrip("-").isdecimal() and -len(row) <= int(step) < len(row) else None
            )
        else:
            return None
    return row


@dataclass(frozen=True)
class Taken:
    """One value of a map: where it is, what it means, and what to do without it."""

    path: str = ""
    words: str = ""  # text with {paths}
    table: Mapping[str, Any] | None = None
    keep: bool = False  # keep what the table does not know
    default: Any = None
    nothing: frozenset[str] = frozenset()

    def paths(self) -> list[str]:
        """Return every path this value looks at."""
        return [self.path] if self.path else [hole[1] for hole in _HOLE.finditer(self.words)]

    def of(self, entry: Entry) -> Any:
        """Return the value, None when there is none.

        Raises
        ------
        Unusable
            The table does not know it.
        """
        value = self._words(entry) if self.words else self._given(entry.find(self.path))
        if value is None:
            return self.default
        return value if self.table is None else self._meaning(value)

    def _given(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip()
            return None if not value or value in self.nothing else value
        return value

    def _words(self, entry: Entry) -> str | None:
        missing = False

        def fill(hole: re.Match[str]) -> str:
            nonlocal missing
            value = self._given(entry.find(hole[1]))
            if value is None:
                missing = True
                return ""
            said = text_of(value)
            return said[: int(hole[2])] if hole[2] else said

        said = _HOLE.sub(fill, self.words)
        # Words with one hole say nothing without it; with several, what is left may still say something.
        return None if missing and not said.strip(" /,-:()#") else said

    def _meaning(self, value: Any) -> Any:
        table = self.table or {}
        key = str(value).lower() if isinstance(value, bool) else str(value)
        if key in table:
            return table[key]
        if self.keep:
            return value
        raise Unusable(f"the value {short(value)} is not in the table for {self.path or self.words}")


def text_of(value: Any, *, most: int | None = None) -> str:
    """Return a value as text that a database stores.

    Raises
    ------
    Unusable
        It is a list or an object.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        value = "true" if value else "false"
    elif isinstance(value, int | float):
        value = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    elif isinstance(value, datetime):
        value = value.isoformat()
    elif not isinstance(value, str):
        raise Unusable(
            f"{short(value)} is a {'list' if isinstance(value, list) else 'group'} where text belongs"
        )
    said = safe(str(value))
    return said if most is None or len(said) <= most else said[: most - 1].rstrip() + "…"


def safe(text: str) -> str:
    """Return text without what no database stores: NUL and half characters."""
    return _UNSAFE.sub("\ufffd", text)


def short(value: Any) -> str:
    """Return a value so that it fits into a sentence."""
    said = " ".join(str(value).split())
    return f"'{said if len(said) <= 40 else said[:39] + '…'}'"


@dataclass(frozen=True)
class Times:
    """How the times of a file are written."""

    formats: tuple[str, ...]
    zone: ZoneInfo
    latest: datetime

    def read(self, value: Any) -> datetime | None:
        """Return the instant, None for nothing.

        Raises
        ------
        Unusable
            It cannot be read, or it lies before 1971 or in the future.
        """
        if value is None:
            return None
        try:
            at = self._read(value)
        except (ValueError, OverflowError, OSError):
            at = None
        if at is None:
            raise Unusable(f"the time {short(value)} cannot be read")
        if not EARLIEST <= at <= self.latest:
            raise Unusable(
                f"the time {short(value)} lies {'in the future' if at > self.latest else 'before 1971'}"
            )
        return at

    def _read(self, value: Any) -> datetime | None:
        if isinstance(value, datetime):
            return self._aware(value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        for wanted in self.formats:
            if (at := _READERS.get(wanted, _formatted(wanted))(value)) is not None:
                return self._aware(at)
        return None

    def _aware(self, at: datetime) -> datetime:
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)


def _unix(value: Any) -> datetime | None:
    try:
        seconds = float(value)
    except ValueError:
        return None
    if not math.isfinite(seconds):
        return None
    seconds = seconds / 1000 if abs(seconds) >= UNIX_MS else seconds
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)


def _iso(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _formatted(wanted: str) -> Callable[[Any], datetime | None]:
    def read(value: Any) -> datetime | None:
        try:
            return datetime.strptime(str(value), wanted)  # noqa: DTZ007 - the map's zone follows
        except ValueError:
            return None

    return read


_READERS: dict[str, Callable[[Any], datetime | None]] = {"unix": _unix, "iso": _iso}


def times(*, formats: Sequence[str], zone: str, now: datetime) -> Times:
    """Return a reader of times; what lies more than a day ahead is a mistake."""
    return Times(tuple(formats), ZoneInfo(zone), now + timedelta(days=1))
