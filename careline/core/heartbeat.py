"""Signs of life: each running part says every few seconds that it is there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from careline.core.models import Heartbeat

EVERY_S = 5
SILENT_AFTER = timedelta(seconds=20)


def beat(part: str, *, now: datetime, **data: Any) -> None:
    """Note that a part lives, in one statement."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(part=part, at=now, data=data)],
        update_conflicts=True,
        unique_fields=["part"],
        update_fields=["at", "data"],
    )


def forget(parts: Iterable[str]) -> None:
    """Remove the signs of life of parts that are about to start anew."""
    Heartbeat.objects.filter(part__in=list(parts)).delete()


def silent(parts: Iterable[str], *, now: datetime) -> list[str]:
    """Return which of these parts have not been heard of lately."""
    heard = set(Heartbeat.objects.filter(at__gt=now - SILENT_AFTER).values_list("part", flat=True))
    return [part for part in parts if part not in heard]
