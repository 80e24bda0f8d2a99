"""The addresses on the page of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.customers import actions, queries
from careline.web.customers.forms import NOT_MAIL, NOT_PHONE, AddressForm
from careline.web.customers.views.new import taken_by
from careline.web.customers.views.person import EDIT, TEMPLATE, context, facts, person_or_404
from careline.web.door import Request, needs
from careline.web.page import go, page

if TYPE_CHECKING:
    from careline.customers.models import Address, Person


@needs(EDIT)
@require_POST
def add(request: Request, pk: int) -> HttpResponse:
    """Add one more way to reach somebody."""
    person, form = person_or_404(pk), AddressForm(request.POST)
    if form.is_valid() and _add(request, person, form):
        messages.success(request, _("Saved."))
        return go(request, reverse("customers:person", args=[pk]))
    if request.htmx:
        shown = facts(request, person) | {"address_form": form}
        return page(request, TEMPLATE, shown, piece="addresses", status=422)
    return page(request, TEMPLATE, context(request, person, address_form=form), status=422)


def _add(request: Request, person: Person, form: AddressForm) -> bool:
    value = form.cleaned_data["value"]
    try:
        actions.add_address(person=person, kind=form.kind, value=value, actor=request.user, now=request.now)
    except actions.NotAnAddress:
        form.add_error("value", str(NOT_MAIL if form.kind == "email" else NOT_PHONE))
        return False
    except actions.AddressIsTaken as taken:
        form.add_error("value", taken_by(taken.person))
        return False
    return True


def _address(pk: int, address_pk: int) -> Address:
    found = queries.address(address_pk, person=person_or_404(pk))
    if found is None:
        raise Http404("no such address")
    return found


@needs(EDIT)
@require_POST
def remove(request: Request, pk: int, address_pk: int) -> HttpResponse:
    """Take an address away."""
    address = _address(pk, address_pk)
    event = actions.remove_address(address=address, actor=request.user, now=request.now)
    undo = reverse("customers:undo", args=[event]) if event else ""
    said = _("%(address)s is removed.") % {"address": queries.shown(address.kind, address.value)}
    messages.success(request, said, extra_tags=f"undo:{undo}" if undo else "")
    return go(request, reverse("customers:person", args=[pk]))


@needs(EDIT)
@require_POST
def primary(request: Request, pk: int, address_pk: int) -> HttpResponse:
    """Use this address first."""
    address = actions.make_primary(address=_address(pk, address_pk), actor=request.user, now=request.now)
    said = _("%(address)s is the primary address now.")
    messages.success(request, said % {"address": queries.shown(address.kind, address.value)})
    return go(request, reverse("customers:person", args=[pk]))


@needs(EDIT)
@require_POST
def works(request: Request, pk: int, address_pk: int) -> HttpResponse:
    """Note that mail to an address arrives again."""
    address = _address(pk, address_pk)
    actions.mark_deliverable(address=address.value, actor=request.user, now=request.now)
    said = _("The next mail to %(address)s is sent again.")
    messages.success(request, said % {"address": queries.shown(address.kind, address.value)})
    return go(request, reverse("customers:person", args=[pk]))
