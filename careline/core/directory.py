"""Reads about people, teams, roles and brands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from careline.core import settings as choices
from careline.core.actions.users import hash_of
from careline.core.models import Brand, Event, Invitation, Role, Team, User

PAGE = 100
STATES = ("active", "invited", "inactive")


@dataclass(frozen=True)
class PeopleFilter:
    """Which people to list."""

    words: str = ""
    role_id: int | None = None
    team_id: int | None = None
    state: str = ""


def people(wanted: PeopleFilter, *, after: User | None = None, most: int = PAGE) -> list[User]:
    """Return people by name with their roles, teams and open invitation, from behind `after`."""
    rows = User.objects.all()
    if wanted.words:
        rows = rows.filter(Q(name__icontains=wanted.words) | Q(email__icontains=wanted.words))
    if wanted.role_id:
        rows = rows.filter(roles=wanted.role_id)
    if wanted.team_id:
        rows = rows.filter(memberships__team=wanted.team_id)
    rows = _in_state(rows, wanted.state)
    if after:
        rows = rows.filter(Q(name__gt=after.name) | Q(name=after.name, pk__gt=after.pk))
    rows = rows.select_related("invitation").prefetch_related("roles", "memberships__team")
    return list(rows.order_by("name", "pk")[:most])


def _in_state(rows: QuerySet[User], state: str) -> QuerySet[User]:
    if state == "active":
        return rows.filter(is_active=True)
    if state == "invited":
        return rows.filter(is_active=False, joined_at=None, invitation__isnull=False)
    if state == "inactive":
        return rows.filter(is_active=False).exclude(joined_at=None, invitation__isnull=False)
    return rows


def state_of(user: User) -> str:
    """Say whether somebody signs in (active), is awaited (invited) or is out (inactive)."""
    if user.is_active:
        return "active"
    return "invited" if user.joined_at is None and invitation_of(user) else "inactive"


def invitation_of(user: User) -> Invitation | None:
    """Return the open or expired invitation of somebody who has not joined."""
    return getattr(user, "invitation", None)


def person(pk: int) -> User | None:
    """Return one person, or None."""
    rows = User.objects.select_related("invitation").prefetch_related("roles", "memberships__team")
    return rows.filter(pk=pk).first()


def active_people() -> list[User]:
    """Return everybody who signs in, by name."""
    return list(User.objects.filter(is_active=True))


def has_company() -> bool:
    """Tell whether more than one person signs in, or was invited to."""
    return User.objects.filter(Q(is_active=True) | Q(invitation__isnull=False))[:2].count() > 1


def anybody_signs_in() -> bool:
    """Say whether the operation has begun."""
    return User.objects.filter(is_active=True).exists()


def invited_by(token: str, *, now: datetime) -> User | None:
    """Return who an invitation's secret word is for; None when it is used, taken back or has run out."""
    found = Invitation.objects.select_related("user").filter(token_hash=hash_of(token)).first()
    return found.user if found and found.expires_at >= now else None


def roles() -> list[Role]:
    """Return all roles in their order, each with `holders`, the number of people."""
    return list(Role.objects.annotate(holders=Count("users")).order_by("position", "name"))


def role(pk: int) -> Role | None:
    """Return one role, or None."""
    return Role.objects.filter(pk=pk).first()


def role_choices() -> list[tuple[int, str]]:
    """Return (id, name) of all roles, for forms."""
    return list(Role.objects.values_list("pk", "name"))


def role_id(key: str) -> int | None:
    """Return the id of the role with this key, or None."""
    return Role.objects.filter(key=key).values_list("pk", flat=True).first()


def role_keys(user: User) -> set[str]:
    """Return the keys of the roles that somebody holds."""
    return set(user.roles.values_list("key", flat=True))


def teams(*, archived: bool = False) -> list[Team]:
    """Return the teams, each with `size`, the number of active people."""
    size = Count("memberships", filter=Q(memberships__user__is_active=True))
    rows = Team.objects.annotate(size=size).order_by("name")
    return list(rows if archived else rows.filter(active=True))


def team(pk: int) -> Team | None:
    """Return one team, or None."""
    return Team.objects.filter(pk=pk).first()


def team_choices() -> list[tuple[int, str]]:
    """Return (id, name) of the teams at work, for forms."""
    return list(Team.objects.filter(active=True).values_list("pk", "name"))


def people_of(team: Team) -> list[tuple[User, bool]]:
    """Return who is in a team, each with whether they lead it."""
    return [(m.user, m.lead) for m in team.memberships.select_related("user").order_by("user__name")]


def first_brand() -> Brand | None:
    """Return the operation's brand, or None before it has one."""
    return Brand.objects.order_by("pk").first()


def personas() -> list[tuple[User, str]]:
    """Return whom one may be in a demo operation, each with the name of their role."""
    chosen = choices.get("demo.personas")
    rows = User.objects.filter(is_active=True, pk__in=chosen).prefetch_related("roles")
    found = {user.pk: user for user in rows}
    return [(found[pk], _role_name(found[pk])) for pk in chosen if pk in found]


def _role_name(user: User) -> str:
    return ", ".join(role.name for role in user.roles.all())


def role_names(user: User) -> list[str]:
    """Return the names of the roles that somebody holds."""
    return list(user.roles.values_list("name", flat=True))


def sizes() -> dict[str, int]:
    """Count what an operation holds: people who sign in, teams, facts in the log."""
    return {"people": User.objects.count(), "teams": Team.objects.count(), "events": Event.objects.count()}
