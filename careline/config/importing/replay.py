"""Turns drafts into table rows: replays what was said and changed in order, as if it had been live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from careline.config.importing.drafts import Change, Draft, Letter, Said
from careline.config.importing.ground import Ground
from careline.tickets.models import Category, Message, Status, Ticket
from careline.tickets.said import counts

PREVIEW = 160
RESTING = (Category.SOLVED, Category.CLOSED)
Row = tuple[Any, ...]
EVENT_COLUMNS = ("kind", "subject_kind", "subject_id", "at", "actor_id", "origin", "data")
MESSAGE_COLUMNS = (
    "id", "ticket_id", "kind", "text", "visible_text", "at", "author_id", "person_id", "channel", "subject",
    "version", "automatic", "address", "html", "quoted_html", "written_at", "cc", "flags",
)  # fmt: skip
PLAIN: Row = ("none", "", "", "", None, [], [])  # the last columns of what is no mail
EXTERNAL_COLUMNS = ("source", "kind", "external_id", "object_id")


class Rows(NamedTuple):
    """What a batch leaves behind."""

    tickets: list[Ticket]
    continued: list[Ticket]  # were in already, and have changed
    messages: list[Row]
    events: list[Row]
    tags: list[tuple[int, int]]
    external: list[Row]
    letters: list[tuple[int, int, Letter]]  # ticket, message, mail


def replay(
    batch: list[Draft],
    ground: Ground,
    known: Mapping[int, Ticket],
    ticket_ids: list[int],
    message_ids: list[int],
) -> Rows:
    """Return the rows of these drafts; ids are used in their order, `known` holds what is continued."""
    rows = Rows([], [], [], [], [], [], [])
    numbers, keys = iter(message_ids), iter(ticket_ids)
    for draft in batch:
        if draft.ticket_id is None:
            _Life(draft, _opened(draft, next(keys), ground), ground, rows, numbers).live()
        else:
            _Life(draft, known[draft.ticket_id], ground, rows, numbers).go_on()
    return rows


def _opened(draft: Draft, pk: int, ground: Ground) -> Ticket:
    customer = ground.customers[draft.customer.key]
    return Ticket(
        pk=pk,
        brand_id=draft.brand_id,
        subject=draft.subject[:300],
        customer_id=customer,
        organisation_id=ground.organisations.get(customer),
        status_id=ground.statuses[Category.NEW.value].pk,
        category=Category.NEW,
        priority=draft.priority,
        team_id=ground.team(draft.team),
        reason_id=ground.reason(draft.reason),
        channel=draft.channel,
        language=draft.language,
        opened_at=draft.opened_at,
        opened_by_customer=not draft.said or draft.said[0].kind == "in",
        changed_at=draft.opened_at,
        imported=True,
    )


class _Life:
    """One ticket from its opening to what it is now."""

    def __init__(
        self, draft: Draft, ticket: Ticket, ground: Ground, rows: Rows, message_ids: Iterator[int]
    ) -> None:
        self.ticket = ticket
        self._draft = draft
        self._ground = ground
        self._rows = rows
        self._message_ids = message_ids

    def live(self) -> None:
        """Replay everything, from the opening on."""
        draft, ticket = self._draft, self.ticket
        self._rows.tickets.append(ticket)
        self._rows.external.append((self._ground.source, "ticket", draft.id, ticket.pk))
        opening = {"channel": ticket.channel, "by_customer": ticket.opened_by_customer, "automatic": False}
        self._tell("ticket.opened", draft.opened_at, None, **opening)
        for pk in dict.fromkeys(self._ground.tag(tag) for tag in draft.tags):
            self._rows.tags.append((ticket.pk, pk))
            self._tell("ticket.tagged", draft.opened_at, None, tag=pk)
        self._replay()

    def go_on(self) -> None:
        """Replay what was found in addition; what the ticket is by now stays."""
        self._rows.continued.append(self.ticket)
        self._draft.changes.clear()
        self._replay()

    def _replay(self) -> None:
        # What is said comes before what changes at that instant: an answer solves, not the other way round.
        steps = [(one.at, 0, one) for one in self._draft.said]
        steps += [(one.at, 1, one) for one in self._draft.changes]  # type: ignore[misc]
        for at, _rank, step in sorted(steps, key=lambda step: step[:2]):
            if isinstance(step, Said):
                self._say(step)
            else:
                self._change(step)
            self.ticket.changed_at = max(self.ticket.changed_at, at)

    def _tell(self, kind: str, at: datetime, actor: int | None, **data: Any) -> None:
        self.ticket.version += 1
        self._rows.events.append((kind, "ticket", self.ticket.pk, at, actor, "import", data))

    def _say(self, one: Said) -> None:
        ticket, pk = self.ticket, next(self._message_ids)
        author = one.letter.author_id if one.letter else self._ground.user(one.author)
        visible, *more = self._columns(one)
        self._rows.messages.append(
            (pk, ticket.pk, one.kind, one.text, visible, one.at, author, self._person(one), ticket.channel,
             self._subject(one), ticket.version + 1, *more)
        )  # fmt: skip
        if one.letter:
            self._rows.letters.append((ticket.pk, pk, one.letter))
        if one.id:
            name = f"{self._draft.id}/{one.id}"[:200]
            self._rows.external.append((self._ground.source, "message", name, pk))
        ticket.message_count += 1
        if one.kind != Message.Kind.NOTE and one.at >= ticket.changed_at:
            ticket.preview = " ".join(visible.split())[:PREVIEW]
        _SAYINGS[one.kind](self, one, pk, author)

    def _columns(self, one: Said) -> tuple[Any, ...]:
        mail = one.letter
        if mail is None:
            return (one.text, *PLAIN)
        return (
            mail.visible_text, mail.automatic, mail.address, mail.html, mail.quoted_html, mail.written_at,
            mail.cc, mail.flags,
        )  # fmt: skip

    def _person(self, one: Said) -> int | None:
        if one.kind != Message.Kind.IN:
            return None
        writer = one.letter.writer.key if one.letter else ""
        return self._ground.customers.get(writer, self.ticket.customer_id)

    def _subject(self, one: Said) -> str:
        if one.letter:
            return one.letter.subject[:300]
        return self.ticket.subject if self.ticket.message_count == 0 else f"Re: {self.ticket.subject}"[:300]

    def _received(self, one: Said, message: int, _author: int | None) -> None:
        ticket = self.ticket
        automatic = one.letter.automatic if one.letter else "none"
        if counts(automatic):
            ticket.last_in_at = _later(ticket.last_in_at, one.at)
            answered = ticket.last_out_at is not None and ticket.last_out_at >= one.at
            if ticket.category not in RESTING and not answered:
                ticket.waiting_since = ticket.waiting_since or one.at
        self._tell("ticket.received", one.at, None, message=message, automatic=automatic)

    def _replied(self, one: Said, message: int, author: int | None) -> None:
        ticket = self.ticket
        ticket.last_out_at = _later(ticket.last_out_at, one.at)
        if ticket.waiting_since and ticket.waiting_since <= one.at:
            ticket.waiting_since = None
        self._tell("ticket.replied", one.at, author, message=message)

    def _noted(self, one: Said, message: int, author: int | None) -> None:
        self._tell("ticket.noted", one.at, author, message=message)

    def _change(self, change: Change) -> None:
        actor = self._ground.user(change.by)
        for key in ("team", "assignee", "priority", "reason", "status"):
            if value := change.values.get(key):
                _CHANGES[key](self, value, change.at, actor)

    def _set(self, column: str, kind: str, new: Any, at: datetime, actor: int | None, **more: Any) -> None:
        old = getattr(self.ticket, column)
        if new is not None and new != old:
            setattr(self.ticket, column, new)
            self._tell(kind, at, actor, old=old, new=new, **more)

    def _team(self, name: str, at: datetime, actor: int | None) -> None:
        self._set("team_id", "ticket.team_changed", self._ground.team(name), at, actor)

    def _assignee(self, name: str, at: datetime, actor: int | None) -> None:
        new = self._ground.user(name)
        self._set("assignee_id", "ticket.assigned", new, at, actor, to=new)

    def _priority(self, value: int, at: datetime, actor: int | None) -> None:
        self._set("priority", "ticket.priority_changed", value, at, actor)

    def _reason(self, path: str, at: datetime, actor: int | None) -> None:
        self._set("reason_id", "ticket.reason_changed", self._ground.reason(path), at, actor)

    def _status(self, name: str, at: datetime, actor: int | None) -> None:
        status = self._ground.statuses[name.lower()]
        if status.pk != self.ticket.status_id:
            self._become(status, at, actor)

    def _become(self, status: Status, at: datetime, actor: int | None) -> None:
        ticket = self.ticket
        old_status, old = ticket.status_id, ticket.category
        ticket.status_id, ticket.category = status.pk, status.category
        if status.category in RESTING:
            ticket.waiting_since = None
        elif old in RESTING:
            ticket.reopens += 1
        ticket.solved_at = (ticket.solved_at or at) if status.category in RESTING else None
        ticket.closed_at = at if status.category == Category.CLOSED else None
        data = {"old": old_status, "new": status.pk, "old_category": old, "category": status.category}
        self._tell("ticket.status_changed", at, actor, **data)


def _later(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else max(known, at)


_SAYINGS: dict[str, Callable[[_Life, Said, int, int | None], None]] = {
    "in": _Life._received,
    "out": _Life._replied,
    "note": _Life._noted,
}
_CHANGES: dict[str, Callable[[_Life, Any, datetime, int | None], None]] = {
    "team": _Life._team,
    "assignee": _Life._assignee,
    "priority": _Life._priority,
    "reason": _Life._reason,
    "status": _Life._status,
}
