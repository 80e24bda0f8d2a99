"""Finding a conversation by number, customer or subject."""

from __future__ import annotations

import re

from django.db.models import QuerySet

from careline.core.conditions import text_q
from careline.core.models import User
from careline.customers import queries as customers
from careline.tickets.models import Ticket
from careline.tickets.queries.seeing import WITH, visible_to

NEWEST = 50_000  # subjects are read one by one, so only those of the latest conversations
MOST_WORDS, MOST_PEOPLE = 8, 20
_NUMBER = re.compile(r"(#?)(\d{1,15})")


def find_tickets(user: User, words: str, *, most: int = 20) -> list[Ticket]:
    """Return what this person may see: the one of that number, then the customer's, then by subject."""
    words = " ".join(words.split())
    if not words:
        return []
    rows = visible_to(user).select_related(*WITH)
    found: dict[int, Ticket] = {}
    if number := _NUMBER.fullmatch(words):
        found = {ticket.pk: ticket for ticket in rows.filter(pk=int(number[2]))}
        if number[1]:
            return list(found.values())
    rows = rows.filter(merged_into=None).order_by("-changed_at", "-pk")
    for named in (_of_customers(rows, words), _by_subject(rows, words)):
        if len(found) < most:
            found |= {ticket.pk: ticket for ticket in named[:most]}
    return list(found.values())[:most]


def _of_customers(rows: QuerySet[Ticket], words: str) -> QuerySet[Ticket]:
    people = customers.find_people(words, MOST_PEOPLE)
    return rows.filter(customer__in=[person.pk for person in people])


def _by_subject(rows: QuerySet[Ticket], words: str) -> QuerySet[Ticket]:
    for word in words.split()[:MOST_WORDS]:
        rows = rows.filter(text_q("subject", "contains", word))
    changes = Ticket.objects.order_by("-changed_at", "-pk").values_list("changed_at", flat=True)
    oldest = changes[NEWEST : NEWEST + 1].first()
    return rows.filter(changed_at__gte=oldest) if oldest else rows
