"""Keeping the clocks of one conversation true to its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Subquery

from careline.calc import clocks
from careline.core.models import Event
from careline.sla import history, past, rows
from careline.sla.book import Book, book
from careline.sla.models import Clock, PolicyVersion, Track
from careline.tickets.actions.due import note_due
from careline.tickets.models import Ticket
from careline.tickets.said import Due

_STAMP = Subquery(PolicyVersion.objects.order_by("-id").values("token")[:1])


@transaction.atomic
def follow_event(*, event: Event) -> None:
    """Let the clocks of a conversation follow what has just happened to it."""
    track, promises = open_track(event.subject_id)
    if track is None:
        return
    ticket, fresh = track.ticket, track._state.adding
    changed = _choose(track, event, promises)
    if changed:
        track.save(force_insert=fresh)
    if changed or event.kind in history.FACTS:
        cycles = keep_clocks(ticket, track, promises, now=event.at)
        if event.kind in ("ticket.merged", "ticket.unmerged"):
            _follow_merge(event, cycles)


def open_track(ticket_id: int) -> tuple[Track | None, Book]:
    """Return what was promised to the conversation so far, with its row, in one query once it is known."""
    known = Track.objects.select_related("ticket__customer").annotate(stamp=_STAMP)
    track: Any = known.filter(pk=ticket_id).first()
    if track is not None:
        return track, book(track.stamp or "")
    ticket: Any = (
        Ticket.objects.select_related("customer").annotate(stamp=_STAMP).filter(pk=ticket_id).first()
    )
    if ticket is None:
        return None, book()
    return Track(ticket=ticket, applied=[], absorbed=[]), book(ticket.stamp or "")


def _choose(track: Track, event: Event, promises: Book) -> bool:
    """Note the promise that holds from this event on; say whether it is another one than before."""
    applied: list[past.Entry] = track.applied
    began_before = not applied and event.kind != "ticket.opened"
    if began_before or (applied and event.at < datetime.fromisoformat(applied[-1][0])):
        track.applied = past.retrace(track.ticket, history.steps_of(track.ticket.pk), promises)
        return True
    return past.note(applied, track.ticket, event.at, promises)


def keep_clocks(ticket: Ticket, track: Track, promises: Book, *, now: datetime) -> list[clocks.Cycle]:
    """Derive the clocks of one conversation and write what is different."""
    steps = history.steps_of(ticket.pk)
    cycles = clocks.derive(history.facts_of(steps, track.absorbed), past.pairs(track.applied, promises))
    known = {rows.key_of(clock): clock for clock in Clock.objects.filter(ticket_id=ticket.pk)}
    wanted = rows.rows_of(
        ticket.pk,
        cycles,
        known=known,
        silent_until=history.silent_until(steps),
        urgent=ticket.priority >= rows.URGENT,
        now=now,
    )
    _write(known, wanted)
    _note(ticket, rows.due_of(ticket.pk, wanted))
    return cycles


def _write(known: dict[rows.Key, Clock], wanted: Sequence[Clock]) -> None:
    upsert([row for row in wanted if rows.differs(row, known.get(rows.key_of(row)))])
    gone = known.keys() - {rows.key_of(row) for row in wanted}
    if gone:
        Clock.objects.filter(pk__in=[known[key].pk for key in gone]).delete()


def upsert(changed: Sequence[Clock]) -> None:
    """Insert or update clock rows by what they measure; their ids stay."""
    if changed:
        Clock.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["ticket", "metric", "cycle"],
            update_fields=rows.UPSERTED,
        )


def _note(ticket: Ticket, due: Due) -> None:
    now_noted = Due(ticket.pk, ticket.due_at, ticket.due_metric, ticket.risk_at, ticket.breached_at)
    if due != now_noted:
        note_due(
            ticket_id=ticket.pk,
            due_at=due.due_at,
            due_metric=due.due_metric,
            risk_at=due.risk_at,
            breached_at=due.breached_at,
        )


def _follow_merge(event: Event, cycles: Sequence[clocks.Cycle]) -> None:
    """Let the surviving conversation take over what the merged one was owed, or give it back."""
    into = event.data.get("into") or event.data.get("from")
    track, promises = open_track(into) if into else (None, None)
    if track is None or promises is None:
        return
    others = [one for one in track.absorbed if one["of"] != event.subject_id]
    if event.kind == "ticket.merged":
        others.append(absorbed_of(event.subject_id, cycles, event.at))
    track.absorbed = others
    fresh = track._state.adding
    if fresh:
        track.applied = past.retrace(track.ticket, history.steps_of(into), promises)
    track.save(force_insert=fresh)
    keep_clocks(track.ticket, track, promises, now=event.at)


def absorbed_of(ticket_id: int, cycles: Sequence[clocks.Cycle], at: datetime) -> dict[str, Any]:
    """Return what a conversation that takes this one in needs to know of it."""
    fact = clocks.absorbing(cycles, at)
    return {
        "of": ticket_id,
        "at": at.isoformat(),
        "since": fact.since.isoformat() if fact.since else None,
        "unanswered_since": fact.unanswered_since.isoformat() if fact.unanswered_since else None,
    }
