"""Background work that survives crashes: one table, leases, back-off, schedules.

The rest of the house calls `put`, or tasks of `django_tasks` through `core.tasks.DurableDatabaseBackend`.
A worker calls `work_once`. A job runs at least once; every task must be safe to run twice. What a job writes
to the database it writes exactly once (its effects and its done mark are one transaction), unless it is
marked `outside`.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet
from django.utils.module_loading import import_string

from careline.core.models import Job

log = logging.getLogger(__name__)
Task = TypeVar("Task", bound=Callable[..., Any])

QUEUES = ("default", "mail", "slow")
LEASE = timedelta(seconds=60)
LONGEST_S = 900  # a job that takes longer is taken for hung, unless its task says otherwise in `longest_s`
FIRST_RETRY_S = 5
LONGEST_RETRY_S = 6 * 3600
LONGEST_RESULT = 64_000


class GiveUp(Exception):
    """Trying again cannot help: the job is set aside at once."""


class LeaseLost(Exception):
    """Another worker has the job now; what this one did is rolled back."""


def outside(task: Task) -> Task:
    """Mark a task that speaks with the world outside, or takes long: it opens its own transactions."""
    setattr(task, "outside", True)  # noqa: B010 - functions have no declared attributes
    return task


def is_outside(task: Callable[..., Any], args: Iterable[Any] = ()) -> bool:
    """Say whether a task runs without a transaction around it; its marker may depend on the arguments."""
    marker = getattr(task, "outside", False)
    return bool(marker(*args) if callable(marker) else marker)


def put(
    task: Callable[..., Any],
    args: list[Any],
    *,
    now: datetime,
    kwargs: dict[str, Any] | None = None,
    run_at: datetime | None = None,
    queue: str = "default",
    priority: int = 0,
    dedupe_key: str = "",
) -> Job | None:
    """Enqueue a call in the caller's transaction; None when the same key already waits.

    Raises
    ------
    ValueError
        There is no queue of that name, so nobody would ever run the job.
    """
    if queue not in QUEUES:
        raise ValueError(f"there is no queue {queue!r}; there are {', '.join(QUEUES)}")
    job = Job(
        queue=queue,
        task=f"{task.__module__}.{task.__qualname__}",
        args=args,
        kwargs=kwargs or {},
        priority=priority,
        dedupe_key=dedupe_key,
        run_at=run_at or now,
        enqueued_at=now,
    )
    if not dedupe_key:
        job.save(force_insert=True)
        return job
    with transaction.atomic():
        return job if _insert_unless_waiting(job) else None


def _insert_unless_waiting(job: Job) -> bool:
    while True:
        try:
            with transaction.atomic():
                job.save(force_insert=True)
            return True
        except IntegrityError:
            # The waiting row is locked until the caller commits: a worker that took it
            # before then would not see what the caller has just written.
            waiting = Job.objects.select_for_update().filter(dedupe_key=job.dedupe_key, state="ready").first()
        if waiting is not None:
            if waiting.attempts == 0 and job.run_at < waiting.run_at:
                Job.objects.filter(pk=waiting.pk).update(run_at=job.run_at)
            return False


def due(*, now: datetime, queues: Iterable[str] = QUEUES) -> QuerySet[Job]:
    """Return the jobs that could start now, most urgent first."""
    ready = Job.objects.filter(state="ready", run_at__lte=now, queue__in=list(queues))
    return ready.order_by("-priority", "run_at", "id")


def claim(*, worker: str, now: datetime, most: int = 10, queues: Iterable[str] = QUEUES) -> list[Job]:
    """Lease up to `most` due jobs to this worker, most urgent first."""
    ready = due(now=now, queues=queues)
    if not ready.exists():  # an idle worker takes no write lock
        return []
    with transaction.atomic():
        if connection.features.has_select_for_update_skip_locked:
            ready = ready.select_for_update(skip_locked=True)
        jobs = _companions(list(ready[:most]))
        for job in jobs:
            job.state, job.worker, job.leased_until = "running", worker, now + LEASE
            job.attempts += 1
        Job.objects.filter(pk__in=[job.pk for job in jobs]).update(
            state="running", worker=worker, leased_until=now + LEASE, attempts=F("attempts") + 1
        )
    return jobs


def _companions(jobs: list[Job]) -> list[Job]:
    # A job that was tried before is taken alone: should it be the kind that
    # brings its worker down, it must not wear out its neighbours' attempts.
    if jobs and jobs[0].attempts:
        return jobs[:1]
    return [job for job in jobs if not job.attempts]


def extend(*, worker: str, now: datetime) -> int:
    """Keep the leases of everything this worker has taken; return how many jobs that is."""
    return Job.objects.filter(state="running", worker=worker).update(leased_until=now + LEASE)


def give_back(jobs: list[Job], *, now: datetime) -> None:
    """Return jobs that were leased but not begun, as if they had not been touched."""
    for job in jobs:
        _make_ready(_mine(job), now=now, attempts=F("attempts") - 1)


def release_expired(*, now: datetime) -> int:
    """Hand back the jobs of workers that were not heard of for a whole lease; return how many."""
    return _release(Job.objects.filter(state="running", leased_until__lt=now), now=now)


def release_held(*, worker: str, now: datetime) -> int:
    """Hand back the jobs of a worker that is known to be dead; return how many."""
    return _release(Job.objects.filter(state="running", worker=worker), now=now)


def holders() -> list[str]:
    """Return the names of the workers that hold jobs."""
    return list(Job.objects.filter(state="running").values_list("worker", flat=True).distinct())


def _release(rows: QuerySet[Job], *, now: datetime) -> int:
    released = 0
    for job in list(rows.order_by("id")[:1000]):
        # The same lease still: it may have been extended since we looked.
        same = _mine(job).filter(leased_until=job.leased_until)
        if job.attempts >= job.max_attempts:
            sentence = "The worker stopped in the middle, every time."
            same.update(state="dead", finished_at=now, leased_until=None, error=sentence)
        else:
            released += _make_ready(same, now=now)
    return released


def _make_ready(rows: QuerySet[Job], *, now: datetime, **changes: Any) -> int:
    try:
        with transaction.atomic():
            count: int = rows.update(state="ready", worker="", leased_until=None, **changes)
        return count
    except IntegrityError:  # the same work was asked for again meanwhile; that job will do it
        rows.update(state="done", finished_at=now, leased_until=None)
        return 0


def run(job: Job, *, clock: Callable[[], datetime]) -> bool:
    """Run one leased job and note how it went; return whether it succeeded."""
    try:
        _perform(job, clock=clock)
        return True
    except LeaseLost:
        log.warning("job %s %s: another worker has taken it over", job.pk, job.task)
    except Exception as error:  # one bad job must not stop the others
        text = _describe(error)
        log.warning("job %s %s failed: %s", job.pk, job.task, text)
        _fail(job, text, hopeless=isinstance(error, GiveUp), now=clock())
    return False


def _perform(job: Job, *, clock: Callable[[], datetime]) -> None:
    function = import_string(job.task)
    function = getattr(function, "func", function)  # a task of django_tasks wraps its function
    if is_outside(function, job.args):
        if not _mine(job).exists():
            raise LeaseLost
        _finish(job, function(*job.args, **job.kwargs), now=clock())
        return
    with transaction.atomic():
        _finish(job, function(*job.args, **job.kwargs), now=clock())


def _mine(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state="running", worker=job.worker)


def _finish(job: Job, result: Any, *, now: datetime) -> None:
    done = _mine(job).update(
        state="done", finished_at=now, leased_until=None, error="", result=_plain(result)
    )
    if not done:
        raise LeaseLost


def _fail(job: Job, text: str, *, hopeless: bool, now: datetime) -> None:
    if hopeless or job.attempts >= job.max_attempts:
        _mine(job).update(state="dead", finished_at=now, error=text, leased_until=None)
        return
    later = now + timedelta(seconds=wait_s(job.attempts))
    _make_ready(_mine(job), now=now, run_at=later, error=text)


def wait_s(attempts: int) -> int:
    """Return how long to wait after so many failed attempts [s]: 5, 10, 20 ... six hours at most."""
    return min(FIRST_RETRY_S << min(attempts - 1, 20), LONGEST_RETRY_S)


def _describe(error: Exception) -> str:
    text = "".join(traceback.format_exception_only(error)).strip()[:2000]
    places = traceback.extract_tb(error.__traceback__)
    if places:
        text += f"\n  at {places[-1].filename}:{places[-1].lineno} in {places[-1].name}"
    # Whatever a hostile mail put into the message, the note about it must fit the database and the log.
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _plain(result: Any) -> Any:
    try:
        text = json.dumps(result, allow_nan=False, ensure_ascii=False)
        fits = len(text.encode()) <= LONGEST_RESULT and "\\u0000" not in text
    except (TypeError, ValueError, RecursionError):
        return None
    return result if fits else None


def _always(job: Job) -> bool:
    return True


def work_once(
    *,
    worker: str,
    clock: Callable[[], datetime],
    queues: Iterable[str] = QUEUES,
    most: int = 10,
    before: Callable[[Job], bool] = _always,
) -> int:
    """Claim and run one batch; return how many were run. `before` is told of each job and may say stop."""
    jobs = claim(worker=worker, now=clock(), queues=queues, most=most)
    for done, job in enumerate(jobs):
        if not before(job):
            give_back(jobs[done:], now=clock())
            return done
        run(job, clock=clock)
    return len(jobs)


def retry(*, job_id: int, now: datetime) -> bool:
    """Give a dead job another round of tries; say whether there was one to give."""
    dead = Job.objects.filter(pk=job_id, state="dead")
    try:
        with transaction.atomic():
            return bool(dead.update(state="ready", run_at=now, attempts=0, finished_at=None))
    except IntegrityError:  # the same work already waits
        return bool(dead.update(state="done", finished_at=now))


def forget_done(*, before: datetime, most: int = 20_000) -> int:
    """Delete finished jobs older than `before`; return how many."""
    old = Job.objects.filter(state="done", finished_at__lt=before).values_list("pk", flat=True)[:most]
    return Job.objects.filter(pk__in=list(old)).delete()[0]
