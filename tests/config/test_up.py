"""`careline up`: parts that are killed come back, and nothing of what they did is lost or done twice."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time

import pytest

from tests.config.conftest import inside, pid_of
from tests.real.careline import ROOT, Careline, installation, running
from tests.real.ports import answers, wait_until

pytestmark = pytest.mark.slow


# From one process that looks often: from outside, the moment would have passed.
KILL_AT_WORK = """
import signal, time
def at_work():
    pid = Heartbeat.objects.get(pk="work").data["pid"]
    busy = Job.objects.filter(state="running", worker__contains=f":{{pid}}:").exists()
    return pid if busy and pid != {killed} else None
limit = time.monotonic() + 60
while not (answer := at_work()) and time.monotonic() < limit:
    time.sleep(0.01)
time.sleep({pause})
os.kill(answer, signal.SIGKILL)
"""


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("part", ["web", "work"])
def test_a_part_that_is_killed_comes_back(careline_server: Careline, part):
    killed = pid_of(careline_server, part)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: pid_of(careline_server, part) != killed, what=f"the return of {part}")
    wait_until(careline_server.is_healthy, what="health")


def test_a_worker_that_is_killed_again_and_again_loses_nothing_and_does_nothing_twice(
    careline_server: Careline,
):
    inside(
        careline_server,
        "for n in range(60): queue.put(tasks.slow_note, [f'drill {n}', 0.12], now=now)\nanswer = 1",
    )
    killed = 0
    for pause in (0.0, 0.11, 0.23):
        killed = inside(careline_server, KILL_AT_WORK.format(killed=killed, pause=pause))
    look = """
mine = Job.objects.filter(task__endswith="slow_note")
answer = [mine.exclude(state="done").count(), Setting.objects.filter(pk__startswith="drill").count(),
          list(mine.exclude(error="").values_list("error", flat=True))]
"""
    wait_until(lambda: inside(careline_server, look)[0] == 0, what="the work", seconds=60)
    assert inside(careline_server, look) == [0, 60, []]
    assert inside(careline_server, "answer = Job.objects.filter(attempts__gt=1).count()") > 0


def test_a_port_that_is_taken_is_said_in_one_sentence():
    with installation() as careline, socket.socket() as other:
        other.bind(("127.0.0.1", careline.port))
        other.listen()
        done = subprocess.run(
            [careline.command, "up"],
            env=careline.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{careline.port}" in done.stderr
    assert f"PORT={careline.port + 1} careline up" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_ends_in_order_within_ten_seconds_also_with_open_streams():
    with installation() as careline:
        process = None
        try:
            process = subprocess.Popen([careline.command, "up"], env=careline.environment, cwd=ROOT)
            wait_until(careline.is_healthy, what="the start", seconds=60)
            pids = [pid_of(careline, part) for part in ("web", "work")]
            start = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(12) == 0
            assert time.monotonic() - start < 10
            assert not any(map(is_alive, pids))
            assert not answers(careline.port)
        finally:
            if process and process.poll() is None:
                process.kill()


def test_the_parts_end_when_the_supervisor_is_killed():
    with installation() as careline:
        process = subprocess.Popen([careline.command, "up"], env=careline.environment, cwd=ROOT)
        try:
            wait_until(careline.is_healthy, what="the start", seconds=60)
            pids = [pid_of(careline, part) for part in ("web", "work")]
        finally:
            process.kill()
            process.wait()
        wait_until(lambda: not any(map(is_alive, pids)), what="the end of the parts", seconds=15)


def test_health_names_the_part_that_is_missing():
    with installation(CARELINE_PARTS="web") as careline, running(careline):
        assert careline.is_healthy()
        answer = inside(
            careline,
            "from django.test import Client\n"
            "os.environ['CARELINE_PARTS'] = 'web,work'\n"
            "r = Client().get('/healthz'); answer = [r.status_code, r.json()['failing']]",
        )
        assert answer == [503, ["work"]]


def test_a_second_start_has_nothing_left_to_do():
    with installation() as careline:
        with running(careline):
            assert "The database is up to date (" in careline.log
        with running(careline):
            assert "The database is up to date (" not in careline.log
