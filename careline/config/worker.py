"""The part that works in the background: jobs in two lanes, ticks, schedules, and a pulse over them.

A slow job must not hold up quick ones, so it has a lane of its own. The pulse keeps the leases of what is
being worked on; when a job or a tick hangs beyond its time, it ends the whole process, and the supervisor
starts another.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import close_old_connections, connection
from django.utils import timezone
from django.utils.module_loading import import_string

from careline.config.changes import Changes
from careline.config.schedule import SCHEDULES, TICKS
from careline.core import alive, queue, schedules
from careline.core.models import Job

log = logging.getLogger(__name__)
LANES = (("default", "mail"), ("slow",))
IDLE_S = 0.1
LOOK_AGAIN_S = 1.0  # work planned for later comes due without any change in the database
EXTEND_EVERY_S = 15.0
PULSE_S = 2.0
HUNG = 75  # exit status


@dataclass
class Doing:
    """What a thread is at, since when, and how long that may take [s]."""

    what: str = ""
    since: float = 0.0
    longest_s: float = 0.0

    def begin(self, what: str, longest_s: float) -> None:
        """Note that something begins."""
        self.what, self.longest_s, self.since = what, longest_s, time.monotonic()

    def end(self) -> None:
        """Note that nothing is being done."""
        self.what = ""

    def hangs(self) -> bool:
        """Say whether it takes longer than it may."""
        return bool(self.what) and time.monotonic() - self.since > self.longest_s


class Worker:
    """One process of background work."""

    def __init__(self, stop: threading.Event, clock: Callable[[], datetime] = timezone.now) -> None:
        self.stop, self.clock = stop, clock
        self.name = alive.new_name()
        self.doing: dict[str, Doing] = {}

    def run(self) -> None:
        """Work until told to stop."""
        threads = [self._thread("+".join(lane), self._lane(lane)) for lane in LANES]
        threads.append(self._thread("ticks", self._ticks))
        for thread in threads:
            thread.start()
        self._pulse()
        limit = time.monotonic() + 7
        for thread in threads:
            thread.join(max(0.0, limit - time.monotonic()))

    def _thread(self, name: str, loop: Callable[[Doing], None]) -> threading.Thread:
        doing = self.doing[name] = Doing()
        return threading.Thread(target=self._keep_on, args=(loop, doing), name=name, daemon=True)

    def _keep_on(self, loop: Callable[[Doing], None], doing: Doing) -> None:
        while not self.stop.is_set():
            try:
                close_old_connections()
                loop(doing)
            except Exception:  # most likely the database: wait for it to come back
                log.exception("background work stumbled; it goes on in a second")
                connection.close()
                self.stop.wait(1)
        connection.close()

    def _lane(self, queues: tuple[str, ...]) -> Callable[[Doing], None]:
        def before(doing: Doing) -> Callable[[Job], bool]:
            def note(job: Job) -> bool:
                doing.begin(f"job {job.pk} {job.task}", _longest_s(job))
                return not self.stop.is_set()

            return note

        def work(doing: Doing) -> None:
            changes, looked = Changes(), 0.0
            while not self.stop.is_set():
                if changes.seen() or time.monotonic() - looked > LOOK_AGAIN_S:
                    looked = time.monotonic()
                    while queue.work_once(
                        worker=self.name, clock=self.clock, queues=queues, before=before(doing)
                    ):
                        pass
                    doing.end()
                    close_old_connections()
                self.stop.wait(max(IDLE_S, changes.pause_s))

        return work

    def _ticks(self, doing: Doing) -> None:
        told: dict[str, float] = {}
        while not self.stop.is_set():
            start = time.monotonic()
            for name, tick in TICKS.items():
                doing.begin(f"tick {name}", queue.LONGEST_S)
                try:
                    tick(self.clock())
                except Exception:  # one bad tick must not stop the others
                    if start - told.get(name, -60.0) >= 60:  # each second would drown the log
                        told[name] = start
                        log.exception("%s failed", name)
            doing.end()
            close_old_connections()
            self.stop.wait(max(0.05, 1 - (time.monotonic() - start)))

    def _pulse(self) -> None:
        extended = 0.0
        while not self.stop.is_set():
            self._end_if_hung()
            try:
                close_old_connections()
                if time.monotonic() - extended > EXTEND_EVERY_S:
                    queue.extend(worker=self.name, now=self.clock())
                    extended = time.monotonic()
                queue.release_expired(now=self.clock())
                for worker in queue.holders():
                    if alive.is_dead(worker):
                        queue.release_held(worker=worker, now=self.clock())
                schedules.start_due(SCHEDULES, now=self.clock())
            except Exception:
                log.exception("the pulse of the background work stumbled; it goes on in a second")
                connection.close()
            self.stop.wait(PULSE_S)

    def _end_if_hung(self) -> None:
        for doing in self.doing.values():
            if doing.hangs():
                log.error(
                    "%s has taken more than %d s: starting anew without it", doing.what, doing.longest_s
                )
                os._exit(HUNG)


def _longest_s(job: Job) -> float:
    try:
        return float(getattr(import_string(job.task), "longest_s", queue.LONGEST_S))
    except ImportError:
        return queue.LONGEST_S
