"""The promises of one conversation, as the side panel shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from careline.sla import queries as sla
from careline.web.templatetags.parts import duration

if TYPE_CHECKING:
    from careline.sla.queries import ClockView
    from careline.tickets.models import Ticket

SHOWN = {"running", "risk", "late", "met", "paused"}


@dataclass(frozen=True)
class Shown:
    """One promise: what, how it stands, by when, and why."""

    id: str
    label: str
    state: str
    text: str
    title: str
    why_title: str
    lines: list[str]
    when: datetime | None = None
    when_label: str = ""


def clocks_of(ticket: Ticket, now: datetime) -> tuple[list[Shown], list[Shown]]:
    """Return what is owed or was owed last of each kind, and the earlier ones."""
    now_or_last: list[Shown] = []
    earlier: list[Shown] = []
    seen: set[str] = set()
    for clock in sla.clocks_of(ticket, now):
        if clock.due_state not in SHOWN:
            continue
        fresh = clock.is_open or clock.metric not in seen
        seen.add(clock.metric)
        (now_or_last if fresh else earlier).append(_shown(clock, now))
    return now_or_last, earlier


def _shown(clock: ClockView, now: datetime) -> Shown:
    label = clock.label if clock.cycle == 1 else f"{clock.label} {clock.cycle}"
    return Shown(
        id=f"why-{clock.metric}-{clock.cycle}",
        label=label,
        state=clock.due_state,
        text=_text(clock, now),
        title=clock.policy,
        why_title=label,
        lines=clock.why,
        when=clock.due_at if clock.is_open else None,
        when_label=_("Due") if clock.is_open and clock.due_at else "",
    )


def _text(clock: ClockView, now: datetime) -> str:
    """Return the length of time that is left or over: by the wall clock, as everywhere on the screens."""
    end = clock.breached_at or clock.due_at
    if clock.is_open and end:
        return duration((end - now).total_seconds())
    if clock.target_s is None:
        return ""
    return duration(clock.elapsed_s - clock.target_s)


def explained(ticket: Ticket, now: datetime) -> list[dict[str, object]]:
    """Return why each promise that is owed is due when it is due."""
    owed = [clock for clock in sla.clocks_of(ticket, now) if clock.is_open and clock.target_s is not None]
    return [{"title": clock.label, "lines": clock.why} for clock in owed]
