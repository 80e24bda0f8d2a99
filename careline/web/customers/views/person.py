"""One person: what they asked, what we know of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.core import access
from careline.customers import actions, queries
from careline.web.customers.conversations import MOST_OPEN, page_if_there, tickets_of, unsolved
from careline.web.customers.forms import AddressForm, PersonForm, language_name
from careline.web.customers.timeline import history_of
from careline.web.door import Request, needs
from careline.web.page import go, page

if TYPE_CHECKING:
    from careline.customers.models import Person

TEMPLATE = "customers/person.html"
SEE, EDIT = "customers.see", "customers.edit"


def person_or_404(pk: int) -> Person:
    """Return one person.

    Raises
    ------
    Http404
        There is nobody of that number.
    """
    found = queries.person(pk)
    if found is None:
        raise Http404("no such person")
    return found


@needs(SEE)
def person(request: Request, pk: int) -> HttpResponse:
    """Show one person; with `before`, htmx gets the next part of the history."""
    found = person_or_404(pk)
    if request.htmx and request.GET.get("before"):
        return page(request, TEMPLATE, history(request, found), piece="older")
    return page(request, TEMPLATE, context(request, found))


def context(request: Request, found: Person, **over: Any) -> dict[str, Any]:
    """Return all that the page of a person shows."""
    opened = unsolved(tickets_of(request.user, person=found))
    inbox = page_if_there("tickets:inbox")
    return {
        **history(request, found),
        **facts(request, found),
        "open_tickets": opened[:MOST_OPEN],
        "more_open": len(opened) > MOST_OPEN,
        "more_url": f"{inbox}?customer={found.pk}" if inbox else "",
        "address_form": AddressForm(),
        **over,
    }


def history(request: Request, found: Person) -> dict[str, Any]:
    """Return the part of the history that was asked for."""
    names = {one.pk: queries.shown(one.kind, one.value) for one in found.addresses.all()}
    before = request.GET.get("before", "")
    rows = tickets_of(request.user, person=found)
    return {
        "history": history_of("person", found.pk, rows, names=names, before=before),
        "page_url": reverse("customers:person", args=[found.pk]),
        "later": before,
    }


def facts(request: Request, found: Person) -> dict[str, Any]:
    """Return what we know of a person, in words."""
    may_edit = access.may(request.user, EDIT)
    new_url = page_if_there("tickets:new") if access.may(request.user, "tickets.create") else ""
    return {
        "person": found,
        "label": queries.label_of(found),
        "addresses": _addresses(found),
        "language": language_name(found.language),
        "local_at": request.now.astimezone(ZoneInfo(found.time_zone)) if found.time_zone else None,
        "may_edit": may_edit,
        "may_read": access.may(request.user, "tickets.see"),
        "new_ticket_url": f"{new_url}?customer={found.pk}" if new_url else "",
    }


def _addresses(found: Person) -> list[dict[str, Any]]:
    kinds = [one.kind for one in found.addresses.all()]
    return [
        {"address": one, "shown": queries.shown(one.kind, one.value), "others": kinds.count(one.kind) > 1}
        for one in found.addresses.all()
    ]


@needs(EDIT)
def person_edit(request: Request, pk: int) -> HttpResponse:
    """Change what is known of a person, in its place on their page."""
    found = person_or_404(pk)
    if request.method != "POST":
        form = PersonForm(initial=_initial(found))
        return _form(request, found, form)
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _form(request, found, form, status=422)
    _save(request, found, form.cleaned_data)
    messages.success(request, _("Saved."))
    return go(request, reverse("customers:person", args=[pk]))


def _initial(found: Person) -> dict[str, Any]:
    same = {key: getattr(found, key) for key in ("name", "language", "time_zone", "vip", "notes")}
    return same | {"organisation": found.organisation_id}


def _form(request: Request, found: Person, form: PersonForm, status: int = 200) -> HttpResponse:
    if request.htmx:
        return page(request, TEMPLATE, {"person": found, "form": form}, piece="form", status=status)
    return page(request, TEMPLATE, context(request, found, form=form), status=status)


def _save(request: Request, found: Person, given: Mapping[str, Any]) -> None:
    organisation = queries.organisation(given["organisation"]) if given["organisation"] else None
    actions.change_person(
        person=found,
        name=given["name"],
        organisation=organisation,
        language=given["language"],
        time_zone=given["time_zone"],
        vip=given["vip"],
        notes=given["notes"],
        actor=request.user,
        now=request.now,
    )


@needs(EDIT)
@require_POST
def person_leave(request: Request, pk: int) -> HttpResponse:
    """Take a person out of their organisation."""
    found = person_or_404(pk)
    if found.organisation:
        event = actions.leave_organisation(person=found, actor=request.user, now=request.now)
        undo = reverse("customers:undo", args=[event]) if event else ""
        text = _("%(name)s is no longer with %(organisation)s.")
        said = text % {"name": queries.label_of(found), "organisation": found.organisation.name}
        messages.success(request, said, extra_tags=f"undo:{undo}" if undo else "")
    return go(request, reverse("customers:person", args=[pk]))
