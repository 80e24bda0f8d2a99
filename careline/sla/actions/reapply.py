"""Bringing a changed promise to the conversations that are open: in the background, one at a time."""

from __future__ import annotations

from datetime import datetime
from time import monotonic

from django.db import transaction
from django.utils import timezone

from careline.core import progress, queue
from careline.sla import past
from careline.sla.actions.clocks import keep_clocks, open_track
from careline.tickets.models import UNSOLVED, Ticket

PROGRESS = "service-levels"
TOLD_EVERY = 25


@queue.outside
def apply_to_open(since: str) -> None:
    """Let the promises as they stood at `since` hold for all open conversations; safe to run again."""
    try:
        _apply_to_all(datetime.fromisoformat(since))
    except Exception:
        progress.tell(PROGRESS, share=0.0, state="failed")
        raise
    progress.tell(PROGRESS, share=1.0, state="ready")


def _apply_to_all(at: datetime) -> None:
    began = monotonic()
    ids = list(Ticket.objects.filter(category__in=UNSOLVED, opened_at__lte=at).values_list("pk", flat=True))
    for done, pk in enumerate(ids):
        if done % TOLD_EVERY == 0:
            spent = monotonic() - began
            left_s = spent / done * (len(ids) - done) if done else None
            progress.tell(PROGRESS, share=done / len(ids), left_s=left_s)
        _apply(pk, at)


@transaction.atomic
def _apply(ticket_id: int, at: datetime) -> None:
    # The lock keeps a reply that comes in at this moment from being derived without the change.
    held = Ticket.objects.select_for_update(no_key=True).filter(pk=ticket_id, category__in=UNSOLVED).first()
    track, promises = open_track(ticket_id) if held else (None, None)
    if track is None or promises is None:
        return
    if track.applied and datetime.fromisoformat(track.applied[-1][0]) > at:
        return  # something has happened since, and was judged by the change already
    fresh = track._state.adding
    if past.note(track.applied, track.ticket, at, promises):
        track.save(force_insert=fresh)
        keep_clocks(track.ticket, track, promises, now=timezone.now())
