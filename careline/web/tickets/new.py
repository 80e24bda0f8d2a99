"""Beginning a conversation: our first mail to a customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from careline.core import access, directory
from careline.customers import actions as customer_actions
from careline.customers import queries as customers
from careline.tickets import actions
from careline.tickets.said import NewMessage, Opening
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.tickets.choices import offered
from careline.web.tickets.forms import NewForm
from careline.web.tickets.reply import store

if TYPE_CHECKING:
    from careline.customers.models import Person
    from careline.tickets.models import Ticket

NEW, CREATE = "tickets/new.html", "tickets.create"
FOUND = 8


@needs(CREATE)
def new(request: Request) -> HttpResponse:
    """Ask for customer, subject and words, and send them as the first mail of a conversation."""
    person = _person(request.GET.get("customer") or request.POST.get("customer") or "")
    if request.method != "POST":
        return page(
            request,
            NEW,
            _context(request, NewForm(initial=_initial(request, person), offered=offered(request)), person),
        )
    form = NewForm(request.POST, request.FILES, offered=offered(request))
    if not form.is_valid():
        return page(request, NEW, _context(request, form, person), piece="form", status=422)
    try:
        ticket = _open(request, form.cleaned_data)
    except (customers.NotAnAddress, actions.CannotTakeTickets, actions.NothingSaid) as refusal:
        form.add_error(None, _why_not(refusal))
        return page(request, NEW, _context(request, form, person), piece="form", status=422)
    messages.success(request, _("On its way."))
    return go(request, reverse("tickets:ticket", args=[ticket.pk]))


def _why_not(refusal: Exception) -> str:
    if isinstance(refusal, actions.CannotTakeTickets):
        return _("%(name)s cannot be given conversations.") % {"name": refusal}
    if isinstance(refusal, actions.NothingSaid):
        return _("Write something, or attach a file.")
    return _("That is not a mail address.")


def _person(text: str) -> Person | None:
    return customers.person(int(text)) if text.isdecimal() and len(text) <= 18 else None


def _initial(request: Request, person: Person | None) -> dict[str, Any]:
    teams = access.team_ids(request.user)
    return {
        "address": customers.address_of(person) if person else "",
        "name": person.name if person else "",
        "priority": 2,
        "assignee": request.user.pk if access.may(request.user, "tickets.see") else "",
        "team": teams[0] if len(teams) == 1 else "",
    }


def _context(request: Request, form: NewForm, person: Person | None) -> dict[str, Any]:
    return {
        "form": form,
        "person": person,
        "signature": request.user.signature,
        "cancel_url": reverse("tickets:inbox"),
    }


@transaction.atomic
def _open(request: Request, given: dict[str, Any]) -> Ticket:
    """Find or make the customer, and begin the conversation, both or neither."""
    customer = customer_actions.find_or_create_person(
        address=given["address"], name=given["name"], actor=request.user, now=request.now
    )
    first = NewMessage(
        text=given["text"].strip(),
        subject=given["subject"],
        address=given["address"],
        files=[store(one, request.now) for one in given["attachments"]],
    )
    opening = Opening(
        team=directory.team(given["team"]) if given["team"] else None,
        assignee=directory.person(given["assignee"]) if given["assignee"] else None,
        priority=given["priority"],
        by_customer=False,
    )
    return actions.open_ticket(
        subject=given["subject"],
        customer=customer,
        first=first,
        opening=opening,
        actor=request.user,
        now=request.now,
    )


@needs(CREATE)
@require_GET
def new_people(request: Request) -> HttpResponse:
    """Return known customers for what is being typed as an address."""
    access.require(request.user, "customers.see")
    words = request.GET.get("address", "").strip()
    found = customers.find_people(words, FOUND) if len(words) > 1 else []
    people = [
        {"value": address, "label": customers.label_of(one)}
        for one in found
        if (address := customers.address_of(one))
    ]
    return page(request, "tickets/people.html", {"people": people})
