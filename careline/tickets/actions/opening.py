"""How a conversation begins."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from careline.core import access, directory, events, prepared
from careline.core.models import User
from careline.tickets.actions.holding import tell
from careline.tickets.actions.messages import refuse_empty
from careline.tickets.actions.state import hand_to, put_tag, refuse_absent, tag_named
from careline.tickets.actions.statuses import usual_status
from careline.tickets.actions.talk import follow_up, give_out, take_in
from careline.tickets.models import Category, Message, Priority, Ticket
from careline.tickets.said import NewMessage, Opening

if TYPE_CHECKING:
    from careline.customers.models import Person


class NoSubject(Exception):
    """A conversation that we begin says what it is about."""


class NoSuchPriority(Exception):
    """Priorities go from 1 (low) to 4 (urgent)."""


@transaction.atomic
def open_ticket(
    *,
    subject: str,
    customer: Person,
    first: NewMessage | None = None,
    opening: Opening = Opening(),  # noqa: B008 - frozen
    actor: User | None,
    now: datetime,
) -> Ticket:
    """Begin a conversation, with what the customer said first or, not `by_customer`, with what we say.

    Raises
    ------
    PermissionDenied
        The actor may not open conversations.
    NoSuchPriority
        There is no such priority.
    NothingSaid
        We begin, but say nothing.
    CannotTakeTickets
        The assignee has left, or may not read conversations.
    """
    return _open(subject, customer, first, opening, actor, now)[0]


@transaction.atomic
def open_with(
    *, subject: str, customer: Person, first: NewMessage, opening: Opening, actor: User | None, now: datetime
) -> tuple[Ticket, Message]:
    """Begin a conversation as `open_ticket` does, and return what was said first as well."""
    ticket, message = _open(subject, customer, first, opening, actor, now)
    assert message is not None
    return ticket, message


def _open(
    subject: str,
    customer: Person,
    first: NewMessage | None,
    opening: Opening,
    actor: User | None,
    now: datetime,
) -> tuple[Ticket, Message | None]:
    _refuse(first, opening, actor)
    ticket = _create(subject, customer, opening, now)
    tell("ticket.opened", ticket, actor, now, **_facts(opening))
    say = take_in if opening.by_customer else give_out
    message = say(ticket, first, actor, now) if first else None
    for name in opening.tags:
        put_tag(ticket, tag_named(name), actor, now)
    if opening.assignee:
        hand_to(ticket, opening.assignee, actor, now)
    if first and not opening.by_customer:
        follow_up(ticket, None, actor, now)
    return ticket, message


def _refuse(first: NewMessage | None, opening: Opening, actor: User | None) -> None:
    if actor is not None and events.is_live():
        access.require(actor, "tickets.create")
    if opening.priority not in Priority.values:
        raise NoSuchPriority(str(opening.priority))
    if first and not opening.by_customer:
        refuse_empty(first)
    if opening.assignee:
        refuse_absent(opening.assignee)


def _create(subject: str, customer: Person, opening: Opening, now: datetime) -> Ticket:
    status = usual_status(Category.NEW)
    ticket = Ticket(
        brand=opening.brand or directory.first_brand(),
        subject=" ".join(subject.split())[:300],
        customer=customer,
        organisation_id=customer.organisation_id,
        status=status,
        category=status.category,
        priority=opening.priority,
        reason=opening.reason,
        team=opening.team,
        channel=opening.channel,
        language=opening.language or customer.language,
        opened_at=now,
        opened_by_customer=opening.by_customer,
        changed_at=now,
        imported=opening.imported,
        version=1,
    )
    return prepared.insert(ticket)


def _facts(opening: Opening) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "channel": opening.channel,
        "by_customer": opening.by_customer,
        "automatic": opening.automatic,
    }
    return facts | ({"follows": opening.follows} if opening.follows is not None else {})
