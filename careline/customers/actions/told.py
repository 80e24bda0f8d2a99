"""What every action here does first and last: ask whether it may, and tell what it did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from careline.core import access, events
from careline.core.models import Event, User
from careline.customers.models import Organisation, Person


def may_edit(actor: User | None) -> None:
    """Let the system pass, and those who may change customers.

    Raises
    ------
    PermissionDenied
        The actor may not.
    """
    if actor is not None:
        access.require(actor, "customers.edit")


def person_changed(
    person: Person, changed: dict[str, Any], *, actor: User | None, now: datetime, **more: Any
) -> Event:
    """Write the one event that tells of a change to a person: which facts, never what they say."""
    subject = ("person", person.pk)
    return events.record("person.changed", subject=subject, actor=actor, at=now, changed=changed, **more)


def organisation_changed(
    organisation: Organisation, changed: dict[str, Any], *, actor: User | None, now: datetime, **more: Any
) -> Event:
    """Write the one event that tells of a change to an organisation."""
    subject = ("organisation", organisation.pk)
    return events.record(
        "organisation.changed", subject=subject, actor=actor, at=now, changed=changed, **more
    )
