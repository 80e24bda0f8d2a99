"""What is said and asked: the plain things that the actions of this domain take and give back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Final

from careline.calc.mail.automatic import TREATMENT
from careline.tickets.models import Priority, Reason, Status

if TYPE_CHECKING:
    from careline.core.models import Brand, File, Team, User
    from careline.customers.models import Person


@dataclass(frozen=True)
class NewFile:
    """One file that comes with, or goes with, a message; its bytes are stored already."""

    name: str
    type: str
    size: int
    file: File
    inline: bool = False
    content_id: str = ""


@dataclass(frozen=True)
class NewMessage:
    """One thing that is said; `visible_text` is `text` without quotation and signature."""

    text: str
    visible_text: str = ""
    html: str = ""
    quoted_html: str = ""
    subject: str = ""
    channel: str = "email"
    address: str = ""
    person: Person | None = None
    automatic: str = "none"
    written_at: datetime | None = None
    cc: Sequence[Mapping[str, str]] = ()  # {"name": ..., "address": ...}
    bcc: Sequence[Mapping[str, str]] = ()
    flags: Sequence[str] = ()
    files: Sequence[NewFile] = ()


@dataclass(frozen=True)
class Opening:
    """How a conversation begins; what is not said takes its usual value."""

    brand: Brand | None = None
    team: Team | None = None
    assignee: User | None = None
    priority: int = Priority.NORMAL
    reason: Reason | None = None
    tags: Sequence[str] = ()
    channel: str = "email"
    language: str = ""
    by_customer: bool = True
    automatic: bool = False
    follows: int | None = None  # the closed conversation that this one goes on from
    imported: bool = False


class Keep(Enum):
    """Stands for "leave it as it is" where None means "nobody"."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True)
class Change:
    """What to change on many conversations at once; only what is given changes."""

    status: Status | None = None
    priority: int | None = None
    assignee: User | Keep | None = KEEP
    team: Team | Keep | None = KEEP
    reason: Reason | Keep | None = KEEP
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()


@dataclass(frozen=True)
class Skipped:
    """One conversation that was left alone, and the name of the refusal, such as "TicketIsClosed"."""

    ticket_id: int
    why: str


@dataclass(frozen=True)
class Done:
    """What a change of many came to; `events` are the numbers by which it can be undone."""

    changed: tuple[int, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    events: tuple[int, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Due:
    """The nearest promise on one conversation, as the service clocks see it."""

    ticket_id: int
    due_at: datetime | None = None
    due_metric: str = ""
    risk_at: datetime | None = None
    breached_at: datetime | None = None


SPOKEN = tuple(kind for kind, treatment in TREATMENT.items() if treatment.reopens)  # no machine's answer


def counts(automatic: str) -> bool:
    """Say whether a customer's message of this kind waits for an answer, reopens, and moves clocks."""
    return automatic in SPOKEN
