"""How many promises are owed, and how many were kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from careline.sla.models import Clock

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Kept:
    """How many promises of one kind came to an end, and how many of them were kept."""

    met: int
    ended: int

    @property
    def share(self) -> float | None:
        """Share that was kept, 0..1; None where none came to an end."""
        return self.met / self.ended if self.ended else None


@dataclass(frozen=True)
class Owed:
    """Promises that run: of one team, or of conversations nobody's team has."""

    team_id: int | None
    late: int
    at_risk: int  # warned of, not late
    within: int  # due within the time asked about, not late

    def __add__(self, other: Owed) -> Owed:
        """Add two teams' figures."""
        return Owed(None, self.late + other.late, self.at_risk + other.at_risk, self.within + other.within)


def kept(metric: str, *, since: datetime, until: datetime, team_ids: Iterable[int] | None = None) -> Kept:
    """Return how many promises of this kind ended in [since, until), and how many were kept.

    What was solved without a reply, merged or cancelled kept or broke nothing and is not counted, nor is what
    was measured without a promise. `team_ids` are the teams that have the conversations now.
    """
    ended = Clock.objects.filter(
        metric=metric,
        stopped_at__gte=since,
        stopped_at__lt=until,
        outcome__in=("met", "breached"),
        target_s__isnull=False,
    )
    if team_ids is not None:
        ended = ended.filter(ticket__team_id__in=list(team_ids))
    counts = ended.aggregate(met=Count("id", filter=Q(outcome="met")), ended=Count("id"))
    return Kept(met=counts["met"], ended=counts["ended"])


def promises(now: datetime, *, within: timedelta = HOUR, team_ids: Iterable[int] | None = None) -> list[Owed]:
    """Return, for each team, how many promises are late, at risk, and due within some time from now."""
    late = late_q(now)
    rows = (
        open_clocks(team_ids)
        .order_by()
        .values("ticket__team_id")
        .annotate(
            late=Count("id", filter=late),
            at_risk=Count("id", filter=~late & Q(due_at__gte=now, warn_at__lte=now)),
            within=Count("id", filter=~late & Q(due_at__gte=now, due_at__lte=now + within)),
        )
    )
    return [Owed(row["ticket__team_id"], row["late"], row["at_risk"], row["within"]) for row in rows]


def open_clocks(team_ids: Iterable[int] | None = None) -> QuerySet[Clock]:
    """Return the promises that still run or stand still."""
    owed = Clock.objects.filter(stopped_at__isnull=True, target_s__isnull=False)
    return owed if team_ids is None else owed.filter(ticket__team_id__in=list(team_ids))


def late_q(now: datetime) -> Q:
    """Return what makes an unfinished promise late: broken before, or its time is up."""
    return Q(breached_at__isnull=False, breached_at__lte=now) | Q(due_at__isnull=False, due_at__lt=now)
