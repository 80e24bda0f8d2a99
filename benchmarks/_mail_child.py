"""Our intake in a process of its own: keep each mail durably, take all in, print the seconds."""

from __future__ import annotations

import json
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import _grow

TOGETHER = 50  # kept in one transaction, as the IMAP reader does


def keep_all(box: Any, mails: list[Path], now: datetime) -> None:
    """Keep the mails as the IMAP reader does."""
    from careline.channels import disk
    from careline.channels.actions.store import Incoming, durably, keep

    for start in range(0, len(mails), TOGETHER):
        incoming = [Incoming(path.read_bytes(), now) for path in mails[start : start + TOGETHER]]
        disk.put_all(one.raw for one in incoming)
        with durably():
            keep(mailbox=box, mails=incoming)


def main() -> None:
    """Measure."""
    folder, address, mails = Path(sys.argv[1]), sys.argv[2], sorted(Path(sys.argv[3]).iterdir())
    _grow.start(folder, address)
    from careline.channels import guard
    from careline.channels.actions import take_in_waiting
    from careline.channels.models import Mailbox
    from careline.channels.queries import intake_counts
    from careline.core.models import Brand

    now, tickets = datetime.now(UTC), int(sys.argv[4])
    if tickets:
        _grow.fill(tickets, now=now)
    box = Mailbox.objects.create(
        name="Care",
        address="care@desk.test",
        brand=Brand.objects.first() or Brand.objects.create(name="Desk", token="Desk"),
        acknowledge=True,
        inbound={"kind": "smtp"},
        outbound={"host": "127.0.0.1", "port": 2525, "security": "none"},
    )
    began, cpu = perf_counter(), process_time()
    keep_all(box, mails, now)
    kept = perf_counter()
    while take_in_waiting(now):
        pass
    done, cpu = perf_counter(), process_time() - cpu
    guard.close_all()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu += children.ru_utime + children.ru_stime
    told = {"seconds": done - began, "keeping": kept - began, "cpu": cpu, "mails": intake_counts().done}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
