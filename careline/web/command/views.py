"""What the command bar finds: conversations, customers, pages and things to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from careline.core import access
from careline.customers import queries as customers
from careline.tickets import queries as tickets
from careline.web.door import Request, signed_in
from careline.web.page import page
from careline.web.templatetags.parts import status_icon

if TYPE_CHECKING:
    from careline.core.models import User
    from careline.customers.models import Person
    from careline.tickets.models import Ticket

SHORTEST, LONGEST = 2, 200
TICKETS, PEOPLE = 7, 5
Item = dict[str, Any]


@signed_in
@require_GET
def command(request: Request) -> HttpResponse:
    """Return what is found for the words typed so far, each as far as this person may see it."""
    words = request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST]
    found = _groups(request.user, words) if words.strip("#") else []
    return page(request, "command/results.html", {"groups": [group for group in found if group["items"]]})


def _groups(user: User, words: str) -> list[dict[str, Any]]:
    return [
        {"label": _("Conversations"), "items": _tickets(user, words)},
        {"label": _("Customers"), "items": _people(user, words)},
        {"label": _("Do"), "items": _actions(user, words)},
    ]


def _tickets(user: User, words: str) -> list[Item]:
    if not access.may(user, "tickets.see"):
        return []
    return [_ticket(one) for one in tickets.find_tickets(user, words, most=TICKETS)]


def _ticket(one: Ticket) -> Item:
    return {
        "label": one.subject or _("No subject"),
        "end": f"{customers.label_of(one.customer)} · #{one.pk}",
        "url": reverse("tickets:ticket", args=[one.pk]),
        "icon": status_icon(one.category),
        "status": one.status.name,
    }


def _people(user: User, words: str) -> list[Item]:
    if not access.may(user, "customers.see") or len(words) < SHORTEST:
        return []
    found = [_person(one) for one in customers.find_people(words, PEOPLE)]
    return [item for item in found if item]


def _person(one: Person) -> Item:
    try:
        url = reverse("customers:person", args=[one.pk])
    except NoReverseMatch:
        return {}
    firm = one.organisation.name if one.organisation else ""
    end = " · ".join(part for part in (customers.address_of(one), firm) if part)
    return {"label": customers.label_of(one), "end": end, "url": url, "icon": "user"}


def _actions(user: User, words: str) -> list[Item]:
    offered = []
    if access.may(user, "tickets.see"):
        label = _("Show conversations with “%(words)s” in the subject") % {"words": words}
        url = f"{reverse('tickets:inbox')}?view=everything&q={quote(words)}"
        offered.append({"label": label, "end": "", "url": url, "icon": "filter"})
    if access.may(user, "tickets.create"):
        offered += _beginnings(words)
    return offered


def _beginnings(words: str) -> list[Item]:
    person = customers.person_by_address(words) if "@" in words else None
    url = reverse("tickets:new")
    if person:
        label = _("Write to %(name)s") % {"name": customers.label_of(person)}
        return [{"label": label, "end": "", "url": f"{url}?customer={person.pk}", "icon": "edit"}]
    said = _("New conversation")
    if words.lower() in said.lower():
        return [{"label": said, "end": "", "url": url, "icon": "edit"}]
    return []
