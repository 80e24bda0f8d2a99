"""Who sees which conversation: the one rule behind lists, counts, search and single pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q, QuerySet

from careline.core import access
from careline.core.access import Reach
from careline.core.models import User
from careline.tickets.models import Ticket

if TYPE_CHECKING:
    from careline.customers.models import Organisation, Person

SEE = "tickets.see"
WITH = ("customer", "organisation", "status", "assignee", "team", "reason")
LONGEST_CHAIN = 50


def visible_to(user: User) -> QuerySet[Ticket]:
    """Return the conversations that this person may read, by the rule of core.access.covers."""
    reach = access.reach(user, SEE)
    if reach == Reach.ALL:
        return Ticket.objects.all()
    if reach == Reach.NONE:
        return Ticket.objects.none()
    mine = Q(assignee=user)
    if reach == Reach.TEAM:
        mine |= Q(team__in=access.team_ids(user)) | Q(team__isnull=True)
    return Ticket.objects.filter(mine)


def ticket_for(user: User, pk: int) -> Ticket | None:
    """Return one conversation with whom and what it belongs to; None when absent or not this person's."""
    return visible_to(user).select_related(*WITH, "brand").filter(pk=pk).first()


def tickets_of(
    user: User, *, person: Person | None = None, organisation: Organisation | None = None, most: int = 20
) -> list[Ticket]:
    """Return what a customer or an organisation has asked, newest first, as far as this person sees it."""
    rows = visible_to(user).filter(merged_into=None)
    if person:
        rows = rows.filter(customer=person)
    if organisation:
        rows = rows.filter(organisation=organisation)
    return list(rows.select_related(*WITH).order_by("-opened_at", "-pk")[:most])


def survivor_of(ticket: Ticket) -> Ticket:
    """Return the conversation in which a merged one goes on, however often that was merged itself."""
    seen = {ticket.pk}
    while ticket.merged_into_id is not None and len(seen) < LONGEST_CHAIN:
        following = Ticket.objects.filter(pk=ticket.merged_into_id).first()
        if following is None or following.pk in seen:
            break  # a circle: stay where we are rather than run round it
        ticket = following
        seen.add(ticket.pk)
    return ticket
