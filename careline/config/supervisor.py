"""`careline up`: one command that starts all parts, keeps them alive, and ends them together."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field

log = logging.getLogger(__name__)
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
SETTLED_S = 60.0  # a part that lived this long has got over what ailed it
END_WITHIN_S = 8.0
BACKLOG = 2_048


class PortInUse(Exception):
    """Another program listens on the port."""


@dataclass
class Part:
    """One child process: what it is, its life, and when it may be started again."""

    name: str
    environment: dict[str, str]
    descriptors: tuple[int, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait_s: float = FIRST_WAIT_S
    again_at: float = 0.0
    deaths: int = field(default=0)

    def start(self) -> None:
        """Start it."""
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "careline.config.parts", self.name],
            env=self.environment,
            pass_fds=self.descriptors,
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl+C reaches the supervisor alone, which ends the parts in order
        )

    def look_after(self) -> None:
        """Note a death, and start it again when its time has come."""
        if self.process is None:
            if time.monotonic() >= self.again_at:
                self.start()
        elif (status := self.process.poll()) is not None:
            self._mourn(status)

    def _mourn(self, status: int) -> None:
        lived = time.monotonic() - self.started
        self.process = None
        self.deaths = 1 if lived > SETTLED_S else self.deaths + 1
        self.wait_s = FIRST_WAIT_S if self.deaths == 1 else min(self.wait_s * 2, LONGEST_WAIT_S)
        self.again_at = time.monotonic() + self.wait_s
        say(f"{self.name} ended ({_how(status)}); it starts again in {self.wait_s:g} s.")
        if self.deaths == 5:
            say(f"{self.name} does not stay up. Read what it says above, and try: careline doctor")

    def signal(self, number: int) -> None:
        """Send a signal to it, if it lives."""
        if self.process and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def say(text: str) -> None:
    """Tell the operator one line."""
    sys.stderr.write(f"careline: {text}\n")
    sys.stderr.flush()


def open_port(bind: str, port: int) -> socket.socket:
    """Return a socket that listens; the parts inherit it, so that a restart of one loses no connection.

    Raises
    ------
    PortInUse
        Somebody else has the port, or it is not ours to take.
    """
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((bind, port))
        listening.listen(BACKLOG)
    except PermissionError as error:
        raise PortInUse(f"Port {port} needs special rights. Choose one above 1023: PORT=8000") from error
    except OSError as error:
        other = f"PORT={port + 1} careline up" if port < 65535 else "PORT=8000 careline up"
        raise PortInUse(
            f"Cannot listen on {bind}:{port} ({error.strerror}). If another program has this port, stop it, "
            f"or choose another: {other}"
        ) from error
    return listening


def make_parts(names: tuple[str, ...], listening: socket.socket | None, *, web_processes: int) -> list[Part]:
    """Return the children to start; of the web part, as many as asked for."""
    environment = {**os.environ, "CARELINE_SUPERVISOR": str(os.getpid())}
    made: list[Part] = []
    for name in names:
        if name == "web" and listening:
            descriptor = listening.fileno()
            own = {**environment, "CARELINE_SOCKET": str(descriptor)}
            made += [Part("web", own, (descriptor,)) for _ in range(web_processes)]
        else:
            made.append(Part(name, environment))
    return made


def keep_alive(parts: list[Part], *, when_ready: Callable[[], None], url: str) -> None:
    """Run the parts until a signal asks to stop, then end them all within ten seconds."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    threading.Thread(target=_announce, args=(url, when_ready, stop), daemon=True).start()
    while not stop.is_set():
        for part in parts:
            part.look_after()
        stop.wait(0.1)
    end(parts)


def end(parts: list[Part]) -> None:
    """Ask all parts to end, and end those that do not."""
    for part in parts:
        part.signal(signal.SIGTERM)
    limit = time.monotonic() + END_WITHIN_S
    for part in parts:
        if part.process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                part.process.wait(max(0.0, limit - time.monotonic()))
    for part in parts:
        part.signal(signal.SIGKILL)


def _announce(url: str, when_ready: Callable[[], None], stop: threading.Event) -> None:
    while not stop.wait(0.1):
        try:
            with urllib.request.urlopen(f"{url}/healthz", timeout=5):
                when_ready()
                return
        except (urllib.error.URLError, OSError):
            continue
