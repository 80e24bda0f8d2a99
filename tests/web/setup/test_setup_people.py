"""Users, teams and roles on screen."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from careline.core import directory
from careline.core.models import Event, Role, Team, User
from tests.make import make_admin, make_role, make_team, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ida(client: Client) -> User:
    user = make_admin()
    client.force_login(user)
    return user


@pytest.mark.parametrize("name", ["users", "teams", "roles", "operation", "audit", "health"])
def test_setup_pages_open_for_an_administrator_only(name: str, client: Client, ida: User) -> None:
    assert client.get(reverse(f"setup:{name}")).status_code == 200
    ben = Client()
    ben.force_login(make_user("tickets.see"))
    refused = ben.get(reverse(f"setup:{name}"))
    assert refused.status_code == 403
    assert b"Your role does not allow that" in refused.content


@pytest.mark.parametrize(
    "name",
    [
        "user",
        "user_resend",
        "user_deactivate",
        "user_reactivate",
        "team",
        "team_archive",
        "role_grant",
        "role_remove",
    ],
)
def test_what_is_not_there_is_404(name: str, client: Client, ida: User) -> None:
    answer = client.post(reverse(f"setup:{name}", args=[9999]))
    assert answer.status_code == 404
    assert b"There is nothing here" in answer.content


def test_the_list_narrows_and_htmx_gets_only_the_rows(client: Client, ida: User) -> None:
    make_user(name="Ben Okafor")
    body = client.get(reverse("setup:users"), {"q": "oka"}, headers=HTMX).content.decode()
    assert "Ben Okafor" in body
    assert "Ida Holm" not in body
    assert "<html" not in body


def test_nonsense_in_the_filter_filters_nothing(client: Client, ida: User) -> None:
    answer = client.get(reverse("setup:users"), {"role": "x", "state": "y", "after": "-"})
    assert b"Ida Holm" in answer.content


def test_the_list_of_users_costs_the_same_for_one_and_for_fifty(
    client: Client,
    ida: User,
    django_assert_max_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    for number in range(50):
        make_team(make_user("tickets.see", name=f"Agent {number}"))
    client.get(reverse("setup:users"))
    with django_assert_max_num_queries(14):
        client.get(reverse("setup:users"))


def invitation(**over: object) -> dict[str, object]:
    return {"emails": "ben@example.org\ncleo@example.org", "roles": [directory.role_id("agent")], **over}


def test_several_people_are_invited(client: Client, ida: User, mailoutbox: list[object]) -> None:
    answer = client.post(reverse("setup:user_invite"), invitation(), headers=HTMX)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("setup:users"))
    assert len(mailoutbox) == 2
    assert b"2 invitations are on their way" in client.get(reverse("setup:users")).content


def test_an_invitation_without_role_or_with_a_wrong_address_is_422(client: Client, ida: User) -> None:
    answer = client.post(reverse("setup:user_invite"), invitation(emails="ben", roles=[]), headers=HTMX)
    body = answer.content.decode()
    assert answer.status_code == 422
    assert "“ben” is not a mail address" in body
    assert "Choose at least one role" in body
    assert "<html" not in body


def test_the_invitation_in_the_mail_opens(client: Client, ida: User, mailoutbox: list) -> None:  # type: ignore[type-arg]
    client.post(reverse("setup:user_invite"), invitation(emails="ben@example.org"))
    address = next(word for word in mailoutbox[0].body.split() if "/join/" in word)
    assert Client().get(address.partition("testserver")[2]).status_code == 200


def test_a_person_is_changed(client: Client, ida: User) -> None:
    ben, team = make_user("tickets.see"), make_team(name="Billing")
    lead = directory.role_id("lead")
    given = {
        "name": "Ben O.",
        "roles": [lead],
        "teams": [],
        "leads": [team.pk],
        "aliases": "ben@home.example",
    }
    answer = client.post(reverse("setup:user", args=[ben.pk]), given)
    assert answer.url == reverse("setup:users")  # type: ignore[attr-defined]
    assert directory.people_of(team) == [(User.objects.get(pk=ben.pk), True)]


def test_the_last_administrator_cannot_give_the_role_away(client: Client, ida: User) -> None:
    given = {"name": "Ida", "roles": [directory.role_id("agent")], "teams": [], "leads": [], "aliases": ""}
    answer = client.post(reverse("setup:user", args=[ida.pk]), given, headers=HTMX)
    assert answer.status_code == 422
    assert b"This is the only administrator" in answer.content


def test_deactivating_offers_undo(client: Client, ida: User) -> None:
    ben = make_user("tickets.see")
    client.post(reverse("setup:user_deactivate", args=[ben.pk]))
    page = client.get(reverse("setup:users")).content.decode()
    undo = reverse("setup:user_reactivate", args=[ben.pk])
    assert f'data-undo="{undo}"' in page
    client.post(undo, headers=HTMX)
    assert User.objects.get(pk=ben.pk).is_active


def test_nobody_deactivates_themselves_on_screen_either(client: Client, ida: User) -> None:
    make_admin(name="Second")
    client.post(reverse("setup:user_deactivate", args=[ida.pk]))
    assert User.objects.get(pk=ida.pk).is_active
    assert b"You cannot deactivate yourself" in client.get(reverse("setup:users")).content


def test_a_team_is_made_and_filled(client: Client, ida: User) -> None:
    answer = client.post(
        reverse("setup:teams"), {"name": "Billing", "site": "Riga", "time_zone": "Europe/Riga"}
    )
    team = Team.objects.get()
    assert answer.url == reverse("setup:team", args=[team.pk])  # type: ignore[attr-defined]
    ben = make_user(name="Ben")
    client.post(reverse("setup:team_people", args=[team.pk]), {"people": [ben.pk], "leads": [ben.pk]})
    assert directory.people_of(team) == [(ben, True)]


def test_a_taken_team_name_is_422(client: Client, ida: User) -> None:
    make_team(name="Billing")
    answer = client.post(reverse("setup:teams"), {"name": "billing", "time_zone": "UTC"}, headers=HTMX)
    assert answer.status_code == 422
    assert b"Another team is called that" in answer.content


def test_archiving_a_team_offers_undo(client: Client, ida: User) -> None:
    team = make_team()
    client.post(reverse("setup:team_archive", args=[team.pk]))
    assert (
        reverse("setup:team_restore", args=[team.pk]) in client.get(reverse("setup:teams")).content.decode()
    )


def grant(client: Client, role: Role, permission: str, reach: str, **headers: str):  # type: ignore[no-untyped-def]
    url = reverse("setup:role_grant", args=[role.pk])
    return client.post(url, {"permission": permission, "reach": reach}, headers=headers)


def test_a_cell_of_the_matrix_changes_at_once_and_offers_undo(client: Client, ida: User) -> None:
    role = make_role("tickets.see:own", name="Night")
    answer = grant(client, role, "tickets.see", "team", **HTMX)
    assert answer.status_code == 204
    undo = reverse("setup:role_undo", args=[Event.objects.get(kind="role.changed").pk])
    assert undo in answer["HX-Trigger"]
    client.post(undo, headers=HTMX)
    assert Role.objects.get(pk=role.pk).grants == {"tickets.see": "own"}


def test_the_matrix_works_without_htmx(client: Client, ida: User) -> None:
    role = make_role("tickets.see:own")
    assert grant(client, role, "tickets.see", "all").url == reverse("setup:roles")
    assert Role.objects.get(pk=role.pk).grants == {"tickets.see": "all"}


def test_the_administrators_own_cell_is_refused_with_the_matrix_as_it_is(client: Client, ida: User) -> None:
    answer = grant(client, Role.objects.get(key="admin"), "setup.users", "none", **HTMX)
    assert answer.status_code == 422
    assert b'id="matrix"' in answer.content
    assert "keeps this" in answer["HX-Trigger"]


def test_a_role_of_ones_own_is_made_and_removed(client: Client, ida: User) -> None:
    client.post(reverse("setup:roles"), {"name": "Night lead", "copy_of": directory.role_id("lead")})
    role = Role.objects.get(name="Night lead")
    assert role.grants["tickets.see"] == "all"
    client.post(reverse("setup:role_remove", args=[role.pk]))
    assert not Role.objects.filter(pk=role.pk).exists()


def test_a_role_that_is_held_stays(client: Client, ida: User) -> None:
    role = make_role("tickets.see")
    make_user().roles.add(role)
    client.post(reverse("setup:role_remove", args=[role.pk]))
    assert b"People hold this role" in client.get(reverse("setup:roles")).content
    assert Role.objects.filter(pk=role.pk).exists()


def test_every_cell_of_the_matrix_has_a_name_to_read_out(client: Client, ida: User) -> None:
    body = client.get(reverse("setup:roles")).content.decode()
    assert 'aria-label="Team lead: Read conversations"' in body
