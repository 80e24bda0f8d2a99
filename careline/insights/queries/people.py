"""Who is here, team by team, and how much each of them has open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from careline.calc import hours
from careline.core import access
from careline.core.access import Reach
from careline.core.models import Membership, Team, User
from careline.insights.queries.scope import NO_TEAM, SEE, Scope
from careline.sla.queries import default_calendar

HERE = timedelta(minutes=5)  # a page that is open is heard of every minute


@dataclass(frozen=True)
class Seat:
    """One person of a team."""

    user: User
    state: str  # here, away (here, but takes no new work), gone
    open: int
    lead: bool = False


@dataclass(frozen=True)
class Crew:
    """The people of one team: those who are here first."""

    team: Team
    seats: list[Seat]

    @property
    def here(self) -> int:
        """Count those to whom work can come."""
        return sum(seat.state == "here" for seat in self.seats)

    @property
    def away(self) -> int:
        """Count those who are here and take no new work."""
        return sum(seat.state == "away" for seat in self.seats)


def crews_of(scope: Scope, by_agent: Mapping[int, int]) -> list[Crew]:
    """Return the teams within a scope with their people; `by_agent` says what each has open."""
    crews: dict[int, Crew] = {}
    for member in _members(scope):
        crew = crews.setdefault(member.team_id, Crew(member.team, []))
        state = state_of(member.user, scope)
        crew.seats.append(Seat(member.user, state, by_agent.get(member.user_id, 0), member.lead))
    order = ("here", "away", "gone")
    for crew in crews.values():
        crew.seats.sort(key=lambda seat: (order.index(seat.state), seat.user.name))
    return sorted(crews.values(), key=lambda crew: crew.team.name)


def state_of(user: User, scope: Scope) -> str:
    """Say whether somebody is here, away, or gone."""
    if user.last_seen_at is None or scope.now - user.last_seen_at > HERE:
        return "gone"
    return "away" if user.availability == "away" else "here"


def _members(scope: Scope) -> QuerySet[Membership]:
    rows = Membership.objects.filter(user__is_active=True, team__active=True)
    if access.reach(scope.user, SEE) < Reach.ALL:
        rows = rows.filter(team__in=access.team_ids(scope.user))
    if scope.team:
        rows = rows.filter(team_id=0 if scope.team == NO_TEAM else int(scope.team))
    return rows.select_related("user", "team").order_by("team__name", "user__name")


def teams_to_choose(user: User) -> list[Team]:
    """Return the teams by which somebody may narrow the page."""
    rows = Team.objects.filter(active=True)
    if access.reach(user, SEE) < Reach.ALL:
        rows = rows.filter(pk__in=access.team_ids(user))
    return list(rows.order_by("name"))


def desk_is_open(now: datetime) -> bool:
    """Say whether the usual opening hours promise somebody to be there."""
    row = default_calendar()
    if row is None:
        return False
    given = {"zone": row.zone, "week": row.week, "closed": row.closed, "special": row.special}
    try:
        return hours.is_open(hours.from_json(given), now)
    except hours.BadCalendar:
        return False
