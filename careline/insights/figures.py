"""The figures of Today that count conversations: what each means, in words and as a condition.

A figure and the list that opens from it use the same condition, so what is shown is what is listed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from careline.core.conditions import Condition

SOON = timedelta(hours=1)
UNSOLVED: Condition = {"field": "category", "op": "in", "value": ["new", "open", "waiting", "hold"]}
SOLVED: Condition = {"field": "category", "op": "in", "value": ["solved", "closed"]}
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Span:
    """From `start` up to, but not including, `end`; without an end when it goes on."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True)
class Figure:
    """One number of Today, and the conversations it counts."""

    key: str
    label: str | Promise
    lines: tuple[str | Promise, ...]  # what it means and how it is reckoned, for "Why?"
    condition: Callable[[Span], Condition]
    order: str = "-changed_at"
    by_day: bool = False  # counts what happened in a span, not what is so now


def every(*parts: Condition) -> Condition:
    """Return the condition that holds where all of these hold."""
    asked = [part for part in parts if part]
    return asked[0] if len(asked) == 1 else {"all": asked} if asked else {}


def one(field: str, op: str, value: Any = None) -> Condition:
    """Return one test of a condition."""
    return {"field": field, "op": op} if value is None else {"field": field, "op": op, "value": value}


def within(field: str, span: Span) -> Condition:
    """Return the condition that an instant lies in a span; conditions count windows from just after."""
    begun = one(field, "after", (span.start - INSTANT).isoformat())
    if span.end is None:
        return begun
    return every(begun, one(field, "before", (span.end - INSTANT).isoformat()))


def _now(condition: Condition) -> Callable[[Span], Condition]:
    return lambda _span: condition


WAITING = every(UNSOLVED, one("waiting_since", "not_empty"))
LATE = every(UNSOLVED, {"any": [one("breached_at", "not_empty"), one("due_at", "past")]})
RISK = every(UNSOLVED, one("due_at", "within_next_s", int(SOON.total_seconds())), one("breached_at", "empty"))
UNASSIGNED = every(UNSOLVED, one("assignee", "empty"))

FIGURES: dict[str, Figure] = {
    figure.key: figure
    for figure in (
        Figure(
            "waiting",
            _("Waiting now"),
            (
                _("Conversations in which a customer has written and nobody has answered yet."),
                _("An automatic reply does not count as an answer, nor does a note."),
                _("Solved conversations are left out."),
            ),
            _now(WAITING),
            order="waiting_since",
        ),
        Figure(
            "late",
            _("Late now"),
            (
                _("Conversations of which a promise is broken and still owed."),
                _("Once the promised thing is done, the conversation leaves this number."),
                _("The promise stays broken in “Promises kept”."),
            ),
            _now(LATE),
            order="due_at",
        ),
        Figure(
            "risk",
            _("Due soon"),
            (
                _("Conversations whose next promise runs out within the hour unless somebody acts."),
                _("Time counts as the opening hours of the promise say; what is late already is left out."),
            ),
            _now(RISK),
            order="due_at",
        ),
        Figure(
            "unassigned",
            _("Unassigned"),
            (_("Conversations that are not solved and belong to nobody."),),
            _now(UNASSIGNED),
            order="waiting_since",
        ),
        Figure(
            "open",
            _("Open"),
            (_("Conversations that are not solved: new, open, waiting on the customer, or on hold."),),
            _now(UNSOLVED),
        ),
        Figure(
            "arrivals",
            _("New today"),
            (
                _("Conversations opened since midnight, in the operation's time zone."),
                _("A conversation that was merged into another one is counted once."),
            ),
            lambda span: within("opened_at", span),
            order="-opened_at",
            by_day=True,
        ),
        Figure(
            "solved",
            _("Solved today"),
            (
                _("Conversations solved since midnight, in the operation's time zone."),
                _("One that was reopened since has left the number."),
            ),
            lambda span: every(SOLVED, within("solved_at", span)),
            order="-solved_at",
            by_day=True,
        ),
    )
}
