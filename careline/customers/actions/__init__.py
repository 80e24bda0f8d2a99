"""What can happen to the people and organisations we answer to."""

from careline.customers.actions.addresses import (
    AddressIsTaken,
    add_address,
    forget_removed_addresses,
    make_primary,
    mark_deliverable,
    mark_undeliverable,
    remove_address,
)
from careline.customers.actions.organisations import (
    DomainIsPublic,
    DomainIsTaken,
    add_domain,
    adopt_people,
    change_organisation,
    create_organisation,
    remove_domain,
)
from careline.customers.actions.people import (
    NewAddress,
    PersonFacts,
    change_person,
    create_person,
    find_or_create_person,
    leave_organisation,
    note_export,
)
from careline.customers.actions.undo import TooLate, undo_change
from careline.customers.normal import NotADomain, NotAnAddress

__all__ = [
    "AddressIsTaken",
    "DomainIsPublic",
    "DomainIsTaken",
    "NewAddress",
    "NotADomain",
    "NotAnAddress",
    "PersonFacts",
    "TooLate",
    "add_address",
    "add_domain",
    "adopt_people",
    "change_organisation",
    "change_person",
    "create_organisation",
    "create_person",
    "find_or_create_person",
    "forget_removed_addresses",
    "leave_organisation",
    "make_primary",
    "mark_deliverable",
    "mark_undeliverable",
    "note_export",
    "remove_address",
    "remove_domain",
    "undo_change",
]
