"""Holding one conversation while it is changed, so that two people cannot undo each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from careline.core import access, events, prepared
from careline.core.models import Event, User
from careline.tickets.models import Category, Ticket

_COLUMNS = [field.attname for field in Ticket._meta.concrete_fields]


class TicketIsClosed(Exception):
    """The conversation is over for good; a new one may follow it."""


class TicketIsMerged(Exception):
    """The conversation goes on in another one."""


_locked: prepared.Prepared[Ticket] = prepared.Prepared(
    lambda pk: Ticket.objects.select_for_update(no_key=True).filter(pk=pk)
)


def hold(ticket: Ticket) -> None:
    """Lock a conversation until the transaction ends, and bring the given row up to date in place."""
    now = _locked.first(ticket.pk)
    if now is None:
        raise Ticket.DoesNotExist(f"ticket {ticket.pk} is gone")
    for name in _COLUMNS:
        setattr(ticket, name, now.__dict__[name])
    ticket._state.fields_cache.clear()
    ticket._prefetched_objects_cache = {}  # type: ignore[attr-defined]


def hold_open(ticket: Ticket, permission: str, actor: User | None) -> None:
    """Lock a conversation for a change that a closed one does not take.

    Raises
    ------
    PermissionDenied
        The actor may not do this here.
    TicketIsMerged
        It goes on in another one.
    TicketIsClosed
        It is over for good.
    """
    hold(ticket)
    allow(ticket, permission, actor)
    refuse_over(ticket)


def allow(ticket: Ticket, permission: str, actor: User | None) -> None:
    """Check the actor's permission on this conversation.

    The system (None) may do everything. What is imported was allowed where it happened.

    Raises
    ------
    PermissionDenied
        The actor may not do this here.
    """
    if actor is not None and events.is_live():
        access.require_on(actor, permission, owner_id=ticket.assignee_id, team_id=ticket.team_id)


def refuse_over(ticket: Ticket) -> None:
    """Refuse what a conversation that is over does not take; imported history is told as it was.

    Raises
    ------
    TicketIsMerged
        It goes on in another one.
    TicketIsClosed
        It is over for good.
    """
    if not events.is_live():
        return
    if ticket.merged_into_id is not None:
        raise TicketIsMerged(f"ticket {ticket.pk} goes on in {ticket.merged_into_id}")
    if ticket.category == Category.CLOSED:
        raise TicketIsClosed(f"ticket {ticket.pk} is closed")


def keep(ticket: Ticket, *names: str, now: datetime) -> None:
    """Write the named columns, the time and the next version; the caller holds the lock."""
    ticket.changed_at = max(ticket.changed_at, now)
    ticket.version += 1
    prepared.update(ticket, (*names, "changed_at", "version"))


def tell(kind: str, ticket: Ticket, actor: User | None, now: datetime, **data: Any) -> Event:
    """Record what happened to a conversation."""
    return events.record(kind, subject=("ticket", ticket.pk), actor=actor, at=now, **data)
