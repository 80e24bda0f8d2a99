"""What can be said in a conversation: by the customer, by us, and among ourselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from careline.core import events
from careline.core.models import Event, User
from careline.tickets.actions.holding import allow, hold, hold_open, keep, refuse_over, tell
from careline.tickets.actions.messages import COUNTED, refuse_empty, write
from careline.tickets.actions.state import RESTING, become, hand_to
from careline.tickets.actions.statuses import StatusIsArchived, usual_status
from careline.tickets.models import Category, Message, Participant, Status, Ticket
from careline.tickets.said import SPOKEN, NewMessage, counts

if TYPE_CHECKING:
    from careline.customers.models import Person

WOKEN = (*RESTING, Category.WAITING, Category.HOLD)  # a customer's message opens these again


class SomethingNewer(Exception):
    """Others have said something that the writer has not seen; `messages` holds it, oldest first."""

    def __init__(self, messages: list[Message]) -> None:
        super().__init__(f"{len(messages)} newer messages")
        self.messages = messages


@transaction.atomic
def receive_message(
    *, ticket: Ticket, message: NewMessage, actor: User | None = None, now: datetime
) -> Message:
    """Take in what the customer says; unless a machine wrote it, it opens what was resting or waiting.

    While history is imported, nothing but the message itself follows.

    Raises
    ------
    TicketIsMerged
        The conversation goes on in another one.
    TicketIsClosed
        It is over for good; a new one may follow it.
    """
    hold(ticket)
    refuse_over(ticket)
    row = take_in(ticket, message, actor, now)
    if counts(message.automatic) and ticket.category in WOKEN and events.is_live():
        become(ticket, usual_status(Category.OPEN), actor, now)
    return row


def take_in(ticket: Ticket, message: NewMessage, actor: User | None, now: datetime) -> Message:
    """Write a customer's message; the caller holds the lock."""
    row = write(ticket, Message.Kind.IN, message, None, now)
    names: tuple[str, ...] = COUNTED
    if counts(message.automatic):
        ticket.last_in_at = max(ticket.last_in_at or now, now)
        ticket.waiting_since = ticket.waiting_since or now
        names = (*COUNTED, "last_in_at", "waiting_since")
    keep(ticket, *names, now=now)
    tell("ticket.received", ticket, actor, now, message=row.pk, automatic=message.automatic)
    return row


@transaction.atomic
def reply(
    *,
    ticket: Ticket,
    message: NewMessage,
    status: Status | None = None,
    version: int | None = None,
    actor: User | None,
    now: datetime,
) -> Message:
    """Answer the customer, and perhaps change the status with it.

    An agent who answers an unassigned conversation takes it, and a new one becomes open. While history is
    imported, neither follows. `version` is the ticket's when the writer last saw it.

    Raises
    ------
    PermissionDenied
        The actor may not answer here.
    TicketIsMerged
        The conversation goes on in another one.
    TicketIsClosed
        It is over for good.
    NothingSaid
        No words and no file.
    SomethingNewer
        Others have spoken since that version.
    """
    hold_open(ticket, "tickets.reply", actor)
    refuse_empty(message)
    if status and not status.active:
        raise StatusIsArchived(status.name)
    if version is not None and (newer := _newer(ticket, version, actor)):
        raise SomethingNewer(newer)
    row = give_out(ticket, message, actor, now)
    follow_up(ticket, status, actor, now)
    return row


def follow_up(ticket: Ticket, status: Status | None, actor: User | None, now: datetime) -> None:
    """Let follow from an answer what follows: who answers takes what is nobody's, and new becomes open."""
    begins = actor is not None and events.is_live()
    if begins and ticket.assignee_id is None:
        hand_to(ticket, actor, actor, now)
    if begins and status is None and ticket.category == Category.NEW:
        status = usual_status(Category.OPEN)
    if status:
        become(ticket, status, actor, now)


def give_out(ticket: Ticket, message: NewMessage, actor: User | None, now: datetime) -> Message:
    """Write a public answer; the caller holds the lock."""
    row = write(ticket, Message.Kind.OUT, message, actor, now)
    ticket.last_out_at = max(ticket.last_out_at or now, now)
    ticket.waiting_since = None
    keep(ticket, *COUNTED, "last_out_at", "waiting_since", now=now)
    tell("ticket.replied", ticket, actor, now, message=row.pk)
    return row


def _newer(ticket: Ticket, version: int, actor: User | None) -> list[Message]:
    if version >= ticket.version:
        return []
    public = ticket.messages.filter(
        version__gt=version, automatic__in=SPOKEN, kind__in=(Message.Kind.IN, Message.Kind.OUT)
    )
    rows = public.select_related("author", "person").order_by("at", "pk")
    return [row for row in rows if actor is None or row.author_id != actor.pk]


@transaction.atomic
def add_note(*, ticket: Ticket, message: NewMessage, actor: User | None, now: datetime) -> Message:
    """Say something among ourselves; also where the conversation is over.

    Raises
    ------
    PermissionDenied
        The actor may not write here.
    NothingSaid
        No words and no file.
    """
    hold(ticket)
    allow(ticket, "tickets.reply", actor)
    refuse_empty(message)
    row = write(ticket, Message.Kind.NOTE, message, actor, now)
    keep(ticket, "message_count", now=now)
    tell("ticket.noted", ticket, actor, now, message=row.pk)
    return row


@transaction.atomic
def mark_no_reply_needed(*, ticket: Ticket, actor: User | None, now: datetime) -> Event | None:
    """Say that the customer's last message asks for no answer; None when nobody waits.

    Raises
    ------
    PermissionDenied
        The actor may not change this conversation.
    """
    hold_open(ticket, "tickets.edit", actor)
    if ticket.waiting_since is None:
        return None
    was = ticket.waiting_since.isoformat()
    ticket.waiting_since = None
    keep(ticket, "waiting_since", now=now)
    return tell("ticket.no_reply_needed", ticket, actor, now, was=was)


@transaction.atomic
def add_participants(
    *, ticket: Ticket, people: Iterable[tuple[Person, str]], actor: User | None, now: datetime
) -> list[Participant]:
    """Let people besides the customer take part, each with the address they write from; return who is new."""
    known = set(ticket.participants.values_list("address", flat=True))
    new = []
    for person, address in people:
        if address.lower() not in known:
            known.add(address.lower())
            row, made = Participant.objects.get_or_create(
                ticket=ticket, address=address.lower(), defaults={"person": person}
            )
            new.extend([row] if made else [])
    if new:
        tell("ticket.joined", ticket, actor, now, people=[row.person_id for row in new])
    return new
