"""Why a clock stands as it does, in words."""

from __future__ import annotations

import pytest
from django.utils import timezone

from careline.sla import queries
from careline.sla.models import Policy
from careline.tickets import actions as tickets
from tests.make import make_calendar, make_policy
from tests.sla.desk import answered, become, opened, t, written

pytestmark = pytest.mark.django_db
H = 3_600


@pytest.fixture(autouse=True)
def policy() -> Policy:
    return make_policy("Everybody", targets={"first_reply": 2 * H})


def why(ticket: object, at: str, metric: str = "first_reply") -> list[str]:
    with timezone.override("UTC"):
        found = queries.clocks_of(ticket, t(at))  # type: ignore[arg-type]
        return next(view.why for view in found if view.metric == metric)


def test_the_way_over_night_is_told_day_by_day() -> None:
    ticket = opened("mon 16:00")
    assert why(ticket, "mon 16:30") == [
        "The policy “Everybody” promises it within 2 h of open time.",
        "Mon 5 Jan, 16:00: the customer wrote. A first reply is owed.",
        "Monday 5 Jan: 1 h counted.",
        "Tuesday 6 Jan: 1 h counted.",
        "Tue 6 Jan, 09:30: at risk from here on.",
        "Tue 6 Jan, 10:00: due.",
    ]


def test_a_holiday_a_pause_and_the_answer_are_told() -> None:
    hours = make_calendar(country="DE-BY")  # Epiphany, 6 January
    make_policy(
        "Slow",
        calendar=hours,
        condition={"field": "priority", "op": "is", "value": 1},
        targets={"resolution": 4 * H},
    )
    ticket = opened("mon 16:00", priority=1)
    become(ticket, "wed 10:00", "waiting")
    become(ticket, "wed 11:00", "open")
    answered(ticket, "wed 14:00", "solved")
    told = why(ticket, "wed 15:00", "resolution")
    assert "Tuesday 6 Jan: closed, nothing counted." in told
    assert "Wed 7 Jan, 10:00: paused until Wed 7 Jan, 11:00." in told
    assert "Wednesday 7 Jan: 3 h counted." in told
    assert told[-1] == "Wed 7 Jan, 14:00: solved."


def test_a_clock_that_is_late_says_since_when_and_by_how_much() -> None:
    ticket = opened("mon 09:00")
    told = why(ticket, "mon 12:30")
    assert told[-2:] == ["Mon 5 Jan, 11:00: late.", "1 h 30 min of open time beyond it."]


def test_a_change_that_made_it_late_is_told() -> None:
    make_policy("Fast", condition={"field": "priority", "op": "is", "value": 4}, targets={"first_reply": H})
    ticket = opened("mon 09:00")
    tickets.set_priority(ticket=ticket, priority=4, actor=None, now=t("mon 10:30"))
    told = why(ticket, "mon 10:40")
    assert "Mon 5 Jan, 10:30: from here on Fast (version 1) applied; counted anew from the start." in told
    assert "Mon 5 Jan, 10:30: late at once, because what was promised changed." in told


def test_many_days_are_told_as_a_sum() -> None:
    make_policy(
        "Long", condition={"field": "priority", "op": "is", "value": 1}, targets={"resolution": 80 * H}
    )
    told = why(opened("mon 09:00", priority=1), "mon 10:00", "resolution")
    assert "on 5 more open days: 40 h counted." in told
    assert len(told) == 10


def test_what_is_owed_comes_first_and_the_most_urgent_on_top() -> None:
    make_policy(
        "All",
        condition={"field": "priority", "op": "is", "value": 3},
        targets={"first_reply": H, "next_reply": H, "resolution": 9 * H},
    )
    ticket = opened("mon 09:00", priority=3)
    answered(ticket, "mon 09:30")
    written(ticket, "mon 10:00")
    found = queries.clocks_of(ticket, t("mon 10:50"))
    assert [(view.metric, view.state) for view in found] == [
        ("next_reply", "at_risk"),
        ("resolution", "running"),
        ("first_reply", "met"),
    ]
    assert found[0].remaining_s == 600
