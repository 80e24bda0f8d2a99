"""What has happened in a list since somebody looked."""

from __future__ import annotations

from datetime import datetime

from careline.core.conditions import Condition
from careline.core.models import Event, User
from careline.tickets.queries.pages import listed


def newer_in(user: User, condition: Condition, *, since: int, now: datetime, cap: int = 99) -> int:
    """Count the conversations of a list to which others did something after an event, as far as `cap`.

    The number of the event, not the time, says what is newer: a mail bears the time at which it arrived.
    """
    told = Event.objects.filter(pk__gt=since, subject_kind="ticket").exclude(actor=user)
    rows = listed(user, condition, now).filter(pk__in=told.values("subject_id"))
    return rows.order_by().values("pk")[:cap].count()
