"""Every figure counts exactly the conversations of the list that opens from it, for every role."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from careline.core.models import Team, User
from careline.insights import queries as insights
from careline.insights.figures import FIGURES
from careline.insights.queries.now import COUNTED
from careline.tickets.models import Category, Ticket
from careline.tickets.queries import page_of, visible_to
from tests.make import MONDAY_9, make_person, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
NOW = MONDAY_9 + timedelta(hours=6)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def desk() -> dict[str, Any]:
    """Two teams, their people, and conversations in every state that a figure tells apart."""
    ben, cleo = make_user(name="Ben"), make_user(name="Cleo")
    billing, delivery = make_team(ben, name="Billing", lead=cleo), make_team(name="Delivery")
    ada = make_person()
    number = 0

    def put(team: Team | None, assignee: User | None, category: str = "open", **columns: Any) -> Ticket:
        nonlocal number
        number += 1
        fields = {
            "subject": f"Matter {number}",
            "customer": ada,
            "status": make_status(category),
            "category": category,
            "team": team,
            "assignee": assignee,
            "opened_at": NOW - 2 * DAY,
            "changed_at": NOW - HOUR,
            **columns,
        }
        return Ticket.objects.create(**fields)

    for team in (billing, delivery, None):
        put(team, None, "new", waiting_since=NOW - 3 * HOUR, due_at=NOW + 30 * MINUTE)
        put(team, ben, waiting_since=NOW - 5 * HOUR, due_at=NOW - MINUTE)  # run out, not yet told
        put(team, ben, "waiting", breached_at=NOW - DAY)  # broken, paused, still owed
        put(team, cleo, due_at=NOW + 59 * MINUTE, breached_at=NOW - HOUR)  # late, not at risk
        put(team, None, "hold", due_at=NOW + 61 * MINUTE)
        put(team, ben, "solved", solved_at=NOW - HOUR, opened_at=NOW - HOUR)
        put(team, ben, "closed", solved_at=NOW - 3 * DAY, closed_at=NOW - DAY)
        survivor = put(team, ben, opened_at=NOW - 2 * HOUR)
        put(team, ben, "closed", opened_at=NOW - HOUR, solved_at=NOW - HOUR, merged_into=survivor)
    return {"ben": ben, "cleo": cleo, "billing": billing, "delivery": delivery}


def readers() -> list[User]:
    """One of each reach, of seeing Today and of seeing conversations."""
    return [
        make_user("today.see", "tickets.see", name="all"),
        make_user("today.see:team", "tickets.see", name="leads, sees all"),
        make_user("today.see:team", "tickets.see:team", name="leads"),
        make_user("today.see:own", "tickets.see:own", name="own"),
        make_user("today.see", "tickets.see:team", name="sees less than Today"),
        make_user("today.see", name="sees no conversation"),
    ]


def listed(condition: Any, user: User) -> int:
    return len(page_of(user, condition, now=NOW, most=1000).tickets)


def shown(key: str, scope: insights.Scope) -> int:
    """Return the number that Today shows for a figure."""
    if key in COUNTED:
        return int(getattr(insights.now_of(scope).all, key))
    day = insights.day_of(scope)
    return day.arrivals if key == "arrivals" else day.solved


@pytest.mark.parametrize("key", FIGURES)
def test_a_figure_counts_the_rows_of_its_list_for_every_reader(key: str, desk: dict[str, Any]) -> None:
    for user in readers():
        desk["billing"].memberships.create(user=user)
        Ticket.objects.filter(subject="Matter 4").update(assignee=user)
        for team in ("", "none", str(desk["billing"].pk), str(desk["delivery"].pk), "999"):
            for agent in (None, desk["ben"].pk):
                scope = insights.Scope(user, NOW, team=team, agent=agent)
                condition = insights.condition_of(key, scope)
                assert shown(key, scope) == listed(condition, user), (user.name, team, agent)


@pytest.mark.parametrize(
    ("key", "expected"),
    # Worked by hand from the rows above: three times (a team each, and none) what stands there once.
    [
        ("waiting", 6),
        ("late", 9),
        ("risk", 3),
        ("unassigned", 6),
        ("open", 18),
        ("arrivals", 6),
        ("solved", 3),
    ],
)
def test_what_each_figure_counts(key: str, expected: int, desk: dict[str, Any]) -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    assert shown(key, insights.Scope(mara, NOW)) == expected


def test_teams_and_agents_add_up_to_the_whole(desk: dict[str, Any]) -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    now = insights.now_of(insights.Scope(mara, NOW))
    for key in COUNTED:
        assert sum(getattr(row.standing, key) for row in now.teams) == getattr(now.all, key)
    assert now.by_agent == {desk["ben"].pk: 9, desk["cleo"].pk: 3}
    assert [row.team.name if row.team else "" for row in now.teams] == ["Billing", "Delivery", ""]


def test_the_oldest_wait_is_the_first_of_its_list(desk: dict[str, Any]) -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    scope = insights.Scope(mara, NOW)
    figure = insights.condition_of("waiting", scope)
    first = page_of(mara, figure, order=FIGURES["waiting"].order, now=NOW).tickets[0]
    assert first.waiting_since == insights.now_of(scope).all.oldest == NOW - 5 * HOUR


def test_a_team_lead_counts_her_teams_what_no_team_has_and_her_own(desk: dict[str, Any]) -> None:
    cleo = desk["cleo"]
    cleo.roles.add(make_user("today.see:team", "tickets.see").roles.get())
    now = insights.now_of(insights.Scope(cleo, NOW))
    # Six of Billing, six of no team, and one of Delivery that is hers.
    assert now.all.open == 13
    assert {row.team.name if row.team else "": row.standing.open for row in now.teams} == {
        "Billing": 6,
        "Delivery": 1,
        "": 6,
    }


def test_each_hour_opens_the_conversations_of_that_hour(desk: dict[str, Any]) -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    scope = insights.Scope(mara, NOW)
    hours = insights.day_of(scope).hours
    assert len(hours) == 24
    for hour in hours:
        narrowed = replace(scope, hour=hour.start)
        assert hour.count == listed(insights.condition_of("arrivals", narrowed), mara)
    assert sum(hour.count for hour in hours) == 6


def test_an_arrival_at_midnight_belongs_to_the_day_that_begins() -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    midnight = datetime.fromisoformat("2026-01-05T00:00:00+00:00")
    for at in (midnight - timedelta(microseconds=1), midnight, midnight + HOUR):
        Ticket.objects.filter(pk=make_ticket(now=NOW).pk).update(opened_at=at)
    scope = insights.Scope(mara, NOW)
    day = insights.day_of(scope)
    assert (day.arrivals, day.hours[0].count, day.hours[1].count) == (2, 1, 1)
    assert listed(insights.condition_of("arrivals", scope), mara) == 2


def test_a_query_string_names_a_figure(desk: dict[str, Any]) -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    team = str(desk["billing"].pk)
    chosen = insights.chosen_figure({"figure": "late", "team": team}, user=mara, now=NOW)
    assert chosen
    assert (chosen.label, chosen.order, chosen.query) == (
        "Late now, Billing",
        "due_at",
        f"figure=late&team={team}",
    )
    assert listed(chosen.condition, mara) == 3


@pytest.mark.parametrize(
    "asked",
    [{}, {"figure": "nonsense"}, {"figure": ""}],
)
def test_a_query_string_without_a_figure_names_none(asked: dict[str, str]) -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    assert insights.chosen_figure(asked, user=mara, now=NOW) is None


@pytest.mark.parametrize("broken", ["x", "-1", "1e9", "9" * 30, "٣", "none'"])
def test_broken_parameters_are_as_if_they_were_not_there(broken: str) -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    asked = {"figure": "late", "team": broken, "agent": broken, "hour": broken}
    chosen = insights.chosen_figure(asked, user=mara, now=NOW)
    assert chosen
    assert chosen.query == "figure=late"


def test_who_may_not_see_today_opens_no_figure() -> None:
    ben = make_user("tickets.see", name="Ben")
    assert insights.chosen_figure({"figure": "late"}, user=ben, now=NOW) is None
    assert insights.conversations(insights.Scope(ben, NOW)).count() == 0


def test_a_solved_conversation_waits_for_nobody() -> None:
    mara = make_user("today.see", "tickets.see", name="Mara")
    ticket = make_ticket(now=NOW - HOUR)
    assert insights.now_of(insights.Scope(mara, NOW)).all.waiting == 1
    Ticket.objects.filter(pk=ticket.pk).update(category=Category.SOLVED, status=make_status("solved"))
    assert visible_to(mara).count() == 1
    assert insights.now_of(insights.Scope(mara, NOW)).all.waiting == 0
