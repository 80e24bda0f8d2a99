"""What can be changed about a conversation, one thing at a time; each returns its event, None if it is so."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from careline.core import events
from careline.core.models import Event, Team, User
from careline.tickets.actions import state
from careline.tickets.actions.holding import allow, hold, hold_open, keep, tell
from careline.tickets.actions.opening import NoSubject, NoSuchPriority
from careline.tickets.actions.statuses import StatusIsArchived, usual_status
from careline.tickets.models import Category, Priority, Reason, Renaming, Status, Tag, Ticket

if TYPE_CHECKING:
    from careline.customers.models import Person

EDIT = "tickets.edit"


class TeamIsArchived(Exception):
    """Work is not given to this team any more."""


class ReasonIsArchived(Exception):
    """This contact reason is not offered any more."""


@transaction.atomic
def set_status(*, ticket: Ticket, status: Status, actor: User | None, now: datetime) -> Event | None:
    """Put a conversation into a status.

    Raises
    ------
    StatusIsArchived
        The status is not offered any more.
    TicketIsClosed
        A closed conversation stays closed.
    """
    hold_open(ticket, EDIT, actor)
    if not status.active and ticket.status_id != status.pk:
        raise StatusIsArchived(status.name)
    return state.become(ticket, status, actor, now)


@transaction.atomic
def close_ticket(*, ticket: Ticket, actor: User | None, now: datetime) -> Event | None:
    """End a conversation for good; None when it has ended already."""
    hold(ticket)
    allow(ticket, EDIT, actor)
    if ticket.category == Category.CLOSED:
        return None
    return state.become(ticket, usual_status(Category.CLOSED), actor, now)


@transaction.atomic
def set_priority(*, ticket: Ticket, priority: int, actor: User | None, now: datetime) -> Event | None:
    """Say how urgent a conversation is.

    Raises
    ------
    NoSuchPriority
        There is no such priority.
    """
    if priority not in Priority.values:
        raise NoSuchPriority(str(priority))
    hold_open(ticket, EDIT, actor)
    return state.set_field(ticket, "priority", "ticket.priority_changed", int(priority), actor, now)


@transaction.atomic
def assign(*, ticket: Ticket, assignee: User | None, actor: User | None, now: datetime) -> Event | None:
    """Give a conversation to somebody, or to nobody.

    Raises
    ------
    CannotTakeTickets
        They have left, or may not read conversations.
    """
    hold_open(ticket, EDIT, actor)
    if assignee and assignee.pk != ticket.assignee_id:
        state.refuse_absent(assignee)
    return state.hand_to(ticket, assignee, actor, now)


@transaction.atomic
def move_to_team(*, ticket: Ticket, team: Team | None, actor: User | None, now: datetime) -> Event | None:
    """Move a conversation to a team; who has it but is not in that team lets it go.

    Raises
    ------
    TeamIsArchived
        Work is not given to this team any more.
    """
    hold_open(ticket, EDIT, actor)
    new = team.pk if team else None
    if team and not team.active and ticket.team_id != new:
        raise TeamIsArchived(team.name)
    event = state.set_field(ticket, "team_id", "ticket.team_changed", new, actor, now)
    if event and team and events.is_live() and _elsewhere(ticket, team):
        state.hand_to(ticket, None, actor, now, because=event.pk)
    return event


def _elsewhere(ticket: Ticket, team: Team) -> bool:
    if ticket.assignee_id is None:
        return False
    return not team.memberships.filter(user_id=ticket.assignee_id).exists()


@transaction.atomic
def set_reason(*, ticket: Ticket, reason: Reason | None, actor: User | None, now: datetime) -> Event | None:
    """Say why the customer got in touch; also where the conversation is over.

    Raises
    ------
    ReasonIsArchived
        The reason is not offered any more.
    """
    hold(ticket)
    allow(ticket, EDIT, actor)
    new = reason.pk if reason else None
    if reason and not reason.active and ticket.reason_id != new:
        raise ReasonIsArchived(reason.path)
    return state.set_field(ticket, "reason_id", "ticket.reason_changed", new, actor, now)


@transaction.atomic
def set_subject(*, ticket: Ticket, subject: str, actor: User | None, now: datetime) -> Event | None:
    """Say in other words what a conversation is about.

    Raises
    ------
    NoSubject
        No words are left.
    """
    hold_open(ticket, EDIT, actor)
    words = " ".join(subject.replace("\x00", " ").split())[:300]
    if not words:
        raise NoSubject(subject)
    return rename(ticket, words, actor, now)


def rename(ticket: Ticket, subject: str, actor: User | None, now: datetime, **more: int) -> Event | None:
    """Change the subject; its words stay out of the event log. The caller holds the lock."""
    if ticket.subject == subject:
        return None
    renaming = Renaming.objects.create(ticket=ticket, old=ticket.subject, new=subject)
    ticket.subject = subject
    keep(ticket, "subject", now=now)
    return tell("ticket.subject_changed", ticket, actor, now, renaming=renaming.pk, **more)


@transaction.atomic
def set_customer(*, ticket: Ticket, customer: Person, actor: User | None, now: datetime) -> Event | None:
    """Say whose matter it is; the organisation follows the person."""
    hold_open(ticket, EDIT, actor)
    old = ticket.customer_id
    if old == customer.pk:
        return None
    ticket.customer, ticket.organisation_id = customer, customer.organisation_id
    keep(ticket, "customer", "organisation", now=now)
    return tell("ticket.customer_changed", ticket, actor, now, old=old, new=customer.pk)


@transaction.atomic
def add_tag(*, ticket: Ticket, name: str, actor: User | None, now: datetime) -> Event | None:
    """Put a tag on a conversation; also where it is over. A new word becomes a tag.

    Raises
    ------
    BadTag
        The word is empty or too long.
    """
    hold(ticket)
    allow(ticket, EDIT, actor)
    return state.put_tag(ticket, state.tag_named(name), actor, now)


@transaction.atomic
def remove_tag(*, ticket: Ticket, name: str, actor: User | None, now: datetime) -> Event | None:
    """Take a tag off a conversation; also where it is over."""
    hold(ticket)
    allow(ticket, EDIT, actor)
    tag = Tag.objects.filter(name=state.plain_tag(name)).first()
    return state.take_tag(ticket, tag.pk, actor, now) if tag else None
