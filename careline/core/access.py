"""May this person do this, and to whose work? The one place that answers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from django.core.exceptions import PermissionDenied
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from careline.core.models import Role, User


class Reach(IntEnum):
    """How far a grant goes: nobody's, one's own, one's teams', everybody's."""

    NONE = 0
    OWN = 1
    TEAM = 2
    ALL = 3


REACHES = {"own": Reach.OWN, "team": Reach.TEAM, "all": Reach.ALL}


@dataclass(frozen=True)
class Permission:
    """One thing that a role may be granted; `scoped` ones can be limited to own or team."""

    key: str
    text: str | Promise
    scoped: bool = False


PERMISSIONS: dict[str, Permission] = {
    p.key: p
    for p in (
        Permission("tickets.see", _("Read conversations"), scoped=True),
        Permission("tickets.reply", _("Answer customers and write notes"), scoped=True),
        Permission("tickets.edit", _("Change status, priority, assignment and other fields"), scoped=True),
        Permission("tickets.create", _("Open conversations on behalf of customers")),
        Permission("customers.see", _("Read customers")),
        Permission("customers.edit", _("Change customers and organisations")),
        Permission("today.see", _("See the Today page"), scoped=True),
        Permission("views.share", _("Make and change shared views")),
        Permission("setup.see", _("Open the setup pages")),
        Permission("setup.channels", _("Change mailboxes and mail settings")),
        Permission("setup.service", _("Change opening hours and service level policies")),
        Permission("setup.fields", _("Change statuses, contact reasons and tags")),
        Permission("setup.users", _("Invite people, change teams and roles")),
        Permission("health.see", _("See system health, quarantine and failed work")),
        Permission("health.act", _("Retry or discard quarantined mail and failed work")),
        Permission("audit.see", _("Read the audit trail")),
    )
}


def _all(*keys: str) -> dict[str, str]:
    return dict.fromkeys(keys, "all")


_AGENT = {
    **_all("tickets.create", "customers.see", "customers.edit"),
    **{"tickets.see": "team", "tickets.reply": "team", "tickets.edit": "team"},
}
_MANAGER = _all(*PERMISSIONS) | {}
DEFAULT_ROLES: dict[str, tuple[str, dict[str, str]]] = {
    "agent": ("Agent", _AGENT),
    "lead": (
        "Team lead",
        _AGENT
        | _all("tickets.see", "tickets.edit", "tickets.reply", "views.share", "health.see")
        | {"today.see": "team"},
    ),
    "qa": ("QA analyst", _all("tickets.see", "customers.see", "today.see")),
    "planner": ("Planner", _all("tickets.see", "customers.see", "today.see", "setup.see")),
    "manager": ("Manager", {k: v for k, v in _MANAGER.items() if k not in {"setup.users"}}),
    "admin": ("Administrator", _all(*PERMISSIONS)),
    "auditor": (
        "Auditor",
        _all("tickets.see", "customers.see", "today.see", "setup.see", "health.see", "audit.see"),
    ),
}


def grants_of(user: User) -> dict[str, Reach]:
    """Return the widest reach of each permission over all of the user's roles (kept on the user object)."""
    known: dict[str, Reach] | None = getattr(user, "_grants", None)
    if known is None:
        known = {}
        if user.is_authenticated and user.is_active:
            for grants in Role.objects.filter(users=user).values_list("grants", flat=True):
                for key, reach in grants.items():
                    known[key] = max(known.get(key, Reach.NONE), REACHES.get(reach, Reach.NONE))
        user._grants = known  # type: ignore[attr-defined]
    return known


def team_ids(user: User) -> list[int]:
    """Return the ids of the user's teams (kept on the user object)."""
    known: list[int] | None = getattr(user, "_team_ids", None)
    if known is None:
        known = list(user.memberships.values_list("team_id", flat=True))
        user._team_ids = known  # type: ignore[attr-defined]
    return known


def reach(user: User, permission: str) -> Reach:
    """Return how far this permission goes for this person.

    Raises
    ------
    ValueError
        The permission is not in PERMISSIONS: a programming error.
    """
    if permission not in PERMISSIONS:
        raise ValueError(f"unknown permission {permission!r}")
    return grants_of(user).get(permission, Reach.NONE)


def may(user: User, permission: str) -> bool:
    """Say whether this person holds the permission at all."""
    return reach(user, permission) > Reach.NONE


def require(user: User, permission: str) -> None:
    """Raise PermissionDenied unless the user holds the permission in some reach."""
    if not may(user, permission):
        raise PermissionDenied(f"needs {permission}")


def covers(user: User, permission: str, *, owner_id: int | None, team_id: int | None) -> bool:
    """Say whether the permission reaches a piece of work with this owner and team."""
    how_far = reach(user, permission)
    if how_far == Reach.ALL:
        return True
    if how_far >= Reach.OWN and owner_id is not None and owner_id == user.pk:
        return True
    return how_far >= Reach.TEAM and (team_id is None or team_id in team_ids(user))


def require_on(user: User, permission: str, *, owner_id: int | None, team_id: int | None) -> None:
    """Raise PermissionDenied unless the permission reaches this piece of work."""
    if not covers(user, permission, owner_id=owner_id, team_id=team_id):
        raise PermissionDenied(f"needs {permission} here")
