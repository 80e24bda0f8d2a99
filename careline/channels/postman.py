"""The process that carries mail: started when something is due, one on each machine, ended when idle.

It is apart from the worker so that nothing that kills the worker breaks a mail off between its last byte and
the server's answer, where nobody could say whether it arrived (docs/adr/0004).
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)
LOOK_EVERY_S = 0.2
IDLE_S = 60.0  # starting takes a second; between two replies of a busy desk it stays
MOST_FAILURES = 20  # a second apart: without its database it is of no use
ENDS_WITHIN_S = 20.0
_child: subprocess.Popen[bytes] | None = None


def ensure() -> bool:
    """See to it that a postman is at work on this machine; say whether one had to be started."""
    global _child
    if (_child is not None and _child.poll() is None) or not _is_free():
        return False
    _child = subprocess.Popen(
        [sys.executable, "-m", "careline.channels.postman", _database()],
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # what interrupts us does not interrupt a mail
    )
    return True


@atexit.register
def dismiss() -> None:
    """Let our postman finish the mail in hand, and end."""
    if _child is not None and _child.poll() is None:
        _child.terminate()


def _database() -> str:
    from django.db import connection  # noqa: PLC0415 - the child reads this file before Django is set up

    return str(connection.settings_dict["NAME"])


def _lock_file() -> Path:
    from django.conf import settings  # noqa: PLC0415

    return Path(settings.VAR) / "postman.lock"


def _is_free() -> bool:
    with _lock() as mine:
        return mine


@contextlib.contextmanager
def _lock() -> Iterator[bool]:
    """Hold the lock of this machine's postman; the system lets go of it when the process dies."""
    with _lock_file().open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


def main(database: str) -> None:
    """Carry mail until nothing has been due for a while, or until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careline.config.settings")
    import django  # noqa: PLC0415

    django.setup()
    if _database() != database:  # somebody plays with another database than we would write to
        return
    with _lock() as mine:
        if mine:
            _carry(stop)


def _carry(stop: threading.Event) -> None:
    from careline.channels import post  # noqa: PLC0415

    parent, busy_at, failures = os.getppid(), time.monotonic(), 0
    while not stop.is_set() and failures < MOST_FAILURES:
        try:
            busy = post.look(stop=stop)
            failures = 0
        except Exception:
            log.exception("the postman stumbled; it goes on in a second")
            failures, busy = failures + 1, False
            stop.wait(1)
        busy_at = time.monotonic() if busy else busy_at
        # Left alone, it ends as soon as nothing is due: the next worker starts one of its own.
        if time.monotonic() - busy_at > (IDLE_S if os.getppid() == parent else 1.0):
            break
        stop.wait(LOOK_EVERY_S)
    post.wait(ENDS_WITHIN_S)


if __name__ == "__main__":
    main(sys.argv[1])
