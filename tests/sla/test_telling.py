"""S11: warnings and breaches are told once each, at the second."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread
from time import sleep
from typing import Any

import pytest
from django.db import connection

from careline.core import events
from careline.core.models import Event
from careline.sla import actions
from careline.sla.actions import telling
from careline.sla.models import Clock, Policy
from careline.tickets import actions as tickets
from tests.make import make_policy
from tests.sla.desk import answered, become, clock, opened, t, told, written

pytestmark = pytest.mark.django_db
H = 3_600
BOTH = [("clock.warned", "first_reply"), ("clock.breached", "first_reply")]


@pytest.fixture(autouse=True)
def policy() -> Policy:
    return make_policy("Everybody", targets={"first_reply": 2 * H})


def test_s11_a_warning_comes_at_three_quarters_and_a_breach_a_moment_after_the_due_time() -> None:
    ticket = opened("mon 09:00")
    for at in ("mon 10:29:59", "mon 10:30:00", "mon 10:59:59", "mon 11:00:00"):
        actions.tell_due_clocks(now=t(at))
    assert told(ticket) == BOTH[:1]
    actions.tell_due_clocks(now=t("mon 11:00:01"))
    assert told(ticket) == BOTH
    assert clock(ticket).breached_at == t("mon 11:00")
    ticket.refresh_from_db()
    assert ticket.breached_at == t("mon 11:00")


def test_s11_each_is_told_once_however_often_one_looks() -> None:
    ticket = opened("mon 09:00")
    for at in ("mon 10:30", "mon 10:31", "mon 11:01", "mon 11:02", "tue 11:02"):
        actions.tell_due_clocks(now=t(at))
    assert told(ticket) == BOTH


def test_s11_an_event_says_which_promise_it_was() -> None:
    ticket = opened("mon 09:00")
    actions.tell_due_clocks(now=t("mon 12:00"))
    event = Event.objects.get(kind="clock.breached")
    row = clock(ticket)
    assert event.at == t("mon 11:00")
    assert event.data == {"metric": "first_reply", "cycle": 1, "clock": row.pk, "by_change": False}


def test_s11_an_answer_in_time_silences_the_clock() -> None:
    ticket = opened("mon 09:00")
    answered(ticket, "mon 10:00")
    actions.tell_due_clocks(now=t("tue 12:00"))
    assert told(ticket) == []


def test_s11_a_breach_nobody_looked_at_in_time_is_still_on_record_after_the_answer() -> None:
    ticket = opened("mon 09:00")
    answered(ticket, "mon 13:00")
    actions.tell_due_clocks(now=t("mon 13:01"))
    assert told(ticket) == BOTH[1:]
    assert clock(ticket).outcome == "breached"


def test_s11_after_a_standstill_a_breach_is_told_without_its_warning() -> None:
    ticket = opened("mon 09:00")
    actions.tell_due_clocks(now=t("wed 09:00"))
    assert told(ticket) == BOTH[1:]


def test_s11_a_warning_that_was_missed_waits_for_the_morning_unless_it_is_urgent(policy: Policy) -> None:
    # Opened at 16:00: at risk from 09:30 on, next morning. Nobody looks before the evening of that day.
    promise = actions.Promise(
        name=policy.name, calendar=policy.calendar, targets={"first_reply": dict.fromkeys("1234", 10 * H)}
    )
    actions.save_policy(policy=policy, promise=promise, actor=None, now=t("mon 08:00"))
    calm, urgent = opened("mon 16:00"), opened("mon 16:00", priority=4)
    assert clock(calm).warn_at == t("tue 15:30")
    actions.tell_due_clocks(now=t("tue 20:00"))
    assert (told(calm), told(urgent)) == ([], BOTH[:1])
    actions.tell_due_clocks(now=t("wed 09:00"))
    assert told(calm) == BOTH[:1]


def test_s11_a_clock_that_stands_still_is_not_told_of() -> None:
    ticket = opened("mon 09:00")
    answered(ticket, "mon 10:00")
    make_next_reply_promise()
    written(ticket, "mon 11:00")
    become(ticket, "mon 11:30", "waiting")
    actions.tell_due_clocks(now=t("fri 11:00"))
    assert told(ticket) == []
    become(ticket, "fri 11:00", "open")
    actions.tell_due_clocks(now=t("fri 15:00"))
    assert told(ticket) == [("clock.breached", "next_reply")]


def make_next_reply_promise() -> None:
    policy = Policy.objects.get()
    promise = actions.Promise(
        name=policy.name, calendar=policy.calendar, targets={"next_reply": dict.fromkeys("1234", 2 * H)}
    )
    actions.save_policy(policy=policy, promise=promise, open_too=True, actor=None, now=t("mon 10:30"))
    actions.apply_to_open(t("mon 10:30").isoformat())


def test_s11_a_new_target_warns_again_when_its_own_time_comes(policy: Policy) -> None:
    targets = {"first_reply": {"2": 2 * H, "1": 4 * H}}
    promise = actions.Promise(name=policy.name, calendar=policy.calendar, targets=targets)
    actions.save_policy(policy=policy, promise=promise, actor=None, now=t("mon 08:00"))
    ticket = opened("mon 09:00")
    actions.tell_due_clocks(now=t("mon 10:30"))
    tickets.set_priority(ticket=ticket, priority=1, actor=None, now=t("mon 10:45"))
    actions.tell_due_clocks(now=t("mon 11:30"))
    assert told(ticket) == BOTH[:1]
    actions.tell_due_clocks(now=t("mon 12:00"))
    assert told(ticket) == BOTH[:1] * 2


def test_s11_a_long_standstill_is_caught_up_with_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "BATCH", 2)
    for _ in range(7):
        opened("mon 09:00")
    assert actions.tell_due_clocks(now=t("tue 09:00")) == 7
    assert Event.objects.filter(kind="clock.breached").count() == 7


def test_s11_looking_when_nothing_is_due_costs_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    opened("mon 09:00")
    with django_assert_num_queries(1):
        actions.tell_due_clocks(now=t("mon 09:01"))


def test_s11_a_teller_that_dies_in_the_middle_has_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = opened("mon 09:00")
    monkeypatch.setattr(telling, "note_due", _die)
    with pytest.raises(SystemExit):
        actions.tell_due_clocks(now=t("mon 12:00"))
    assert (told(ticket), clock(ticket).breach_told) == ([], False)
    monkeypatch.undo()
    actions.tell_due_clocks(now=t("mon 12:00"))
    assert told(ticket) == BOTH[1:]


def _die(**_given: object) -> None:
    raise SystemExit


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_s11_two_workers_at_once_tell_each_clock_once() -> None:
    for _ in range(10):
        opened("mon 09:00")
    together = Barrier(2)

    def work() -> None:
        together.wait()
        actions.tell_due_clocks(now=t("mon 12:00"))
        connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    actions.tell_due_clocks(now=t("mon 12:00:01"))  # what one left because the other held it
    assert Event.objects.filter(kind="clock.breached").count() == 10
    assert Clock.objects.filter(breach_told=True).count() == 10


TELLER = """
import sys
from datetime import datetime
import django
django.setup()
from careline.sla.actions import telling
telling.BATCH = 3
now = datetime.fromisoformat(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
while telling.tell_due_clocks(now=now):
    pass
"""


@pytest.mark.sqlite
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_s11_three_processes_of_which_one_is_killed_tell_each_clock_once(tmp_path: Path) -> None:
    for _ in range(60):
        opened("mon 09:00")
    path = tmp_path / "careline.sqlite3"
    copy = sqlite3.connect(path)
    connection.connection.backup(copy)
    copy.execute("PRAGMA journal_mode=WAL")
    copy.close()
    tellers = [_teller(path) for _ in range(3)]
    for teller in tellers:
        assert teller.stdout.readline() == "ready\n"
    for teller in tellers:
        teller.stdin.write("go\n")
        teller.stdin.flush()
    sleep(0.03)
    tellers[0].kill()
    for teller in tellers:
        teller.communicate()
    assert [teller.returncode for teller in tellers[1:]] == [0, 0]
    kept = sqlite3.connect(path)
    subjects = "SELECT count(*), count(DISTINCT subject_id) FROM core_event WHERE kind = 'clock.breached'"
    assert kept.execute(subjects).fetchone() == (60, 60)
    kept.close()


def _teller(path: Path) -> Any:
    here = {**os.environ, "DATABASE_URL": f"sqlite:///{path}", "CARELINE_VAR": str(path.parent)}
    here["DJANGO_SETTINGS_MODULE"] = "careline.config.settings"
    command = [sys.executable, "-c", TELLER, t("mon 12:00").isoformat()]
    return subprocess.Popen(command, env=here, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def test_s11_demo_conversations_are_never_told_of() -> None:
    with events.origin("demo"):
        ticket = opened("mon 09:00")
    actions.tell_due_clocks(now=t("tue 09:00"))
    assert told(ticket) == []
    assert clock(ticket).alarm_at is None
