"""An import that is killed goes on where it stopped, and ends as one that was not."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.config.conftest import inside
from tests.real.careline import Careline, installation
from tests.real.ports import wait_until

TICKETS = 3_000
# Everything that an import leaves, by the names of the source, so that ids do not matter.
CONTENTS = """
from careline.core.models import ExternalId
from careline.tickets.models import Message, Ticket, TicketTag
from careline.sla.models import Clock
names = dict(ExternalId.objects.filter(kind="ticket").values_list("object_id", "external_id"))
plain = ("subject", "category", "priority", "channel", "opened_at", "changed_at", "last_in_at", "last_out_at",
         "waiting_since", "solved_at", "reopens", "message_count", "preview", "version")
others = ("status", "customer", "team", "assignee", "reason")
tickets = sorted([names[t.pk], *(str(getattr(t, one)) for one in (*plain, *others))]
                 for t in Ticket.objects.select_related(*others))
messages = sorted([names[m.ticket_id], m.kind, m.text, str(m.at), str(m.author), str(m.person)]
                  for m in Message.objects.select_related("author", "person"))
told = Event.objects.filter(subject_kind="ticket")
history = sorted([names[e.subject_id], e.kind, str(e.at), e.origin] for e in told)
clocks = sorted([names[c.ticket_id], c.metric, c.cycle, c.outcome] for c in Clock.objects.all())
tags = sorted([names[t.ticket_id], t.tag.name] for t in TicketTag.objects.select_related("tag"))
known = [ExternalId.objects.filter(kind=kind).count() for kind in ("ticket", "message", "person", "user")]
answer = [tickets, messages, history, clocks, tags, known, User.objects.count()]
"""

pytestmark = pytest.mark.slow


def write_chats(path: Path) -> None:
    with path.open("w") as out:
        for number in range(TICKETS):
            begun = 1_767_600_000 + number * 60
            events = [
                {"who": "customer", "ts": begun, "text": f"Question {number}"},
                {"who": "agent", "ts": begun + 30, "text": "Answer", "step": None},
            ]
            row = {"id": number, "tasks": [f"task_{number % 7}"], "agent": f"agent-{number % 11}"}
            out.write(json.dumps({**row, "customer": f"customer-{number % 97}", "events": events}) + "\n")


def contents(careline: Careline) -> Any:
    return inside(careline, CONTENTS)


def count(careline: Careline) -> int:
    """Count tickets straight from the database: starting Django would take longer than the import does."""
    address = careline.environment["DATABASE_URL"]
    if address:
        with psycopg.connect(address) as connection:
            (found,) = connection.execute("select count(*) from tickets_ticket").fetchone() or (0,)
            return int(found)
    with closing(sqlite3.connect(careline.folder / "careline.sqlite3", timeout=20)) as connection:
        return int(connection.execute("select count(*) from tickets_ticket").fetchone()[0])


def test_a_killed_import_ends_like_a_clean_one(tmp_path: Path) -> None:
    file = tmp_path / "chats.jsonl"
    write_chats(file)
    words = ("import", str(file), "--map", "star", "--json")
    with installation() as killed, installation() as clean:
        killed.run("migrate")
        process = subprocess.Popen(
            [killed.command, *words],
            env=killed.environment,
            cwd=killed.cwd,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_until(
            lambda: count(killed) > 0 or process.poll() is not None, what="the first batch", seconds=60
        )
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        half = count(killed)
        assert 0 < half < TICKETS, "it was to be killed in the middle"
        again = json.loads(killed.run(*words))
        assert (again["tickets"], again["already_in"], again["skipped"]) == (TICKETS - half, half, 0)
        assert json.loads(clean.run(*words))["tickets"] == TICKETS
        assert contents(killed) == contents(clean)
