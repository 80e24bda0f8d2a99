"""What an operation begins with, and what happens to calendars and policies."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from careline.config import seed
from careline.config.demo import write
from careline.core.actions import operation
from careline.core.models import Event
from careline.sla import actions, queries
from careline.sla.models import Calendar, Clock, Policy, PolicyVersion
from careline.tickets import actions as tickets
from tests.make import OFFICE_WEEK, make_admin, make_calendar, make_policy, make_ticket
from tests.sla.desk import answered, clock, opened, t, written

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 11, 20, tzinfo=UTC)


def test_an_operation_begins_with_usual_hours_and_a_promise_to_everybody() -> None:
    seed.ensure()
    seed.ensure()
    assert Calendar.objects.get().default
    assert (Policy.objects.get().condition, Policy.objects.get().active) == ({}, True)
    assert clock(make_ticket()).target_s == 8 * 3_600


def test_the_usual_hours_follow_the_operations_time_zone_until_somebody_changes_them() -> None:
    actions.ensure_defaults()
    ida = make_admin()
    operation.set_operation(name="Lumen", language="en", time_zone="Europe/Berlin", actor=ida, now=NOW)
    assert PolicyVersion.objects.order_by("-version")[0].body["calendar"]["zone"] == "Europe/Berlin"
    calendar = queries.default_calendar()
    assert calendar is not None
    actions.save_calendar(
        calendar=calendar,
        name="Desk",
        zone="Europe/Berlin",
        week={"mon": [["08:00", "12:00"]]},
        actor=ida,
        now=NOW,
    )
    operation.set_operation(name="Lumen", language="en", time_zone="Asia/Tokyo", actor=ida, now=NOW)
    assert Calendar.objects.get().zone == "Europe/Berlin"


def test_a_demo_brings_its_own_hours_and_promise() -> None:
    seed.ensure()
    write.build(now=NOW, tickets=20, days=10)
    seed.ensure()
    assert [calendar.name for calendar in Calendar.objects.all()] == ["Seven days"]
    assert [policy.name for policy in Policy.objects.all()] == ["All customers"]
    assert Clock.objects.filter(policy__name="All customers").count() >= 20


def test_usual_hours_without_any_policy_bring_the_usual_promise() -> None:
    actions.save_calendar(
        calendar=None, name="Desk", zone="UTC", week=OFFICE_WEEK, default=True, actor=None, now=NOW
    )
    assert Policy.objects.get().calendar.name == "Desk"


def test_history_imported_before_anything_else_is_measured_by_the_first_promise() -> None:
    actions.ensure_defaults()
    calendar = queries.default_calendar()
    assert calendar is not None
    actions.save_calendar(
        calendar=calendar, name="Desk", zone="UTC", week={"mon": [["08:00", "12:00"]]}, actor=None, now=NOW
    )
    row = clock(make_ticket(now=datetime(2020, 1, 6, 9, tzinfo=UTC)))
    assert (row.policy_version, row.target_s) == (2, 8 * 3_600)


def test_only_one_calendar_is_the_usual_one() -> None:
    make_calendar("One", default=True)
    make_calendar("Two", default=True)
    assert list(Calendar.objects.filter(default=True).values_list("name", flat=True)) == ["Two"]


def test_calendars_and_policies_are_not_called_the_same() -> None:
    policy = make_policy("Everybody", calendar=make_calendar("Desk"))
    with pytest.raises(actions.CalendarNameTaken):
        make_calendar("desk")
    with pytest.raises(actions.PolicyNameTaken):
        make_policy("EVERYBODY", calendar=policy.calendar)


@pytest.mark.parametrize(
    "targets", [{"first_reply": {"2": 5}}, {"first_reply": {"7": 60}}, {"lunch": {"2": 60}}]
)
def test_promised_times_that_are_no_use_are_refused(targets: dict[str, Any]) -> None:
    with pytest.raises(actions.BadTarget):
        make_policy(targets=targets)


def test_a_change_is_on_record_with_what_was_and_what_is() -> None:
    policy = make_policy("Everybody")
    promise = actions.Promise(name="All", calendar=policy.calendar, targets=policy.targets)
    actions.save_policy(policy=policy, promise=promise, actor=None, now=NOW)
    event = Event.objects.filter(kind="policy.changed").latest("id")
    assert (event.data["old"], event.data["new"]) == ({"name": "Everybody"}, {"name": "All"})


def test_what_changes_nothing_is_not_recorded() -> None:
    policy = make_policy("Everybody")
    promise = actions.Promise(name="Everybody", calendar=policy.calendar, targets=policy.targets)
    actions.save_policy(policy=policy, promise=promise, actor=None, now=NOW)
    assert Event.objects.filter(kind="policy.changed").count() == 1
    assert policy.versions.count() == 1


def test_holidays_of_the_years_to_come_follow_by_themselves() -> None:
    calendar = make_calendar(country="DE-HH", open_holidays=["Reformationstag"], closed=["2026-12-24"])
    assert max(calendar.closed) == "2028-12-26"
    assert actions.extend_holidays(now=NOW) == 0
    assert actions.extend_holidays(now=datetime(2027, 6, 1, tzinfo=UTC)) == 1
    calendar.refresh_from_db()
    assert max(calendar.closed) == "2029-12-26"
    assert {"2026-12-24", "2026-12-26"} <= set(calendar.closed)
    assert not any(day.endswith("-10-31") for day in calendar.closed)


def test_an_archived_policy_promises_nothing_to_new_conversations() -> None:
    make_policy("Everybody", targets={"first_reply": 3_600})
    extra = make_policy(
        "Extra", condition={"field": "priority", "op": "is", "value": 4}, targets={"first_reply": 60}
    )
    before = opened("mon 09:00", priority=4)
    actions.archive_policy(policy=extra, actor=None, now=t("mon 09:10"))
    assert clock(opened("mon 09:20", priority=4)).target_s == 3_600
    tickets.set_subject(ticket=before, subject="Other", actor=None, now=t("mon 09:30"))
    assert clock(before).target_s == 60


def test_a_condition_whose_field_is_gone_promises_nothing_and_breaks_nothing() -> None:
    make_policy("Everybody", targets={"first_reply": 3_600})
    broken = make_policy(
        "Broken", condition={"field": "priority", "op": "is", "value": 2}, targets={"first_reply": 60}
    )
    version = broken.versions.get()
    version.body["condition"] = {"field": "moon_phase", "op": "is", "value": "full"}
    version.token = "another"
    version.save()
    assert clock(opened("mon 09:00")).target_s == 3_600


def queries_of(what: Any) -> int:
    with CaptureQueriesContext(connection) as made:
        what()
    return sum("sla_" in one["sql"] or '"core_event"."subject_kind"' in one["sql"] for one in made)


def test_following_an_event_costs_a_handful_of_queries() -> None:
    make_policy()
    ticket = opened("mon 09:00")
    assert queries_of(lambda: written(ticket, "mon 09:10")) <= 3
    assert queries_of(lambda: answered(ticket, "mon 09:20")) <= 4
    team_free = queries_of(
        lambda: tickets.set_subject(ticket=ticket, subject="X", actor=None, now=t("mon 09:30"))
    )
    assert team_free <= 1


def test_what_was_kept_is_counted_by_metric_team_and_time() -> None:
    make_policy(targets={"first_reply": 3_600})
    answered(opened("mon 09:00"), "mon 09:30")
    answered(opened("mon 09:00"), "mon 10:30")
    opened("mon 09:00")
    found = queries.kept("first_reply", since=t("mon 00:00"), until=t("tue 00:00"))
    assert (found.met, found.ended, found.share) == (1, 2, 0.5)
    assert queries.kept("first_reply", since=t("tue 00:00"), until=t("wed 00:00")).share is None


def test_promises_are_counted_by_team_as_late_at_risk_and_soon() -> None:
    from tests.make import make_team

    team = make_team()
    make_policy(targets={"first_reply": 2 * 3_600})
    for at, where in (("mon 09:00", team), ("mon 10:00", team), ("mon 11:00", None)):
        opened(at, team=where)
    found = {one.team_id: one for one in queries.promises(t("mon 11:40"))}
    assert (found[team.pk].late, found[team.pk].at_risk, found[team.pk].within) == (1, 1, 1)
    assert (found[None].late, found[None].at_risk, found[None].within) == (0, 0, 0)
