"""Parse mail in a limited child process, so that no mail can stop or fill the one that takes mail in."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from careline.calc.mail.shapes import Mail
from careline.channels.wire import HEAD, frame, unpack_mail

SECONDS = 20.0
MEMORY_MB = 1_024
MAILS_PER_CHILD = 1_000  # then a fresh one: fragmentation and slow leaks never add up
_CHUNK = 1 << 20
_SENTENCES = {
    "time": "The mail took too long to read and was set aside.",
    "memory": "The mail needed too much memory to read and was set aside.",
    "crash": "Reading the mail ended unexpectedly; it was set aside.",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a mail could not be parsed within its limits."""

    reason: Literal["time", "memory", "crash"]

    @property
    def sentence(self) -> str:
        """A sentence for the person who looks at the quarantine."""
        return _SENTENCES[self.reason]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one mail may take: wall clock and processor [s], address space [MB]."""

    seconds: float = SECONDS
    memory_mb: int = MEMORY_MB


@dataclass(frozen=True, slots=True)
class Own:
    """What the parser should know of us."""

    domains: Sequence[str] = ()
    addresses: Sequence[str] = ()
    instance: str = ""
    separators: Sequence[str] = ()


class _Gone(Exception):
    """The child process ended."""


@dataclass(slots=True)
class Worker:
    """One child process that parses mail after mail; not for use by two threads at once."""

    mails: int = 0
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def parse(self, raw: bytes, own: Own, limits: Limits) -> Mail | Failure:
        """Return the parsed mail, or why it could not be parsed in its limits."""
        deadline = time.monotonic() + limits.seconds
        asked = {
            "seconds": limits.seconds,
            "memory_mb": limits.memory_mb,
            "own_domains": list(own.domains),
            "own_addresses": list(own.addresses),
            "instance": own.instance,
            "separators": list(own.separators),
        }
        try:
            told, content = self._exchange(frame(asked, raw), deadline)
            return unpack_mail(told["mail"], content) if "mail" in told else self._failed("memory")
        except TimeoutError:
            return self._failed("time")
        except _Gone:
            return self._failed("time" if self._ended_by_time() else "crash")
        except (KeyError, TypeError, ValueError):
            return self._failed("crash")

    def close(self) -> None:
        """End the child process."""
        child, self._child, self.mails = self._child, None, 0
        if child is None:
            return
        child.kill()
        child.wait()
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()

    def interrupt(self) -> None:
        """Kill the child process; may be called from any thread, and the thread at work finds it gone."""
        child = self._child
        if child is not None:
            child.kill()

    def _failed(self, reason: Literal["time", "memory", "crash"]) -> Failure:
        self.close()
        return Failure(reason)

    def _ended_by_time(self) -> bool:
        if self._child is None:
            return False
        code = self._child.wait()
        return code in (-24, 128 + 24)  # SIGXCPU

    def _exchange(self, request: bytes, deadline: float) -> tuple[dict[str, Any], bytes]:
        child = self._ready()
        self.mails += 1
        answer = _Answer()
        with selectors.DefaultSelector() as waiting:
            waiting.register(child.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]
            waiting.register(child.stdin, selectors.EVENT_WRITE)  # type: ignore[arg-type]
            left = memoryview(request)
            while not answer.complete:
                ready = waiting.select(max(0.0, deadline - time.monotonic()))
                if not ready:
                    raise TimeoutError
                for key, _ in ready:
                    left = _move(key.fileobj, child, left, answer, waiting)
        return answer.read()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is not None and (self.mails >= MAILS_PER_CHILD or self._child.poll() is not None):
            self.close()
        if self._child is None:
            self._child = _start()
        return self._child


@dataclass(slots=True)
class _Answer:
    """Bytes of the answer so far."""

    data: bytearray = field(default_factory=bytearray)

    @property
    def complete(self) -> bool:
        """Tell whether the frame has come in full."""
        if len(self.data) < HEAD.size:
            return False
        told, content = HEAD.unpack_from(self.data)
        return bool(len(self.data) >= HEAD.size + told + content)

    def read(self) -> tuple[dict[str, Any], bytes]:
        """Return JSON and content."""
        told, content = HEAD.unpack_from(self.data)
        after = HEAD.size + told
        return json.loads(self.data[HEAD.size : after]), bytes(self.data[after : after + content])


def _move(
    pipe: Any,
    child: subprocess.Popen[bytes],
    left: memoryview,
    answer: _Answer,
    waiting: selectors.DefaultSelector,
) -> memoryview:
    """Read or write what the pipe takes now; return what is left to write."""
    try:
        if pipe is child.stdout and pipe is not None:
            data = os.read(pipe.fileno(), _CHUNK)
            if not data:
                raise _Gone
            answer.data += data
            return left
        left = left[os.write(pipe.fileno(), left[:_CHUNK]) :]
    except BlockingIOError:
        return left
    except BrokenPipeError:
        raise _Gone from None
    if not left:
        waiting.unregister(pipe)
    return left


def _start() -> subprocess.Popen[bytes]:
    # Neither secrets nor settings of ours: only where Python finds the code.
    root = str(Path(__file__).resolve().parents[2])
    env = {"PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)]), "PATH": os.environ.get("PATH", "")}
    command = [sys.executable, "-m", "careline.channels.mail_child"]
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=env,
        start_new_session=True,
    )
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            os.set_blocking(pipe.fileno(), False)
    return child


_local = threading.local()
_all: list[Worker] = []


def _worker() -> Worker:
    """Return this thread's worker; a forked process starts its own."""
    held: tuple[int, Worker] | None = getattr(_local, "held", None)
    if held is None or held[0] != os.getpid():
        held = (os.getpid(), Worker())
        _local.held = held
        _all.append(held[1])
    return held[1]


@atexit.register
def close_all() -> None:
    """End the child processes of this process."""
    while _all:
        _all.pop().close()


def stop_all() -> None:
    """Let whoever waits for a child process of this process stop waiting."""
    for worker in list(_all):
        worker.interrupt()


def parse_limited(
    raw: bytes, *, seconds: float = SECONDS, memory_mb: int = MEMORY_MB, own: Own | None = None
) -> Mail | Failure:
    """Parse a mail in a child process that the system limits; return within `seconds`, whatever the mail
    does.

    Parameters
    ----------
    raw : bytes
        The message.
    seconds : float
        Wall clock and processor time. [s]
    memory_mb : int
        Address space of the child. [MB]
    own : Own, optional
        Our domains, addresses, instance name and separators.

    Returns
    -------
    Mail or Failure
    """
    return _worker().parse(raw, own or Own(), Limits(seconds, memory_mb))
