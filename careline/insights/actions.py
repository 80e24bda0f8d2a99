"""What can be decided about figures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from careline.core import access, events
from careline.core import settings as choices
from careline.core.models import User
from careline.insights.queries import METRICS
from careline.insights.queries import targets as aimed_at


class BadTarget(Exception):
    """A target is a share above nothing and up to all."""


@transaction.atomic
def set_targets(*, targets: Mapping[str, float], actor: User, now: datetime) -> None:
    """Say what share of promises is aimed at.

    Raises
    ------
    BadTarget
        A share is not in (0, 1], or of another kind of promise.
    """
    access.require(actor, "setup.service")
    before = aimed_at()
    for metric, share in targets.items():
        if metric not in METRICS or not 0 < share <= 1:
            raise BadTarget(f"{metric}: {share}")
    changed = {m: {"old": before[m], "new": share} for m, share in targets.items() if before[m] != share}
    if not changed:
        return
    for metric, change in changed.items():
        choices.put(f"today.target.{metric}", change["new"])
    events.record("targets.changed", subject=("operation", 0), actor=actor, at=now, changed=changed)
