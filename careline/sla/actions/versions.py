"""Writing down what a policy promises from now on; what it promised before stays readable."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from careline.core import progress, queue
from careline.sla.actions.reapply import PROGRESS, apply_to_open
from careline.sla.models import Calendar, Policy, PolicyVersion
from careline.tickets.models import Ticket

COLUMNS = (
    "name", "position", "active", "condition", "targets", "pauses", "reopen_window_s", "warn_share",
    "warn_before_s", "bot_counts",
)  # fmt: skip

# Before the first conversation nothing was measured; history that is imported later is measured by this too.
SINCE_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def exported(calendar: Calendar) -> dict[str, Any]:
    """Return the calendar as calc.hours reads it."""
    return {
        "zone": calendar.zone,
        "week": calendar.week,
        "closed": calendar.closed,
        "special": calendar.special,
    }


def body_of(policy: Policy) -> dict[str, Any]:
    """Return everything a policy says, and its calendar as it stands."""
    said = {name: getattr(policy, name) for name in COLUMNS}
    return {**said, "calendar_id": policy.calendar_id, "calendar": exported(policy.calendar)}


def write_versions(policies: Iterable[Policy], *, open_too: bool, now: datetime) -> None:
    """Let what these policies say now hold for new conversations, and for open ones too if chosen."""
    valid_from = now if Ticket.objects.exists() else SINCE_EVER
    for policy in policies:
        last = policy.versions.order_by("-version").first()
        policy.version = last.version + 1 if last else 1
        policy.save(update_fields=["version"])
        PolicyVersion.objects.create(
            policy=policy,
            version=policy.version,
            valid_from=valid_from,
            body=body_of(policy),
            open_too=open_too,
        )
    if open_too:
        progress.tell(PROGRESS, share=0.0, state="waiting")
        queue.put(apply_to_open, [now.isoformat()], now=now, queue="slow")
