"""Keeping the clocks of one conversation true to its history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Subquery

from careline.calc import clocks
from careline.core import prepared
from careline.core.models import Event
from careline.sla import history, past, rows
from careline.sla.book import Book, book
from careline.sla.models import Clock, PolicyVersion, Track
from careline.tickets.actions.due import note_due
from careline.tickets.models import Ticket
from careline.tickets.said import Due

_STAMP = Subquery(PolicyVersion.objects.order_by("-id").values("token")[:1])


_tracks: prepared.Prepared[Any] = prepared.Prepared(
    lambda pk: Track.objects.select_related("ticket__customer").annotate(stamp=_STAMP).filter(pk=pk)
)
_tickets: prepared.Prepared[Any] = prepared.Prepared(
    lambda pk: Ticket.objects.select_related("customer").annotate(stamp=_STAMP).filter(pk=pk)
)
_clocks: prepared.Prepared[Clock] = prepared.Prepared(lambda pk: Clock.objects.filter(ticket_id=pk))


def follow_event(*, event: Event) -> None:
    """Let the clocks of a conversation follow what has just happened to it."""
    _follow([event], None)


def follow_events(*, events: Sequence[Event]) -> None:
    """Let the clocks of one conversation follow, once, all that one transaction has done to it, in order."""
    begun = events[0].kind == "ticket.opened"
    _follow(events, [history.step_of(event) for event in events] if begun else None)


@transaction.atomic(savepoint=False)
def _follow(events: Sequence[Event], whole: Sequence[history.Step] | None) -> None:
    """Follow events of one conversation; `whole` is all its history, where that began with them."""
    track, promises = open_track(events[0].subject_id, new=whole is not None)
    if track is None:
        return
    changed = [_choose(track, event, promises) for event in events]
    if any(changed):
        _keep_track(track)
    if any(changed) or any(event.kind in history.FACTS for event in events):
        now = max(event.at for event in events)
        cycles = keep_clocks(track.ticket, track, promises, now=now, whole=whole)
        for event in events:
            if event.kind in ("ticket.merged", "ticket.unmerged"):
                _follow_merge(event, cycles)


def _keep_track(track: Track) -> None:
    if track._state.adding:
        prepared.insert(track)
    else:
        prepared.update(track, ("applied", "absorbed"))


def open_track(ticket_id: int, *, new: bool = False) -> tuple[Track | None, Book]:
    """Return what was promised to the conversation so far, with its row; nothing yet where it is `new`."""
    track = None if new else _tracks.first(ticket_id)
    if track is not None:
        return track, book(track.stamp or "")
    ticket = _tickets.first(ticket_id)
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


def keep_clocks(
    ticket: Ticket,
    track: Track,
    promises: Book,
    *,
    now: datetime,
    whole: Sequence[history.Step] | None = None,
) -> list[clocks.Cycle]:
    """Derive the clocks of a conversation, write what is different; a new one brings its `whole` history."""
    steps = history.steps_of(ticket.pk) if whole is None else whole
    cycles = clocks.derive(history.facts_of(steps, track.absorbed), past.pairs(track.applied, promises))
    known = {rows.key_of(clock): clock for clock in _clocks(ticket.pk)} if whole is None else {}
    wanted = rows.rows_of(
        ticket.pk,
        cycles,
        known=known,
        silent_until=history.silent_until(steps),
        urgent=ticket.priority >= rows.URGENT,
        now=now,
    )
    if whole is None:
        _write(known, wanted)
    else:
        prepared.insert_all(wanted)
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
    if track._state.adding:
        track.applied = past.retrace(track.ticket, history.steps_of(into), promises)
    _keep_track(track)
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
