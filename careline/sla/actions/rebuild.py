"""Deriving the clocks of many conversations anew, quickly: after an import, for the demo, to repair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from careline.calc import clocks
from careline.core.models import Event
from careline.sla import history, past, rows
from careline.sla.actions.clocks import absorbed_of, upsert
from careline.sla.book import Book, book
from careline.sla.models import Clock, Track
from careline.tickets.actions.due import note_due_many
from careline.tickets.models import Ticket
from careline.tickets.said import Due

BATCH = 500
Merges = dict[int, tuple[int, datetime]]  # merged conversation -> survivor and instant
Absorbed = dict[int, dict[int, dict[str, Any]]]  # survivor -> merged conversation -> what it brought


@dataclass
class _Batch:
    """What is read for, and written after, some conversations."""

    tickets: dict[int, Ticket]
    tracks: dict[int, Track]
    clocks: Mapping[int, dict[rows.Key, Clock]]
    steps: Mapping[int, list[history.Step]]
    changed_tracks: list[Track] = field(default_factory=list)
    changed: list[Clock] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    dues: list[Due] = field(default_factory=list)


def rebuild_clocks(*, now: datetime, ticket_ids: Sequence[int] | None = None) -> int:
    """Derive the clocks of these conversations, or of all, from their events; return how many those are.

    The result is what following each event would have left. What was promised before stays promised.
    """
    promises = book()
    merges = _merges(ticket_ids)
    wanted = _in_order(merges, ticket_ids)
    absorbed: Absorbed = {}
    for start in range(0, len(wanted), BATCH):
        with transaction.atomic():
            _rebuild(wanted[start : start + BATCH], merges, absorbed, promises, now=now)
    return len(wanted)


def _merges(ticket_ids: Sequence[int] | None) -> Merges:
    """Return what was merged into what and when, without what was undone; for some, what came of them."""
    if ticket_ids is None:
        return _merges_in(Event.objects.all())
    found: Merges = {}
    asked = set(ticket_ids)
    while asked:
        new = _merges_in(Event.objects.filter(subject_kind="ticket", subject_id__in=asked))
        asked = {survivor for survivor, _at in new.values()} - found.keys() - new.keys()
        found |= new
    return found


def _merges_in(rows: QuerySet[Event]) -> Merges:
    merges: Merges = {}
    for event in rows.filter(kind__in=("ticket.merged", "ticket.unmerged")).order_by("at", "id"):
        if event.kind == "ticket.merged":
            merges[event.subject_id] = (event.data["into"], event.at)
        else:
            merges.pop(event.subject_id, None)
    return merges


def _in_order(merges: Merges, ticket_ids: Sequence[int] | None) -> list[int]:
    """Return the conversations so that one that was merged comes before the one it was merged into."""
    chosen = Ticket.objects.order_by("pk").values_list("pk", flat=True)
    if ticket_ids is not None:
        chosen = chosen.filter(pk__in={*ticket_ids, *(survivor for survivor, _at in merges.values())})
    wanted = list(chosen)
    return sorted(wanted, key=lambda pk: -_hops(pk, merges)) if merges else wanted


def _hops(pk: int, merges: Merges) -> int:
    hops, seen = 0, {pk}
    while pk in merges and merges[pk][0] not in seen:
        pk = merges[pk][0]
        seen.add(pk)
        hops += 1
    return hops


def _rebuild(
    ids: Sequence[int],
    merges: Merges,
    absorbed: Absorbed,
    promises: Book,
    *,
    now: datetime,
) -> None:
    batch = _read(ids, promises)
    for pk in ids:
        ticket = batch.tickets.get(pk)
        if ticket is None:
            continue
        track = _track(batch, ticket, absorbed.get(pk, {}), promises)
        cycles = _derive(batch, ticket, track, promises, now=now)
        if pk in merges:
            survivor, at = merges[pk]
            absorbed.setdefault(survivor, {})[pk] = absorbed_of(pk, cycles, at)
    _write(batch)


def _read(ids: Sequence[int], promises: Book) -> _Batch:
    tickets = Ticket.objects.select_related("customer").filter(pk__in=ids)
    if "tag" in promises.asks:
        tickets = tickets.prefetch_related("tags")
    known: dict[int, dict[rows.Key, Clock]] = {}
    for clock in Clock.objects.filter(ticket_id__in=ids):
        known.setdefault(clock.ticket_id, {})[rows.key_of(clock)] = clock
    return _Batch(
        tickets={ticket.pk: ticket for ticket in tickets},
        tracks=Track.objects.in_bulk(list(ids)),
        clocks=known,
        steps=history.steps_of_many(ids),
    )


def _track(batch: _Batch, ticket: Ticket, absorbed: Mapping[int, Any], promises: Book) -> Track:
    track = batch.tracks.get(ticket.pk) or Track(ticket=ticket)
    kept = {one["of"]: one for one in track.absorbed} | dict(absorbed)
    merged_in = [kept[pk] for pk in sorted(kept)]
    applied = track.applied or past.retrace(ticket, batch.steps[ticket.pk], promises)
    if track._state.adding or (track.absorbed, track.applied) != (merged_in, applied):
        track.absorbed, track.applied = merged_in, applied
        batch.changed_tracks.append(track)
    return track


def _derive(
    batch: _Batch, ticket: Ticket, track: Track, promises: Book, *, now: datetime
) -> list[clocks.Cycle]:
    steps, known = batch.steps[ticket.pk], batch.clocks.get(ticket.pk, {})
    cycles = clocks.derive(history.facts_of(steps, track.absorbed), past.pairs(track.applied, promises))
    wanted = rows.rows_of(
        ticket.pk,
        cycles,
        known=known,
        silent_until=history.silent_until(steps),
        urgent=ticket.priority >= rows.URGENT,
        now=now,
    )
    batch.changed += [row for row in wanted if rows.differs(row, known.get(rows.key_of(row)))]
    gone = known.keys() - {rows.key_of(row) for row in wanted}
    batch.gone += [known[key].pk for key in gone]
    due = rows.due_of(ticket.pk, wanted)
    if due != Due(ticket.pk, ticket.due_at, ticket.due_metric, ticket.risk_at, ticket.breached_at):
        batch.dues.append(due)
    return cycles


def _write(batch: _Batch) -> None:
    Track.objects.bulk_create(
        batch.changed_tracks,
        update_conflicts=True,
        unique_fields=["ticket"],
        update_fields=["applied", "absorbed"],
    )
    upsert(batch.changed)
    if batch.gone:
        Clock.objects.filter(pk__in=batch.gone).delete()
    if batch.dues:
        note_due_many(dues=batch.dues)
