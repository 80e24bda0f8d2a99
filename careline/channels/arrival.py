"""One mail on its way in, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from careline.channels.matching import Case
from careline.channels.models import RawMail
from careline.tickets.models import Message, Ticket
from careline.tickets.said import NewFile


@dataclass(frozen=True)
class Arrival:
    """A mail that could be read: its row, what it says, its files, and what its content is known by."""

    raw: RawMail
    case: Case
    kept: tuple[NewFile, ...]
    body_hash: str
    notes: tuple[str, ...] = ()  # sentences for who reads it


@dataclass(frozen=True)
class Outcome:
    """What became of a mail: new, reply, bounce, auto_reply, loop or duplicate."""

    name: str
    ticket: Ticket | None = None
    message: Message | None = None
    matched_by: str = ""


class Held(Exception):
    """The mail must wait for a person; the text says why, for them."""
