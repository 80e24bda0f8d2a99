"""What clocks are derived from: facts about one ticket, and the terms of service in force."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, get_args

from careline.calc.hours import Calendar

Metric = Literal["first_reply", "next_reply", "periodic_update", "resolution"]
Category = Literal["new", "open", "waiting", "hold", "solved", "closed"]
Kind = Literal[
    "opened", "message_in", "message_out", "no_reply_needed", "status", "merged", "unmerged", "absorbed"
]

METRICS: tuple[Metric, ...] = get_args(Metric)
CATEGORIES: tuple[Category, ...] = get_args(Category)
KINDS: tuple[Kind, ...] = get_args(Kind)

# In these nothing is owed, so no clock of any metric counts.
RESTING: frozenset[Category] = frozenset({"solved", "closed"})

DEFAULT_PAUSES: Mapping[Metric, AbstractSet[Category]] = {
    "first_reply": frozenset(),
    "next_reply": frozenset({"waiting"}),
    "periodic_update": frozenset({"waiting"}),
    "resolution": frozenset({"waiting"}),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to a ticket and that a clock may care about.

    Attributes
    ----------
    at : datetime
        When our server saw it; aware. Never the date a sender wrote into a mail.
    kind : str
        ``opened``, ``message_in`` (public, from the customer), ``message_out`` (public, from the desk),
        ``no_reply_needed``, ``status``, ``merged`` (into another ticket), ``unmerged``, ``absorbed`` (another
        ticket was merged into this one).
    category : str, optional
        New status category, for ``status``.
    by_customer : bool
        Whether the customer opened the ticket, for ``opened``.
    automatic : bool
        Sent by a machine: bounces, absence notes, auto-replies. Such a message, and a ticket it opened,
        touches no clock.
    bot : bool
        A ``message_out`` written by a bot; counts only if the terms say so.
    since : datetime, optional
        For ``opened``: start clocks at this earlier instant (split). For ``absorbed``: when the clocks of the
        other ticket had started.
    unanswered_since : datetime, optional
        For ``absorbed``: the oldest unanswered customer message of the other ticket.
    """

    at: datetime
    kind: Kind
    category: Category | None = None
    by_customer: bool = True
    automatic: bool = False
    bot: bool = False
    since: datetime | None = None
    unanswered_since: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse facts no clock can read."""
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is not a kind of fact")
        if self.kind == "status" and self.category not in CATEGORIES:
            raise ValueError(f"a status fact needs one of {', '.join(CATEGORIES)}, got {self.category!r}")
        for instant in (self.at, self.since, self.unanswered_since):
            if instant is not None and instant.utcoffset() is None:
                raise ValueError(f"facts need aware datetimes, got {instant.isoformat()}")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a policy promises one ticket: targets already chosen for its priority, and how they count.

    Attributes
    ----------
    policy_id, policy_version : int
        Which policy, as it stood when these terms were taken from it.
    calendar : Calendar
        Hours in which time counts.
    targets : mapping of metric to float
        Promised time. A metric that is absent is measured but promised nothing. [s]
    calendars : mapping of metric to Calendar
        Hours for single metrics, where they differ from `calendar`.
    pauses : mapping of metric to set of category
        Status categories in which a metric does not count. `RESTING` categories never count.
    reopen_window_s : float
        A ticket reopened within this time of being solved goes on with its old clocks. [s, wall clock]
    bot_counts : bool
        Whether a bot's public message is a reply.
    warn_share : float
        Share of the target after which to warn. [0..1]
    warn_before_s : float, optional
        Warn this much counted time before the target instead. [s]
    """

    policy_id: int
    policy_version: int
    calendar: Calendar
    targets: Mapping[Metric, float]
    calendars: Mapping[Metric, Calendar] = field(default_factory=dict)
    pauses: Mapping[Metric, AbstractSet[Category]] = field(default_factory=lambda: DEFAULT_PAUSES)
    reopen_window_s: float = 7 * 86_400
    bot_counts: bool = False
    warn_share: float = 0.8
    warn_before_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse targets that cannot be met and shares that are none."""
        for metric, target_s in self.targets.items():
            if metric not in METRICS or target_s <= 0:
                raise ValueError(f"target of {metric} must be a known metric with a time > 0, got {target_s}")
        if not 0 < self.warn_share <= 1:
            raise ValueError(f"warn_share must be within 0..1, got {self.warn_share}")

    def calendar_for(self, metric: Metric) -> Calendar:
        """Return the hours in which `metric` counts."""
        return self.calendars.get(metric, self.calendar)

    def warn_after_s(self, metric: Metric) -> float:
        """Return the counted time after which to warn; `metric` must have a target. [s]"""
        target_s = self.targets[metric]
        if self.warn_before_s is None:
            return target_s * self.warn_share
        return max(0.0, target_s - self.warn_before_s)
