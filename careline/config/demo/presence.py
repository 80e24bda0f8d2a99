"""Keeps company: in a demo, the invented people are at work when people of their kind would be."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

from careline.config.demo.company import ON_LEAVE
from careline.core import settings as choices
from careline.core.models import User

FIRST_START, STARTS = 7, 4  # shifts begin at 7, 8, 9 or 10, local time
LENGTH_H = 9
DAYS_ON, CYCLE = 5, 7
ON_CALL = 13  # one in so many is there at any hour


def keep_company() -> int:
    """Mark the people of a demo who are at work as seen just now; return how many those are."""
    return note_present(now=timezone.now()) if choices.get("operation.demo") else 0


def note_present(*, now: datetime) -> int:
    """Mark whoever works at `now` as seen, without any event: nobody has done anything."""
    people = User.objects.filter(is_active=True, memberships__isnull=False).exclude(name=ON_LEAVE).distinct()
    present = [user.pk for user in people if works(user.pk, user.time_zone or "UTC", now)]
    return User.objects.filter(pk__in=present).update(last_seen_at=now)


def works(number: int, zone: str, now: datetime) -> bool:
    """Say whether the person with this number works at `now`: always the same for the same hour."""
    local = now.astimezone(ZoneInfo(zone))
    if (number + local.hour + local.day) % ON_CALL == 0:
        return True
    on_today = (local.toordinal() + number * 3) % CYCLE < DAYS_ON
    start = FIRST_START + number % STARTS
    return on_today and start <= local.hour < start + LENGTH_H
