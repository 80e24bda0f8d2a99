"""Turns drafts into table rows: replays what was said and changed in the order of time, as if it had been live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from careline.config.importing.drafts import Change, Draft, Said
from careline.config.importing.ground import Ground
from careline.tickets.models import Category, Message, Status, Ticket

PREVIEW = 160
RESTING = (Category.SOLVED, Category.CLOSED)
EVENT_COLUMNS = ("kind", "subject_kind", "subject_id", "at", "actor_id", "origin", "data")
MESSAGE_COLUMNS = (
    "id", "ticket_id", "kind", "text", "visible_text", "at", "author_id", "person_id", "channel", "subject",
)  # fmt: skip
EXTERNAL_COLUMNS = ("source", "kind", "external_id", "object_id")
Row = tuple[Any, ...]


class Rows(NamedTuple):
    """What a batch leaves behind."""

    tickets: list[Ticket]
    messages: list[Row]
    events: list[Row]
    tags: list[tuple[int, int]]
    external: list[Row]


def replay(batch: list[Draft], ground: Ground, ticket_ids: list[int], message_ids: list[int]) -> Rows:
    """Return the rows of these drafts; the ids are used in the order of the drafts."""
    rows = Rows([], [], [], [], [])
    numbers = iter(message_ids)
    for pk, draft in zip(ticket_ids, batch, strict=True):
        _Life(draft, pk, ground, rows, numbers).live()
    return rows


class _Life:
    """One ticket from its opening to what it is now."""

    def __init__(self, draft: Draft, pk: int, ground: Ground, rows: Rows, message_ids: Iterator[int]) -> None:
        self._draft = draft
        self._ground = ground
        self._rows = rows
        self._message_ids = message_ids
        self._customer = ground.customers[draft.customer.key]
        new = ground.statuses[Category.NEW.value]
        self.ticket = Ticket(
            pk=pk,
            subject=draft.subject[:300],
            customer_id=self._customer,
            organisation_id=ground.organisations.get(self._customer),
            status_id=new.pk,
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

    def live(self) -> None:
        """Replay everything."""
        draft, ticket = self._draft, self.ticket
        self._rows.tickets.append(ticket)
        self._rows.external.append((self._ground.source, "ticket", draft.id, ticket.pk))
        self._tell(
            "ticket.opened",
            draft.opened_at,
            None,
            channel=ticket.channel,
            by_customer=ticket.opened_by_customer,
        )
        for tag in draft.tags:
            pk = self._ground.tags[tag]
            self._rows.tags.append((ticket.pk, pk))
            self._tell("ticket.tagged", draft.opened_at, None, tag=pk)
        # What is said comes before what changes at the same instant: an answer solves, not the other way round.
        steps = [(one.at, 0, one) for one in draft.said] + [(one.at, 1, one) for one in draft.changes]
        for at, _rank, step in sorted(steps, key=lambda step: step[:2]):
            if isinstance(step, Said):
                self._say(step)
            else:
                self._change(step)
            ticket.changed_at = max(ticket.changed_at, at)

    def _tell(self, kind: str, at: datetime, actor: int | None, **data: Any) -> None:
        self.ticket.version += 1
        self._rows.events.append((kind, "ticket", self.ticket.pk, at, actor, "import", data))

    def _say(self, one: Said) -> None:
        ticket, pk = self.ticket, next(self._message_ids)
        author = self._ground.user(one.author)
        person = self._customer if one.kind == "in" else None
        first = ticket.message_count == 0
        subject = ticket.subject if first else f"Re: {ticket.subject}"[:300]
        self._rows.messages.append(
            (pk, ticket.pk, one.kind, one.text, one.text, one.at, author, person, ticket.channel, subject)
        )
        if one.id:
            name = f"{self._draft.id}/{one.id}"[:200]
            self._rows.external.append((self._ground.source, "message", name, pk))
        ticket.message_count += 1
        if one.kind != Message.Kind.NOTE:
            ticket.preview = " ".join(one.text.split())[:PREVIEW]
        _SAYINGS[one.kind](self, one, pk, author)

    def _received(self, one: Said, message: int, _author: int | None) -> None:
        ticket = self.ticket
        ticket.last_in_at = one.at
        if ticket.category not in RESTING:
            ticket.waiting_since = ticket.waiting_since or one.at
        self._tell("ticket.received", one.at, None, message=message, automatic="none")

    def _replied(self, one: Said, message: int, author: int | None) -> None:
        self.ticket.last_out_at = one.at
        self.ticket.waiting_since = None
        self._tell("ticket.replied", one.at, author, message=message)

    def _noted(self, one: Said, message: int, author: int | None) -> None:
        self._tell("ticket.noted", one.at, author, message=message)

    def _change(self, change: Change) -> None:
        actor = self._ground.user(change.by)
        for key in ("team", "assignee", "priority", "reason", "status"):
            if value := change.values.get(key):
                _CHANGES[key](self, value, change.at, actor)

    def _set(self, column: str, kind: str, new: Any, at: datetime, actor: int | None) -> None:
        old = getattr(self.ticket, column)
        if new is not None and new != old:
            setattr(self.ticket, column, new)
            self._tell(kind, at, actor, old=old, new=new)

    def _team(self, name: str, at: datetime, actor: int | None) -> None:
        self._set("team_id", "ticket.team_changed", self._ground.team(name), at, actor)

    def _assignee(self, name: str, at: datetime, actor: int | None) -> None:
        self._set("assignee_id", "ticket.assigned", self._ground.user(name), at, actor)

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
