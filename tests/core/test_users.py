"""People who sign in: invited, joined, changed, let go."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail

from careline.core import directory
from careline.core.actions import users
from careline.core.models import Event, Invitation, User
from tests.make import MONDAY_9, make_admin, make_team, make_user

pytestmark = pytest.mark.django_db
PASSWORD = "walnut carriage seven"
DAY = timedelta(days=1)


def link(token: str) -> str:
    return f"https://desk.example/join/{token}/"


def token_in_mail() -> str:
    found = re.search(r"/join/([^/]+)/", mail.outbox[-1].body)
    assert found
    return found[1]


@pytest.fixture
def ida() -> User:
    return make_admin()


def invite(ida: User, email: str = "Ben@Example.org", **over: object) -> User:
    agent = directory.role_id("agent")
    return users.invite_user(email=email, role_ids=[agent], link=link, actor=ida, now=MONDAY_9, **over)  # type: ignore[arg-type, misc]


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_invited_person_gets_a_mail_and_cannot_sign_in_yet(ida: User) -> None:
    ben = invite(ida)
    assert mail.outbox[0].to == ["ben@example.org"]
    assert not ben.is_active
    assert directory.state_of(ben) == "invited"
    assert kinds() == ["user.invited"]


def test_the_word_in_the_mail_is_not_what_the_database_keeps(ida: User) -> None:
    invite(ida)
    assert token_in_mail() not in Invitation.objects.get().token_hash


def test_events_about_people_carry_no_name_and_no_address(ida: User) -> None:
    ben = invite(ida, name="Ben Okafor")
    users.join(token=token_in_mail(), name="Ben Okafor", password=PASSWORD, now=MONDAY_9)
    users.change_own_profile(
        actor=ben, name="B. Okafor", language="de", time_zone="", theme="", signature="Ben", now=MONDAY_9
    )
    told = " ".join(str(data) for data in Event.objects.values_list("data", flat=True))
    assert "ben" not in told.lower()
    assert "okafor" not in told.lower()


def test_joining_takes_name_and_password_and_uses_the_invitation_up(ida: User) -> None:
    invite(ida)
    word = token_in_mail()
    ben = users.join(token=word, name="Ben Okafor", password=PASSWORD, now=MONDAY_9)
    assert ben.is_active
    assert ben.check_password(PASSWORD)
    assert directory.state_of(directory.person(ben.pk)) == "active"  # type: ignore[arg-type]
    with pytest.raises(users.InvitationGone):
        users.join(token=word, name="Eve", password=PASSWORD, now=MONDAY_9)


def test_an_invitation_lasts_seven_days(ida: User) -> None:
    invite(ida)
    word = token_in_mail()
    assert directory.invited_by(word, now=MONDAY_9 + 7 * DAY)
    with pytest.raises(users.InvitationGone):
        users.join(token=word, name="Ben", password=PASSWORD, now=MONDAY_9 + 7 * DAY + timedelta(seconds=1))


def test_sending_again_closes_the_first_link_and_begins_a_new_week(ida: User) -> None:
    ben = invite(ida)
    first = token_in_mail()
    users.resend_invitation(user=ben, link=link, actor=ida, now=MONDAY_9 + 5 * DAY)
    with pytest.raises(users.InvitationGone):
        users.join(token=first, name="Ben", password=PASSWORD, now=MONDAY_9 + 5 * DAY)
    users.join(token=token_in_mail(), name="Ben", password=PASSWORD, now=MONDAY_9 + 11 * DAY)


def test_a_revoked_invitation_opens_nothing(ida: User) -> None:
    ben = invite(ida)
    users.revoke_invitation(user=ben, actor=ida, now=MONDAY_9)
    with pytest.raises(users.InvitationGone):
        users.join(token=token_in_mail(), name="Ben", password=PASSWORD, now=MONDAY_9)
    assert directory.state_of(directory.person(ben.pk)) == "inactive"  # type: ignore[arg-type]


def test_weak_password_is_refused_with_reasons_and_the_invitation_stays_open(ida: User) -> None:
    invite(ida)
    with pytest.raises(users.WeakPassword) as refusal:
        users.join(token=token_in_mail(), name="Ben", password="password", now=MONDAY_9)
    assert refusal.value.reasons
    assert Invitation.objects.exists()


def test_several_are_invited_at_once_and_who_is_here_already_is_named(ida: User) -> None:
    make_user(email="cleo@example.org")
    done = users.invite_people(
        emails=["ben@example.org", "CLEO@example.org", "ben@example.org", "pia@example.org"],
        role_ids=[directory.role_id("agent") or 0],
        link=link,
        actor=ida,
        now=MONDAY_9,
    )
    assert [user.email for user in done.users] == ["ben@example.org", "pia@example.org"]
    assert done.already_here == ["cleo@example.org"]
    assert len(mail.outbox) == 2


def test_changing_a_person_records_roles_and_teams_old_and_new(ida: User) -> None:
    ben, billing = make_user("tickets.see"), make_team(name="Billing")
    old = ben.roles.get().key
    users.change_user(
        user=ben,
        name=ben.name,
        role_ids=[directory.role_id("lead") or 0],
        team_ids=[billing.pk],
        lead_ids=[billing.pk],
        aliases=["Ben@home.example", ""],
        actor=ida,
        now=MONDAY_9,
    )
    changed = Event.objects.get(kind="user.changed").data["changed"]
    assert changed["roles"] == {"old": [old], "new": ["lead"]}
    assert changed["leads"] == {"old": [], "new": [billing.pk]}
    assert ben.aliases == ["ben@home.example"]


def test_the_last_administrator_keeps_the_role(ida: User) -> None:
    with pytest.raises(users.LastAdministrator):
        users.change_user(
            user=ida, name="Ida", role_ids=[], team_ids=[], lead_ids=[], aliases=[], actor=ida, now=MONDAY_9
        )
    assert directory.role_keys(ida) == {"admin"}


def test_an_invited_administrator_does_not_count_as_one(ida: User) -> None:
    users.invite_user(
        email="x@example.org", role_ids=[directory.role_id("admin") or 0], link=link, actor=ida, now=MONDAY_9
    )
    cleo = make_user("setup.users")
    with pytest.raises(users.LastAdministrator):
        users.deactivate_user(user=ida, actor=cleo, now=MONDAY_9)


def test_nobody_deactivates_themselves(ida: User) -> None:
    make_admin(name="Second")
    with pytest.raises(users.OwnAccount):
        users.deactivate_user(user=ida, actor=ida, now=MONDAY_9)


def test_a_deactivated_person_comes_back(ida: User) -> None:
    ben = make_user("tickets.see")
    users.deactivate_user(user=ben, actor=ida, now=MONDAY_9)
    users.deactivate_user(user=ben, actor=ida, now=MONDAY_9)
    users.reactivate_user(user=ben, actor=ida, now=MONDAY_9)
    assert kinds() == ["user.deactivated", "user.reactivated"]
    assert User.objects.get(pk=ben.pk).is_active


def test_who_never_joined_cannot_be_let_in_without_an_invitation(ida: User) -> None:
    ben = invite(ida)
    with pytest.raises(users.InvitationGone):
        users.reactivate_user(user=ben, actor=ida, now=MONDAY_9)


def test_being_seen_is_written_once_a_minute(ida: User, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    with django_assert_num_queries(1):
        users.note_seen(user=ida, now=MONDAY_9)
        users.note_seen(user=ida, now=MONDAY_9 + timedelta(seconds=59))


def test_people_are_found_by_name_role_team_and_state(ida: User) -> None:
    ben = make_user("tickets.see", name="Ben Okafor")
    billing = make_team(ben)
    pia = invite(ida, email="pia@example.org", name="Pia")
    find = directory.PeopleFilter
    assert directory.people(find(words="oka")) == [ben]
    assert directory.people(find(team_id=billing.pk)) == [ben]
    assert directory.people(find(role_id=directory.role_id("admin"))) == [ida]
    assert directory.people(find(state="invited")) == [pia]
    assert directory.people(find(), after=ben) == [ida, pia]
