"""The event log: audit trail, timeline, source of metrics and trigger of reactions, in one table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.module_loading import import_string

from careline.core import prepared, queue
from careline.core.models import Event, User

Reaction = Callable[[Event], None]
Several = Callable[[list[Event]], None]
_at_once: dict[str, list[Reaction]] = {}
_queued: dict[str, list[Reaction]] = {}
_origin: ContextVar[str] = ContextVar("event_origin", default="live")
_later: ContextVar[dict[tuple[Several, str, int], list[Event]] | None] = ContextVar("later", default=None)


def wire(*, at_once: Mapping[str, Sequence[Reaction]], queued: Mapping[str, Sequence[Reaction]]) -> None:
    """Say what follows from what; called once at start from config/reactions.py."""
    _at_once.clear()
    _queued.clear()
    _at_once.update({kind: list(reactions) for kind, reactions in at_once.items()})
    _queued.update({kind: list(reactions) for kind, reactions in queued.items()})


@contextmanager
def origin(name: str) -> Iterator[None]:
    """Mark everything recorded inside as imported or demo; queued reactions (mail, alarms) stay silent."""
    token = _origin.set(name)
    try:
        yield
    finally:
        _origin.reset(token)


@contextmanager
def together() -> Iterator[None]:
    """Let a reaction that can take several events (`takes_several`) follow once for each subject, at the end.

    For one thing that happens and needs several events to tell. The caller's transaction is open before and
    commits after, so that nobody else sees the time between. When the inside raises, nothing follows.
    """
    if _later.get() is not None:
        yield
        return
    waiting: dict[tuple[Several, str, int], list[Event]] = {}
    token = _later.set(waiting)
    try:
        yield
        while waiting:
            key = next(iter(waiting))
            key[0](waiting.pop(key))
    finally:
        _later.reset(token)


def takes_several(several: Several) -> Callable[[Reaction], Reaction]:
    """Mark a reaction: within `together`, `several` takes all its events of one subject in its place."""

    def mark(reaction: Reaction) -> Reaction:
        setattr(reaction, "several", several)  # noqa: B010 - a function carries it, and no type says so
        return reaction

    return mark


def is_live() -> bool:
    """Say whether what is recorded now is happening now, rather than being imported."""
    return _origin.get() == "live"


def record(kind: str, *, subject: tuple[str, int], actor: User | None, at: datetime, **data: Any) -> Event:
    """Write one event inside the caller's transaction, and let at-once reactions follow.

    Raises
    ------
    RuntimeError
        No transaction is open: an event must stand or fall with the change it describes.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError(f"event {kind!r} must be recorded in the transaction it describes")
    event = Event(
        kind=kind,
        subject_kind=subject[0],
        subject_id=subject[1],
        at=at,
        actor=actor,
        origin=_origin.get(),
        data=data,
    )
    prepared.insert(event)
    for reaction in _at_once.get(kind, ()):
        _follow(reaction, event)
    if event.origin == "live":
        for reaction in _queued.get(kind, ()):
            lane = "slow" if queue.is_outside(reaction) else "default"
            queue.put(react, [event.pk, name_of(reaction)], now=at, queue=lane)
    return event


def _follow(reaction: Reaction, event: Event) -> None:
    several, waiting = getattr(reaction, "several", None), _later.get()
    if several is None or waiting is None:
        reaction(event)
    else:
        waiting.setdefault((several, event.subject_kind, event.subject_id), []).append(event)


def name_of(reaction: Reaction) -> str:
    """Return the dotted name a queued reaction is stored under."""
    return f"{reaction.__module__}.{reaction.__qualname__}"


def react(event_id: int, reaction: str) -> None:
    """Run one queued reaction; the queue retries it when it raises."""
    import_string(reaction)(Event.objects.get(pk=event_id))


def _goes_outside(event_id: int, reaction: str) -> bool:
    return queue.is_outside(import_string(reaction))


setattr(react, "outside", _goes_outside)  # noqa: B010 - the queue asks: it depends on the reaction


def last_id() -> int:
    """Return the number of the newest event, 0 before the first."""
    return Event.objects.aggregate(last=Max("pk"))["last"] or 0


def of(subject_kind: str, subject_id: int) -> list[Event]:
    """Return the events of one subject, oldest first."""
    rows = Event.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return list(rows.select_related("actor").order_by("at", "id"))
