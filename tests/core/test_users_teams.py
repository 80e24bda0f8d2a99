"""Teams, and the operation's own name."""

from __future__ import annotations

import pytest

from careline.core import directory
from careline.core import settings as choices
from careline.core.actions import operation, teams, users
from careline.core.models import Event, User
from tests.make import MONDAY_9, make_admin, make_team, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "walnut carriage seven"


@pytest.fixture
def ida() -> User:
    return make_admin()


def test_a_lead_is_always_in_the_team(ida: User) -> None:
    team, ben, cleo = make_team(), make_user(name="Ben"), make_user(name="Cleo")
    teams.set_team_people(team=team, user_ids=[ben.pk], lead_ids=[cleo.pk], actor=ida, now=MONDAY_9)
    assert directory.people_of(team) == [(ben, False), (cleo, True)]


def test_people_left_out_leave_the_team(ida: User) -> None:
    ben = make_user()
    team = make_team(ben)
    teams.set_team_people(team=team, user_ids=[], lead_ids=[], actor=ida, now=MONDAY_9)
    assert directory.people_of(team) == []
    assert Event.objects.get().data["changed"]["people"] == {"old": [ben.pk], "new": []}


def test_two_teams_cannot_share_a_name_even_when_one_is_archived(ida: User) -> None:
    make_team(name="Billing", active=False)
    with pytest.raises(teams.TeamNameTaken):
        teams.create_team(name="billing", actor=ida, now=MONDAY_9)


def test_an_archived_team_is_no_longer_offered_and_comes_back(ida: User) -> None:
    team = make_team(name="Billing")
    teams.archive_team(team=team, actor=ida, now=MONDAY_9)
    assert directory.team_choices() == []
    teams.restore_team(team=team, actor=ida, now=MONDAY_9)
    assert directory.team_choices() == [(team.pk, "Billing")]


def test_renaming_to_the_same_records_nothing(ida: User) -> None:
    team = make_team(name="Billing")
    teams.change_team(team=team, name="Billing", site="", time_zone="UTC", actor=ida, now=MONDAY_9)
    assert not Event.objects.exists()


def test_a_changed_setting_is_recorded_old_and_new(ida: User) -> None:
    operation.set_operation(
        name="Lumen Care", language="en", time_zone="Europe/Riga", actor=ida, now=MONDAY_9
    )
    told = {event.data["key"]: (event.data["old"], event.data["new"]) for event in Event.objects.all()}
    assert told == {
        "operation.name": ("Careline", "Lumen Care"),
        "operation.time_zone": ("UTC", "Europe/Riga"),
    }


def begin(email: str) -> User:
    return operation.start_desk(name="Ida", email=email, password=PASSWORD, now=MONDAY_9)


def test_the_first_administrator_may_change_users() -> None:
    assert directory.role_keys(begin("ida@example.org")) == {"admin"}
    assert choices.get("operation.start_step") == "brand"


def test_of_two_who_begin_one_wins() -> None:
    begin("ida@example.org")
    with pytest.raises(operation.AlreadyStarted):
        begin("eve@example.org")
    assert User.objects.count() == 1


def test_a_weak_first_password_leaves_the_beginning_open() -> None:
    with pytest.raises(users.WeakPassword):
        operation.start_desk(name="Ida", email="ida@example.org", password="short", now=MONDAY_9)
    begin("ida@example.org")


def test_a_real_operation_is_never_thrown_away(ida: User) -> None:
    with pytest.raises(operation.NotADemo):
        operation.empty_demo()
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_throwing_the_demo_away_leaves_an_operation_that_can_begin() -> None:
    mara = make_admin(name="Mara")
    operation.mark_demo_ready(persona_ids=[mara.pk], now=MONDAY_9)
    operation.empty_demo()
    assert not directory.anybody_signs_in()
    begin("ida@example.org")
