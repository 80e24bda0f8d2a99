"""Makers of customers; every argument has a default."""

from __future__ import annotations

from itertools import count
from typing import Any

from careline.customers.models import Address, Domain, Organisation, Person
from tests.make import MONDAY_9

_number = count(1)


def make_organisation(name: str = "Lakeside Lamps", *domains: str, **over: Any) -> Organisation:
    """An organisation with these mail domains."""
    organisation = Organisation.objects.create(**{"name": name, "created_at": MONDAY_9, **over})
    for domain in domains:
        Domain.objects.create(organisation=organisation, name=domain)
    return organisation


def make_person(name: str = "Ada Marlow", *emails: str, phone: str = "", **over: Any) -> Person:
    """A person with these addresses; the first is the primary one."""
    person = Person.objects.create(**{"name": name, "created_at": MONDAY_9, **over})
    for place, email in enumerate(emails or (f"person{next(_number)}@post.example",)):
        Address.objects.create(person=person, kind="email", value=email, primary=place == 0)
    if phone:
        Address.objects.create(person=person, kind="phone", value=phone, primary=True)
    return person
