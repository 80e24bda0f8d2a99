"""Fills an empty Careline with as many tickets as a claim needs: two in a hundred open, the rest solved."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

OPEN_EVERY = 50
PEOPLE = 20_000
TEXT = "The parcel has not come, and nobody at the depot knows of it. " * 4


@contextmanager
def database(name: str) -> Iterator[str]:
    """Give the address of an empty database: a file of its own, or one of the server in BENCH_POSTGRES."""
    server = os.environ.get("BENCH_POSTGRES", "")
    if not server:
        yield ""
        return
    import psycopg

    with psycopg.connect(f"{server}/postgres", autocommit=True) as server_connection:
        server_connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]
        server_connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type]
        try:
            yield f"{server}/{name}"
        finally:
            server_connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")  # type: ignore[arg-type]


def start(folder: Path, address: str = "") -> None:
    """Set Django up on a folder and database of its own, and make the tables."""
    os.environ |= {
        "CARELINE_VAR": str(folder),
        "DATABASE_URL": address,
        "DJANGO_SETTINGS_MODULE": "careline.config.settings",
    }
    import django

    django.setup()
    from careline.config.migrate import up_to_date

    up_to_date()


def fill(count: int, *, now: datetime) -> Any:
    """Write tickets, messages, events and clocks; return a manager who sees them all."""
    from careline.config.demo import bulk
    from careline.core.actions.roles import make_default_roles
    from careline.core.models import Brand, Team, User
    from careline.customers.models import Address, Person
    from careline.tickets.models import Message, Status, Ticket

    roles = make_default_roles()
    user = User.objects.create(email="mara@desk.example", name="Mara", joined_at=now)
    user.roles.add(roles["manager"])
    brand = Brand.objects.create(name="Lumen", token="Lumen")
    teams = [Team.objects.create(name=f"Team {number}") for number in range(4)]
    for team in teams:
        user.memberships.create(team=team)
    bulk.insert(
        Person, ("id", "name", "created_at"), ((pk, f"Customer {pk}", now) for pk in range(1, PEOPLE + 1))
    )
    rows = ((pk, "email", f"customer{pk}@example.net", True) for pk in range(1, PEOPLE + 1))
    bulk.insert(Address, ("person_id", "kind", "value", "primary"), rows)
    statuses = dict(Status.objects.filter(default=True).values_list("category", "pk"))
    facts = Facts(
        count, now=now, user=user.pk, brand=brand.pk, teams=[team.pk for team in teams], statuses=statuses
    )
    facts.write()
    bulk.reset_sequences(Ticket, Person, Message)
    bulk.analyse()
    return user


class Facts:
    """The rows of all tickets, made while they are written."""

    def __init__(
        self, count: int, *, now: datetime, user: int, brand: int, teams: list[int], statuses: dict[str, int]
    ) -> None:
        self.count, self.now, self.user, self.brand = count, now, user, brand
        self.teams, self.statuses = teams, statuses

    def write(self) -> None:
        """Write them, table by table."""
        from careline.config.demo import bulk
        from careline.core.models import Event
        from careline.sla.models import Clock
        from careline.tickets.models import Message, Ticket

        bulk.insert(Ticket, TICKET, map(self._ticket, range(1, self.count + 1)))
        bulk.insert(Message, MESSAGE, (row for pk in range(1, self.count + 1) for row in self._messages(pk)))
        bulk.insert(Event, EVENT, (row for pk in range(1, self.count + 1) for row in self._events(pk)))
        bulk.insert(Clock, CLOCK, (row for pk in range(1, self.count + 1) for row in self._clocks(pk)))

    def _opened(self, pk: int) -> datetime:
        return self.now - timedelta(minutes=self.count - pk)

    def _is_open(self, pk: int) -> bool:
        return pk % OPEN_EVERY == 0

    def _ticket(self, pk: int) -> tuple[Any, ...]:
        opened, is_open = self._opened(pk), self._is_open(pk)
        category = "open" if is_open else "closed"
        waiting = opened if is_open else None
        solved = None if is_open else opened + timedelta(hours=3)
        due = opened + timedelta(hours=8) if is_open else None
        return (
            pk, self.brand, f"Where is parcel {pk}", pk % PEOPLE + 1, self.statuses[category], category,
            pk % 4 + 1, self.teams[pk % 4], self.user if pk % 3 else None, opened, opened, opened, None,
            waiting, solved, solved, 2, TEXT[:160], due, "resolution" if due else "",
        )  # fmt: skip

    def _messages(self, pk: int) -> Iterator[tuple[Any, ...]]:
        opened = self._opened(pk)
        yield pk * 2 - 1, pk, "in", None, pk % PEOPLE + 1, TEXT, TEXT, opened
        yield pk * 2, pk, "note" if self._is_open(pk) else "out", self.user, None, TEXT, TEXT, opened

    def _events(self, pk: int) -> Iterator[tuple[Any, ...]]:
        opened = self._opened(pk)
        kinds = (
            "ticket.opened",
            "ticket.received",
            "ticket.noted" if self._is_open(pk) else "ticket.replied",
        )
        for place, kind in enumerate(kinds):
            data = (
                {"channel": "email"} if place == 0 else {"message": pk * 2 - 2 + place, "automatic": "none"}
            )
            yield kind, "ticket", pk, opened, self.user if place == 2 else None, "demo", data

    def _clocks(self, pk: int) -> Iterator[tuple[Any, ...]]:
        opened, is_open = self._opened(pk), self._is_open(pk)
        stopped = None if is_open else opened + timedelta(hours=3)
        for metric in ("first_reply", "resolution"):
            outcome = "running" if is_open else "met"
            due = opened + timedelta(hours=8)
            yield pk, metric, 1, 28_800, opened, due, stopped, outcome, None if is_open else 10_800.0


TICKET = (
    "id", "brand_id", "subject", "customer_id", "status_id", "category", "priority", "team_id", "assignee_id",
    "opened_at", "changed_at", "last_in_at", "last_out_at", "waiting_since", "solved_at", "closed_at",
    "message_count", "preview", "due_at", "due_metric",
)  # fmt: skip
MESSAGE = ("id", "ticket_id", "kind", "author_id", "person_id", "text", "visible_text", "at")
EVENT = ("kind", "subject_kind", "subject_id", "at", "actor_id", "origin", "data")
CLOCK = (
    "ticket_id", "metric", "cycle", "target_s", "started_at", "due_at", "stopped_at", "outcome", "elapsed_s",
)  # fmt: skip


def fresh_folder() -> Path:
    """Return an empty folder that lasts as long as the machine's temporary files."""
    return Path(tempfile.mkdtemp(prefix="careline-bench-"))


def say(text: str) -> None:
    """Tell who watches how far it is."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()
