"""Roles and their grants."""

from __future__ import annotations

import pytest

from careline.core import access
from careline.core.actions import roles
from careline.core.models import Event, Role, User
from tests.make import MONDAY_9, make_admin, make_role, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ida() -> User:
    return make_admin()


def grant(role: Role, permission: str, reach: str, ida: User) -> Event | None:
    return roles.set_grant(role=role, permission=permission, reach=reach, actor=ida, now=MONDAY_9)


def test_a_change_of_reach_counts_and_is_recorded_with_old_and_new(ida: User) -> None:
    role = make_role("tickets.see:own")
    ben = make_user()
    ben.roles.add(role)
    event = grant(role, "tickets.see", "all", ida)
    assert access.reach(User.objects.get(pk=ben.pk), "tickets.see") == access.Reach.ALL
    assert event
    assert event.data["changed"] == {"tickets.see": {"old": "own", "new": "all"}}


def test_setting_what_is_so_already_records_nothing(ida: User) -> None:
    assert grant(make_role("tickets.see:own"), "tickets.see", "own", ida) is None


def test_the_administrator_keeps_the_permission_to_change_users(ida: User) -> None:
    admin = Role.objects.get(key="admin")
    with pytest.raises(roles.AdministratorNeedsUsers):
        grant(admin, "setup.users", "none", ida)


@pytest.mark.parametrize(
    ("permission", "reach"), [("tickets.fly", "all"), ("tickets.see", "far"), ("setup.see", "own")]
)
def test_unknown_permissions_and_reaches_are_refused(permission: str, reach: str, ida: User) -> None:
    with pytest.raises(roles.NoSuchGrant):
        grant(make_role(), permission, reach, ida)


def test_a_change_is_undone_by_its_event(ida: User) -> None:
    role = make_role("tickets.see:own")
    event = grant(role, "tickets.see", "none", ida)
    assert event
    roles.undo_role_change(event_id=event.pk, actor=ida, now=MONDAY_9)
    assert Role.objects.get(pk=role.pk).grants == {"tickets.see": "own"}


def test_what_was_changed_again_is_not_undone(ida: User) -> None:
    role = make_role("tickets.see:own")
    event = grant(role, "tickets.see", "none", ida)
    grant(role, "tickets.see", "all", ida)
    assert event
    with pytest.raises(roles.NothingToUndo):
        roles.undo_role_change(event_id=event.pk, actor=ida, now=MONDAY_9)


def test_a_role_of_ones_own_begins_as_a_copy_and_goes_when_nobody_holds_it(ida: User) -> None:
    lead = Role.objects.get(key="lead")
    role = roles.create_role(name="Night lead", copy_of=lead, actor=ida, now=MONDAY_9)
    assert role.grants == lead.grants
    ben = make_user()
    ben.roles.add(role)
    with pytest.raises(roles.RoleInUse):
        roles.remove_role(role=role, actor=ida, now=MONDAY_9)
    ben.roles.clear()
    roles.remove_role(role=role, actor=ida, now=MONDAY_9)
    assert not Role.objects.filter(name="Night lead").exists()


def test_roles_that_come_with_careline_stay(ida: User) -> None:
    with pytest.raises(roles.RoleIsBuiltIn):
        roles.remove_role(role=Role.objects.get(key="agent"), actor=ida, now=MONDAY_9)


def test_two_roles_cannot_share_a_name(ida: User) -> None:
    with pytest.raises(roles.RoleNameTaken):
        roles.create_role(name="agent", actor=ida, now=MONDAY_9)


def test_making_the_default_roles_again_keeps_what_was_changed(ida: User) -> None:
    agent = Role.objects.get(key="agent")
    grant(agent, "customers.edit", "none", ida)
    assert "customers.edit" not in roles.make_default_roles()["agent"].grants
