"""Following the event log as it grows, in every process, without losing an event that was committed late."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from careline.config.changes import Changes
from careline.core import events
from careline.core.models import Event

MOST = 2_000
LOOK_BACK = 1_000
PATIENCE_S = 60.0  # a number that is missing for longer belongs to a transaction that was rolled back
CALM = ("inbox", "today", "floor")
PEOPLE = ("user", "assignee", "assignee_id", "mentioned", "to")


@dataclass(frozen=True)
class News:
    """What the feed needs to know of one event."""

    id: int
    kind: str
    subject_kind: str
    subject_id: int
    actor_id: int | None
    origin: str
    data: dict[str, Any]

    @property
    def ticket_id(self) -> int | None:
        """Return the ticket that the event is about, if it is about one."""
        if self.subject_kind == "ticket":
            return self.subject_id
        return _number(self.data.get("ticket", self.data.get("ticket_id")))

    def topics(self) -> set[str]:
        """Return the topics whose listeners want to hear of this."""
        topics = {"today"}
        if self.ticket_id is not None:
            topics |= {"inbox", f"ticket:{self.ticket_id}"}
        if self.subject_kind == "user":
            topics |= {"floor", f"user:{self.subject_id}"}
        if self.origin != "live":
            return topics & set(CALM)
        for key in PEOPLE:
            topics |= {f"user:{pk}" for pk in _numbers(self.data.get(key))}
        return topics


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _numbers(value: Any) -> list[int]:
    values = value.values() if isinstance(value, dict) else value if isinstance(value, list) else [value]
    return [number for number in map(_number, values) if number is not None]


@dataclass(frozen=True)
class Gap:
    """Numbers that were given out but have not appeared: transactions still open, or rolled back."""

    first: int
    last: int
    since: float


class Position:
    """Which event numbers were seen, and which below the last one are still missing."""

    def __init__(self, recent: Iterable[int] = ()) -> None:
        ids = sorted(recent)
        self.last = ids[0] - 1 if ids else 0
        self.gaps: list[Gap] = []
        self.take(ids, now=time.monotonic())

    def wanted(self, *, now: float) -> Q:
        """Return the condition on events that would be news."""
        self.gaps = [gap for gap in self.gaps if now - gap.since < PATIENCE_S]
        condition = Q(id__gt=self.last)
        for gap in self.gaps:
            condition |= Q(id__range=(gap.first, gap.last))
        return condition

    def take(self, ids: Iterable[int], *, now: float) -> None:
        """Note that these events were seen."""
        for number in sorted(ids):
            if number > self.last:
                if number > self.last + 1:
                    self.gaps.append(Gap(self.last + 1, number - 1, now))
                self.last = number
            else:
                self._fill(number)

    def _fill(self, number: int) -> None:
        for gap in self.gaps:
            if gap.first <= number <= gap.last:
                parts = (Gap(gap.first, number - 1, gap.since), Gap(number + 1, gap.last, gap.since))
                self.gaps.remove(gap)
                self.gaps += [part for part in parts if part.first <= part.last]
                return

    @property
    def resume_at(self) -> int:
        """Return the number up to which nothing is missing: where a listener may resume."""
        return min([gap.first - 1 for gap in self.gaps], default=self.last)


class Tail:
    """Reads the event log onward from now; used from one thread only."""

    def __init__(self) -> None:
        self.changes = Changes()
        self.changes.seen()
        last = events.last_id()
        look_back = LOOK_BACK if connection.vendor == "postgresql" else 1
        recent = Event.objects.filter(pk__gt=last - look_back, pk__lte=last)
        self.position = Position(recent.values_list("pk", flat=True))
        self._more = False

    def read(self) -> list[News]:
        """Return what has happened since the last look."""
        if not self.changes.seen() and not self._more:
            return []
        now = time.monotonic()
        rows = Event.objects.filter(self.position.wanted(now=now)).order_by("pk")[:MOST]
        news = [
            News(*row)
            for row in rows.values_list(
                "pk", "kind", "subject_kind", "subject_id", "actor_id", "origin", "data"
            )
        ]
        self.position.take([one.id for one in news], now=now)
        self._more = len(news) == MOST
        return news
