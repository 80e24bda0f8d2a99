"""Reads about people and organisations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from careline.core.models import Event
from careline.customers.actions.addresses import holder_of, home_region
from careline.customers.models import Address, Domain, Organisation, Person
from careline.customers.normal import NotAnAddress, normal, normal_email, shown, shown_domain
from careline.customers.paging import SIZE, Page, Shelf, leaf

__all__ = ["NotAnAddress", "normal_email", "shown", "shown_domain"]

ORDERS = ("name", "-name", "-added", "added")
SHOWN = ("", "vip", "undeliverable")
MOST_WORDS = 6
_PHONE = re.compile(r"\+?[\d\s()./-]{4,}")


@dataclass(frozen=True)
class PeopleFilter:
    """Which people to list, and in which order."""

    words: str = ""  # of name, address, phone number or organisation; all of them
    show: str = ""
    organisation_id: int | None = None
    order: str = "name"


def people_page(
    wanted: PeopleFilter, *, after: int | None = None, before: int | None = None, size: int = SIZE
) -> Page[Person]:
    """Return one page of people with their addresses and organisation; those without a name come last."""
    return leaf(_shelves(_matching(wanted), wanted.order), after=after, before=before, size=size)


def _shelves(rows: QuerySet[Person], order: str) -> list[Shelf[Person]]:
    rows = _with_addresses(rows)
    if order.endswith("added"):
        return [Shelf(rows, F("created_at"), descending=order.startswith("-"))]
    named = Shelf(rows.exclude(name=""), Lower("name"), descending=order.startswith("-"))
    return [named, Shelf(rows.filter(name=""), F("id"))]


def _with_addresses(rows: QuerySet[Person]) -> QuerySet[Person]:
    # Primary first, then as they came.
    addresses = Prefetch("addresses", Address.objects.order_by("kind", "-primary", "pk"))
    return rows.select_related("organisation").prefetch_related(addresses)


def _matching(wanted: PeopleFilter) -> QuerySet[Person]:
    rows = Person.objects.all()
    if wanted.organisation_id:
        rows = rows.filter(organisation=wanted.organisation_id)
    if wanted.show == "vip":
        rows = rows.filter(vip=True)
    elif wanted.show == "undeliverable":
        rows = rows.filter(_has_address(undeliverable_since__isnull=False))
    return _with_words(rows, wanted.words)


def _with_words(rows: QuerySet[Person], words: str) -> QuerySet[Person]:
    words = words.strip()
    if _PHONE.fullmatch(words):
        return rows.filter(_has_address(kind="phone", value__contains=_digits(words)))
    for word in words.split()[:MOST_WORDS]:
        firms = Organisation.objects.filter(_spelled("name", word)).values("pk")
        rows = rows.filter(_spelled("name", word) | Q(organisation__in=firms) | _address_has(word))
    return rows


def _digits(text: str) -> str:
    # A national number begins with a zero that the stored one does not have.
    return re.sub(r"\D", "", text).lstrip("0") or "0"


def _spelled(field: str, word: str) -> Q:
    """Match a word in any case; SQLite itself knows the cases of English letters only."""
    spellings = {word} if word.isascii() else {word, word.lower(), word.upper(), word.title()}
    found = Q()
    for one in spellings:
        found |= Q(**{f"{field}__icontains": one})
    return found


def _address_has(word: str) -> Q:
    try:
        value = normal_email(word)
    except NotAnAddress:
        value = word.lower()
    return _has_address(value__contains=value)


def _has_address(**wanted: Any) -> Q:
    # One walk through the addresses rather than one look for each person.
    return Q(pk__in=Address.objects.filter(**wanted).values("person"))


def people_count(wanted: PeopleFilter = PeopleFilter()) -> int:
    """Count the people that a filter finds."""
    return _matching(wanted).count()


def find_people(words: str, most: int = 8) -> list[Person]:
    """Return the first few people whose name, address, phone number or organisation has all the words."""
    return people_page(PeopleFilter(words=words), size=most).rows if words.strip() else []


def person(pk: int) -> Person | None:
    """Return one person with their addresses and organisation, or None."""
    return _with_addresses(Person.objects.filter(pk=pk)).first()


def person_by_address(address: str, kind: str = "email") -> Person | None:
    """Return whose an address is, or None; also when the text is no address."""
    try:
        return holder_of(kind, normal(kind, address, home_region() if kind == "phone" else ""))
    except NotAnAddress:
        return None


def address_of(person: Person) -> str:
    """Return the e-mail address we write to: the primary one, else any, else an empty string."""
    found = sorted(_of_kind(person, "email"), key=lambda one: (not one.primary, one.pk))
    return found[0].value if found else ""


def _of_kind(person: Person, kind: str) -> list[Address]:
    return [one for one in person.addresses.all() if one.kind == kind]


def label_of(person: Person) -> str:
    """Return what to call a person: their name, else an address of theirs, else their number."""
    if person.name:
        return person.name
    first = next(iter(person.addresses.all()), None)
    return shown(first.kind, first.value) if first else str(person)


def address(pk: int, *, person: Person) -> Address | None:
    """Return one address of a person, or None."""
    return Address.objects.select_related("person").filter(pk=pk, person=person).first()


@dataclass(frozen=True)
class OrganisationFilter:
    """Which organisations to list, and in which order."""

    words: str = ""  # of name or mail domain
    order: str = "name"


def organisations_page(
    wanted: OrganisationFilter, *, after: int | None = None, before: int | None = None, size: int = SIZE
) -> Page[Any]:
    """Return one page of organisations with their domains, each with `size`, the number of its people."""
    rows = _organisations(wanted).annotate(size=Count("people")).prefetch_related("domains")
    if wanted.order.endswith("added"):
        shelf: Shelf[Any] = Shelf(rows, F("created_at"), descending=wanted.order.startswith("-"))
    else:
        shelf = Shelf(rows, Lower("name"), descending=wanted.order.startswith("-"))
    return leaf([shelf], after=after, before=before, size=size)


def _organisations(wanted: OrganisationFilter) -> QuerySet[Organisation]:
    rows = Organisation.objects.all()
    for word in wanted.words.split()[:MOST_WORDS]:
        domain = Domain.objects.filter(organisation=OuterRef("pk"), name__contains=word.lower())
        rows = rows.filter(_spelled("name", word) | Q(Exists(domain)))
    return rows


def organisations_count(wanted: OrganisationFilter = OrganisationFilter()) -> int:
    """Count the organisations that a filter finds."""
    return _organisations(wanted).count()


def organisation(pk: int) -> Organisation | None:
    """Return one organisation with its domains, or None."""
    return Organisation.objects.prefetch_related("domains").filter(pk=pk).first()


def organisation_choices() -> list[tuple[int, str]]:
    """Return (id, name) of all organisations, for forms."""
    return list(Organisation.objects.order_by(Lower("name"), "pk").values_list("pk", "name"))


def domain(pk: int, *, organisation: Organisation) -> Domain | None:
    """Return one domain of an organisation, or None."""
    return Domain.objects.select_related("organisation").filter(pk=pk, organisation=organisation).first()


def unclaimed_of(organisation: Organisation) -> list[tuple[Domain, int]]:
    """Return the domains of an organisation, each with how many write from it and belong to nobody."""
    domains = sorted(organisation.domains.all(), key=lambda one: one.name)
    counts = {
        f"d{one.pk}": Count("pk", distinct=True, filter=Q(addresses__value__endswith=f"@{one.name}"))
        for one in domains
    }
    found = Person.objects.filter(organisation=None).aggregate(**counts) if counts else {}
    return [(one, found[f"d{one.pk}"]) for one in domains]


def changes_of(
    kind: str, pk: int, *, most: int, before: datetime | None = None, before_id: int | None = None
) -> list[Event]:
    """Return what happened to a person or organisation, newest first, ahead of one event or instant."""
    rows = Event.objects.filter(subject_kind=kind, subject_id=pk).select_related("actor")
    if before is not None:
        rows = rows.filter(Q(at__lt=before) | Q(at=before, pk__lt=before_id or 0))
    return list(rows.order_by("-at", "-pk")[:most])


def organisation_names(pks: set[int]) -> dict[int, str]:
    """Return the names of these organisations by id; those that are gone are left out."""
    return dict(Organisation.objects.filter(pk__in=pks).values_list("pk", "name")) if pks else {}


def person_names(pks: set[int]) -> dict[int, str]:
    """Return the names of these people by id, of the nameless an address; who is gone is left out."""
    names = dict(Person.objects.filter(pk__in=pks).values_list("pk", "name")) if pks else {}
    nameless = [pk for pk, name in names.items() if not name]
    if not nameless:
        return names
    addresses = Address.objects.filter(person_id__in=nameless).order_by("primary", "-pk")
    return names | dict(addresses.values_list("person_id", "value"))
