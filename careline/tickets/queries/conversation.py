"""One conversation as it is read: what was said and what happened, in the order of time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch

from careline.core import events
from careline.core.models import Event, Team, User
from careline.customers.queries import person_names
from careline.tickets.models import (
    Attachment,
    Category,
    Message,
    Priority,
    Reason,
    Renaming,
    Status,
    Tag,
    Ticket,
)
from careline.tickets.said import SPOKEN

SAID = {"ticket.received", "ticket.replied", "ticket.noted"}
Names = Mapping[int, str]


@dataclass(frozen=True)
class Entry:
    """One thing in a conversation: a message, or a change with what it changed from and to, in words."""

    at: datetime
    kind: str  # in, out, note; or that of the event
    actor: User | None = None
    message: Message | None = None
    event: Event | None = None
    old: str = ""
    new: str = ""


def conversation_of(ticket: Ticket) -> list[Entry]:
    """Return messages and changes, oldest first, in a fixed number of queries however long it is."""
    told = events.of("ticket", ticket.pk)
    messages = {message.pk: message for message in _messages(ticket)}
    actors = {event.data.get("message"): event.actor for event in told if event.kind in SAID}
    entries = [
        Entry(message.at, message.kind, message.author or actors.get(pk), message=message)
        for pk, message in messages.items()
    ]
    entries += _changes([event for event in told if event.kind not in SAID])
    return sorted(entries, key=_place)


def _place(entry: Entry) -> tuple[datetime, int, int]:
    """Sort by time; at one instant the opening comes first, then what was said, then what it led to."""
    if entry.message:
        return (entry.at, 1, entry.message.pk)
    assert entry.event
    return (entry.at, 0 if entry.kind == "ticket.opened" else 2, entry.event.pk)


def _messages(ticket: Ticket) -> Iterable[Message]:
    files = Prefetch("attachments", queryset=Attachment.objects.select_related("file").order_by("pk"))
    rows = ticket.messages.select_related("author", "person").prefetch_related(files)
    return rows.order_by("at", "pk")


def _changes(told: list[Event]) -> list[Entry]:
    names = {kind: lookup(_ids(told, kind)) for kind, lookup in LOOKUPS.items()}
    return [Entry(e.at, e.kind, e.actor, event=e, old=_old(e, names), new=_new(e, names)) for e in told]


def _ids(told: list[Event], kind: str) -> set[int]:
    values = {event.data.get(key) for event in told if event.kind == kind for key in ("old", "new")}
    if kind in ("ticket.tagged", "ticket.untagged", "ticket.subject_changed"):
        key = "renaming" if kind == "ticket.subject_changed" else "tag"
        values = {event.data.get(key) for event in told if event.kind == kind}
    if kind == "ticket.joined":
        values = {value for event in told if event.kind == kind for value in event.data.get("people", ())}
    return {value for value in values if isinstance(value, int)}


def _old(event: Event, names: Mapping[str, Mapping[Any, str]]) -> str:
    known = names.get(event.kind, {})
    if event.kind == "ticket.subject_changed":
        return known.get(("old", event.data.get("renaming")), "")
    key = "tag" if event.kind == "ticket.untagged" else "old"
    return known.get(event.data.get(key), "")


def _new(event: Event, names: Mapping[str, Mapping[Any, str]]) -> str:
    known = names.get(event.kind, {})
    if event.kind == "ticket.subject_changed":
        return known.get(("new", event.data.get("renaming")), "")
    if event.kind == "ticket.joined":
        return ", ".join(known[pk] for pk in event.data.get("people", ()) if pk in known)
    key = "tag" if event.kind == "ticket.tagged" else "new"
    return known.get(event.data.get(key), "")


def _of_table(table: type[Any], name: str) -> Callable[[set[int]], dict[Any, str]]:
    def lookup(ids: set[int]) -> dict[Any, str]:
        return dict(table.objects.filter(pk__in=ids).values_list("pk", name)) if ids else {}

    return lookup


def _priorities(_ids: set[int]) -> dict[Any, str]:
    return {value: str(label) for value, label in Priority.choices}


def _renamings(ids: set[int]) -> dict[Any, str]:
    out: dict[Any, str] = {}
    for row in Renaming.objects.filter(pk__in=ids) if ids else ():
        out["old", row.pk], out["new", row.pk] = row.old, row.new
    return out


LOOKUPS: Mapping[str, Callable[[set[int]], dict[Any, str]]] = {
    "ticket.status_changed": _of_table(Status, "name"),
    "ticket.assigned": _of_table(User, "name"),
    "ticket.team_changed": _of_table(Team, "name"),
    "ticket.priority_changed": _priorities,
    "ticket.reason_changed": _of_table(Reason, "path"),
    "ticket.tagged": _of_table(Tag, "name"),
    "ticket.untagged": _of_table(Tag, "name"),
    "ticket.subject_changed": _renamings,
    "ticket.customer_changed": person_names,
    "ticket.joined": person_names,
}


def last_message_in(ticket: Ticket) -> Message | None:
    """Return the last thing that the customer, and no machine, said."""
    return _last(ticket, Message.Kind.IN)


def last_message_out(ticket: Ticket) -> Message | None:
    """Return our last public answer."""
    return _last(ticket, Message.Kind.OUT)


def _last(ticket: Ticket, kind: str) -> Message | None:
    rows = ticket.messages.filter(kind=kind, automatic__in=SPOKEN)
    return rows.select_related("person", "author").order_by("-at", "-pk").first()


def is_over(ticket: Ticket) -> bool:
    """Say whether nothing more can be said to the customer here."""
    return ticket.category == Category.CLOSED
