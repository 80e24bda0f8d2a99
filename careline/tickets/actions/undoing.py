"""Taking back one change of a conversation, which is a change of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from careline.core.models import Event, User
from careline.tickets.actions import state
from careline.tickets.actions.changing import rename
from careline.tickets.actions.holding import TicketIsMerged, allow, hold
from careline.tickets.models import Renaming, Status, Tag, Ticket, TicketTag


class TooLate(Exception):
    """The same thing was changed again since."""


class CannotUndo(Exception):
    """No such change, or one that cannot be taken back."""


Step = Callable[[Ticket, Event, "User | None", datetime], "Event | None"]


@transaction.atomic
def undo(*, event_id: int, actor: User | None, now: datetime) -> Event:
    """Take back one change of status, priority, assignment, team, reason, tag or subject.

    Raises
    ------
    CannotUndo
        No such change, or one that cannot be taken back.
    TooLate
        The same thing was changed again since.
    TicketIsMerged
        The conversation goes on in another one.
    PermissionDenied
        The actor may not change this conversation.
    """
    event = Event.objects.filter(pk=event_id, subject_kind="ticket", kind__in=STEPS).first()
    ticket = event and Ticket.objects.filter(pk=event.subject_id).first()
    if not event or not ticket:
        raise CannotUndo(f"event {event_id}")
    hold(ticket)
    allow(ticket, "tickets.edit", actor)
    if ticket.merged_into_id is not None:
        raise TicketIsMerged(f"ticket {ticket.pk} goes on in {ticket.merged_into_id}")
    done = STEPS[event.kind](ticket, event, actor, now)
    if done is None:
        raise TooLate(f"event {event_id}")
    return done


def _status(ticket: Ticket, event: Event, actor: User | None, now: datetime) -> Event | None:
    old = Status.objects.filter(pk=event.data["old"]).first()
    if old is None or ticket.status_id != event.data["new"]:
        return None
    return state.become(ticket, old, actor, now, undoes=event)


def _assigned(ticket: Ticket, event: Event, actor: User | None, now: datetime) -> Event | None:
    if ticket.assignee_id != event.data["new"]:
        return None
    before = User.objects.filter(pk=event.data["old"]).first() if event.data["old"] else None
    return state.hand_to(ticket, before, actor, now, undoes=event.pk)


def _column(name: str) -> Step:
    def step(ticket: Ticket, event: Event, actor: User | None, now: datetime) -> Event | None:
        old, new = event.data["old"], event.data["new"]
        if getattr(ticket, name) != new or _gone(ticket, name, old):
            return None
        return state.set_field(ticket, name, event.kind, old, actor, now, undoes=event.pk)

    return step


def _team(ticket: Ticket, event: Event, actor: User | None, now: datetime) -> Event | None:
    """Move back, and give back to whom the move had taken it from."""
    done = _column("team_id")(ticket, event, actor, now)
    taken = Event.objects.filter(
        subject_kind="ticket", subject_id=ticket.pk, kind="ticket.assigned", data__because=event.pk
    ).first()
    if done and taken and ticket.assignee_id is None:
        _assigned(ticket, taken, actor, now)
    return done


def _gone(ticket: Ticket, name: str, old: Any) -> bool:
    """Say whether what the column pointed to does not exist any more."""
    table = ticket._meta.get_field(name).related_model
    if old is None or table is None or isinstance(table, str):
        return False
    return not table._default_manager.filter(pk=old).exists()


def _tagged(ticket: Ticket, event: Event, actor: User | None, now: datetime) -> Event | None:
    return state.take_tag(ticket, event.data["tag"], actor, now, undoes=event.pk)


def _untagged(ticket: Ticket, event: Event, actor: User | None, now: datetime) -> Event | None:
    tag = Tag.objects.filter(pk=event.data["tag"], active=True).first()
    if tag is None or TicketTag.objects.filter(ticket=ticket, tag=tag).exists():
        return None
    return state.put_tag(ticket, tag, actor, now, undoes=event.pk)


def _subject(ticket: Ticket, event: Event, actor: User | None, now: datetime) -> Event | None:
    renaming = Renaming.objects.filter(pk=event.data["renaming"]).first()
    if renaming is None or ticket.subject != renaming.new:
        return None
    return rename(ticket, renaming.old, actor, now, undoes=event.pk)


STEPS: Mapping[str, Step] = {
    "ticket.status_changed": _status,
    "ticket.assigned": _assigned,
    "ticket.priority_changed": _column("priority"),
    "ticket.team_changed": _team,
    "ticket.reason_changed": _column("reason_id"),
    "ticket.tagged": _tagged,
    "ticket.untagged": _untagged,
    "ticket.subject_changed": _subject,
}
