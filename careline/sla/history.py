"""What happened to conversations, as clocks read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from careline.calc import clocks
from careline.core import prepared
from careline.core.models import Event
from careline.tickets.said import counts

Data = Mapping[str, Any]


class Step(NamedTuple):
    """One event of a conversation."""

    at: datetime
    kind: str
    data: Data
    live: bool


def _opened(at: datetime, data: Data) -> clocks.Fact:
    since = data.get("since")
    return clocks.Fact(
        at,
        "opened",
        by_customer=bool(data.get("by_customer", True)),
        automatic=_is_automatic(data),
        since=datetime.fromisoformat(since) if since else None,
    )


def _received(at: datetime, data: Data) -> clocks.Fact:
    return clocks.Fact(at, "message_in", automatic=_is_automatic(data))


def _replied(at: datetime, data: Data) -> clocks.Fact:
    return clocks.Fact(at, "message_out", automatic=_is_automatic(data), bot=bool(data.get("bot")))


def _status(at: datetime, data: Data) -> clocks.Fact:
    return clocks.Fact(at, "status", category=data["category"])


def _is_automatic(data: Data) -> bool:
    said = data.get("automatic", False)
    return not counts(said) if isinstance(said, str) else bool(said)


FACTS: dict[str, Callable[[datetime, Data], clocks.Fact]] = {
    "ticket.opened": _opened,
    "ticket.received": _received,
    "ticket.replied": _replied,
    "ticket.status_changed": _status,
    "ticket.no_reply_needed": lambda at, data: clocks.Fact(at, "no_reply_needed"),
    "ticket.merged": lambda at, data: clocks.Fact(at, "merged"),
    "ticket.unmerged": lambda at, data: clocks.Fact(at, "unmerged"),
}
# These move no clock themselves, but may change which promise holds.
CHANGES = (
    "ticket.priority_changed",
    "ticket.team_changed",
    "ticket.reason_changed",
    "ticket.tagged",
    "ticket.untagged",
    "ticket.customer_changed",
    "ticket.assigned",
    "ticket.subject_changed",
)
KINDS = (*FACTS, *CHANGES)


_COLUMNS = ("subject_id", "at", "kind", "data", "origin")
_of_one: prepared.Prepared[tuple[Any, ...]] = prepared.Prepared(
    lambda pk: (
        Event.objects.filter(subject_kind="ticket", subject_id=pk, kind__in=KINDS)
        .order_by("at", "id")
        .values_list(*_COLUMNS[1:])
    )
)


def step_of(event: Event) -> Step:
    """Return an event as clocks read it."""
    return Step(event.at, event.kind, event.data, event.origin == "live")


def steps_of(ticket_id: int) -> list[Step]:
    """Return the events of one conversation that matter to its clocks, oldest first."""
    return [Step(at, kind, data, origin == "live") for at, kind, data, origin in _of_one(ticket_id)]


def steps_of_many(ticket_ids: Sequence[int]) -> dict[int, list[Step]]:
    """Return the events of several conversations, oldest first."""
    rows = Event.objects.filter(subject_kind="ticket", subject_id__in=ticket_ids, kind__in=KINDS)
    found: dict[int, list[Step]] = defaultdict(list)
    columns = rows.order_by("subject_id", "at", "id").values_list(*_COLUMNS)
    for subject, at, kind, data, origin in columns.iterator(chunk_size=5_000):
        found[subject].append(Step(at, kind, data, origin == "live"))
    return found


def facts_of(steps: Iterable[Step], absorbed: Iterable[Data]) -> list[clocks.Fact]:
    """Return what clocks are derived from: the events, and the conversations merged into this one."""
    facts = [FACTS[step.kind](step.at, step.data) for step in steps if step.kind in FACTS]
    facts += [
        clocks.Fact(
            datetime.fromisoformat(one["at"]),
            "absorbed",
            since=_instant(one["since"]),
            unanswered_since=_instant(one["unanswered_since"]),
        )
        for one in absorbed
    ]
    return facts


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def silent_until(steps: Iterable[Step]) -> datetime | None:
    """Return until when the history is an imported or invented one: clocks it started raise no alarm."""
    return max((step.at for step in steps if not step.live), default=None)
