"""From rows to drafts: one draft is one ticket with all that was said and changed, as the source tells it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from careline.config.importing.mapping import CHANGE, BadMap, Map, Part, priority_of
from careline.config.importing.reading import Line
from careline.config.importing.values import Entry, Taken, Times, Unusable, short, text_of

LONGEST_ID, LONGEST_TEXT = 200, 1_000_000
CHANNELS = {"email", "web", "phone", "chat", "import"}
Told = Callable[[int, str, str], None]  # line, id of the ticket, what was left out and why


class Customer(NamedTuple):
    """Who wrote, as the source knows them."""

    id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    organisation: str = ""

    @property
    def key(self) -> str:
        """What the source tells customers apart by."""
        return self.id or self.email.lower() or self.phone


class Letter(NamedTuple):
    """What a mail says beyond its text, and what is kept of it."""

    writer: Customer  # who wrote; empty for our own mails
    recipient: Customer  # to whom we wrote; empty for theirs
    author_id: int | None  # who of us wrote
    address: str
    subject: str
    automatic: str
    visible_text: str
    html: str
    quoted_html: str
    written_at: datetime | None
    cc: list[dict[str, str]]
    flags: list[str]
    files: tuple[Any, ...]  # of what calc.mail read
    raw: bytes
    key: str  # hash of the bytes
    sender: str  # address, lower case
    body_hash: str
    message_id: str
    seen_ids: tuple[str, ...]


class Said(NamedTuple):
    """One message; `author` is empty for the customer and for messages nobody is named for."""

    at: datetime
    kind: str  # in, out, note
    text: str
    author: str = ""
    id: str = ""
    letter: Letter | None = None


class Change(NamedTuple):
    """What was so from `at` on; only what differs from before becomes an event."""

    at: datetime
    by: str
    values: Mapping[str, Any]


@dataclass
class Draft:
    """One ticket of the source."""

    line: int
    id: str
    subject: str
    customer: Customer
    opened_at: datetime
    channel: str = "import"
    language: str = ""
    priority: int = 2
    team: str = ""
    reason: str = ""
    tags: tuple[str, ...] = ()
    said: list[Said] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    brand_id: int | None = None
    ticket_id: int | None = None  # a conversation that is in already, to which more was found

    def customers(self) -> list[Customer]:
        """Return everybody outside who takes part, the ticket's customer first."""
        writers = [one.letter.writer for one in self.said if one.letter and one.letter.writer.key]
        return [self.customer, *writers]


def drafts(lines: Iterable[Line], maker: Maker, row_counts: Counter[str]) -> Iterator[Draft]:
    """Yield drafts from rows; what cannot be used is told and left out."""
    single = ([line] for line in good(lines, maker.tell))
    for group in grouped(lines, maker, row_counts) if maker.chosen.grouped else single:
        if (draft := maker.draft(group)) is not None:
            yield draft


def good(lines: Iterable[Line], tell: Told) -> Iterator[Line]:
    """Yield the lines that are rows, and tell of the others."""
    for line in lines:
        if line.problem:
            tell(line.number, "", line.problem)
        else:
            yield line


def count_rows(lines: Iterable[Line], chosen: Map) -> Counter[str]:
    """Return how many rows each ticket has, so that a ticket can go on as soon as its last one is read."""
    id_of = chosen.ticket["id"].of
    found: Counter[str] = Counter()
    for line in lines:
        if not line.problem:
            found[_quietly(id_of, line.row)] += 1
    return found


def _quietly(of: Callable[[Entry], Any], row: Mapping[str, Any]) -> str:
    try:
        return text_of(of(Entry(row)))
    except Unusable:
        return ""


def grouped(lines: Iterable[Line], maker: Maker, left: Counter[str]) -> Iterator[list[Line]]:
    """Yield the rows of one ticket together; `left` says how many each has, and is used up."""
    waiting: dict[str, list[Line]] = {}
    id_of = maker.chosen.ticket["id"].of
    for line in good(lines, maker.tell):
        key = _quietly(id_of, line.row)
        if not key:
            yield [line]
            continue
        waiting.setdefault(key, []).append(line)
        left[key] -= 1
        if left[key] == 0:
            yield waiting.pop(key)
    yield from waiting.values()


class Maker:
    """Makes drafts as one map says."""

    def __init__(self, chosen: Map, times: Times, tell: Told, statuses: frozenset[str]) -> None:
        self.chosen = chosen
        self.tell = tell
        self._times = times
        self._statuses = statuses  # names and categories, in lower case
        self._first_line: dict[str, int] = {}

    def draft(self, lines: list[Line]) -> Draft | None:
        """Return the draft of these rows, None when they make none."""
        first = lines[0]
        try:
            return self._draft(lines, self._id(first))
        except Unusable as error:
            self.tell(first.number, _quietly(self.chosen.ticket["id"].of, first.row), str(error))
            return None

    def _id(self, line: Line) -> str:
        found = text_of(self.chosen.ticket["id"].of(Entry(line.row)))
        if not found:
            raise Unusable("has no id")
        if len(found) > LONGEST_ID:
            raise Unusable(f"the id is longer than {LONGEST_ID} characters")
        if found in self._first_line:
            raise Unusable(f"the same id stands on line {self._first_line[found]} already")
        self._first_line[found] = line.number
        return found

    def _draft(self, lines: list[Line], name: str) -> Draft:
        first = Entry(lines[0].row)
        said = self._collect(lines, name, self.chosen.messages, self._said)
        changes = self._collect(lines, name, self.chosen.changes, self._change)
        stamps = [one.at for one in (*said, *changes)]
        known = {"first_at": min(stamps), "last_at": max(stamps)} if stamps else {}
        start = Entry(first.row, known=known)
        opened_at = self._at("opened_at", start) or known.get("first_at")
        if opened_at is None:
            raise Unusable("has no time at which it was opened")
        draft = Draft(
            line=lines[0].number,
            id=name,
            subject=self._text("subject", start, 300),
            customer=self._customer(start),
            opened_at=min([opened_at, *stamps]),
            channel=self._channel(start),
            language=self._text("language", start, 10),
            priority=self._priority(start),
            team=self._text("team", start, 80),
            reason=self._text("reason", start, 400),
            tags=self._tags(start),
            said=said,
            changes=changes,
        )
        self._first_words(draft, start)
        self._end(draft, Entry(lines[-1].row, known=known | {"opened_at": draft.opened_at}))
        return draft

    def _collect(
        self, lines: list[Line], name: str, part: Part | None, make: Callable[..., Any]
    ) -> list[Any]:
        found = []
        for line in lines if part is not None else ():
            for entry in _entries(part, line.row):  # type: ignore[arg-type]
                try:
                    found += [one] if (one := make(part, entry)) is not None else []
                except Unusable as error:
                    self.tell(line.number, name, str(error))
        return sorted(found, key=lambda one: one.at)

    def _said(self, part: Part, entry: Entry) -> Said | None:
        text = _text(part.values, "text", entry, LONGEST_TEXT)
        kind = _text(part.values, "kind", entry, 10) or "in"
        if not text.strip():
            raise Unusable("a message without text")
        if kind not in {"in", "out", "note"}:
            raise Unusable(f"{kind!r} is not in, out or note")
        author = _text(part.values, "author", entry, LONGEST_ID) if kind != "in" else ""
        return Said(
            self._needed_at(part, entry), kind, text, author, _text(part.values, "id", entry, LONGEST_ID)
        )

    def _change(self, part: Part, entry: Entry) -> Change | None:
        values: dict[str, Any] = {}
        for key in (CHANGE - {"at", "by"}) & part.values.keys():
            if key == "priority":
                values[key] = _priority(part.values[key].of(entry))
            else:
                values[key] = _text(part.values, key, entry, 400)
        self._check_status(values.get("status"))
        return Change(self._needed_at(part, entry), _text(part.values, "by", entry, LONGEST_ID), values)

    def _check_status(self, status: str | None) -> None:
        if status and status.lower() not in self._statuses:
            raise Unusable(f"{short(status)} is neither a status nor a category such as open")

    def _needed_at(self, part: Part, entry: Entry) -> datetime:
        at = self._times.read(part.values["at"].of(entry))
        if at is None:
            raise Unusable("has no time")
        return at

    def _first_words(self, draft: Draft, start: Entry) -> None:
        if text := self._text("text", start, LONGEST_TEXT):
            draft.said.insert(0, Said(draft.opened_at, "in", text))
        if not draft.subject:
            draft.subject = next(
                (" ".join(one.text.split())[:80] for one in draft.said if one.text), draft.id
            )

    def _end(self, draft: Draft, end: Entry) -> None:
        """Add what the ticket came to, where the source only tells the end."""
        stamps = [*(one.at for one in draft.said), *(one.at for one in draft.changes)]
        last = max([draft.opened_at, *stamps])
        if assignee := self._text("assignee", end, LONGEST_ID):
            theirs = [one.at for one in draft.said if one.kind == "out" and one.author == assignee]
            draft.changes.append(Change(min(theirs, default=draft.opened_at), "", {"assignee": assignee}))
        solved_at, closed_at = self._at("solved_at", end), self._at("closed_at", end)
        status = self._text("status", end, 60)
        self._check_status(status)
        if solved_at and status in {"", "solved", "closed"}:
            draft.changes.append(Change(max(solved_at, draft.opened_at), "", {"status": "solved"}))
        if closed_at and status in {"", "closed"}:
            draft.changes.append(Change(max(closed_at, draft.opened_at), "", {"status": "closed"}))
        elif status and not (solved_at and status == "solved"):
            draft.changes.append(Change(last, "", {"status": status}))
        draft.changes.sort(key=lambda one: one.at)

    def _at(self, key: str, entry: Entry) -> datetime | None:
        taken = self.chosen.ticket.get(key)
        return self._times.read(taken.of(entry)) if taken else None

    def _text(self, key: str, entry: Entry, most: int) -> str:
        return _text(self.chosen.ticket, key, entry, most)

    def _customer(self, entry: Entry) -> Customer:
        parts = {key: _text(self.chosen.customer, key, entry, 200) for key in self.chosen.customer}
        made = Customer(**parts)
        if not made.key:
            raise Unusable("has no customer")
        return made

    def _channel(self, entry: Entry) -> str:
        channel = self._text("channel", entry, 40) or "import"
        if channel not in CHANNELS:
            raise Unusable(f"{channel!r} is not a channel; use {', '.join(sorted(CHANNELS))}")
        return channel

    def _priority(self, entry: Entry) -> int:
        taken = self.chosen.ticket.get("priority")
        return _priority(taken.of(entry) if taken else None) or 2

    def _tags(self, entry: Entry) -> tuple[str, ...]:
        taken = self.chosen.ticket.get("tags")
        value = taken.of(entry) if taken else None
        if value is None:
            return ()
        words = value if isinstance(value, list) else text_of(value).replace(";", ",").split(",")
        return tuple(dict.fromkeys(filter(None, (text_of(one, most=60).strip() for one in words))))


def _entries(part: Part, row: Mapping[str, Any]) -> Iterator[Entry]:
    found: Any = [row]
    if part.each:
        found = Entry(row).find(part.each)
        if found is None:
            return
        if not isinstance(found, list):
            raise Unusable(f"{part.each} is not a list")
    for one in found:
        if not isinstance(one, Mapping):
            raise Unusable(f"{part.each} holds {type(one).__name__} instead of objects")
        entry = Entry(one, outer=row)
        if all(str(entry.find(path)) in wanted for path, wanted in part.only.items()):
            yield entry


def _text(values: Mapping[str, Taken], key: str, entry: Entry, most: int) -> str:
    taken = values.get(key)
    return text_of(taken.of(entry), most=most) if taken else ""


def _priority(value: Any) -> int | None:
    if value is None or value == "":
        return None
    try:
        return priority_of(value)
    except BadMap as error:
        raise Unusable(str(error).rstrip(".")) from error
