"""How a conversation looked at each step of its history, and which promise held then."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from careline.calc.clocks import RESTING
from careline.sla.book import Book
from careline.sla.history import Step

if TYPE_CHECKING:
    from careline.tickets.models import Ticket

Entry = list[Any]  # [instant as text, policy id or None, version or None, priority]

_COLUMNS = {
    "ticket.priority_changed": "priority",
    "ticket.team_changed": "team_id",
    "ticket.reason_changed": "reason_id",
    "ticket.assigned": "assignee_id",
    "ticket.customer_changed": "customer_id",
    "ticket.subject_changed": "subject",
}


def retrace(ticket: Ticket, steps: Sequence[Step], book: Book) -> list[Entry]:
    """Return which promises held from when on, judged by how the conversation looked at each event.

    Columns that no event tells of are taken to have been as they are now.
    """
    row = _at_the_beginning(ticket, steps)
    entries: list[Entry] = []
    edits = iter([at for at in book.edits if steps and at > steps[0].at])
    edit = next(edits, None)
    for step in steps:
        while edit is not None and edit < step.at:
            _note_edit(entries, row, edit, book)
            edit = next(edits, None)
        _forward(row, step)
        note(entries, row, step.at, book)
    while edit is not None:
        _note_edit(entries, row, edit, book)
        edit = next(edits, None)
    return entries


def _note_edit(entries: list[Entry], row: Any, at: datetime, book: Book) -> None:
    if row.category not in RESTING:
        note(entries, row, at, book)


def note(entries: list[Entry], row: Any, at: datetime, book: Book) -> bool:
    """Add the promise that holds from `at` on, if it is another one than before; say whether it is."""
    rule = book.choose(row, at=at)
    chosen = [rule.policy_id, rule.version, row.priority] if rule else [None, None, row.priority]
    if entries and entries[-1][1:] == chosen:
        return False
    entry = [at.isoformat(), *chosen]
    if entries and entries[-1][0] == entry[0]:
        entries[-1] = entry
    else:
        entries.append(entry)
    return True


def _at_the_beginning(ticket: Ticket, steps: Sequence[Step]) -> Any:
    row = copy.copy(ticket)
    row._state = copy.copy(ticket._state)
    row._state.fields_cache = dict(ticket._state.fields_cache)
    row._prefetched_objects_cache = dict(getattr(ticket, "_prefetched_objects_cache", {}))  # type: ignore[attr-defined]
    for step in reversed(steps):
        _change(row, step, "old", backward=True)
    return row


def _forward(row: Any, step: Step) -> None:
    _change(row, step, "new", backward=False)


def _change(row: Any, step: Step, side: str, *, backward: bool) -> None:
    if step.kind in _COLUMNS:
        if side in step.data:
            setattr(row, _COLUMNS[step.kind], step.data[side])
    elif step.kind == "ticket.status_changed":
        row.status_id = step.data.get(side)
        row.category = step.data["old_category" if backward else "category"]
    elif step.kind in ("ticket.tagged", "ticket.untagged"):
        _retag(row, step.data["tag"], has=(step.kind == "ticket.tagged") != backward)


class _Tag:
    """A tag as far as conditions look at it."""

    def __init__(self, pk: int) -> None:
        self.pk = pk


def _retag(row: Any, tag: int, *, has: bool) -> None:
    cache = row._prefetched_objects_cache
    others = [one for one in cache.get("tags", ()) if one.pk != tag]
    cache["tags"] = [*others, _Tag(tag)] if has else others


def pairs(entries: Sequence[Entry], book: Book) -> Iterator[tuple[datetime, Any]]:
    """Yield the instants and terms that clocks are derived with."""
    for at, policy_id, version, priority in entries:
        yield datetime.fromisoformat(at), book.terms(policy_id, version, priority)
