"""One conversation as somebody has opened it: theirs to see, with the list they came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from careline.core import access
from careline.tickets import queries
from careline.web.door import Request
from careline.web.tickets.listing import Listing, listing
from careline.web.tickets.rows import ticket_url
from careline.web.tickets.wanted import read_text

if TYPE_CHECKING:
    from careline.tickets.models import Attachment, Message, Ticket


def find_ticket(request: Request, pk: int) -> Ticket:
    """Return a conversation that this person may read; absent and not theirs look the same."""
    ticket = queries.ticket_for(request.user, pk)
    if ticket is None:
        raise Http404("no such conversation")
    return ticket


def find_message(ticket: Ticket, pk: int) -> Message:
    """Return one message of a conversation."""
    message = ticket.messages.filter(pk=pk).select_related("ticket").first()
    if message is None:
        raise Http404("no such message")
    return message


def find_file(ticket: Ticket, pk: int) -> Attachment:
    """Return one file of a conversation."""
    for message in ticket.messages.filter(attachments=pk):
        return message.attachments.select_related("file").get(pk=pk)
    raise Http404("no such file")


def may(request: Request, permission: str, ticket: Ticket) -> bool:
    """Say whether a permission reaches this conversation."""
    return access.covers(request.user, permission, owner_id=ticket.assignee_id, team_id=ticket.team_id)


@dataclass(frozen=True)
class Way:
    """How one came to a conversation, and what lies beside it in that list."""

    inside: str  # the list as an address
    at: str  # the place in it
    name: str
    back_url: str
    previous_url: str = ""
    next_url: str = ""

    @property
    def query(self) -> str:
        """Return what keeps the way in an address of this conversation."""
        return urlencode({"in": self.inside, "at": self.at}) if self.inside else ""


def way_of(request: Request, ticket: Ticket) -> Way:
    """Work out the way back and the neighbours; without a list there is the inbox alone."""
    inside, at = request.GET.get("in", "")[:2000], request.GET.get("at", "")[:100]
    if not inside:
        return Way("", "", _("Inbox"), reverse("tickets:inbox"))
    here = listing(request.user, read_text(inside), request.now)
    back = f"{reverse('tickets:inbox')}?{inside}#t{ticket.pk}"
    place = at or queries.mark_of(ticket, here.order)
    ahead, behind = here.neighbours(request.user, place, request.now)
    return Way(inside, at, here.name, back, _url(here, inside, ahead), _url(here, inside, behind))


def _url(here: Listing, inside: str, ticket: Any) -> str:
    return ticket_url(ticket, here.order, inside) if ticket else ""
