"""The queue behind the django_tasks interface."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django_tasks import task
from django_tasks.base import TaskResultStatus
from django_tasks.exceptions import InvalidTaskError, TaskResultDoesNotExist

from careline.core import queue
from careline.core.models import Job
from tests.core import queue_tasks as tasks

pytestmark = pytest.mark.django_db


def with_context(context: object) -> None:
    """Want a context."""


def work(days: int = 0) -> None:
    queue.work_once(worker="w1", clock=lambda: timezone.now() + timedelta(days=days))


def test_a_task_runs_and_gives_its_result():
    result = tasks.doubled.enqueue(21)
    assert result.status == TaskResultStatus.READY
    work()
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == (TaskResultStatus.SUCCESSFUL, 42, 1)


def test_a_task_keeps_named_arguments():
    result = tasks.doubled.enqueue(number=4)
    work()
    assert tasks.doubled.get_result(result.id).return_value == 8


def test_queue_priority_and_time_reach_the_job():
    later = datetime(2030, 1, 1, tzinfo=UTC)
    tasks.broken.using(run_after=later).enqueue()
    job = Job.objects.get()
    assert (job.queue, job.priority, job.run_at) == ("slow", 5, later)


def test_a_failed_task_says_why():
    result = tasks.broken.enqueue()
    for day in range(12):
        work(days=day)
    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert result.errors[0].exception_class is LookupError


def test_a_task_that_wants_a_context_is_refused():
    with pytest.raises(InvalidTaskError, match="no context"):
        task(takes_context=True)(with_context)


@pytest.mark.parametrize("name", ["7", "", "seven", "9" * 30])
def test_an_unknown_result_is_said_to_be_unknown(name):
    with pytest.raises(TaskResultDoesNotExist):
        tasks.doubled.get_result(name)
