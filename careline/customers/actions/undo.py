"""Taking back what was taken away a short while ago."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from careline.core.models import Event, User
from careline.customers.actions.addresses import insert_address, locked, make_only_primary
from careline.customers.actions.organisations import add_domain
from careline.customers.actions.told import may_edit, person_changed
from careline.customers.models import Organisation, Person, RemovedAddress


class TooLate(Exception):
    """It was changed again since, or too long ago, or is nothing that can be undone."""


@transaction.atomic
def undo_change(*, event_id: int, actor: User | None, now: datetime) -> Person | Organisation:
    """Give back an address, a mail domain or the organisation that the event tells was taken away.

    Raises
    ------
    TooLate
        What is there now is not what the event left behind.
    AddressIsTaken
        The address was given to somebody else in the meantime.
    DomainIsTaken
        The domain was mapped to another organisation in the meantime.
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    event = Event.objects.filter(pk=event_id, kind__in=("person.changed", "organisation.changed")).first()
    changed = event.data.get("changed", {}) if event else {}
    if event is None:
        raise TooLate(f"event {event_id}")
    if "domains" in changed:
        return _map_again(event, changed["domains"], actor=actor, now=now)
    if "addresses" in changed:
        return _give_back(event, changed["addresses"], actor=actor, now=now)
    if "organisation" in changed:
        return _rejoin(event, changed["organisation"], actor=actor, now=now)
    raise TooLate(f"event {event_id} cannot be undone")


def _map_again(event: Event, changed: dict[str, str], *, actor: User | None, now: datetime) -> Organisation:
    organisation = Organisation.objects.filter(pk=event.subject_id).first()
    if organisation is None or "removed" not in changed:
        raise TooLate(f"event {event.pk}")
    add_domain(organisation=organisation, name=changed["removed"], actor=actor, now=now)
    return organisation


def _give_back(event: Event, changed: dict[str, int], *, actor: User | None, now: datetime) -> Person:
    removed = changed.get("removed", 0)
    kept = RemovedAddress.objects.filter(address_id=removed, person=event.subject_id).first()
    if kept is None:
        raise TooLate(f"event {event.pk}")
    person = locked(kept.person)
    address = insert_address(person, kept.kind, kept.value)
    if kept.primary:
        make_only_primary(address)
    if kept.undeliverable_since:
        address.undeliverable_since = kept.undeliverable_since
        address.save(update_fields=["undeliverable_since"])
    kept.delete()
    facts = {"addresses": {"added": address.pk}}
    person_changed(person, facts, actor=actor, now=now, undoes=event.pk)
    return person


def _rejoin(event: Event, changed: dict[str, int | None], *, actor: User | None, now: datetime) -> Person:
    person = Person.objects.select_for_update().filter(pk=event.subject_id).first()
    old = Organisation.objects.filter(pk=changed["old"] or 0).first()
    if person is None or person.organisation_id != changed["new"] or (changed["old"] and old is None):
        raise TooLate(f"event {event.pk}")
    person.organisation = old
    person.save(update_fields=["organisation"])
    facts = {"organisation": {"old": changed["new"], "new": changed["old"]}}
    person_changed(person, facts, actor=actor, now=now, undoes=event.pk)
    return person
