"""Run a command with DATABASE_URL naming a PostgreSQL: one that answers on this machine, else a private one.

    python scripts/with_postgres.py COMMAND [ARGUMENT...]

The private server lives in a temporary folder, listens on a free port and is gone afterwards.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

# A test database need not survive a power cut.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def answering() -> str | None:
    """Return the address of a server on the standard port that lets us make databases, if there is one."""
    for user in ("postgres", "root"):
        address = f"postgresql://{user}@127.0.0.1:5432"
        try:
            with psycopg.connect(f"{address}/postgres", connect_timeout=3) as connection:
                row = connection.execute(
                    "select rolcreatedb from pg_roles where rolname = current_user"
                ).fetchone()
        except psycopg.OperationalError:
            continue
        if row and row[0]:
            return address
    return None


def programs() -> Path:
    """Return the folder with the newest installed PostgreSQL server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).resolve().parent
    sys.exit("No PostgreSQL answers on 127.0.0.1:5432 and none is installed: apt-get install postgresql")


def as_server(*command: str | Path) -> None:
    """Run a server program, as the user postgres when we are root, which PostgreSQL refuses to be."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    words = [*prefix, *map(str, command)]
    # The server outlives pg_ctl and would keep a pipe open, so its words go to a file.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/")
        if done.returncode:
            said.seek(0)
            sys.exit(f"{said.read()}\nThis command failed: {' '.join(words)}")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def private_server() -> Iterator[str]:
    """Start a server of our own, give its address, and take it away afterwards."""
    binaries, port = programs(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="careline-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    data = folder / "data"
    as_server(binaries / "initdb", "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-sync")
    settings = {**CARELESS, "listen_addresses": "127.0.0.1", "unix_socket_directories": str(folder)}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    server = (binaries / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", f"-p {port} {options}")
    try:
        as_server(*server, "start")
        yield f"postgresql://postgres@127.0.0.1:{port}"
    finally:
        as_server(binaries / "pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def run(command: list[str], address: str) -> int:
    """Run the command against a database name that no other run uses."""
    environment = {
        **os.environ,
        "DATABASE_URL": f"{address}/careline_{os.getpid()}",
        "PGOPTIONS": "-c synchronous_commit=off",
    }
    return subprocess.run(command, env=environment).returncode


def main() -> None:
    """Run the command and end with its exit code."""
    command = sys.argv[1:]
    if not command:
        sys.exit(__doc__)
    address = answering()
    if address:
        sys.exit(run(command, address))
    with private_server() as own:
        code = run(command, own)
    sys.exit(code)


if __name__ == "__main__":
    main()
