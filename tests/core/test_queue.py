"""Background work: nothing lost, nothing twice, failures kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction

from careline.core import queue
from careline.core.models import Job, Setting
from tests.core import queue_tasks as tasks

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def clock_at(now: datetime):
    return lambda: now


def work(now: datetime = NOW, worker: str = "w1") -> int:
    return queue.work_once(worker=worker, clock=clock_at(now))


def only_job() -> Job:
    return Job.objects.get()


def test_a_job_runs_and_keeps_its_result():
    queue.put(tasks.note, ["a", 7], now=NOW)
    assert work() == 1
    assert Setting.objects.get(pk="a").value == 7
    assert (only_job().state, only_job().result) == ("done", 7)


def test_a_job_of_a_transaction_that_is_rolled_back_never_existed():
    @transaction.atomic
    def put_two_and_fail():
        queue.put(tasks.note, ["a"], now=NOW)
        queue.put(tasks.note, ["b"], now=NOW, dedupe_key="b")
        raise LookupError

    with pytest.raises(LookupError):
        put_two_and_fail()
    assert not Job.objects.exists()


def test_a_failing_job_leaves_no_trace_and_is_tried_again_later():
    queue.put(tasks.note_then_fail, ["a"], now=NOW)
    work()
    job = only_job()
    assert not Setting.objects.filter(pk="a").exists()
    assert (job.state, job.attempts, job.run_at) == ("ready", 1, NOW + timedelta(seconds=5))
    assert job.error.startswith("ValueError: no luck\n  at ")


def test_waiting_times_double_up_to_six_hours():
    assert [queue.wait_s(n) for n in (1, 2, 3, 4, 12, 13, 14, 60_000)] == [
        5, 10, 20, 40, 10_240, 20_480, 21_600, 21_600,
    ]  # fmt: skip


def test_a_job_is_set_aside_after_its_last_attempt():
    queue.put(tasks.note_then_fail, ["a"], now=NOW)
    now = NOW
    for _ in range(12):
        now += timedelta(days=1)
        assert work(now) == 1
    assert (only_job().state, only_job().attempts, only_job().finished_at) == ("dead", 12, now)
    assert work(now + timedelta(days=1)) == 0


def test_a_hopeless_job_is_set_aside_at_once_and_can_be_given_another_round():
    job = queue.put(tasks.hopeless, [], now=NOW)
    work()
    assert only_job().state == "dead"
    assert "the mailbox is gone" in only_job().error
    assert queue.retry(job_id=job.pk, now=NOW)
    assert not queue.retry(job_id=job.pk, now=NOW)
    assert (only_job().state, only_job().attempts) == ("ready", 0)


def test_a_task_that_does_not_exist_waits_for_the_release_that_brings_it():
    job = queue.put(tasks.note, ["a"], now=NOW)
    Job.objects.filter(pk=job.pk).update(task="tests.core.queue_tasks.of_tomorrow")
    work()
    assert (only_job().state, only_job().attempts) == ("ready", 1)


def test_one_key_waits_once():
    assert queue.put(tasks.count, ["a"], now=NOW, dedupe_key="k") is not None
    assert queue.put(tasks.count, ["a"], now=NOW, dedupe_key="k") is None
    assert queue.put(tasks.count, ["a"], now=NOW, dedupe_key="other") is not None
    work()
    assert Setting.objects.get(pk="a").value == 2
    assert queue.put(tasks.count, ["a"], now=NOW, dedupe_key="k") is not None


def test_asking_again_for_an_earlier_time_brings_the_waiting_job_forward():
    queue.put(tasks.count, ["a"], now=NOW, run_at=NOW + timedelta(hours=1), dedupe_key="k")
    queue.put(tasks.count, ["a"], now=NOW, run_at=NOW + timedelta(minutes=1), dedupe_key="k")
    queue.put(tasks.count, ["a"], now=NOW, run_at=NOW + timedelta(hours=2), dedupe_key="k")
    assert only_job().run_at == NOW + timedelta(minutes=1)


def test_asking_again_does_not_shorten_the_wait_after_a_failure():
    queue.put(tasks.note_then_fail, ["a"], now=NOW, dedupe_key="k")
    work()
    queue.put(tasks.note_then_fail, ["a"], now=NOW, dedupe_key="k")
    assert only_job().run_at == NOW + timedelta(seconds=5)


def test_a_failure_while_the_same_work_waits_again_leaves_one_job():
    queue.put(tasks.note_then_fail, ["a"], now=NOW, dedupe_key="k")
    (running,) = queue.claim(worker="w1", now=NOW)
    queue.put(tasks.note_then_fail, ["a"], now=NOW, dedupe_key="k")
    queue.run(running, clock=clock_at(NOW))
    assert sorted(Job.objects.values_list("state", flat=True)) == ["done", "ready"]


def test_work_of_a_dead_worker_is_handed_back_and_done():
    queue.put(tasks.note, ["a"], now=NOW)
    queue.claim(worker="killed", now=NOW)
    assert queue.release_expired(now=NOW + queue.LEASE) == 0
    later = NOW + queue.LEASE + timedelta(seconds=1)
    assert queue.release_expired(now=later) == 1
    assert work(later, worker="w2") == 1
    assert (only_job().state, only_job().attempts) == ("done", 2)


def test_two_dead_workers_with_the_same_key_are_handed_back_as_one_job():
    for worker in ("killed 1", "killed 2"):
        queue.put(tasks.count, ["a"], now=NOW, dedupe_key="k")
        queue.claim(worker=worker, now=NOW)
    later = NOW + timedelta(minutes=2)
    assert queue.release_expired(now=later) == 1
    assert work(later) == 1
    assert Setting.objects.get(pk="a").value == 1


def test_a_job_that_always_kills_its_worker_is_set_aside():
    queue.put(tasks.note, ["a"], now=NOW)
    now = NOW
    for _ in range(12):
        assert len(queue.claim(worker="killed", now=now)) == 1
        now += timedelta(minutes=2)
        queue.release_expired(now=now)
    assert only_job().state == "dead"
    assert "stopped in the middle" in only_job().error


def test_a_job_that_kills_its_worker_does_not_wear_out_its_neighbours():
    for key in "abcd":
        queue.put(tasks.note, [key], now=NOW)
    assert len(queue.claim(worker="killed", now=NOW)) == 4
    later = NOW + timedelta(minutes=2)
    queue.release_expired(now=later)
    assert len(queue.claim(worker="w2", now=later)) == 1


def test_an_extended_lease_is_not_handed_back():
    queue.put(tasks.note, ["a"], now=NOW)
    queue.claim(worker="busy", now=NOW)
    assert queue.extend(worker="busy", now=NOW + timedelta(seconds=40)) == 1
    assert queue.release_expired(now=NOW + timedelta(seconds=90)) == 0


def test_what_a_worker_did_after_losing_its_lease_is_rolled_back():
    queue.put(tasks.note, ["a", "slow worker"], now=NOW)
    (lost,) = queue.claim(worker="slow", now=NOW)
    later = NOW + timedelta(minutes=2)
    queue.release_expired(now=later)
    (taken,) = queue.claim(worker="quick", now=later)
    assert queue.run(lost, clock=clock_at(later)) is False
    assert not Setting.objects.filter(pk="a").exists()
    assert queue.run(taken, clock=clock_at(later)) is True
    assert only_job().state == "done"


def test_an_outside_task_does_not_start_without_its_lease():
    queue.put(tasks.outside_note, ["a"], now=NOW)
    (lost,) = queue.claim(worker="slow", now=NOW)
    queue.release_expired(now=NOW + timedelta(minutes=2))
    assert queue.run(lost, clock=clock_at(NOW)) is False
    assert not Setting.objects.filter(pk="a").exists()


@pytest.mark.django_db(transaction=True)
def test_an_outside_task_runs_without_a_transaction_around_it():
    queue.put(tasks.is_in_transaction, [], now=NOW)
    work()
    assert only_job().result is False


def test_a_worker_that_is_told_to_stop_gives_back_what_it_has_not_begun():
    for key in "abc":
        queue.put(tasks.note, [key], now=NOW)
    told = []
    done = queue.work_once(
        worker="w1", clock=clock_at(NOW), before=lambda job: told.append(job) or len(told) < 2
    )
    assert done == 1
    assert list(Job.objects.order_by("id").values_list("state", "attempts")) == [
        ("done", 1),
        ("ready", 0),
        ("ready", 0),
    ]


def test_urgent_work_comes_first_then_the_longest_waiting():
    for key, priority, age in (("low", 0, 9), ("high old", 5, 8), ("high new", 5, 1), ("future", 9, -60)):
        queue.put(tasks.note, [key], now=NOW, run_at=NOW - timedelta(seconds=age), priority=priority)
    jobs = queue.claim(worker="w1", now=NOW)
    assert [job.args[0] for job in jobs] == ["high old", "high new", "low"]


def test_a_worker_takes_only_from_its_queues():
    queue.put(tasks.note, ["a"], now=NOW, queue="slow")
    assert queue.claim(worker="w1", now=NOW, queues=["default", "mail"]) == []
    assert len(queue.claim(worker="w1", now=NOW, queues=["slow"])) == 1


def test_a_queue_that_nobody_serves_is_refused():
    with pytest.raises(ValueError, match="there is no queue 'tomorrow'"):
        queue.put(tasks.note, ["a"], now=NOW, queue="tomorrow")


@pytest.mark.parametrize("kind", ["object", "nan", "nul", "half", "long"])
def test_a_result_that_cannot_be_kept_does_not_fail_the_job(kind):
    queue.put(tasks.odd, [kind], now=NOW)
    work()
    assert (only_job().state, only_job().result) == ("done", None)


def test_a_hostile_error_message_can_be_noted(caplog):
    queue.put(tasks.note_then_fail, ["a"], now=NOW)
    (job,) = queue.claim(worker="w1", now=NOW)
    job.args = ["a", "nul \x00 and half \ud83d"]
    assert queue.run(job, clock=clock_at(NOW)) is False
    assert "nul  and half ?" in only_job().error
    assert "nul  and half ?" in caplog.text


def test_finished_jobs_are_forgotten_and_failed_ones_are_not():
    queue.put(tasks.note, ["a"], now=NOW)
    queue.put(tasks.hopeless, [], now=NOW)
    work()
    assert queue.forget_done(before=NOW) == 0
    assert queue.forget_done(before=NOW + timedelta(days=8)) == 1
    assert only_job().state == "dead"
