"""Careline as its users start it: its own processes, its own folder, its own database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.real.ports import free_port, wait_until

ROOT = Path(__file__).resolve().parents[2]
COMMAND = Path(sys.executable).parent / "careline"
START_S = 90


@dataclass(frozen=True)
class Careline:
    """An installation on disk, running or not."""

    port: int
    folder: Path
    environment: dict[str, str]
    command: Path = COMMAND
    cwd: Path = ROOT

    @property
    def url(self) -> str:
        """Return the address of the first page, without a slash at the end."""
        return f"http://localhost:{self.port}"

    @property
    def log(self) -> str:
        """Return what the processes have said."""
        path = self.folder / "up.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def run(self, *words: str, code: int = 0) -> str:
        """Run `careline WORDS...` on this installation and return what it printed."""
        done = subprocess.run(
            [self.command, *words],
            env=self.environment,
            cwd=self.cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def is_healthy(self) -> bool:
        """Tell whether all parts answer that they live."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return answer.status == 200
        except (URLError, ConnectionError, TimeoutError) as failure:
            if isinstance(failure, HTTPError):
                failure.close()
            return False


@contextmanager
def installation(**environment: str) -> Iterator[Careline]:
    """Give an installation of its own, empty and not started; further settings as keywords."""
    folder, port = Path(tempfile.mkdtemp(prefix="careline-")), free_port()
    own = {"CARELINE_VAR": str(folder), "PORT": str(port), "CARELINE_URL": f"http://localhost:{port}"}
    try:
        with database() as address:
            yield Careline(port, folder, {**os.environ, **own, "DATABASE_URL": address, **environment})
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def database() -> Iterator[str]:
    """Give the address of an empty database; of the file in its folder when it is blank."""
    server = urlsplit(os.environ.get("DATABASE_URL", ""))
    if not server.scheme.startswith("postgres"):
        yield ""
        return
    import psycopg

    name = f"careline_{uuid.uuid4().hex[:12]}"
    maintenance = urlunsplit(server._replace(path="/postgres"))
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    try:
        yield urlunsplit(server._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(maintenance, autocommit=True) as connection:
            connection.execute(f'drop database "{name}" with (force)')


@contextmanager
def running(careline: Careline) -> Iterator[Careline]:
    """Start `careline up`, wait until it is healthy, and stop all its processes at the end."""
    with (careline.folder / "up.log").open("w") as log:
        process = subprocess.Popen(
            [careline.command, "up"],
            env=careline.environment,
            cwd=careline.cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        wait_until(
            lambda: careline.is_healthy() or process.poll() is not None,
            what="the start of Careline",
            seconds=START_S,
        )
        assert process.poll() is None, careline.log
        yield careline
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end, and end its whole group when it does not within 20 seconds."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture(scope="module")
def careline_server() -> Iterator[Careline]:
    """Give a running Careline to the tests of one module; it starts empty, on its first page."""
    with installation() as careline, running(careline):
        yield careline
