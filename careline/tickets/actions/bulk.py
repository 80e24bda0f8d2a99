"""The same change on many conversations at once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from careline.core.models import Event, User
from careline.tickets.actions import changing
from careline.tickets.actions.holding import TicketIsClosed, TicketIsMerged
from careline.tickets.models import Ticket
from careline.tickets.queries import visible_to
from careline.tickets.said import KEEP, Change, Done, Skipped

MOST = 1_000
REFUSALS = (PermissionDenied, TicketIsClosed, TicketIsMerged)


class TooMany(Exception):
    """That many conversations are not changed in one go."""


@transaction.atomic
def change_many(*, ticket_ids: Iterable[int], change: Change, actor: User | None, now: datetime) -> Done:
    """Change many conversations alike; those that refuse are skipped, and those not seen do not exist.

    Raises
    ------
    TooMany
        More than a thousand.
    CannotTakeTickets, TeamIsArchived, StatusIsArchived, ReasonIsArchived, NoSuchPriority, BadTag
        The change itself is refused, whatever the conversation.
    """
    wanted = sorted(set(ticket_ids))
    if len(wanted) > MOST:
        raise TooMany(f"{len(wanted)} conversations; at most {MOST}")
    rows = visible_to(actor) if actor else Ticket.objects.all()
    told: list[Event] = []
    skipped = []
    # In one order for everybody, so that two people who change the same ones wait instead of deadlocking.
    for ticket in rows.filter(pk__in=wanted).order_by("pk"):
        try:
            with transaction.atomic():
                told += _change(ticket, change, actor, now)
        except REFUSALS as refusal:
            skipped.append(Skipped(ticket.pk, type(refusal).__name__))
    changed = tuple(dict.fromkeys(event.subject_id for event in told))
    return Done(changed, tuple(skipped), tuple(event.pk for event in told))


def _change(ticket: Ticket, change: Change, actor: User | None, now: datetime) -> list[Event]:
    told: list[Event | None] = []
    if change.add_tags or change.remove_tags:
        told += _tag(ticket, change, actor, now)
    if change.reason is not KEEP:
        told.append(changing.set_reason(ticket=ticket, reason=change.reason, actor=actor, now=now))
    if change.priority is not None:
        told.append(changing.set_priority(ticket=ticket, priority=change.priority, actor=actor, now=now))
    if change.assignee is not KEEP:
        told.append(changing.assign(ticket=ticket, assignee=change.assignee, actor=actor, now=now))
    if change.status is not None:
        told.append(changing.set_status(ticket=ticket, status=change.status, actor=actor, now=now))
    # Last, because it may carry the conversation out of the actor's reach.
    if change.team is not KEEP:
        told.append(changing.move_to_team(ticket=ticket, team=change.team, actor=actor, now=now))
    return [event for event in told if event is not None]


def _tag(ticket: Ticket, change: Change, actor: User | None, now: datetime) -> list[Event | None]:
    told = [changing.add_tag(ticket=ticket, name=name, actor=actor, now=now) for name in change.add_tags]
    return told + [
        changing.remove_tag(ticket=ticket, name=name, actor=actor, now=now) for name in change.remove_tags
    ]
