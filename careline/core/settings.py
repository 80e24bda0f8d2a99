"""Operation-wide choices, by key."""

from __future__ import annotations

from typing import Any

from careline.core.models import Setting

DEFAULTS: dict[str, Any] = {
    "operation.name": "Careline",
    "operation.time_zone": "UTC",
    "operation.language": "en",
    "operation.ready": False,  # whether the first-run pages are done
    "operation.demo": False,
    "operation.claim": None,  # {"kind": "desk" or "demo", "at"}: who began first
    "operation.start_step": "",  # where the first-run pages were left
    "today.target.first_reply": 0.9,  # share of promises that is aimed at
    "today.target.resolution": 0.9,
    "demo.personas": [],  # ids of the people one may be in a demo operation
}


def get(key: str) -> Any:
    """Return a choice, or its default.

    Raises
    ------
    KeyError
        No such choice exists.
    """
    row = Setting.objects.filter(pk=key).first()
    return DEFAULTS[key] if row is None else row.value


def some(*keys: str) -> dict[str, Any]:
    """Return several choices in one query.

    Raises
    ------
    KeyError
        No such choice exists.
    """
    known = dict(Setting.objects.filter(pk__in=keys).values_list("key", "value"))
    return {key: known.get(key, DEFAULTS[key]) for key in keys}


def put(key: str, value: Any) -> None:
    """Keep a choice; the caller records the event that says who made it.

    Raises
    ------
    KeyError
        No such choice exists.
    """
    if key not in DEFAULTS:
        raise KeyError(key)
    Setting.objects.update_or_create(pk=key, defaults={"value": value})
