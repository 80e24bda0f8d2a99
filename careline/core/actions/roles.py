"""What can happen to roles: which permission reaches how far."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify

from careline.core import events
from careline.core.access import DEFAULT_ROLES, PERMISSIONS, REACHES
from careline.core.models import Event, Role, User

GUARDED = ("admin", "setup.users")


class RoleNameTaken(Exception):
    """Another role is called that."""


class RoleInUse(Exception):
    """People hold this role; give them another one first."""


class RoleIsBuiltIn(Exception):
    """The roles that come with Careline can be changed, not removed."""


class AdministratorNeedsUsers(Exception):
    """The administrator role keeps the permission to change users, or nobody could ever give it back."""


class NoSuchGrant(Exception):
    """No such permission exists, or it does not come in this reach."""


class NothingToUndo(Exception):
    """The role was changed again since, or the change is not one that can be taken back."""


@transaction.atomic
def make_default_roles() -> dict[str, Role]:
    """Make sure that the roles that come with Careline exist; changed ones stay as they were changed."""
    made = {}
    for position, (key, (name, grants)) in enumerate(DEFAULT_ROLES.items()):
        defaults = {"name": name, "position": position, "grants": grants}
        made[key], _new = Role.objects.get_or_create(key=key, defaults=defaults)
    return made


@transaction.atomic
def create_role(*, name: str, copy_of: Role | None = None, actor: User, now: datetime) -> Role:
    """Add a role of one's own, empty or with the grants of another.

    Raises
    ------
    RoleNameTaken
        Another role is called that.
    """
    key = slugify(name)[:40] or "role"
    if Role.objects.filter(key=key).exists() or Role.objects.filter(name__iexact=name.strip()).exists():
        raise RoleNameTaken(name)
    last = Role.objects.aggregate(last=Max("position"))["last"] or 0
    grants = dict(copy_of.grants) if copy_of else {}
    role = Role.objects.create(key=key, name=name.strip(), position=last + 1, grants=grants)
    events.record("role.created", subject=("role", role.pk), actor=actor, at=now, key=key, grants=grants)
    return role


@transaction.atomic
def rename_role(*, role: Role, name: str, actor: User, now: datetime) -> None:
    """Call a role something else; what it may do stays.

    Raises
    ------
    RoleNameTaken
        Another role is called that.
    """
    if Role.objects.filter(name__iexact=name.strip()).exclude(pk=role.pk).exists():
        raise RoleNameTaken(name)
    old, role.name = role.name, name.strip()
    role.save(update_fields=["name"])
    events.record("role.renamed", subject=("role", role.pk), actor=actor, at=now, old=old, new=role.name)


@transaction.atomic
def set_grant(*, role: Role, permission: str, reach: str, actor: User, now: datetime) -> Event | None:
    """Say whose work a permission of a role reaches: none, own, team or all; None when it is so already.

    Raises
    ------
    NoSuchGrant
        Unknown permission, or a reach it does not come in.
    AdministratorNeedsUsers
        The administrator role would lose the permission to change users.
    """
    known = PERMISSIONS.get(permission)
    allowed = {"none", *REACHES} if known and known.scoped else {"none", "all"}
    if known is None or reach not in allowed:
        raise NoSuchGrant(f"{permission} {reach}")
    if (role.key, permission) == GUARDED and reach != "all":
        raise AdministratorNeedsUsers(permission)
    # Locked, so that two people changing two cells of one role do not undo each other.
    fresh = Role.objects.select_for_update().get(pk=role.pk)
    grants = {key: value for key, value in fresh.grants.items() if key != permission}
    if reach != "none":
        grants[permission] = reach
    return _set_grants(fresh, grants, actor=actor, now=now)


def _set_grants(role: Role, grants: Mapping[str, str], *, actor: User, now: datetime) -> Event | None:
    old, new = dict(role.grants), dict(grants)
    if old == new:
        return None
    role.grants = new
    role.save(update_fields=["grants"])
    keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
    changed = {key: {"old": old.get(key, "none"), "new": new.get(key, "none")} for key in keys}
    return events.record("role.changed", subject=("role", role.pk), actor=actor, at=now, changed=changed)


@transaction.atomic
def undo_role_change(*, event_id: int, actor: User, now: datetime) -> Role:
    """Give a role back the reaches it had before one change; that is a change of its own.

    Raises
    ------
    NothingToUndo
        Something has changed the same reaches since.
    """
    event = Event.objects.filter(pk=event_id, kind="role.changed").first()
    role = event and Role.objects.select_for_update().filter(pk=event.subject_id).first()
    if not event or not role:
        raise NothingToUndo(f"event {event_id}")
    grants = dict(role.grants)
    for key, change in event.data["changed"].items():
        if grants.get(key, "none") != change["new"]:
            raise NothingToUndo(f"event {event_id}")
        grants[key] = change["old"]
    grants = {key: reach for key, reach in grants.items() if reach != "none"}
    if role.key == GUARDED[0] and grants.get(GUARDED[1]) != "all":
        raise AdministratorNeedsUsers(GUARDED[1])
    _set_grants(role, grants, actor=actor, now=now)
    return role


@transaction.atomic
def remove_role(*, role: Role, actor: User, now: datetime) -> None:
    """Remove a role of one's own that nobody holds.

    Raises
    ------
    RoleIsBuiltIn
        It came with Careline.
    RoleInUse
        People hold it.
    """
    if role.key in DEFAULT_ROLES:
        raise RoleIsBuiltIn(role.key)
    if role.users.exists():
        raise RoleInUse(role.key)
    facts = {"key": role.key, "name": role.name, "grants": role.grants}
    events.record("role.removed", subject=("role", role.pk), actor=actor, at=now, **facts)
    role.delete()
