"""Tasks for the tests of the queue: each leaves a trace in the settings table."""

from __future__ import annotations

import time
from typing import Any

from django.db import connection
from django_tasks import task

from careline.core.models import Setting
from careline.core.queue import GiveUp, outside


def note(key: str, value: Any = 1) -> Any:
    """Leave a trace; a second run of the same note is an error, so that running twice shows."""
    Setting.objects.create(pk=key, value=value)
    return value


def count(key: str) -> None:
    """Leave one more trace under the key."""
    row, _ = Setting.objects.get_or_create(pk=key, defaults={"value": 0})
    Setting.objects.filter(pk=key).update(value=row.value + 1)


def note_then_fail(key: str, message: str = "no luck") -> None:
    """Leave a trace and fail: the trace must go."""
    note(key)
    raise ValueError(message)


def slow_note(key: str, seconds: float) -> None:
    """Leave a trace, then take time, all in one transaction."""
    note(key)
    time.sleep(seconds)


def hopeless() -> None:
    """Fail in a way that trying again cannot help."""
    raise GiveUp("the mailbox is gone")


@outside
def is_in_transaction() -> bool:
    """Say whether the queue put a transaction around this."""
    return connection.in_atomic_block


@outside
def outside_note(key: str) -> None:
    """Leave a trace without a transaction of the queue's."""
    note(key)


def odd(kind: str) -> Any:
    """Return what a database cannot keep as JSON."""
    return {
        "object": object(),
        "nan": float("nan"),
        "nul": "a\x00b",
        "half": "\ud800",
        "long": "x" * 100_000,
    }[kind]


@task()
def doubled(number: int) -> int:
    """Return twice the number."""
    return number * 2


@task(queue_name="slow", priority=5)
def broken() -> None:
    """Fail."""
    raise LookupError("not there")
