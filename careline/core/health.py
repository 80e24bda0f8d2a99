"""Reads about the running parts and about background work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from careline.core.models import Heartbeat, Job

FRESH = timedelta(seconds=90)
MOST_DEAD = 100


@dataclass(frozen=True)
class Part:
    """One running part and whether it lives."""

    name: str
    at: datetime
    alive: bool


@dataclass(frozen=True)
class Work:
    """Background work that is not done: waiting and due, later, running, given up."""

    due: int
    later: int
    running: int
    dead: int
    oldest_due_at: datetime | None


def parts(*, now: datetime) -> list[Part]:
    """Return the parts that have given a sign of life, each with whether it is fresh."""
    rows = Heartbeat.objects.order_by("part")
    return [Part(name=row.part, at=row.at, alive=now - row.at <= FRESH) for row in rows]


def work(*, now: datetime) -> Work:
    """Count the background work that is not done."""
    ready = Q(state="ready")
    counts = Job.objects.exclude(state="done").aggregate(
        due=Count("pk", filter=ready & Q(run_at__lte=now)),
        later=Count("pk", filter=ready & Q(run_at__gt=now)),
        running=Count("pk", filter=Q(state="running")),
        dead=Count("pk", filter=Q(state="dead")),
        oldest_due_at=Min("run_at", filter=ready & Q(run_at__lte=now)),
    )
    return Work(**counts)


def dead_jobs(most: int = MOST_DEAD) -> list[Job]:
    """Return the work that was given up, newest first."""
    return list(Job.objects.filter(state="dead").order_by("-finished_at", "-pk")[:most])


def job(pk: int) -> Job | None:
    """Return one piece of background work, or None."""
    return Job.objects.filter(pk=pk).first()


def last_with_key(dedupe_key: str) -> Job | None:
    """Return the newest piece of background work that was put under this key, or None."""
    return Job.objects.filter(dedupe_key=dedupe_key).order_by("-pk").first()
