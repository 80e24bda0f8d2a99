"""What people can do about background work that was given up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from careline.core import events, queue
from careline.core.models import Job, User


class JobIsNotDead(Exception):
    """The job is not one that was given up: it waits, runs or is done."""


@transaction.atomic
def retry_job(*, job_id: int, actor: User, now: datetime) -> None:
    """Give failed work another round of tries.

    Raises
    ------
    JobIsNotDead
        Nothing to retry.
    """
    if not queue.retry(job_id=job_id, now=now):
        raise JobIsNotDead(f"job {job_id}")
    events.record("job.retried", subject=("job", job_id), actor=actor, at=now)


@transaction.atomic
def retry_all_jobs(*, actor: User, now: datetime) -> int:
    """Give all failed work another round of tries; return how much there was."""
    ids = list(Job.objects.filter(state="dead").values_list("pk", flat=True))
    for job_id in ids:
        retry_job(job_id=job_id, actor=actor, now=now)
    return len(ids)


@transaction.atomic
def discard_job(*, job_id: int, actor: User, now: datetime) -> None:
    """Give failed work up for good; what it was stays in the audit trail.

    Raises
    ------
    JobIsNotDead
        Nothing to discard.
    """
    job = Job.objects.filter(pk=job_id, state="dead").first()
    if job is None:
        raise JobIsNotDead(f"job {job_id}")
    events.record("job.discarded", subject=("job", job_id), actor=actor, at=now, task=job.task)
    job.delete()
