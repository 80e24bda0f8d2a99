"""One organisation: its people, what they asked, and the mail domains that are its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from careline.core import access
from careline.customers import actions, queries
from careline.customers.queries import PeopleFilter
from careline.web.customers.conversations import MOST_OPEN, page_if_there, tickets_of, unsolved
from careline.web.customers.forms import DomainForm, OrganisationForm
from careline.web.customers.timeline import history_of
from careline.web.customers.views.lists import people_rows
from careline.web.customers.views.new import domain_refused
from careline.web.door import Request, needs
from careline.web.page import go, page

if TYPE_CHECKING:
    from careline.customers.models import Domain, Organisation

TEMPLATE = "customers/organisation.html"
SEE, EDIT = "customers.see", "customers.edit"
MOST_PEOPLE = 10


def _organisation(pk: int) -> Organisation:
    found = queries.organisation(pk)
    if found is None:
        raise Http404("no such organisation")
    return found


def _domain(pk: int, domain_pk: int) -> Domain:
    found = queries.domain(domain_pk, organisation=_organisation(pk))
    if found is None:
        raise Http404("no such domain")
    return found


@needs(SEE)
def organisation(request: Request, pk: int) -> HttpResponse:
    """Show one organisation; with `before`, htmx gets the next part of the history."""
    found = _organisation(pk)
    if request.htmx and request.GET.get("before"):
        return page(request, TEMPLATE, _history(request, found), piece="older")
    return page(request, TEMPLATE, _context(request, found))


def _context(request: Request, found: Organisation, **over: Any) -> dict[str, Any]:
    opened = unsolved(tickets_of(request.user, organisation=found))
    inbox = page_if_there("tickets:inbox")
    people = queries.people_page(PeopleFilter(organisation_id=found.pk), size=MOST_PEOPLE)
    return {
        **_history(request, found),
        **_domains(request, found),
        "open_tickets": opened[:MOST_OPEN],
        "more_open": len(opened) > MOST_OPEN,
        "more_url": f"{inbox}?organisation={found.pk}" if inbox else "",
        "people": people_rows(request, people.rows),
        "people_count": queries.people_count(PeopleFilter(organisation_id=found.pk)),
        "may_read": access.may(request.user, "tickets.see"),
        **over,
    }


def _domains(request: Request, found: Organisation) -> dict[str, Any]:
    rows = [
        {"domain": domain, "shown": queries.shown_domain(domain.name), "unclaimed": unclaimed}
        for domain, unclaimed in queries.unclaimed_of(found)
    ]
    return {
        "organisation": found,
        "domains": rows,
        "domain_form": DomainForm(),
        "may_edit": access.may(request.user, EDIT),
    }


def _history(request: Request, found: Organisation) -> dict[str, Any]:
    before = request.GET.get("before", "")
    rows = tickets_of(request.user, organisation=found)
    return {
        "history": history_of("organisation", found.pk, rows, names={}, before=before),
        "page_url": reverse("customers:organisation", args=[found.pk]),
        "later": before,
        "with_customer": True,
    }


def _back(request: Request, pk: int) -> HttpResponse:
    return go(request, reverse("customers:organisation", args=[pk]))


@needs(EDIT)
def organisation_edit(request: Request, pk: int) -> HttpResponse:
    """Change what an organisation is called, in its place on its page."""
    found = _organisation(pk)
    if request.method != "POST":
        form = OrganisationForm(initial={"name": found.name, "notes": found.notes})
        return _form(request, found, form)
    form = OrganisationForm(request.POST)
    if not form.is_valid():
        return _form(request, found, form, status=422)
    actions.change_organisation(organisation=found, actor=request.user, now=request.now, **form.cleaned_data)
    messages.success(request, _("Saved."))
    return _back(request, pk)


def _form(request: Request, found: Organisation, form: OrganisationForm, status: int = 200) -> HttpResponse:
    if request.htmx:
        return page(request, TEMPLATE, {"organisation": found, "form": form}, piece="form", status=status)
    return page(request, TEMPLATE, _context(request, found, form=form), status=status)


@needs(EDIT)
@require_POST
def domain_add(request: Request, pk: int) -> HttpResponse:
    """Map one more mail domain."""
    found, form = _organisation(pk), DomainForm(request.POST)
    if form.is_valid():
        try:
            actions.add_domain(
                organisation=found, name=form.cleaned_data["name"], actor=request.user, now=request.now
            )
            messages.success(request, _("Who writes from there joins %(name)s.") % {"name": found.name})
            return _back(request, pk)
        except (actions.NotADomain, actions.DomainIsPublic, actions.DomainIsTaken) as refused:
            form.add_error("name", domain_refused(refused))
    if request.htmx:
        shown = _domains(request, found) | {"domain_form": form}
        return page(request, TEMPLATE, shown, piece="domains", status=422)
    return page(request, TEMPLATE, _context(request, found, domain_form=form), status=422)


@needs(EDIT)
@require_POST
def domain_remove(request: Request, pk: int, domain_pk: int) -> HttpResponse:
    """Take a mapping away; its people stay."""
    domain = _domain(pk, domain_pk)
    event = actions.remove_domain(domain=domain, actor=request.user, now=request.now)
    undo = reverse("customers:undo", args=[event]) if event else ""
    said = _("%(domain)s is no longer mapped. Its people stay.")
    messages.success(
        request,
        said % {"domain": queries.shown_domain(domain.name)},
        extra_tags=f"undo:{undo}" if undo else "",
    )
    return _back(request, pk)


@needs(EDIT)
@require_POST
def adopt(request: Request, pk: int, domain_pk: int) -> HttpResponse:
    """Take in everybody who writes from a domain and belongs to nobody."""
    count = actions.adopt_people(domain=_domain(pk, domain_pk), actor=request.user, now=request.now)
    said = ngettext("%(count)s person belongs here now.", "%(count)s people belong here now.", count)
    messages.success(request, said % {"count": count})
    return _back(request, pk)
