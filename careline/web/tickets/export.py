"""The list one sees, as a file for a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from careline.customers import queries as customers
from careline.tickets import actions, queries
from careline.web.door import Request, needs
from careline.web.tickets.listing import Listing, listing
from careline.web.tickets.rows import LEVELS, due_of
from careline.web.tickets.wanted import read

if TYPE_CHECKING:
    from careline.core.models import User
    from careline.tickets.models import Ticket

STEP = 500
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


@needs("tickets.see")
def inbox_export(request: Request) -> StreamingHttpResponse:
    """Stream all conversations of the list, in its order, one a line."""
    here = listing(request.user, read(request.GET), request.now)
    actions.note_export(narrowed=here.wanted.filtered, actor=request.user, now=request.now)
    response = StreamingHttpResponse(
        _lines(here, request.user, request.now, timezone.get_current_timezone()),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = 'attachment; filename="conversations.csv"'
    return response


def _lines(here: Listing, user: User, now: datetime, zone: Any) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # spreadsheets take the file for Latin-1 without it
    yield writer.writerow(_heads())
    for ticket in _all(here, user, now):
        # The stream is written after the request, which knew the reader's zone.
        with timezone.override(zone):
            yield writer.writerow([_safe(cell) for cell in _cells(ticket, now)])


def _all(here: Listing, user: User, now: datetime) -> Iterator[Ticket]:
    after = ""
    while True:
        found = queries.page_of(user, here.condition, order=here.order, after=after, most=STEP, now=now)
        yield from found.tickets
        if not found.after:
            return
        after = found.after


def _heads() -> list[str]:
    return [
        _("Number"),
        _("Subject"),
        _("Status"),
        _("Priority"),
        _("Customer"),
        _("Organisation"),
        _("Team"),
        _("Assigned to"),
        _("Contact reason"),
        _("Tags"),
        _("Opened"),
        _("Changed"),
        _("Solved"),
        _("Due"),
        _("Late"),
        _("Messages"),
    ]


def _cells(ticket: Ticket, now: datetime) -> list[Any]:
    due = due_of(ticket, now)
    return [
        ticket.pk,
        ticket.subject,
        ticket.status.name,
        LEVELS.get(ticket.priority, ""),
        customers.label_of(ticket.customer),
        ticket.organisation.name if ticket.organisation else "",
        ticket.team.name if ticket.team else "",
        ticket.assignee.name if ticket.assignee else "",
        ticket.reason.path if ticket.reason else "",
        ", ".join(tag.name for tag in ticket.tags.all()),
        _instant(ticket.opened_at),
        _instant(ticket.changed_at),
        _instant(ticket.solved_at),
        _instant(ticket.due_at),
        _("yes") if due and due.state == "late" else "",
        ticket.message_count,
    ]


def _instant(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""


def _safe(cell: Any) -> Any:
    """Keep a spreadsheet from taking words of strangers for a formula."""
    if isinstance(cell, str) and cell.startswith(DANGEROUS):
        return f"'{cell}"
    return cell
