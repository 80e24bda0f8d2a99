"""Runs an import: batches of whole tickets, a transaction each, so that it can die at any moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from django.db import IntegrityError, transaction

from careline.config.demo import bulk
from careline.config.importing import ground as grounds
from careline.config.importing import ids, reading
from careline.config.importing.drafts import Draft, Maker, count_rows, drafts
from careline.config.importing.ground import Ground
from careline.config.importing.mapping import Map
from careline.config.importing.replay import EVENT_COLUMNS, EXTERNAL_COLUMNS, MESSAGE_COLUMNS, Rows, replay
from careline.config.importing.report import Report
from careline.config.importing.values import times
from careline.core import events
from careline.core.models import Event, ExternalId
from careline.sla import actions as sla
from careline.tickets.models import Category, Message, Ticket, TicketTag

BATCH = 250
ATTEMPTS = 3  # a customer may write, and so come to exist, while a batch is being written
CONTINUED = (
    "changed_at", "last_in_at", "last_out_at", "waiting_since", "message_count", "preview", "version",
)  # fmt: skip
Progress = Callable[[str, float], None]


def run(
    path: Path, chosen: Map, *, now: datetime, dry_run: bool = False, report_file: Path | None = None,
    progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Import a file, or say what an import would do.

    Raises
    ------
    reading.Unreadable
        The file cannot be read at all, or lacks a column that the map names.
    """
    report = Report(chosen.source, dry_run=dry_run, file=None if dry_run else report_file)
    tell = progress or (lambda _what, _share: None)
    try:
        with events.origin("import"):
            source = _drafts(path, chosen, report, now=now, tell=tell)
            _rehearse(source, chosen, report) if dry_run else _write(source, chosen, report, now=now)
    finally:
        report.close()
    return report


def _drafts(path: Path, chosen: Map, report: Report, *, now: datetime, tell: Progress) -> Iterator[Draft]:
    counts: Counter[str] = Counter()
    if chosen.grouped:
        tell("Counting", 0.0)
        counts = count_rows(reading.rows(path, chosen), chosen)
    known = frozenset(grounds.statuses()) | {one.value for one in Category}
    reader = times(formats=chosen.formats, zone=chosen.zone, now=now)
    maker = Maker(chosen, reader, report.skip, known)
    lines = reading.rows(path, chosen, lambda share: tell("Importing", share))
    yield from drafts(lines, maker, counts)


def _batches(source: Iterable[Draft]) -> Iterator[list[Draft]]:
    stream = iter(source)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _rehearse(source: Iterable[Draft], chosen: Map, report: Report) -> None:
    names: dict[str, set[str]] = {what: set() for what in ("customers", "users", "teams", "reasons", "tags")}
    ground = Ground(chosen)
    for batch in _batches(source):
        for draft in _new(batch, chosen, report):
            report.tickets += 1
            report.messages += len(draft.said)
            report.events += 1 + len(draft.said) + len(draft.changes) + len(draft.tags)
            _note_names(draft, ground, names)
    report.made = {what: len(found) for what, found in names.items()}
    report.made["customers"] -= _known_customers(chosen, names["customers"])


def _known_customers(chosen: Map, keys: set[str]) -> int:
    rows = ExternalId.objects.filter(source=chosen.source, kind="person").values_list(
        "external_id", flat=True
    )
    return len(keys & set(rows))


def _note_names(draft: Draft, ground: Ground, names: dict[str, set[str]]) -> None:
    names["customers"].add(draft.customer.key[:200])
    values = [change.values for change in draft.changes]
    people = {one.author for one in draft.said} | {one.by for one in draft.changes}
    people |= {str(one.get("assignee") or "") for one in values}
    names["users"] |= {name for name in people if name and ground.user(name) is None}
    teams = {draft.team} | {str(one.get("team") or "") for one in values}
    names["teams"] |= {name for name in teams if name and ground.team(name) is None}
    reasons = {draft.reason} | {str(one.get("reason") or "") for one in values}
    names["reasons"] |= {path for path in reasons if path and ground.reason(path) is None}
    names["tags"] |= set(draft.tags) - ground.tags.keys()


def _write(source: Iterable[Draft], chosen: Map, report: Report, *, now: datetime) -> None:
    with transaction.atomic():
        grounds.make_missing_statuses()
    ground = Ground(chosen)
    for batch in _batches(source):
        new = _new(batch, chosen, report)
        if new:
            ground = _write_batch(new, ground, chosen, report, now=now)
    report.made = ground.made
    bulk.analyse()
    note_import(report, now=now)


def note_import(report: Report, *, now: datetime) -> None:
    """Leave a line in the audit trail, where anything was brought."""
    if report.messages or report.tickets:
        facts = {"source": report.source, "tickets": report.tickets, "messages": report.messages}
        with transaction.atomic():
            events.record(
                "data.imported", subject=("operation", 0), actor=None, at=now, **facts, skipped=report.skipped
            )


def _new(batch: list[Draft], chosen: Map, report: Report) -> list[Draft]:
    rows = ExternalId.objects.filter(
        source=chosen.source, kind="ticket", external_id__in=[draft.id for draft in batch]
    )
    known = set(rows.values_list("external_id", flat=True))
    report.known += len(known)
    return [draft for draft in batch if draft.id not in known]


def _write_batch(batch: list[Draft], ground: Ground, chosen: Map, report: Report, *, now: datetime) -> Ground:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic():
                _write_rows(batch, ground, report, now=now)
            return ground
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
            made, ground = ground.made, Ground(chosen)
            ground.made = made
    raise AssertionError("unreachable")


def _write_rows(batch: list[Draft], ground: Ground, report: Report, *, now: datetime) -> None:
    rows = write_drafts(batch, ground, now=now)
    report.tickets += len(rows.tickets)
    report.messages += len(rows.messages)
    report.events += len(rows.events)


def write_drafts(batch: list[Draft], ground: Ground, *, now: datetime) -> Rows:
    """Write whole tickets with their clocks, inside the caller's transaction, and return what was written."""
    ground.prepare(batch, now=now)
    known = Ticket.objects.in_bulk([draft.ticket_id for draft in batch if draft.ticket_id is not None])
    ticket_ids = ids.reserve(Ticket, len(batch) - len(known))
    message_ids = ids.reserve(Message, sum(len(draft.said) for draft in batch))
    rows = replay(batch, ground, known, ticket_ids, message_ids)
    bulk.insert_objects(Ticket, rows.tickets)
    Ticket.objects.bulk_update(rows.continued, CONTINUED)
    bulk.insert(Message, MESSAGE_COLUMNS, rows.messages)
    bulk.insert(TicketTag, ("ticket_id", "tag_id"), rows.tags)
    bulk.insert(Event, EVENT_COLUMNS, rows.events)
    bulk.insert(ExternalId, EXTERNAL_COLUMNS, rows.external)
    rebuild_clocks([one.pk for one in (*rows.tickets, *rows.continued)], now=now)
    return rows


def rebuild_clocks(ticket_ids: list[int], *, now: datetime) -> None:
    """Derive the service clocks of these tickets from their events; nobody is alarmed."""
    sla.rebuild_clocks(now=now, ticket_ids=ticket_ids)
