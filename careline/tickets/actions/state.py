"""The inner steps by which a conversation's state moves: the caller holds the lock and has checked all."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from careline.core import access, events
from careline.core.models import Event, User
from careline.tickets.actions.holding import keep, tell
from careline.tickets.models import Category, Status, Tag, Ticket, TicketTag

RESTING = (Category.SOLVED, Category.CLOSED)
LONGEST_TAG = 60
STATE = ("status", "category", "waiting_since", "solved_at", "closed_at", "reopens")


class CannotTakeTickets(Exception):
    """This person has left, or may not read conversations."""


class BadTag(Exception):
    """A tag has one to sixty characters."""


def become(
    ticket: Ticket, status: Status, actor: User | None, now: datetime, *, undoes: Event | None = None
) -> Event | None:
    """Put a conversation into a status; None when it is there already."""
    if ticket.status_id == status.pk and ticket.category == status.category:
        return None
    data: dict[str, Any] = {
        "old": ticket.status_id,
        "new": status.pk,
        "old_category": str(ticket.category),
        "category": str(status.category),
    }
    was = _passing(ticket)
    _enter(ticket, status, now)
    if undoes:
        _as_before(ticket, undoes)
        data["undoes"] = undoes.pk
    if lost := {key: value for key, value in was.items() if _passing(ticket).get(key) != value}:
        data["was"] = lost  # what an undo puts back
    keep(ticket, *STATE, now=now)
    return tell("ticket.status_changed", ticket, actor, now, **data)


def _enter(ticket: Ticket, status: Status, now: datetime) -> None:
    old, new = ticket.category, status.category
    ticket.status, ticket.category = status, new
    if new in RESTING:
        ticket.waiting_since = None
    elif old in RESTING:
        ticket.reopens += 1
    ticket.solved_at = (ticket.solved_at or now) if new in RESTING else None
    ticket.closed_at = now if new == Category.CLOSED else None


def _passing(ticket: Ticket) -> dict[str, Any]:
    """Return what a change of status may wipe out, as an event can hold it."""
    instants = {name: getattr(ticket, name) for name in ("waiting_since", "solved_at", "closed_at")}
    return {key: at.isoformat() for key, at in instants.items() if at} | {"reopens": ticket.reopens}


def _as_before(ticket: Ticket, undone: Event) -> None:
    """Put back what the undone change had wiped out, so that a slip leaves no trace in the figures."""
    was = dict(undone.data.get("was", {}))
    if ticket.last_out_at and ticket.last_out_at > undone.at:
        was.pop("waiting_since", None)  # answered since
    for key, value in was.items():
        setattr(ticket, key, value if key == "reopens" else parse_datetime(value))
    rested = undone.data["category"] in RESTING and undone.data["old_category"] not in RESTING
    if rested and "reopens" not in was:
        ticket.reopens -= 1


def hand_to(
    ticket: Ticket, assignee: User | None, actor: User | None, now: datetime, **more: Any
) -> Event | None:
    """Give a conversation to somebody or nobody; None when it is theirs already."""
    new = assignee.pk if assignee else None
    old = ticket.assignee_id
    if old == new:
        return None
    ticket.assignee = assignee
    keep(ticket, "assignee", now=now)
    return tell("ticket.assigned", ticket, actor, now, old=old, new=new, to=new, **more)


def refuse_absent(assignee: User) -> None:
    """Refuse to give work to somebody who would never see it.

    Raises
    ------
    CannotTakeTickets
        They have left, or may not read conversations.
    """
    if events.is_live() and not access.may(assignee, "tickets.see"):
        raise CannotTakeTickets(assignee.name)


def set_field(
    ticket: Ticket, name: str, kind: str, new: Any, actor: User | None, now: datetime, **more: Any
) -> Event | None:
    """Change one column (priority, team_id, reason_id) and record old and new; None when it is so already."""
    old = getattr(ticket, name)
    if old == new:
        return None
    setattr(ticket, name, new)
    keep(ticket, name, now=now)
    return tell(kind, ticket, actor, now, old=old, new=new, **more)


def tag_named(name: str) -> Tag:
    """Return the tag that is spelt so, made when it is new.

    Raises
    ------
    BadTag
        The name is empty or too long.
    """
    word = plain_tag(name)
    if not 0 < len(word) <= LONGEST_TAG:
        raise BadTag(name)
    tag, _new = Tag.objects.get_or_create(name=word)
    if not tag.active:
        # Removed before: the word comes back, but not onto everything that once carried it.
        TicketTag.objects.filter(tag=tag).delete()
        Tag.objects.filter(pk=tag.pk).update(active=True)
    return tag


def plain_tag(name: str) -> str:
    """Return how a tag is spelt: lower case, single spaces, no leading #."""
    return " ".join(name.lower().replace(",", " ").replace("\x00", " ").split()).lstrip("# ")


def put_tag(ticket: Ticket, tag: Tag, actor: User | None, now: datetime, **more: Any) -> Event | None:
    """Put a tag on a conversation; None when it is there already."""
    _row, made = TicketTag.objects.get_or_create(ticket=ticket, tag=tag)
    if not made:
        return None
    keep(ticket, now=now)
    return tell("ticket.tagged", ticket, actor, now, tag=tag.pk, **more)


def take_tag(ticket: Ticket, tag_id: int, actor: User | None, now: datetime, **more: Any) -> Event | None:
    """Take a tag off a conversation; None when it is not there."""
    gone, _rows = TicketTag.objects.filter(ticket=ticket, tag_id=tag_id).delete()
    if not gone:
        return None
    keep(ticket, now=now)
    return tell("ticket.untagged", ticket, actor, now, tag=tag_id, **more)
