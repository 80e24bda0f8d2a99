"""How one conversation looks in a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from careline.customers import queries as customers
from careline.tickets import queries
from careline.web.templatetags.parts import duration

if TYPE_CHECKING:
    from careline.tickets.models import Ticket

LEVELS = {1: "low", 2: "normal", 3: "high", 4: "urgent"}
RESTING = {"solved", "closed"}
MOST_TAGS = 2


@dataclass(frozen=True)
class Due:
    """The nearest promise: running, risk or late; how long is left or over; exactly when."""

    state: str
    text: str
    title: str


@dataclass(frozen=True)
class Row:
    """One line of the inbox."""

    ticket: Ticket
    url: str
    customer: str
    level: str
    due: Due | None
    unread: bool
    tags: list[str]
    more_tags: int


def metric_word(metric: str) -> str:
    """Return what a promise is called."""
    words = {
        "first_reply": _("First reply"),
        "next_reply": _("Next reply"),
        "periodic_update": _("Update"),
        "resolution": _("Solution"),
    }
    return words.get(metric, metric)


def due_of(ticket: Ticket, now: datetime) -> Due | None:
    """Return the nearest promise of a conversation, or None when nothing runs."""
    if ticket.category in RESTING:
        return None
    late_since = ticket.breached_at or (ticket.due_at if ticket.due_at and ticket.due_at <= now else None)
    if late_since:
        return Due("late", duration((now - late_since).total_seconds()), _exactly(ticket, late_since))
    if ticket.due_at is None:
        return None
    state = "risk" if ticket.risk_at and ticket.risk_at <= now else "running"
    return Due(state, duration((ticket.due_at - now).total_seconds()), _exactly(ticket, ticket.due_at))


def _exactly(ticket: Ticket, at: datetime) -> str:
    local = timezone.localtime(at)
    when = f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'TIME_FORMAT')} ({local.tzname()})"
    return f"{metric_word(ticket.due_metric)}: {when}" if ticket.due_metric else when


def rows_of(tickets: Sequence[Ticket], *, order: str, inside: str, now: datetime) -> list[Row]:
    """Return the lines of a list; each leads to its conversation, which remembers the place in the list."""
    # Only who has no name is called by an address.
    prefetch_related_objects([t.customer for t in tickets if not t.customer.name], "addresses")
    return [_row(ticket, order, inside, now) for ticket in tickets]


def _row(ticket: Ticket, order: str, inside: str, now: datetime) -> Row:
    tags = [tag.name for tag in ticket.tags.all()]
    return Row(
        ticket=ticket,
        url=ticket_url(ticket, order, inside),
        customer=customers.label_of(ticket.customer),
        level=LEVELS.get(ticket.priority, "normal"),
        due=due_of(ticket, now),
        unread=ticket.waiting_since is not None,
        tags=tags[:MOST_TAGS],
        more_tags=max(len(tags) - MOST_TAGS, 0),
    )


def ticket_url(ticket: Ticket, order: str, inside: str) -> str:
    """Return the address of a conversation as opened from a list: it knows the list and its place there."""
    place = {"in": inside, "at": queries.mark_of(ticket, order)}
    return f"{reverse('tickets:ticket', args=[ticket.pk])}?{urlencode(place)}"
