"""What follows from what. The whole nervous system, on one page."""

from __future__ import annotations

from careline.core.events import Reaction

AT_ONCE: dict[str, list[Reaction]] = {}
QUEUED: dict[str, list[Reaction]] = {}
