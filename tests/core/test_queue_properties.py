"""Whatever happens to workers, in whatever order: each job takes effect once, and none is forgotten."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careline.core import queue
from careline.core.models import Job, Setting
from tests.core import queue_tasks as tasks

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
WORKERS = ("w0", "w1", "w2")

steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from(["", "", "key 1", "key 2"]), st.booleans()),
        st.tuples(st.just("claim"), st.sampled_from(WORKERS), st.integers(1, 4)),
        st.tuples(st.just("run"), st.sampled_from(WORKERS), st.just(0)),
        st.tuples(st.just("kill"), st.sampled_from(WORKERS), st.just(0)),
        st.tuples(st.just("wait"), st.sampled_from([1, 20, 61, 400]), st.just(0)),
        st.tuples(st.just("extend"), st.sampled_from(WORKERS), st.just(0)),
    ),
    max_size=30,
)


class House:
    """Three workers, one queue, and a clock that only we move."""

    def __init__(self) -> None:
        Job.objects.all().delete()
        Setting.objects.all().delete()
        self.now = NOW
        self.held: dict[str, list[Job]] = {worker: [] for worker in WORKERS}
        self.asked = 0

    def put(self, key: str, fails: bool) -> None:
        self.asked += 1
        task = tasks.note_then_fail if fails else tasks.note
        queue.put(task, [f"job {self.asked}"], now=self.now, dedupe_key=key)

    def claim(self, worker: str, most: int) -> None:
        self.held[worker] += queue.claim(worker=worker, now=self.now, most=most)

    def run(self, worker: str, _: int) -> None:
        if self.held[worker]:
            queue.run(self.held[worker].pop(0), clock=lambda: self.now)

    def kill(self, worker: str, _: int) -> None:
        self.held[worker] = []

    def wait(self, seconds: int, _: int) -> None:
        self.now += timedelta(seconds=seconds)
        queue.release_expired(now=self.now)

    def extend(self, worker: str, _: int) -> None:
        queue.extend(worker=worker, now=self.now)

    def check(self) -> None:
        waiting = Counter(Job.objects.filter(state="ready").exclude(dedupe_key="").values_list("dedupe_key"))
        assert all(count == 1 for count in waiting.values())

    def drain(self) -> None:
        for _ in range(40):
            self.now += timedelta(hours=7)
            queue.release_expired(now=self.now)
            while queue.work_once(worker="last", clock=lambda: self.now):
                pass


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_each_job_takes_effect_once_and_none_is_forgotten(db, things):
    house = House()
    for verb, first, second in things:
        getattr(house, verb)(first, second)
        house.check()
    house.drain()
    for job in Job.objects.all():
        happened = Setting.objects.filter(pk=job.args[0]).exists()
        fails = job.task.endswith("note_then_fail")
        # A job that found the same work waiting stands back for it; every other is done, or set aside.
        stood_back = job.state == "done" and job.dedupe_key and not happened
        assert stood_back or (job.state, happened) == (("dead", False) if fails else ("done", True))
