"""The parts of a running Careline, and how one of them lives: `python -m careline.config.parts NAME`."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec

from careline.config.environment import value

log = logging.getLogger(__name__)
ALL = ("web", "work", "mail")
PR_SET_PDEATHSIG = 1


def expected() -> tuple[str, ...]:
    """Return the parts of this installation: CARELINE_PARTS, else all there are."""
    chosen = [name.strip() for name in value("CARELINE_PARTS", "").split(",") if name.strip()]
    return tuple(name for name in ALL if name in (chosen or ALL) and exists(name))


def exists(name: str) -> bool:
    """Say whether a part is installed."""
    return name != "mail" or find_spec("careline.channels.intake_loop") is not None


def web(stop: threading.Event) -> None:
    """Serve the pages and the live feed."""
    from careline.config import server

    server.run(stop)


def work(stop: threading.Event) -> None:
    """Do the background work."""
    from careline.config.worker import Worker

    Worker(stop).run()


def mail(stop: threading.Event) -> None:
    """Fetch and receive mail."""
    from importlib import import_module

    from django.utils import timezone

    import_module("careline.channels.intake_loop").main(stop=stop, clock=timezone.now)


MAINS: dict[str, Callable[[threading.Event], None]] = {"web": web, "work": work, "mail": mail}


def main(name: str) -> None:
    """Live as one part until told to stop, or until the supervisor is gone."""
    supervisor = int(os.environ.get("CARELINE_SUPERVISOR", "0"))
    _die_with(supervisor)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "careline.config.settings")
    import django

    django.setup()
    threading.Thread(target=_pulse, args=(name, supervisor, stop), daemon=True, name="pulse").start()
    MAINS[name](stop)


def _die_with(supervisor: int) -> None:
    if supervisor and sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if supervisor and os.getppid() != supervisor:
        raise SystemExit(1)


def _pulse(name: str, supervisor: int, stop: threading.Event) -> None:
    from django.db import close_old_connections, connection
    from django.utils import timezone

    from careline.core import heartbeat

    while not stop.is_set():
        if supervisor and os.getppid() != supervisor:
            log.error("%s: the supervisor is gone, so this part ends too", name)
            os.kill(os.getpid(), signal.SIGTERM)
        try:
            close_old_connections()
            heartbeat.beat(name, now=timezone.now(), pid=os.getpid())
        except Exception:  # without a database there is no sign of life, and that is the truth
            log.exception("%s could not give a sign of life", name)
            connection.close()
        stop.wait(heartbeat.EVERY_S)


if __name__ == "__main__":
    main(sys.argv[1])
