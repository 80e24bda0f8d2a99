"""Whose work a page of figures is about: what the role reaches, narrowed by what was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db.models import F, Func, IntegerField, QuerySet
from django.db.models.lookups import IsNull
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from careline.core import access
from careline.core.access import Reach
from careline.core.conditions import YEARS, Asker, Condition, to_q
from careline.core.models import Team, User
from careline.insights import days
from careline.insights.figures import FIGURES, Span, every, one
from careline.tickets.fields import FIELDS
from careline.tickets.models import Ticket
from careline.tickets.queries import visible_to

SEE = "today.see"
NO_TEAM = "none"
# Not as a plain comparison: SQLite would take the index of that column, in which nearly all rows are alike.
NOT_MERGED = IsNull(
    Func(F("merged_into_id"), template="(%(expressions)s + 0)", output_field=IntegerField()), True
)
HOUR = "%Y-%m-%dT%H:%MZ"


@dataclass(frozen=True)
class Scope:
    """Who asks, when, and for which part of the work."""

    user: User
    now: datetime
    team: str = ""  # id of a team, "none", or empty: all that the role reaches
    agent: int | None = None
    hour: datetime | None = None

    @property
    def condition(self) -> Condition:
        """Return the condition of everything within."""
        return every(_reached(self.user), _team(self.team), _agent(self.agent))

    @cached_property
    def zone(self) -> ZoneInfo:
        """Return the operation's time zone."""
        return days.zone()

    @property
    def asker(self) -> Asker:
        """Return who asks, for conditions that speak of "me" and "my teams"."""
        return Asker(self.now, self.user.pk, tuple(access.team_ids(self.user)))


@dataclass(frozen=True)
class Chosen:
    """A figure that somebody opened: which list shows its conversations."""

    key: str
    label: str
    condition: Condition
    order: str
    query: str
    team: str


def _reached(user: User) -> Condition:
    reach = access.reach(user, SEE)
    if reach == Reach.ALL:
        return {}
    mine = one("assignee", "is", "me")
    if reach == Reach.TEAM:
        return {"any": [mine, one("team", "in", ["my_teams"]), one("team", "empty")]}
    return mine if reach == Reach.OWN else {"not": {}}


def _team(team: str) -> Condition:
    if not team:
        return {}
    return one("team", "empty") if team == NO_TEAM else one("team", "is", int(team))


def _agent(agent: int | None) -> Condition:
    return one("assignee", "is", agent) if agent else {}


def conversations(scope: Scope) -> QuerySet[Ticket]:
    """Return the conversations within; merged ones are in no list and so in no figure."""
    rows = visible_to(scope.user).filter(NOT_MERGED)
    condition = scope.condition
    return rows.filter(to_q(condition, FIELDS, scope.asker)) if condition else rows


def condition_of(key: str, scope: Scope) -> Condition:
    """Return the condition of the conversations that a figure counts.

    Raises
    ------
    KeyError
        There is no such figure.
    """
    return every(FIGURES[key].condition(_span(scope)), scope.condition)


def figure_condition(
    key: str,
    *,
    user: User,
    now: datetime,
    team: str = "",
    agent: int | None = None,
    hour: datetime | None = None,
) -> Condition | None:
    """Return the condition of what a figure counts, None where there is no such figure."""
    return condition_of(key, Scope(user, now, team, agent, hour)) if key in FIGURES else None


def _span(scope: Scope) -> Span:
    where = scope.zone
    if scope.hour is None:
        return Span(days.day_of(days.today(scope.now, where), where).start)
    local = scope.hour.astimezone(where).date()
    return next(
        (span for span in days.hours_of(local, where) if span.start == scope.hour),
        Span(scope.hour, scope.hour),
    )


def chosen_figure(asked: Mapping[str, str], *, user: User, now: datetime) -> Chosen | None:
    """Return the figure that a query string names, None when it names none or is broken."""
    key = asked.get("figure", "")
    if key not in FIGURES or not access.may(user, SEE):
        return None
    scope = scope_of(asked, user=user, now=now)
    figure = FIGURES[key]
    return Chosen(
        key=key,
        label=_label(figure.label, scope),
        condition=condition_of(key, scope),
        order=figure.order,
        query=query_of(key, team=scope.team, agent=scope.agent, hour=scope.hour),
        team=scope.team,
    )


def scope_of(asked: Mapping[str, str], *, user: User, now: datetime) -> Scope:
    """Return the scope that a query string names; what it cannot mean is as if it were not there."""
    team, agent = asked.get("team", ""), asked.get("agent", "")
    return Scope(
        user,
        now,
        team=team if team == NO_TEAM or _is_number(team) else "",
        agent=int(agent) if _is_number(agent) else None,
        hour=_hour(asked.get("hour", "")),
    )


def query_of(key: str, *, team: str = "", agent: int | None = None, hour: datetime | None = None) -> str:
    """Return the query string that opens the list of a figure."""
    parts = {
        "figure": key,
        "team": team,
        "agent": agent,
        "hour": hour and hour.astimezone(UTC).strftime(HOUR),
    }
    return urlencode({name: value for name, value in parts.items() if value})


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _hour(text: str) -> datetime | None:
    try:
        at = datetime.strptime(text, HOUR).replace(tzinfo=UTC)
    except ValueError:
        return None
    return at if at.year in YEARS else None


def _label(label: str | Promise, scope: Scope) -> str:
    parts = [str(label)]
    if scope.team == NO_TEAM:
        parts.append(_("no team"))
    elif scope.team:
        parts += Team.objects.filter(pk=int(scope.team)).values_list("name", flat=True)
    if scope.agent:
        parts += User.objects.filter(pk=scope.agent).values_list("name", flat=True)
    if scope.hour:
        local = scope.hour.astimezone(scope.zone)
        parts.append(f"{local:%H:%M}")
    return ", ".join(parts)
