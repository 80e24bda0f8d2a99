"""Finding a conversation by number, subject or customer."""

from __future__ import annotations

import re

from django.db.models import Q

from careline.core.models import User
from careline.tickets.models import Ticket
from careline.tickets.queries.seeing import WITH, visible_to

NEWEST = 50_000  # subjects are read one by one, so only so many of them
_NUMBER = re.compile(r"#?(\d{1,15})")


def find_tickets(user: User, words: str, *, most: int = 20) -> list[Ticket]:
    """Return what this person may see and is called so: first the number, then subjects and customers."""
    words = " ".join(words.split())
    if not words:
        return []
    rows = visible_to(user).select_related(*WITH)
    found = []
    if number := _NUMBER.fullmatch(words):
        found = list(rows.filter(pk=int(number[1])))
    named = rows.filter(merged_into=None).filter(_subject(words) | _customer(words))
    if found:
        named = named.exclude(pk=found[0].pk)
    return found + list(named.order_by("-changed_at", "-pk")[: most - len(found)])


def _subject(words: str) -> Q:
    recent = Ticket.objects.order_by("-changed_at", "-pk").values("pk")[:NEWEST]
    out = Q(pk__in=recent)
    for word in words.split():
        out &= Q(subject__icontains=word)
    return out


def _customer(words: str) -> Q:
    return Q(customer__name__icontains=words) | Q(customer__addresses__value__startswith=words.lower())
