"""Processes die at two hundred random points while mail comes in and goes out: nothing lost or twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tests.real.careline import ROOT, Careline, installation
from tests.real.dovecot import Dovecot
from tests.real.smtp import SmtpSink

KILLS = 200
MAILS = 80
ADDRESS = "help@underfire.example"
LONGEST_LIFE_S = 2.5
CALM_S = 120
PARTS: dict[str, list[str]] = {
    "mail": ["-m", "careline.config.parts", "mail"],
    "work": ["-m", "careline.config.parts", "work"],
    "agent": ["-m", "tests.journeys.desk_under_fire", "answer"],
}


def mail(number: int) -> bytes:
    """Return one customer's mail; its subject names it."""
    lines = (
        f"From: Customer {number} <customer{number}@example.net>",
        f"To: {ADDRESS}",
        f"Subject: Parcel {number}",
        f"Message-ID: <parcel-{number}@example.net>",
        "",
        f"Where is parcel {number}?",
    )
    return "\r\n".join(lines).encode()


def desk(careline: Careline, command: str, **given: Any) -> Any:
    """Run one command of the desk to its end and return what it says."""
    words = [sys.executable, "-m", "tests.journeys.desk_under_fire", command, json.dumps(given)]
    done = subprocess.run(words, env=careline.environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) if done.stdout else None


@dataclass
class Fire:
    """The processes of a desk, and how often each was killed."""

    careline: Careline
    rng: np.random.Generator
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    dies_at: dict[str, float] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)

    def start(self, name: str) -> None:
        """Start one part, and choose the instant of its death."""
        words = [sys.executable, *PARTS[name]]
        with (self.careline.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                words,
                env=self.careline.environment,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        # Most of the first second is spent on loading; the rest falls anywhere into the work.
        self.dies_at[name] = time.monotonic() + float(self.rng.uniform(0.5, LONGEST_LIFE_S))

    def burn(self) -> None:
        """Kill whoever's time has come, and start it anew."""
        for name, process in list(self.processes.items()):
            assert process.poll() is None, f"{name} ended by itself: {self.last_words(name)}"
            if time.monotonic() >= self.dies_at[name]:
                process.kill()
                process.wait()
                self.kills[name] += 1
                self.start(name)

    def last_words(self, name: str) -> str:
        """Return the end of what a part has said."""
        return (self.careline.folder / f"{name}.log").read_text(errors="replace")[-2000:]

    def end(self) -> None:
        """Kill everything for good."""
        for process in self.processes.values():
            process.kill()
            process.wait()


@contextmanager
def on_fire(careline: Careline) -> Iterator[Fire]:
    """Run all parts of a desk; at the end none is left."""
    fire = Fire(careline, np.random.default_rng(17))
    try:
        for name in PARTS:
            fire.start(name)
        yield fire
    finally:
        fire.end()


def finished(seen: dict[str, Any]) -> bool:
    """Tell whether nothing is under way any more."""
    answered = len(seen["out"]) == MAILS and seen["waiting"] == 0
    return answered and all(one["state"] == "sent" for one in seen["outgoing"])


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_comes_twice_when_processes_are_killed_at_random_points(
    dovecot: Dovecot, smtp_sink: SmtpSink
) -> None:
    with installation(CARELINE_LOG_LEVEL="ERROR") as careline:
        ports = {"imap_port": dovecot.port, "smtp_port": smtp_sink.port}
        desk(careline, "prepare", address=ADDRESS, password=dovecot.password, **ports)
        with on_fire(careline) as fire:
            delivered = 0
            while sum(fire.kills.values()) < KILLS:
                fire.burn()
                # Mail comes in over the whole time of the fire.
                if delivered * KILLS < MAILS * (sum(fire.kills.values()) + 1) and delivered < MAILS:
                    dovecot.put(ADDRESS, mail(delivered))
                    delivered += 1
                time.sleep(0.02)
            while delivered < MAILS:
                dovecot.put(ADDRESS, mail(delivered))
                delivered += 1
            until = time.monotonic() + CALM_S
            while not finished(seen := desk(careline, "told")) and time.monotonic() < until:
                time.sleep(1)
        log = "\n".join(fire.last_words(name) for name in PARTS)

    wanted = sorted(f"Parcel {number}" for number in range(MAILS))
    assert sorted(seen["in"]) == wanted, log
    assert sorted(seen["tickets"]) == wanted
    assert sorted(seen["out"]) == sorted(f"Answer to {one}" for one in wanted)
    assert Counter(state for state, _, _ in seen["raw"]) == {"done": MAILS}
    # An acknowledgement and an answer for each mail: each written once, and each sent.
    assert Counter(one["purpose"] for one in seen["outgoing"]) == {"acknowledgement": MAILS, "reply": MAILS}
    assert {one["state"] for one in seen["outgoing"]} == {"sent"}, seen["outgoing"]
    arrived = Counter(one.message["Message-ID"].strip("<> ") for one in smtp_sink.messages)
    assert set(arrived) == {one["mail_id"].strip("<>") for one in seen["outgoing"]}
    twice = {one for one, times in arrived.items() if times > 1}
    assert not twice, f"{twice} came twice"
    assert fire.kills.total() >= KILLS
    assert min(fire.kills.values()) >= KILLS // 6, "every part must have been under fire"
