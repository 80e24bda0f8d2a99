"""Recurring work: each entry of a table of cron lines starts once, however many workers look at it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cronsim import CronSim
from django.db import transaction

from careline.core import queue
from careline.core.models import Schedule

Table = Mapping[str, tuple[str, Callable[..., Any]]]


def start_due(table: Table, *, now: datetime) -> int:
    """Enqueue every task of `table` (name -> cron line, function) that has come due; return how many."""
    known = dict(Schedule.objects.filter(name__in=list(table)).values_list("name", "next_at"))
    started = 0
    for name, (cron, function) in table.items():
        following = next(CronSim(cron, now))
        planned = known.get(name)
        if planned is None:
            Schedule.objects.get_or_create(name=name, defaults={"next_at": following})
        elif planned <= now:
            started += _start(name, function, planned=planned, following=following, now=now)
        elif planned > following:  # the line now says a sooner time than when the row was written
            Schedule.objects.filter(pk=name, next_at=planned).update(next_at=following)
    return started


def _start(
    name: str, function: Callable[..., Any], *, planned: datetime, following: datetime, now: datetime
) -> int:
    with transaction.atomic():
        # The row moves on only for the one worker whose update still finds the old time.
        won = Schedule.objects.filter(pk=name, next_at=planned).update(next_at=following, last_at=now)
        if won:
            lane = "slow" if queue.is_outside(function) else "default"
            queue.put(function, [], now=now, queue=lane, dedupe_key=f"schedule:{name}")
    return won
