"""Conversations of customers, made as they lie in the table."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from careline.customers.models import Person
from careline.tickets.models import Status, Ticket
from tests.make import MONDAY_9

STATUSES = {"new": "New", "open": "Open", "waiting": "Waiting", "solved": "Solved", "closed": "Closed"}


def make_ticket(
    customer: Person, subject: str = "Lamp flickers", category: str = "open", **over: Any
) -> Ticket:
    """A conversation of a customer in this state."""
    name = STATUSES[category]
    status, _made = Status.objects.get_or_create(name=name, defaults={"category": category})
    opened_at: datetime = over.pop("opened_at", MONDAY_9)
    facts = {
        "status": status,
        "category": category,
        "opened_at": opened_at,
        "changed_at": opened_at + timedelta(hours=1),
        "organisation": customer.organisation,
        **over,
    }
    return Ticket.objects.create(customer=customer, subject=subject, **facts)
