"""What can happen to the addresses we know somebody by."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from careline.core import prepared
from careline.core import settings as choices
from careline.core.models import User
from careline.customers.actions.told import may_edit, person_changed
from careline.customers.models import Address, Person, RemovedAddress
from careline.customers.normal import Kind, NotAnAddress, normal, region_of

KEPT_FOR = timedelta(days=1)


class AddressIsTaken(Exception):
    """An address of this kind belongs to somebody we know: `person`."""

    def __init__(self, person: Person, kind: str) -> None:
        super().__init__(f"the {kind} belongs to person {person.pk}")
        self.person, self.kind = person, kind


def home_region(time_zone: str = "") -> str:
    """Return the country that a national phone number is read in: the zone's, else the operation's."""
    return region_of(time_zone) or region_of(choices.get("operation.time_zone"))


_holders: prepared.Prepared[Address] = prepared.Prepared(
    lambda kind, value: Address.objects.select_related("person__organisation").filter(kind=kind, value=value)[
        :1
    ]
)


def holder_of(kind: str, value: str) -> Person | None:
    """Return whose a normal address is, or None."""
    found = _holders.first(kind, value)
    return found.person if found else None


def insert_address(person: Person, kind: str, value: str, *, primary: bool | None = None) -> Address:
    """Write an address, which the caller has normalised; the first of its kind becomes the primary one.

    `primary` says whether it is, where the caller knows.

    Raises
    ------
    AddressIsTaken
        Somebody has it, perhaps since a moment ago.
    """
    if primary is None:
        primary = not Address.objects.filter(person=person, kind=kind, primary=True).exists()
    try:
        with transaction.atomic():
            return prepared.insert(Address(person=person, kind=kind, value=value, primary=primary))
    except IntegrityError:
        holder = holder_of(kind, value)
        if holder is None:
            raise
        raise AddressIsTaken(holder, kind) from None


def locked(person: Person) -> Person:
    """Return the person as they are now; others who change their addresses wait until we are done."""
    return Person.objects.select_for_update().get(pk=person.pk)


@transaction.atomic
def add_address(*, person: Person, kind: Kind, value: str, actor: User | None, now: datetime) -> Address:
    """Add one more way to reach somebody; one they have already is returned as it is.

    Raises
    ------
    NotAnAddress
        The text is no address of that kind.
    AddressIsTaken
        It belongs to somebody else, whom the exception names.
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    person = locked(person)
    value = normal(kind, value, home_region(person.time_zone) if kind == "phone" else "")
    try:
        address = insert_address(person, kind, value)
    except AddressIsTaken as taken:
        if taken.person == person:
            return Address.objects.get(kind=kind, value=value)
        raise
    person_changed(person, {"addresses": {"added": address.pk}}, actor=actor, now=now)
    return address


@transaction.atomic
def remove_address(*, address: Address, actor: User | None, now: datetime) -> int | None:
    """Take an address away; the next of its kind becomes primary. Returns the event to undo it by.

    Raises
    ------
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    person = locked(address.person)
    current = Address.objects.filter(pk=address.pk, person=person).first()
    if current is None:
        return None
    _keep_for_a_while(current, now=now)
    current.delete()
    if current.primary:
        _promote_next(person, current.kind)
    return person_changed(person, {"addresses": {"removed": address.pk}}, actor=actor, now=now).pk


def _keep_for_a_while(address: Address, *, now: datetime) -> None:
    RemovedAddress.objects.create(
        person_id=address.person_id,
        address_id=address.pk,
        kind=address.kind,
        value=address.value,
        primary=address.primary,
        undeliverable_since=address.undeliverable_since,
        removed_at=now,
    )


def _promote_next(person: Person, kind: str) -> None:
    follower = Address.objects.filter(person=person, kind=kind).order_by("pk").first()
    if follower:
        Address.objects.filter(pk=follower.pk).update(primary=True)


@transaction.atomic
def make_primary(*, address: Address, actor: User | None, now: datetime) -> Address:
    """Use this address of somebody first; the other of its kind steps back.

    Raises
    ------
    PermissionDenied
        The actor may not change customers.
    Address.DoesNotExist
        It was removed a moment ago.
    """
    may_edit(actor)
    person = locked(address.person)
    current = Address.objects.get(pk=address.pk, person=person)
    if not current.primary:
        make_only_primary(current)
        person_changed(person, {"addresses": {"primary": current.pk}}, actor=actor, now=now)
    return current


def make_only_primary(address: Address) -> None:
    """Move the mark to this address. The old one goes first, for there is never more than one."""
    Address.objects.filter(person_id=address.person_id, kind=address.kind, primary=True).update(primary=False)
    Address.objects.filter(pk=address.pk).update(primary=True)
    address.primary = True


@transaction.atomic
def mark_undeliverable(*, address: str, now: datetime) -> Address | None:
    """Remember since when mail to an address comes back; None when nobody has it."""
    found = _by_email(address)
    if found and Address.objects.filter(pk=found.pk, undeliverable_since=None).update(
        undeliverable_since=now
    ):
        found.undeliverable_since = now
        person_changed(found.person, {"addresses": {"undeliverable": found.pk}}, actor=None, now=now)
    return found


@transaction.atomic
def mark_deliverable(*, address: str, actor: User | None = None, now: datetime) -> Address | None:
    """Forget that mail to an address came back; None when nobody has it.

    Raises
    ------
    PermissionDenied
        The actor may not change customers.
    """
    may_edit(actor)
    found = _by_email(address)
    bounced = Address.objects.filter(pk=found.pk, undeliverable_since__isnull=False) if found else None
    if found and bounced is not None and bounced.update(undeliverable_since=None):
        found.undeliverable_since = None
        person_changed(found.person, {"addresses": {"deliverable": found.pk}}, actor=actor, now=now)
    return found


def _by_email(text: str) -> Address | None:
    rows = Address.objects.select_related("person__organisation")
    try:
        return rows.filter(kind="email", value=normal("email", text)).first()
    except NotAnAddress:
        return None


def forget_removed_addresses(*, now: datetime) -> int:
    """Forget for good the addresses that were removed more than a day ago."""
    gone, _by_table = RemovedAddress.objects.filter(removed_at__lt=now - KEPT_FOR).delete()
    return gone
