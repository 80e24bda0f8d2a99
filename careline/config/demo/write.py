"""Puts an invented operation into an empty database: quickly, silently, and whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from careline.channels.models import Mailbox, RawMail
from careline.config.demo import bulk, company, scenario
from careline.config.demo import ground as grounds
from careline.config.demo.records import Operation
from careline.config.demo.replay import EVENT_COLUMNS, MESSAGE_COLUMNS, Replay
from careline.core import directory, files, progress, queue
from careline.core import settings as choices
from careline.core.actions import operation as beginnings
from careline.core.models import Brand, Event, File, Membership, Team, User
from careline.customers.models import Address, Domain, Organisation, Person
from careline.sla.models import Calendar, Clock, Policy, PolicyVersion, Track
from careline.tickets.models import Attachment, Message, Reason, Tag, Ticket, TicketTag

Told = Callable[[str, float], None]  # what is being done, and the share that is done
# Emptied in this order when an earlier attempt died half way; nothing else can be in them by then.
WRITTEN: tuple[type[Model], ...] = (
    RawMail, Clock, Track, Attachment, TicketTag, Event, Message, Ticket, Reason, Tag, Mailbox,
    Address, Domain, Person, Organisation, PolicyVersion, Policy, Calendar,
    Membership, User, Team, Brand, File,
)  # fmt: skip


class NotEmpty(Exception):
    """The database holds an operation already; a demo goes into an empty one only."""


class Built(NamedTuple):
    """What was written."""

    tickets: int
    messages: int
    events: int
    customers: int
    people: list[str]  # addresses one may sign in with
    password: str


def build(
    *, now: datetime, seed: int = 7, tickets: int = 20_000, days: int = 90, progress: Told | None = None
) -> Built:
    """Write a demo operation that ends at `now`; nothing is sent and nobody is alarmed.

    Raises
    ------
    NotEmpty
        People sign in here already, or tickets exist that no unfinished demo left behind.
    """
    tell = progress or (lambda what, share: None)
    _make_room()
    tell(_("Inventing customers and conversations"), 0.0)
    invented = scenario.invent(now=now, seed=seed, tickets=tickets, days=days)
    tell(_("Writing people and customers"), 0.12)
    with transaction.atomic():
        _keep_choices(now)
        ground = grounds.lay(invented)
    replay = Replay(invented, ground)
    replay.run()
    _write_conversations(replay, tell)
    _write_papers(replay, now=now)
    _write_strays(invented)
    tell(_("Starting the service clocks"), 0.8)
    _start_clocks(now=now)
    tell(_("Ready"), 1.0)
    with transaction.atomic():
        personas = grounds.open_doors(invented, ground)
        beginnings.mark_demo_ready(persona_ids=personas, now=now)
    by_pk = User.objects.in_bulk(personas)
    return Built(
        tickets=len(replay.tickets),
        messages=len(replay.messages),
        events=len(replay.events),
        customers=len(invented.customers),
        people=[by_pk[pk].email for pk in personas],
        password=grounds.PASSWORD,
    )


@queue.outside
def build_in_background(tickets: int = 20_000, days: int = 90) -> None:
    """Build the usual demo for the first-run pages, saying how far it is; safe to run again after a crash."""
    if choices.get("operation.demo"):
        return
    began = monotonic()

    def tell(what: str, share: float) -> None:
        spent = monotonic() - began
        left = spent / share - spent if share > 0.1 else None
        progress.tell(beginnings.DEMO_PROGRESS, share=min(share, 0.99), text=what, left_s=left)

    try:
        build(now=timezone.now(), tickets=tickets, days=days, progress=tell)
    except NotEmpty as error:
        raise queue.GiveUp(str(error)) from error
    except Exception:
        progress.tell(beginnings.DEMO_PROGRESS, share=0.0, state="failed")
        raise


def _make_room() -> None:
    """Refuse to touch a real operation; sweep away what an unfinished demo left."""
    claim = choices.get("operation.claim") or {}
    if directory.anybody_signs_in() or claim.get("kind") == "desk":
        raise NotEmpty("people sign in here already")
    if claim.get("kind") == "demo":
        sweep()
    elif Ticket.objects.exists() or Person.objects.exists():
        raise NotEmpty("there are tickets or customers already")


def sweep() -> None:
    """Empty every table that a demo writes."""
    with transaction.atomic():
        User.roles.through.objects.all().delete()
        for table in WRITTEN:
            rows = table._default_manager.all()
            rows._raw_delete(rows.db)  # no cascade to look for: the order sees to it


def _keep_choices(now: datetime) -> None:
    choices.put("operation.claim", {"kind": "demo", "at": now.isoformat()})
    choices.put("operation.name", company.COMPANY)
    choices.put("operation.time_zone", "Europe/Berlin")


def _write_conversations(replay: Replay, tell: Told) -> None:
    total = len(replay.tickets) + len(replay.messages) + len(replay.events)
    done = 0

    def note(count: int) -> None:
        nonlocal done
        done += count
        tell(_("Writing conversations"), 0.2 + 0.6 * done / total)

    # A twin is merged into an older ticket, which is in before it.
    bulk.insert_objects(Ticket, replay.tickets, note=note)
    bulk.insert(Message, MESSAGE_COLUMNS, replay.messages, note=note)
    bulk.insert(TicketTag, ("ticket_id", "tag_id"), sorted(replay.tags))
    bulk.insert(Event, EVENT_COLUMNS, replay.events, note=note)
    bulk.reset_sequences(Ticket, Message, Person, Organisation)
    bulk.analyse()


def _write_papers(replay: Replay, *, now: datetime) -> None:
    kept: dict[bytes, File] = {}
    rows = []
    for message, paper in replay.papers:
        if paper.data not in kept:
            kept[paper.data] = files.store(paper.data, now=now)
        file = kept[paper.data]
        rows.append((message, file.pk, paper.name, paper.type, len(paper.data)))
    bulk.insert(Attachment, ("message_id", "file_id", "name", "type", "size"), rows)


def _write_strays(invented: Operation) -> None:
    mailbox = Mailbox.objects.order_by("pk").first()
    if mailbox is None:
        return
    for stray in invented.strays:
        RawMail.objects.create(
            mailbox=mailbox,
            file=files.store(stray.raw, now=stray.received_at),
            dedupe_key=hashlib.sha256(stray.raw).hexdigest(),
            via="smtp",
            envelope_from=stray.sender,
            envelope_to=[mailbox.address],
            received_at=stray.received_at,
            state=RawMail.State.QUARANTINED,
            problem=stray.problem,
            attempts=3,
            from_address=stray.sender,
            subject=stray.subject,
        )


def _start_clocks(*, now: datetime) -> None:
    """Derive the service clocks from the history that was written."""
    sla: Any = _sla_actions()
    if sla is not None:
        sla.rebuild_clocks(now=now)


def _sla_actions() -> Any:
    from importlib import import_module
    from importlib.util import find_spec

    return import_module("careline.sla.actions") if find_spec("careline.sla.actions") else None
