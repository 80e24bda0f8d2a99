"""Mails a second that become conversations, beside django-helpdesk's intake, on one engine and this machine.

Twice: into an empty desk where sending costs nothing, and into a desk of 100,000 tickets (BENCH_TICKETS) that
acknowledges through a mail server. The same thousand mails, in order, in one process each; ours parses in
children that the system limits, as always, and starts them within the measured time. Ours keeps each mail on
disk, synchronised, before anything reads it, runs the service clocks, and writes acknowledgements into the
outbox; theirs renders and sends them while it reads. On the engine of BENCH_POSTGRES where that is set.

Aim: at least twice as many mails a second in both cases. Seen on two cores: SQLite 4.4 in service, 1.5 on an
empty desk; PostgreSQL, on a busy machine, 1.7 with 2,000 tickets and 1.2 on an empty desk.
Processor time a mail (children included) is printed beside the rate: a busy machine disturbs it less.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import _grow
import _mails
import _peer
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

HERE = Path(__file__).resolve().parent
TICKETS = int(os.environ.get("BENCH_TICKETS", "100000"))


def ours(mails: Path, tickets: int) -> dict[str, Any]:
    """Return what our intake took."""
    folder = _grow.fresh_folder()
    try:
        with _grow.database("careline_bench_mail") as address:
            command = [sys.executable, HERE / "_mail_child.py", folder, address, mails, str(tickets)]
            done = subprocess.run(command, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
        told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return told
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def theirs(mails: Path, tickets: int, smtp_port: int) -> dict[str, Any]:
    """Return what django-helpdesk's took; without a port, what it sends goes nowhere at once."""
    folder = _grow.fresh_folder()
    try:
        with _grow.database("careline_bench_mail_peer") as address:
            words = (str(mails), str(tickets), str(smtp_port))
            return _peer.run(HERE / "_peer_mail.py", *words, folder=folder, database=address)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def mail_server() -> Iterator[int]:
    """Give the port of a mail server that takes everything."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = Controller(Sink(), hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield port
    finally:
        server.stop()


def compare(name: str, mails: Path, tickets: int, smtp_port: int) -> None:
    """Measure both and print the ratio."""
    our = ours(mails, tickets)
    our_rate = our["mails"] / our["seconds"]
    spent = our["cpu"] / our["mails"] * 1_000
    told = f"{our['mails']} in {our['seconds']:.2f} s; {spent:.1f} ms each"
    print(f"{name}: ours {our_rate:.0f} mails a second ({told})")
    try:
        peer = theirs(mails, tickets, smtp_port)
    except _peer.Absent as reason:
        print(f"  django-helpdesk could not be installed, so it is not compared: {reason}")
        return
    rate = (_mails.COUNT - peer["failed"]) / peer["seconds"]
    spent = peer["cpu"] / (_mails.COUNT - peer["failed"]) * 1_000
    told = f"{rate:.0f} mails a second ({spent:.1f} ms each)"
    print(f"  django-helpdesk {_peer.VERSION} {told}; ratio {our_rate / rate:.1f}")


def main() -> None:
    """Measure."""
    mails = _grow.fresh_folder()
    try:
        _mails.write(mails)
        compare("empty desk, sending costs nothing", mails, 0, 0)
        with mail_server() as port:
            compare(f"desk of {TICKETS:,} tickets, acknowledging", mails, TICKETS, port)
    finally:
        shutil.rmtree(mails, ignore_errors=True)


if __name__ == "__main__":
    main()
