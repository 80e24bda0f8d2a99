"""Several workers at one queue, with connections of their own."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from careline.core import queue, schedules
from careline.core.models import Job, Schedule, Setting
from tests.core import queue_tasks as tasks

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def together(number: int, what) -> list:
    """Do something at the same moment in several threads and return what each got."""
    barrier, results = threading.Barrier(number), []

    def one(index: int) -> None:
        barrier.wait()
        try:
            results.append(what(index))
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def drain(index: int) -> int:
    total = 0
    while done := queue.work_once(worker=f"w{index}", clock=lambda: NOW, most=3):
        total += done
    return total


@pytest.mark.postgres
def test_four_workers_share_the_work_and_do_each_job_once():
    for number in range(60):
        queue.put(tasks.note, [f"job {number}"], now=NOW)
    assert sum(together(4, drain)) >= 60
    assert Setting.objects.count() == 60
    assert set(Job.objects.values_list("state", "attempts")) == {("done", 1)}


@pytest.mark.postgres
def test_a_worker_passes_over_what_another_is_just_taking():
    for key in "ab":
        queue.put(tasks.note, [key], now=NOW)
    with transaction.atomic():
        mine = queue.claim(worker="w1", now=NOW, most=1)
        (theirs,) = together(1, lambda _: queue.claim(worker="w2", now=NOW, most=5))
    assert [job.args for job in mine + theirs] == [["a"], ["b"]]


@pytest.mark.postgres
def test_work_asked_for_again_is_not_done_before_the_second_asker_has_committed():
    queue.put(tasks.note, ["a"], now=NOW, dedupe_key="k")
    with transaction.atomic():
        assert queue.put(tasks.note, ["a"], now=NOW, dedupe_key="k") is None
        assert together(1, lambda _: len(queue.claim(worker="w1", now=NOW))) == [0]
    assert len(queue.claim(worker="w1", now=NOW)) == 1


@pytest.mark.postgres
def test_a_schedule_starts_once_with_four_workers():
    table = {"hourly": ("0 * * * *", tasks.note)}
    schedules.start_due(table, now=NOW)
    later = NOW + timedelta(hours=1, seconds=1)
    assert sum(together(4, lambda _: schedules.start_due(table, now=later))) == 1
    assert Job.objects.count() == 1


@pytest.mark.postgres
def test_the_same_key_asked_for_at_once_by_four_waits_once():
    got = together(4, lambda _: queue.put(tasks.count, ["a"], now=NOW, dedupe_key="k") is not None)
    assert sorted(got) == [False, False, False, True]


def test_a_schedule_starts_at_its_time_once_also_after_a_long_night():
    table = {"hourly": ("0 * * * *", tasks.note)}
    assert schedules.start_due(table, now=NOW) == 0
    assert schedules.start_due(table, now=NOW + timedelta(minutes=59)) == 0
    assert schedules.start_due(table, now=NOW + timedelta(hours=9, minutes=5)) == 1
    assert schedules.start_due(table, now=NOW + timedelta(hours=9, minutes=6)) == 0
    assert Schedule.objects.get().next_at == NOW + timedelta(hours=10)


def test_a_schedule_whose_line_was_changed_takes_its_new_time():
    schedules.start_due({"job": ("0 0 1 1 *", tasks.note)}, now=NOW)
    schedules.start_due({"job": ("*/5 * * * *", tasks.note)}, now=NOW)
    assert Schedule.objects.get().next_at == NOW + timedelta(minutes=5)


def test_ten_jobs_a_batch_are_done_at_a_sensible_pace():
    """The floor is far below the usual hundreds a second, so that only a blunder fails it."""
    with transaction.atomic():
        for number in range(200):
            queue.put(tasks.note, [f"job {number}"], now=NOW)
    start = time.monotonic()
    drain(0)
    assert 200 / (time.monotonic() - start) > 40
