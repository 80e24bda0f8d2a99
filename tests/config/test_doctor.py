"""What `careline doctor` finds, one ailment at a time."""

from __future__ import annotations

import os
import socket
from collections import namedtuple
from datetime import timedelta

import pytest
from django.utils import timezone

from careline.config import doctor, doctor_mail
from careline.config.doctor import Finding
from careline.core import heartbeat, queue
from careline.core.models import Job
from tests.core import queue_tasks as tasks

pytestmark = pytest.mark.django_db


def states(found):
    return [finding.state for finding in found]


@pytest.fixture
def var(settings, tmp_path):
    """A data folder whose secret only its owner can read."""
    settings.VAR = tmp_path
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "secret").chmod(0o600)
    return tmp_path


def test_a_sound_configuration_is_one_word(settings, var):
    settings.BASE_URL = "https://care.example.org"
    assert list(doctor.configuration()) == [
        Finding("configuration", "ok", "people come by https://care.example.org")
    ]


@pytest.mark.parametrize(
    ("url", "state"),
    [
        ("http://localhost:8000", "ok"),
        ("http://care.example.org", "warn"),
        ("care.example.org", "bad"),
        ("ftp://care.example.org", "bad"),
    ],
)
def test_the_address_is_judged(settings, var, url, state):
    settings.BASE_URL = url
    assert states(doctor.configuration()) == [state]


def test_a_secret_that_others_can_read_is_bad(settings, var, monkeypatch):
    monkeypatch.delenv("CARELINE_SECRET", raising=False)
    settings.BASE_URL = "https://care.example.org"
    (var / "secret").chmod(0o644)
    (_, found) = doctor.configuration()
    assert (found.state, found.todo) == ("bad", f"chmod 600 {var / 'secret'}")


@pytest.mark.parametrize(("free", "state"), [(400e6, "bad"), (1_500e6, "warn"), (9e9, "ok")])
def test_room_on_the_disk_is_judged(settings, var, monkeypatch, free, state):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage(0, 0, int(free)))
    assert states(doctor.disk()) == [state]


def test_a_database_that_is_up_to_date_is_well():
    found = next(doctor.database())
    assert (found.state, "answers and is up to date" in found.text) == ("ok", True)


def test_a_version_that_is_ahead_of_the_database_is_bad(monkeypatch):
    monkeypatch.setattr(doctor.migrate, "pending", lambda: ["core.0009_more"])
    found = next(doctor.database())
    assert (found.state, found.todo) == ("bad", "Run: careline migrate")


def test_parts_that_do_not_run_are_told_from_a_careline_that_is_off():
    now = timezone.now()
    assert "not running" in next(doctor.background()).text
    heartbeat.beat("web", now=now, pid=os.getpid())
    found = next(doctor.background())
    assert (found.state, "work" in found.text, "web" in found.text) == ("bad", True, False)
    for part in ("work", "mail"):
        heartbeat.beat(part, now=now, pid=os.getpid())
    assert states(doctor.background()) == ["ok", "ok"]


def test_work_that_was_given_up_or_waits_too_long_is_named():
    now = timezone.now()
    queue.put(tasks.note, ["a"], now=now - timedelta(minutes=30))
    queue.put(tasks.note, ["b"], now=now)
    Job.objects.filter(args=["b"]).update(state="dead", finished_at=now)
    texts = " ".join(finding.text for finding in doctor.background())
    assert "1 jobs have failed for good" in texts
    assert "the oldest for 30 min" in texts


def test_a_clock_that_was_set_back_is_noticed():
    heartbeat.beat("web", now=timezone.now() + timedelta(hours=1), pid=os.getpid())
    (found,) = doctor.clock()
    assert (found.state, "set back" in found.text) == ("bad", True)


def test_a_check_that_breaks_is_a_finding(monkeypatch):
    def broken():
        raise OSError("no such device")
        yield

    monkeypatch.setattr(doctor, "disk", broken)
    found = next(finding for finding in doctor.examine() if finding.area == "disk")
    assert (found.state, found.text) == ("bad", "could not be checked: no such device")


def test_mail_is_counted_and_an_empty_desk_is_well():
    assert list(doctor_mail.look(timezone.now(), listeners=[])) == [
        ("ok", "no mailbox is set up yet", ""),
        ("ok", "0 received = 0", ""),
    ]


def test_a_listener_that_is_not_there_is_bad():
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        found = list(doctor_mail.look(timezone.now(), listeners=[("LMTP", "127.0.0.1", port)]))
    assert found[1][:2] == ("bad", f"LMTP does not answer on 127.0.0.1 port {port}")
