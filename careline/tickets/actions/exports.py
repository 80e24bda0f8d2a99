"""Remembering who took conversations out of the house."""

from __future__ import annotations

from datetime import datetime

from careline.core import access, events
from careline.core.models import User


def note_export(*, narrowed: bool, actor: User, now: datetime) -> None:
    """Remember who saved a list of conversations as a file, and whether it was narrowed.

    Raises
    ------
    PermissionDenied
        The actor may not read conversations.
    """
    access.require(actor, "tickets.see")
    events.record("tickets.exported", subject=("setting", 0), actor=actor, at=now, narrowed=narrowed)
