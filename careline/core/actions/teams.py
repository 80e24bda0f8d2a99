"""What can happen to teams."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from careline.core import events
from careline.core.models import Membership, Team, User


class TeamNameTaken(Exception):
    """Another team is called that, perhaps an archived one."""


@transaction.atomic
def create_team(
    *, name: str, site: str = "", time_zone: str = "UTC", actor: User | None, now: datetime
) -> Team:
    """Make a team that work can be given to.

    Raises
    ------
    TeamNameTaken
        Another team is called that.
    """
    _refuse_taken(name, other_than=None)
    team = Team.objects.create(name=name.strip(), site=site.strip(), time_zone=time_zone)
    facts = {"name": team.name, "site": team.site, "time_zone": time_zone}
    events.record("team.created", subject=("team", team.pk), actor=actor, at=now, **facts)
    return team


@transaction.atomic
def change_team(*, team: Team, name: str, site: str, time_zone: str, actor: User, now: datetime) -> Team:
    """Change what a team is called, where it sits and which clock it lives by.

    Raises
    ------
    TeamNameTaken
        Another team is called that.
    """
    _refuse_taken(name, other_than=team)
    new = {"name": name.strip(), "site": site.strip(), "time_zone": time_zone}
    changed = {
        key: {"old": getattr(team, key), "new": new[key]} for key in new if getattr(team, key) != new[key]
    }
    for key, value in new.items():
        setattr(team, key, value)
    team.save(update_fields=list(new))
    return _record(team, changed, actor=actor, now=now)


@transaction.atomic
def set_team_people(
    *, team: Team, user_ids: Iterable[int], lead_ids: Iterable[int], actor: User, now: datetime
) -> Team:
    """Say who is in the team, and who leads it; a lead is always in."""
    before = _people(team)
    leads = set(lead_ids)
    wanted = set(user_ids) | leads
    team.memberships.exclude(user_id__in=wanted).delete()
    for user_id in User.objects.filter(pk__in=wanted).values_list("pk", flat=True):
        Membership.objects.update_or_create(team=team, user_id=user_id, defaults={"lead": user_id in leads})
    after = _people(team)
    changed = {key: {"old": before[key], "new": after[key]} for key in after if before[key] != after[key]}
    return _record(team, changed, actor=actor, now=now)


@transaction.atomic
def archive_team(*, team: Team, actor: User, now: datetime) -> Team:
    """Stop giving work to a team; what it did stays readable."""
    return _set_active(team, False, actor=actor, now=now)


@transaction.atomic
def restore_team(*, team: Team, actor: User, now: datetime) -> Team:
    """Bring an archived team back."""
    return _set_active(team, True, actor=actor, now=now)


def _set_active(team: Team, active: bool, *, actor: User, now: datetime) -> Team:
    changed = {"active": {"old": team.active, "new": active}} if team.active != active else {}
    team.active = active
    team.save(update_fields=["active"])
    return _record(team, changed, actor=actor, now=now)


def _record(team: Team, changed: dict[str, Any], *, actor: User, now: datetime) -> Team:
    if changed:
        events.record("team.changed", subject=("team", team.pk), actor=actor, at=now, changed=changed)
    return team


def _people(team: Team) -> dict[str, list[int]]:
    rows = list(team.memberships.order_by("user_id").values_list("user_id", "lead"))
    return {"people": [pk for pk, _lead in rows], "leads": [pk for pk, lead in rows if lead]}


def _refuse_taken(name: str, *, other_than: Team | None) -> None:
    others = Team.objects.filter(name__iexact=name.strip())
    if (others.exclude(pk=other_than.pk) if other_than else others).exists():
        raise TeamNameTaken(name)
