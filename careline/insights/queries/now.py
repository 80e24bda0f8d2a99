"""How things stand now: one pass over the unsolved conversations answers every figure, team and agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Count, Min
from django.db.models.expressions import RawSQL

from careline.core.conditions import to_q
from careline.core.models import Team
from careline.insights.figures import LATE, RISK, UNASSIGNED, UNSOLVED, WAITING
from careline.insights.queries.scope import Scope, conversations
from careline.tickets.fields import FIELDS

# Written out, because SQLite chooses an index that holds only these rows where it reads the very same words.
ARE_UNSOLVED = RawSQL(
    "\"tickets_ticket\".\"category\" IN ('new', 'open', 'waiting', 'hold')", (), output_field=BooleanField()
)
COUNTED = {"waiting": WAITING, "late": LATE, "risk": RISK, "unassigned": UNASSIGNED, "open": UNSOLVED}


@dataclass(frozen=True)
class Standing:
    """What is open somewhere: counts, and since when the longest waiting customer waits."""

    waiting: int = 0
    late: int = 0
    risk: int = 0
    unassigned: int = 0
    open: int = 0
    oldest: datetime | None = None

    def __add__(self, other: Standing) -> Standing:
        """Return what is open in two places together."""
        sums = {key: getattr(self, key) + getattr(other, key) for key in COUNTED}
        return Standing(**sums, oldest=min(filter(None, (self.oldest, other.oldest)), default=None))


@dataclass(frozen=True)
class TeamStanding:
    """One team's open work; `team` is None for what no team has."""

    team: Team | None
    standing: Standing


@dataclass
class Now:
    """What is open: in all, by team, and how many conversations each agent has."""

    all: Standing = field(default_factory=Standing)
    teams: list[TeamStanding] = field(default_factory=list)
    by_agent: dict[int, int] = field(default_factory=dict)


def now_of(scope: Scope) -> Now:
    """Return how things stand within a scope."""
    counts: dict[str, Any] = {
        key: Count("pk", filter=to_q(condition, FIELDS, scope.asker)) for key, condition in COUNTED.items()
    }
    rows = (
        conversations(scope)
        .filter(ARE_UNSOLVED)
        .order_by()
        .values_list("team_id", "assignee_id")
        .annotate(oldest=Min("waiting_since", filter=to_q(WAITING, FIELDS, scope.asker)), **counts)
    )
    out = Now()
    by_team: dict[int | None, Standing] = {}
    for team, agent, oldest, *numbers in rows:
        here = Standing(**dict(zip(counts, numbers, strict=True)), oldest=oldest)
        by_team[team] = by_team.get(team, Standing()) + here
        out.all += here
        if agent is not None:
            out.by_agent[agent] = out.by_agent.get(agent, 0) + here.open
    out.teams = _named(by_team)
    return out


def _named(by_team: dict[int | None, Standing]) -> list[TeamStanding]:
    """Name the teams; the one that needs most comes first."""
    known = Team.objects.in_bulk([pk for pk in by_team if pk is not None])
    found = [TeamStanding(known.get(pk or 0), standing) for pk, standing in by_team.items()]
    return sorted(found, key=_urgency)


def _urgency(one: TeamStanding) -> tuple[Any, ...]:
    has, name = one.standing, one.team.name if one.team else "~"
    return -has.late, -has.risk, -has.waiting, name


def total(teams: Iterable[TeamStanding]) -> Standing:
    """Return the sum over teams."""
    out = Standing()
    for one in teams:
        out += one.standing
    return out
