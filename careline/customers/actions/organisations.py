"""What can happen to organisations and to the mail domains that are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from careline.core import events
from careline.core.models import User
from careline.customers.actions.told import may_edit, organisation_changed, person_changed
from careline.customers.models import Domain, Organisation, Person
from careline.customers.normal import clean_name, normal_domain
from careline.customers.public_domains import is_public


class DomainIsPublic(Exception):
    """Anybody can have an address there, so it says nothing about whom they work for."""


class DomainIsTaken(Exception):
    """The domain is mapped to another organisation: `organisation`."""

    def __init__(self, organisation: Organisation) -> None:
        super().__init__(f"it is mapped to organisation {organisation.pk}")
        self.organisation = organisation


@transaction.atomic
def create_organisation(
    *, name: str, notes: str = "", domains: Sequence[str] = (), actor: User | None, now: datetime
) -> Organisation:
    """Make an organisation that people can belong to, with its mail domains.

    Raises
    ------
    NotADomain, DomainIsPublic, DomainIsTaken
        One of the domains cannot be mapped; nothing is made then.
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    organisation = Organisation.objects.create(name=clean_name(name), notes=notes, created_at=now)
    subject = ("organisation", organisation.pk)
    values = [_map(organisation, domain).name for domain in domains]
    events.record("organisation.created", subject=subject, actor=actor, at=now, domains=values)
    return organisation


@transaction.atomic
def change_organisation(
    *, organisation: Organisation, name: str, notes: str, actor: User | None, now: datetime
) -> Organisation:
    """Change what an organisation is called and what we note about it.

    Raises
    ------
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    current = Organisation.objects.select_for_update().get(pk=organisation.pk)
    new = {"name": clean_name(name), "notes": notes}
    changed = [key for key, value in new.items() if getattr(current, key) != value]
    if changed:
        current.name, current.notes = new["name"], new["notes"]
        current.save(update_fields=changed)
        organisation_changed(current, {key: {} for key in changed}, actor=actor, now=now)
    return current


@transaction.atomic
def add_domain(*, organisation: Organisation, name: str, actor: User | None, now: datetime) -> Domain:
    """Map a mail domain: strangers who write from it join the organisation. One mapped already is returned.

    Raises
    ------
    NotADomain
        The text is none.
    DomainIsPublic
        Anybody can have an address there.
    DomainIsTaken
        It is mapped to another organisation, which the exception names.
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    try:
        domain = _map(organisation, name)
    except DomainIsTaken as taken:
        if taken.organisation == organisation:
            return Domain.objects.get(name=normal_domain(name))
        raise
    organisation_changed(organisation, {"domains": {"added": domain.name}}, actor=actor, now=now)
    return domain


def _map(organisation: Organisation, name: str) -> Domain:
    value = normal_domain(name)
    if is_public(value):
        raise DomainIsPublic(value)
    try:
        with transaction.atomic():
            return Domain.objects.create(organisation=organisation, name=value)
    except IntegrityError:
        known = Domain.objects.select_related("organisation").get(name=value)
        raise DomainIsTaken(known.organisation) from None


@transaction.atomic
def remove_domain(*, domain: Domain, actor: User | None, now: datetime) -> int | None:
    """Take a mapping away; its people stay. Returns the event by which it can be undone.

    Raises
    ------
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    gone, _by_table = Domain.objects.filter(pk=domain.pk).delete()
    if not gone:
        return None
    changed = {"domains": {"removed": domain.name}}
    return organisation_changed(domain.organisation, changed, actor=actor, now=now).pk


@transaction.atomic
def adopt_people(*, domain: Domain, actor: User | None, now: datetime) -> int:
    """Take in everybody who writes from a mapped domain and belongs to nobody; returns how many.

    Raises
    ------
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    people = Person.objects.select_for_update().filter(pk__in=unclaimed_in(domain.name))
    adopted = list(people.order_by("pk"))
    Person.objects.filter(pk__in=[person.pk for person in adopted]).update(
        organisation=domain.organisation_id
    )
    changed = {"organisation": {"old": None, "new": domain.organisation_id}}
    for person in adopted:
        person_changed(person, changed, actor=actor, now=now)
    return len(adopted)


def unclaimed_in(domain: str) -> list[int]:
    """Return the ids of people without an organisation who have an e-mail address in this domain."""
    rows = Person.objects.filter(
        organisation=None, addresses__kind="email", addresses__value__endswith=f"@{domain}"
    )
    return list(rows.values_list("pk", flat=True).distinct())
