"""The lists of people and organisations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from careline.core import access
from careline.customers import queries
from careline.customers.paging import Page
from careline.customers.queries import OrganisationFilter, PeopleFilter
from careline.web.customers.conversations import Contact, contacts, contacts_of_organisations
from careline.web.customers.forms import ListForm
from careline.web.door import Request, needs
from careline.web.page import page

if TYPE_CHECKING:
    from careline.customers.models import Organisation, Person

PEOPLE, ORGANISATIONS = "customers/list.html", "customers/organisations.html"
SEE = "customers.see"


def asked(request: Request) -> dict[str, Any]:
    """Return what the address of a list asks for; nonsense is left out."""
    form = ListForm(request.GET)
    form.is_valid()
    return form.cleaned_data


def people_filter(given: dict[str, Any]) -> PeopleFilter:
    """Return which people were asked for."""
    return PeopleFilter(
        words=given.get("q") or "",
        show=given.get("show") or "",
        organisation_id=given.get("organisation"),
        order=given.get("sort") or "name",
    )


def organisation_filter(given: dict[str, Any]) -> OrganisationFilter:
    """Return which organisations were asked for."""
    return OrganisationFilter(words=given.get("q") or "", order=given.get("sort") or "name")


@needs(SEE)
def people(request: Request) -> HttpResponse:
    """List the people we answer to."""
    given = asked(request)
    wanted = people_filter(given)
    found = queries.people_page(wanted, after=given.get("after"), before=given.get("before"))
    context = _context(request, given, "list", found) | {
        "rows": people_rows(request, found.rows),
        "count": queries.people_count(wanted),
        "organisation": queries.organisation(given["organisation"]) if given.get("organisation") else None,
        "export_url": f"{reverse('customers:people_export')}?{urlencode(_kept(given))}",
    }
    return page(request, PEOPLE, context, piece="rows")


def people_rows(request: Request, people: Iterable[Person]) -> list[dict[str, Any]]:
    """Return people with what a list shows of them, in one more query."""
    people = list(people)
    known = contacts(request.user, people)
    return [person_row(person, known.get(person.pk, Contact())) for person in people]


def person_row(person: Person, contact: Contact) -> dict[str, Any]:
    """Return what a list shows of one person."""
    shown = [queries.shown(one.kind, one.value) for one in person.addresses.all()]
    return {
        "person": person,
        "label": queries.label_of(person),
        "address": shown[0] if shown else "",
        "more": len(shown) - 1,
        "bounced": any(one.undeliverable_since for one in person.addresses.all()),
        "contact": contact,
    }


@needs(SEE)
def organisations(request: Request) -> HttpResponse:
    """List the organisations our customers belong to."""
    given = asked(request)
    wanted = organisation_filter(given)
    found = queries.organisations_page(wanted, after=given.get("after"), before=given.get("before"))
    context = _context(request, given, "organisations", found) | {
        "rows": organisation_rows(request, found.rows),
        "count": queries.organisations_count(wanted),
        "export_url": f"{reverse('customers:organisations_export')}?{urlencode(_kept(given))}",
    }
    return page(request, ORGANISATIONS, context, piece="rows")


def organisation_rows(request: Request, found: Iterable[Organisation]) -> list[dict[str, Any]]:
    """Return organisations with what a list shows of them, in one more query."""
    found = list(found)
    known = contacts_of_organisations(request.user, found)
    return [
        {
            "organisation": one,
            "domains": sorted(queries.shown_domain(domain.name) for domain in one.domains.all()),
            "contact": known.get(one.pk, Contact()),
        }
        for one in found
    ]


def _context(request: Request, given: dict[str, Any], name: str, found: Page[Any]) -> dict[str, Any]:
    kept = _kept(given)
    return {
        "tabs": _tabs(name),
        "given": given,
        "filtered": bool({key for key in kept if key != "sort"}),
        "sorts": _sorts(kept),
        "newer_url": f"?{urlencode(kept | {'before': found.before})}" if found.before else "",
        "older_url": f"?{urlencode(kept | {'after': found.after})}" if found.after else "",
        "may_edit": access.may(request.user, "customers.edit"),
        "may_read": access.may(request.user, "tickets.see"),
    }


def _kept(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value and key not in ("after", "before")}


def _tabs(active: str) -> list[dict[str, Any]]:
    tabs = (
        ("list", _("People"), queries.people_count()),
        ("organisations", _("Organisations"), queries.organisations_count()),
    )
    return [
        {"label": label, "url": reverse(f"customers:{name}"), "count": count, "active": name == active}
        for name, label, count in tabs
    ]


def _sorts(kept: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return for each sortable column where its head leads, and how the list is sorted by it now."""
    now = kept.get("sort", "name")
    heads = {}
    for name in ("name", "added"):
        falling = now == f"-{name}"
        is_now = now.lstrip("-") == name
        # People look for the newest first.
        other = name if falling or (not is_now and name == "name") else f"-{name}"
        heads[name] = {
            "url": f"?{urlencode(kept | {'sort': other})}",
            "direction": ("descending" if falling else "ascending") if is_now else "",
        }
    return heads
