"""Remembers for a while what took long to count; what is quick is always counted afresh."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from time import perf_counter
from typing import Any, TypeVar

from django.core.cache import cache

from careline.core import access
from careline.insights.queries.scope import SEE, Scope

Found = TypeVar("Found")
SLOW_S = 0.05


def remembered(name: str, work: Callable[[], Found], *, keep_s: int) -> Found:
    """Return what `work` finds, from memory where finding it took long less than `keep_s` ago.

    For numbers about days that are over: they hardly change any more.
    """
    known: Found | None = cache.get(name)
    if known is not None:
        return known
    began = perf_counter()
    found = work()
    if perf_counter() - began > SLOW_S:
        cache.set(name, found, keep_s)
    return found


def name_of(what: str, scope: Scope, *more: Any) -> str:
    """Return the name of a number: the same for all who see the same conversations."""
    user = scope.user
    reaches = [access.reach(user, permission) for permission in (SEE, "tickets.see")]
    limited = min(reaches) < access.Reach.ALL
    who = [user.pk, sorted(access.team_ids(user))] if limited else []
    said = json.dumps([what, reaches, who, scope.team, scope.agent, *map(str, more)])
    return f"insights.{what}.{hashlib.sha256(said.encode()).hexdigest()[:32]}"
