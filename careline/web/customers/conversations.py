"""The conversations of customers, as far as the person who looks may read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max, Q
from django.urls import NoReverseMatch, reverse

from careline.tickets.queries import visible_to

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from careline.core.models import User
    from careline.customers.models import Organisation, Person
    from careline.tickets.models import Ticket

UNSOLVED = ("new", "open", "waiting", "hold")
MOST_OPEN = 20


@dataclass(frozen=True)
class Contact:
    """How often somebody has asked, and when we last heard of each other."""

    open: int = 0
    all: int = 0
    last_at: datetime | None = None


def contacts(user: User, people: Iterable[Person]) -> dict[int, Contact]:
    """Return the contact of each of these people by their id; who never asked is left out."""
    return _contacts(user, "customer", [person.pk for person in people])


def contacts_of_organisations(user: User, organisations: Iterable[Organisation]) -> dict[int, Contact]:
    """Return the contact of all the people of each of these organisations by its id."""
    return _contacts(user, "customer__organisation", [one.pk for one in organisations])


def _contacts(user: User, field: str, pks: list[int]) -> dict[int, Contact]:
    rows = visible_to(user).filter(merged_into=None, **{f"{field}__in": pks}).order_by().values(field)
    counted = rows.annotate(
        unsolved=Count("pk", filter=Q(category__in=UNSOLVED)), total=Count("pk"), last_at=Max("changed_at")
    )
    return {row[field]: Contact(row["unsolved"], row["total"], row["last_at"]) for row in counted}


def tickets_of(
    user: User, *, person: Person | None = None, organisation: Organisation | None = None
) -> QuerySet[Ticket]:
    """Return the conversations of a person, or of everybody who belongs to an organisation now."""
    rows = visible_to(user).filter(merged_into=None).select_related("status", "assignee", "team", "customer")
    if person:
        return rows.filter(customer=person)
    return rows.filter(customer__organisation=organisation)


def unsolved(rows: QuerySet[Ticket]) -> list[Ticket]:
    """Return unsolved conversations, the one that changed last first; one more than is shown."""
    return list(rows.filter(category__in=UNSOLVED).order_by("-changed_at", "-pk")[: MOST_OPEN + 1])


def page_if_there(name: str, **options: Any) -> str:
    """Return the address of another area's page, or an empty string where there is none."""
    try:
        return reverse(name, **options)
    except NoReverseMatch:
        return ""
