"""Making people and organisations known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from careline.customers import actions, queries
from careline.customers.actions import NewAddress
from careline.web.customers.forms import NOT_DOMAIN, NOT_PHONE, NewOrganisationForm, NewPersonForm
from careline.web.door import Request, needs
from careline.web.page import go, page

if TYPE_CHECKING:
    from django.utils.safestring import SafeString

    from careline.customers.models import Organisation, Person

EDIT = "customers.edit"
TEMPLATE = "customers/new.html"


@needs(EDIT)
def person_new(request: Request) -> HttpResponse:
    """Ask for somebody new, and make them known."""
    if request.method != "POST":
        form = NewPersonForm(initial={"organisation": request.GET.get("organisation")})
        return page(request, TEMPLATE, _person_context(form), piece="form")
    form = NewPersonForm(request.POST)
    if form.is_valid() and (person := _make_person(request, form)):
        messages.success(request, _("%(name)s is known now.") % {"name": queries.label_of(person)})
        return go(request, reverse("customers:person", args=[person.pk]))
    return page(request, TEMPLATE, _person_context(form), piece="form", status=422)


def _person_context(form: NewPersonForm) -> dict[str, Any]:
    return {
        "form": form,
        "title": _("New person"),
        "submit": _("Add the person"),
        "url": reverse("customers:person_new"),
        "back_url": reverse("customers:list"),
    }


def _make_person(request: Request, form: NewPersonForm) -> Person | None:
    given = form.cleaned_data
    typed = (NewAddress("email", given["email"]), NewAddress("phone", given["phone"]))
    organisation = queries.organisation(given["organisation"]) if given["organisation"] else None
    try:
        return actions.create_person(
            addresses=[one for one in typed if one.value],
            name=given["name"],
            organisation=organisation,
            vip=given["vip"],
            actor=request.user,
            now=request.now,
        )
    except actions.NotAnAddress:
        form.add_error("phone", str(NOT_PHONE))
    except actions.AddressIsTaken as taken:
        has_phone = taken.kind == "phone"
        form.add_error("phone" if has_phone else "email", taken_by(taken.person))
    return None


def taken_by(person: Person) -> SafeString:
    """Say whose an address is, and lead there."""
    url, name = reverse("customers:person", args=[person.pk]), queries.label_of(person)
    return format_html(_("It belongs to {}."), format_html('<a href="{}">{}</a>', url, name))


@needs(EDIT)
def organisation_new(request: Request) -> HttpResponse:
    """Ask for a new organisation, and make it."""
    form = NewOrganisationForm(request.POST) if request.method == "POST" else NewOrganisationForm()
    if request.method != "POST":
        return page(request, TEMPLATE, _organisation_context(form), piece="form")
    if form.is_valid() and (made := _make_organisation(request, form)):
        messages.success(request, _("%(name)s is known now.") % {"name": made.name})
        return go(request, reverse("customers:organisation", args=[made.pk]))
    return page(request, TEMPLATE, _organisation_context(form), piece="form", status=422)


def _organisation_context(form: NewOrganisationForm) -> dict[str, Any]:
    return {
        "form": form,
        "title": _("New organisation"),
        "submit": _("Add the organisation"),
        "url": reverse("customers:organisation_new"),
        "back_url": reverse("customers:organisations"),
    }


def _make_organisation(request: Request, form: NewOrganisationForm) -> Organisation | None:
    given = form.cleaned_data
    try:
        return actions.create_organisation(
            name=given["name"],
            notes=given["notes"],
            domains=[given["domain"]] if given["domain"] else [],
            actor=request.user,
            now=request.now,
        )
    except (actions.NotADomain, actions.DomainIsPublic, actions.DomainIsTaken) as refused:
        form.add_error("domain", domain_refused(refused))
    return None


def domain_refused(refused: Exception) -> str:
    """Say why a mail domain was not mapped."""
    if isinstance(refused, actions.DomainIsTaken):
        url = reverse("customers:organisation", args=[refused.organisation.pk])
        link = format_html('<a href="{}">{}</a>', url, refused.organisation.name)
        return format_html(_("It is mapped to {}."), link)
    if isinstance(refused, actions.DomainIsPublic):
        return _("Anybody can have an address there, so it does not say whom they belong to.")
    return str(NOT_DOMAIN)
