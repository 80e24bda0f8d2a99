"""What the service clocks leave on a conversation; the clocks themselves are the truth."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from careline.core import prepared
from careline.tickets.models import Ticket
from careline.tickets.said import Due

COLUMNS = ("due_at", "due_metric", "risk_at", "breached_at")
BATCH = 500


def note_due(
    *,
    ticket_id: int,
    due_at: datetime | None,
    due_metric: str,
    risk_at: datetime | None,
    breached_at: datetime | None,
) -> None:
    """Keep the nearest promise where lists can sort by it; disposable, so it is no event and no change."""
    row = Ticket(pk=ticket_id, due_at=due_at, due_metric=due_metric, risk_at=risk_at, breached_at=breached_at)
    prepared.update(row, COLUMNS)


@transaction.atomic
def note_due_many(*, dues: Iterable[Due]) -> None:
    """Keep the nearest promise of many conversations, as `note_due` does for one."""
    rows = [
        Ticket(
            pk=due.ticket_id,
            due_at=due.due_at,
            due_metric=due.due_metric,
            risk_at=due.risk_at,
            breached_at=due.breached_at,
        )
        for due in dues
    ]
    Ticket.objects.bulk_update(rows, COLUMNS, batch_size=BATCH)
