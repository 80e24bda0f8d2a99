"""How many promises were kept, counted on the day each was decided.

A promise is decided when it is kept, or when its time runs out. So one that is broken and still owed counts
as broken, and a late answer does not move it to another day. What was merged, or solved without the promised
answer, decided nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from careline.core import access
from careline.core import settings as choices
from careline.core.conditions import YEARS
from careline.insights import days
from careline.insights.figures import Span
from careline.insights.queries.memory import name_of, remembered
from careline.insights.queries.scope import SEE, Scope, conversations
from careline.sla.models import Clock

METRICS = ("first_reply", "resolution")
WEEK = timedelta(days=7)
KEEP_S = 600
BROKEN = ("breached", "running", "paused")


@dataclass(frozen=True)
class Share:
    """Promises of a span of days: how many were decided, how many of them were kept."""

    met: int
    decided: int

    @property
    def share(self) -> float | None:
        """Share that was kept, 0..1; None where none was decided."""
        return self.met / self.decided if self.decided else None


@dataclass(frozen=True)
class KeptFigure:
    """One kind of promise: this week, the week before, and what is aimed at."""

    metric: str
    week: Share
    before: Share
    target: float  # 0..1


def week_of(scope: Scope) -> Span:
    """Return the last seven days, today included, from midnight on."""
    where = scope.zone
    first = days.today(scope.now, where) - timedelta(days=6)
    return Span(days.day_of(first, where).start, scope.now)


def week_before(scope: Scope) -> Span:
    """Return the seven days before those."""
    where = scope.zone
    first = days.today(scope.now, where) - timedelta(days=13)
    return Span(days.day_of(first, where).start, week_of(scope).start)


def kept_of(scope: Scope) -> list[KeptFigure]:
    """Return how promises were kept within a scope."""
    aims = targets()
    return [
        KeptFigure(
            metric=metric,
            week=share_of(metric, scope, week_of(scope)),
            before=share_of(metric, scope, week_before(scope)),
            target=aims[metric],
        )
        for metric in METRICS
    ]


def targets() -> dict[str, float]:
    """Return what share of each kind of promise is aimed at, 0..1."""
    kept = choices.some(*(f"today.target.{metric}" for metric in METRICS))
    return {metric: kept[f"today.target.{metric}"] for metric in METRICS}


def share_of(metric: str, scope: Scope, span: Span) -> Share:
    """Return how many promises of one kind were decided in a span, and how many were kept."""
    midnight = days.day_of(days.today(scope.now, scope.zone), scope.zone).start
    over, rest = _split(span, midnight)
    past: list[int] = [0, 0]
    if over is not None:
        name = name_of("kept", scope, metric, over.start, over.end)
        past = remembered(name, lambda: _count(metric, scope, over), keep_s=KEEP_S)
    today = _count(metric, scope, rest) if rest is not None else [0, 0]
    met, broken = past[0] + today[0], past[1] + today[1]
    return Share(met=met, decided=met + broken)


def _split(span: Span, midnight: datetime) -> tuple[Span | None, Span | None]:
    """Return the part of a span before midnight, which hardly changes, and the part of today."""
    end = span.end or midnight
    over = Span(span.start, min(end, midnight)) if span.start < midnight else None
    return over, Span(max(span.start, midnight), end) if end > midnight else None


def _count(metric: str, scope: Scope, span: Span) -> list[int]:
    return [rows.count() for rows in (met_in(metric, scope, span), broken_in(metric, scope, span))]


def met_in(metric: str, scope: Scope, span: Span) -> QuerySet[Clock]:
    """Return the promises that were kept in a span."""
    inside = Q(stopped_at__gte=span.start, stopped_at__lt=span.end)
    return _promised(metric, scope).filter(inside, outcome="met")


def broken_in(metric: str, scope: Scope, span: Span) -> QuerySet[Clock]:
    """Return the promises whose time ran out in a span, answered since or not."""
    inside = Q(breached_at__gte=span.start, breached_at__lt=span.end)
    return _promised(metric, scope).filter(inside, outcome__in=BROKEN)


def _promised(metric: str, scope: Scope) -> QuerySet[Clock]:
    rows = Clock.objects.filter(metric=metric, target_s__isnull=False)
    if _everything(scope):
        return rows  # merged conversations have no promise that was decided
    # Looked up promise by promise: written as a join or a list, the whole of a team would be read first.
    return rows.filter(Exists(conversations(scope).filter(pk=OuterRef("ticket_id"))))


def _everything(scope: Scope) -> bool:
    reaches = (access.reach(scope.user, permission) for permission in (SEE, "tickets.see"))
    return not scope.team and not scope.agent and all(reach == access.Reach.ALL for reach in reaches)


@dataclass(frozen=True)
class Page:
    """Some promises of a list, newest first; `after` is the mark of what follows, empty at the end."""

    clocks: list[Clock]
    after: str = ""


def page_of_kept(
    metric: str, scope: Scope, span: Span, *, broken: bool, after: str = "", most: int = 50
) -> Page:
    """Return one page of what a share counts: the broken ones, or the kept.

    Raises
    ------
    ValueError
        `after` is not a place in this list.
    """
    rows = broken_in(metric, scope, span) if broken else met_in(metric, scope, span)
    column = "breached_at" if broken else "stopped_at"
    if after:
        at, pk = _read(after)
        # The first condition lets an index find the place, the second settles equal instants.
        rows = rows.filter(Q(**{f"{column}__lte": at})).filter(
            Q(**{f"{column}__lt": at}) | Q(**{column: at, "pk__lt": pk})
        )
    rows = rows.select_related("ticket__customer", "ticket__team", "ticket__assignee", "policy")
    found = list(rows.order_by(f"-{column}", "-pk")[: most + 1])
    page = found[:most]
    return Page(page, _mark(getattr(page[-1], column), page[-1].pk) if len(found) > most else "")


def _mark(at: datetime, pk: int) -> str:
    return f"{at.isoformat()}~{pk}"


def _read(mark: str) -> tuple[datetime, int]:
    text, _tilde, number = mark.rpartition("~")
    at = datetime.fromisoformat(text)
    if (
        at.tzinfo is None
        or at.year not in YEARS
        or not number.isascii()
        or not number.isdecimal()
        or len(number) > 18
    ):
        raise ValueError(mark)
    return at, int(number)
