"""What can happen to one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypedDict, Unpack

from django.db import transaction

from careline.core import access, events, prepared
from careline.core.models import Event, User
from careline.customers.actions.addresses import AddressIsTaken, holder_of, home_region, insert_address
from careline.customers.actions.told import may_edit, person_changed
from careline.customers.models import Domain, Organisation, Person
from careline.customers.normal import Kind, clean_name, domain_of, normal


class NewAddress(NamedTuple):
    """An address of somebody new, as it was typed."""

    kind: Kind
    value: str


class PersonFacts(TypedDict, total=False):
    """What can be known of a person besides addresses; what is left out stays as it is."""

    name: str
    organisation: Organisation | None
    language: str
    time_zone: str
    notes: str
    vip: bool


def find_or_create_person(
    *, address: str, name: str = "", kind: Kind = "email", actor: User | None = None, now: datetime
) -> Person:
    """Return whose an address is; somebody new joins the organisation that their mail domain is mapped to.

    Safe when the same stranger writes twice at once: both get the same person.

    Raises
    ------
    NotAnAddress
        The text is no address of that kind.
    """
    value = normal(kind, address, home_region() if kind == "phone" else "")
    given = "" if clean_name(name).lower() == value else clean_name(name)
    known = holder_of(kind, value)
    if known is None:
        known = _create_unless_known(kind, value, name=given, actor=actor, now=now)
    if given and not known.name:
        return _learn_name(known, given, actor=actor, now=now)
    return known


def _create_unless_known(kind: Kind, value: str, *, name: str, actor: User | None, now: datetime) -> Person:
    facts: PersonFacts = {"name": name}
    try:
        with transaction.atomic():
            return _insert(facts, [NewAddress(kind, value)], actor=actor, now=now)
    except AddressIsTaken as other:
        # Somebody else inserted it between our look and our write.
        return other.person


def _learn_name(person: Person, name: str, *, actor: User | None, now: datetime) -> Person:
    with transaction.atomic():
        if Person.objects.filter(pk=person.pk, name="").update(name=name):
            person_changed(person, {"name": {}}, actor=actor, now=now)
            person.name = name
    return person


@transaction.atomic
def create_person(
    *, addresses: Sequence[NewAddress] = (), actor: User | None, now: datetime, **facts: Unpack[PersonFacts]
) -> Person:
    """Make somebody known before they write; the first address of each kind is the primary one.

    Raises
    ------
    NotAnAddress
        One of the addresses is none.
    AddressIsTaken
        One of them belongs to somebody we know, whom the exception names.
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    region = home_region(facts.get("time_zone", ""))
    normals = [NewAddress(one.kind, normal(one.kind, one.value, region)) for one in addresses]
    return _insert(facts, list(dict.fromkeys(normals)), actor=actor, now=now)


def _insert(
    facts: PersonFacts, addresses: Sequence[NewAddress], *, actor: User | None, now: datetime
) -> Person:
    known: dict[str, Any] = dict(facts)
    known["name"] = clean_name(facts.get("name", ""))
    if known.get("organisation") is None:
        known["organisation"] = _organisation_by_domain(addresses)
    person = prepared.insert(Person(**known, created_at=now))
    seen: set[str] = set()
    for one in addresses:
        insert_address(person, one.kind, one.value, primary=one.kind not in seen)
        seen.add(one.kind)
    data = {"addresses": len(addresses), "organisation": person.organisation_id}
    events.record("person.created", subject=("person", person.pk), actor=actor, at=now, **data)
    return person


_domains: prepared.Prepared[Domain] = prepared.Prepared(
    lambda names: Domain.objects.select_related("organisation").filter(name__in=names)
)


def _organisation_by_domain(addresses: Sequence[NewAddress]) -> Organisation | None:
    names = [domain_of(one.value) for one in addresses if one.kind == "email"]
    if not names:
        return None
    by_name = {domain.name: domain.organisation for domain in _domains(names)}
    return next((by_name[name] for name in names if name in by_name), None)


@transaction.atomic
def note_export(*, what: str, narrowed: bool, actor: User, now: datetime) -> None:
    """Remember who took a list of people or organisations out of the house, and whether it was all of it.

    Raises
    ------
    PermissionDenied
        The actor may not read customers.
    """
    access.require(actor, "customers.see")
    facts = {"what": what, "narrowed": narrowed}
    events.record("customers.exported", subject=("setting", 0), actor=actor, at=now, **facts)


@transaction.atomic
def change_person(
    *, person: Person, actor: User | None, now: datetime, **facts: Unpack[PersonFacts]
) -> Person:
    """Change what is known of a person; only the facts that are given.

    Raises
    ------
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    return _change(person, facts, actor=actor, now=now)[0]


@transaction.atomic
def leave_organisation(*, person: Person, actor: User | None, now: datetime) -> int | None:
    """Take a person out of their organisation. Returns the event to undo it by.

    Raises
    ------
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    _person, event = _change(person, {"organisation": None}, actor=actor, now=now)
    return event.pk if event else None


def _change(
    person: Person, facts: PersonFacts, *, actor: User | None, now: datetime
) -> tuple[Person, Event | None]:
    if "name" in facts:
        facts["name"] = clean_name(facts["name"])
    current = Person.objects.select_for_update(of=("self",)).select_related("organisation").get(pk=person.pk)
    changed = {key: value for key, value in facts.items() if getattr(current, key) != value}
    if not changed:
        return current, None
    told = {key: _told(getattr(current, key), value) for key, value in changed.items()}
    for key, value in changed.items():
        setattr(current, key, value)
    current.save(update_fields=list(changed))
    return current, person_changed(current, told, actor=actor, now=now)


def _told(old: object, new: object) -> dict[str, Any]:
    """Return what an event may say of a change: ids and yes or no, but nothing that somebody wrote."""
    if isinstance(old, bool):
        return {"old": old, "new": new}
    if isinstance(old or new, Organisation):
        return {"old": getattr(old, "pk", None), "new": getattr(new, "pk", None)}
    return {}
