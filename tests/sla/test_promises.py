"""Each rule of service levels, from what happens to a conversation to the clock that lists show.

The office is open Monday to Friday, 09:00 to 17:00 UTC. A first reply is owed in 2 h, a further one in 4 h, a
solution in 16 h. What a clock does is tested rule by rule in tests/calc; here it is that the desk does it.
"""

from __future__ import annotations

import pytest

from careline.core import events
from careline.core.models import Event
from careline.sla import actions, queries
from careline.sla.models import Clock, Policy, PolicyVersion
from careline.tickets import actions as tickets
from careline.tickets.models import Ticket
from tests.make import OFFICE_WEEK, make_calendar, make_policy, make_team
from tests.sla.desk import answered, become, clock, opened, snapshot, t, told, written

pytestmark = pytest.mark.django_db
H = 3_600


@pytest.fixture(autouse=True)
def policy() -> Policy:
    return make_policy("Everybody")


def change(policy: Policy, *, open_too: bool, now: str, **over: object) -> Policy:
    """Let a policy say something else."""
    said = {
        "name": policy.name,
        "calendar": policy.calendar,
        "condition": policy.condition,
        "targets": policy.targets,
    }
    promise = actions.Promise(**said | over)  # type: ignore[arg-type]
    return actions.save_policy(policy=policy, promise=promise, open_too=open_too, actor=None, now=t(now))


def hours_for_all(metric: str, hours: float) -> dict[str, dict[str, int]]:
    return {metric: dict.fromkeys("1234", round(hours * H))}


def apply_waiting(at: str) -> None:
    actions.apply_to_open(t(at).isoformat())


# S1


def test_s1_clocks_can_be_thrown_away_and_derived_again_from_the_events() -> None:
    ticket = opened("mon 09:00")
    answered(ticket, "mon 10:00", "waiting")
    written(ticket, "tue 09:00")
    before = snapshot()
    Clock.objects.all().delete()
    actions.rebuild_clocks(now=t("tue 09:00"))
    assert snapshot() == before


def test_s1_a_clock_says_the_open_and_the_whole_time_it_took() -> None:
    ticket = opened("mon 16:30")
    answered(ticket, "tue 09:30")
    row = clock(ticket)
    assert (row.elapsed_s, row.calendar_s) == (1 * H, 17 * H)


# S2


def test_s2_public_holidays_of_the_calendars_country_do_not_count() -> None:
    # Tuesday 6 January 2026 is Epiphany, closed in Bavaria and open in Berlin.
    for country, due in (("DE-BY", "wed 10:00"), ("DE-BE", "tue 10:00")):
        change(Policy.objects.get(), open_too=False, now="mon 08:00", calendar=make_calendar(country=country))
        assert clock(opened("mon 16:00")).due_at == t(due)


def test_s2_a_holiday_on_which_the_desk_works_counts() -> None:
    hours = make_calendar(country="DE-BY", open_holidays=["Heilige Drei Könige"])
    change(Policy.objects.get(), open_too=False, now="mon 08:00", calendar=hours)
    assert clock(opened("mon 16:00")).due_at == t("tue 10:00")


# S3


def test_s3_time_that_runs_out_at_closing_time_is_due_then() -> None:
    assert clock(opened("mon 15:00")).due_at == t("mon 17:00")


# S4


def test_s4_waiting_on_the_customer_pauses_the_solution_but_not_the_first_reply() -> None:
    ticket = opened("mon 09:00")
    become(ticket, "mon 10:00", "waiting")
    assert clock(ticket, "resolution").outcome == "paused"
    assert clock(ticket, "resolution").due_at is None
    assert clock(ticket).due_at == t("mon 11:00")
    become(ticket, "mon 12:00", "open")
    assert clock(ticket, "resolution").due_at == t("wed 11:00")  # Monday 6 h, Tuesday 8 h, Wednesday 2 h
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.due_metric) == (t("mon 11:00"), "first_reply")


def test_s4_on_hold_pauses_only_what_the_policy_says() -> None:
    ticket = opened("mon 09:00")
    become(ticket, "mon 10:00", "hold")
    assert clock(ticket, "resolution").due_at == t("tue 17:00")
    change(Policy.objects.get(), open_too=True, now="mon 11:00", pauses={"resolution": ["hold"]})
    apply_waiting("mon 11:00")
    assert clock(ticket, "resolution").outcome == "paused"


# S5


def test_s5_the_first_public_answer_meets_the_first_reply() -> None:
    ticket = opened("mon 09:00")
    tickets.add_note(ticket=ticket, message=tickets_note(), actor=None, now=t("mon 09:30"))
    assert clock(ticket).outcome == "running"
    answered(ticket, "mon 11:00")
    assert clock(ticket).outcome == "met"


def tickets_note() -> object:
    from careline.tickets.said import NewMessage

    return NewMessage(text="Between us.")


def test_s5_a_conversation_we_open_owes_a_first_reply_once_the_customer_writes() -> None:
    ticket = opened("mon 09:00", by_customer=False)
    assert not Clock.objects.filter(ticket=ticket, metric="first_reply").exists()
    written(ticket, "mon 13:00")
    assert clock(ticket).due_at == t("mon 15:00")


def test_s5_solved_without_an_answer_is_neither_met_nor_broken() -> None:
    ticket = opened("mon 09:00")
    become(ticket, "mon 10:00", "solved")
    assert clock(ticket).outcome == "not_applicable"
    assert queries.kept("first_reply", since=t("mon 00:00"), until=t("fri 00:00")).ended == 0


# S6


def test_s6_each_wait_for_an_answer_is_a_clock_of_its_own() -> None:
    ticket = opened("mon 09:00")
    written(ticket, "mon 09:30")
    assert not Clock.objects.filter(metric="next_reply").exists()
    answered(ticket, "mon 10:00")
    written(ticket, "mon 11:00")
    written(ticket, "mon 12:00")
    assert clock(ticket, "next_reply").due_at == t("mon 15:00")
    answered(ticket, "mon 16:00")
    assert clock(ticket, "next_reply").outcome == "breached"
    written(ticket, "tue 09:00")
    assert clock(ticket, "next_reply", 2).due_at == t("tue 13:00")


def test_s6_no_reply_needed_stops_the_wait() -> None:
    ticket = opened("mon 09:00")
    answered(ticket, "mon 10:00")
    written(ticket, "mon 11:00")
    tickets.mark_no_reply_needed(ticket=ticket, actor=None, now=t("mon 12:00"))
    assert clock(ticket, "next_reply").outcome == "met"
    ticket.refresh_from_db()
    assert ticket.due_metric == "resolution"


# S7


def test_s7_an_update_is_owed_after_each_answer_where_it_is_promised() -> None:
    change(Policy.objects.get(), open_too=False, now="mon 08:00", targets=hours_for_all("periodic_update", 8))
    ticket = opened("mon 09:00")
    answered(ticket, "mon 10:00")
    assert clock(ticket, "periodic_update").due_at == t("tue 10:00")
    answered(ticket, "mon 12:00")
    assert clock(ticket, "periodic_update").outcome == "met"
    assert clock(ticket, "periodic_update", 2).due_at == t("tue 12:00")


# S8


def test_s8_reopened_within_the_window_the_same_solution_goes_on() -> None:
    ticket = opened("mon 09:00")
    answered(ticket, "mon 11:00", "solved")
    written(ticket, "tue 11:00")
    assert clock(ticket, "resolution").due_at == t("wed 17:00")  # Monday 2 h, Tuesday 6 h, Wednesday 8 h
    assert not Clock.objects.filter(metric="resolution", cycle=2).exists()


def test_s8_reopened_later_a_second_solution_is_owed() -> None:
    ticket = opened("mon 09:00")
    answered(ticket, "mon 11:00", "solved")
    written(ticket, "tue+1 11:00")
    assert clock(ticket, "resolution").outcome == "met"
    assert clock(ticket, "resolution", 2).started_at == t("tue+1 11:00")
    assert clock(ticket, "first_reply", 2).due_at == t("tue+1 13:00")


# S9


def test_s9_the_first_policy_in_order_whose_condition_matches_holds() -> None:
    urgent = {"field": "priority", "op": "is", "value": 4}
    fast = make_policy("Urgent", condition=urgent, targets={"first_reply": H})
    assert [one.name for one in queries.policies()] == ["Urgent", "Everybody"]
    assert clock(opened("mon 09:00", priority=4)).policy == fast
    assert clock(opened("mon 09:00")).policy.name == "Everybody"
    actions.move_policy(policy=fast, place=1, actor=None, now=t("mon 10:00"))
    assert clock(opened("mon 11:00", priority=4)).policy.name == "Everybody"


def test_s9_a_policy_is_chosen_again_when_something_happens() -> None:
    team = make_team(name="Key accounts")
    condition = {"field": "team", "op": "is", "value": team.pk}
    fast = make_policy("Key accounts", condition=condition, targets={"first_reply": H})
    ticket = opened("mon 09:00")
    tickets.move_to_team(ticket=ticket, team=team, actor=None, now=t("mon 09:30"))
    assert (clock(ticket).policy, clock(ticket).due_at) == (fast, t("mon 10:00"))


def test_s9_tags_may_decide() -> None:
    from careline.tickets.models import Tag

    tag = Tag.objects.create(name="contract")
    fast = make_policy("Contract", condition={"field": "tag", "op": "has", "value": tag.pk})
    ticket = opened("mon 09:00", tags=["contract"])
    assert clock(ticket).policy == fast
    tickets.remove_tag(ticket=ticket, name="contract", actor=None, now=t("mon 09:30"))
    assert clock(ticket).policy.name == "Everybody"


def test_s9_a_new_priority_swaps_the_target_and_keeps_the_start() -> None:
    targets = {"first_reply": {"2": 2 * H, "4": round(0.5 * H)}}
    change(Policy.objects.get(), open_too=False, now="mon 08:00", targets=targets)
    ticket = opened("mon 09:00")
    tickets.set_priority(ticket=ticket, priority=4, actor=None, now=t("mon 10:00"))
    row = clock(ticket)
    assert (row.started_at, row.due_at) == (t("mon 09:00"), t("mon 09:30"))
    assert (row.breached_at, row.by_change) == (t("mon 10:00"), True)


def test_s9_a_change_for_new_conversations_leaves_open_ones_alone() -> None:
    before = opened("mon 09:00")
    change(Policy.objects.get(), open_too=False, now="mon 10:00", targets=hours_for_all("first_reply", 1.5))
    tickets.set_priority(ticket=before, priority=3, actor=None, now=t("mon 10:10"))
    assert clock(before).due_at == t("mon 11:00")
    assert clock(opened("mon 10:15")).due_at == t("mon 11:45")


def test_s9_a_change_for_open_conversations_reaches_them_in_the_background() -> None:
    before = opened("mon 09:00")
    change(Policy.objects.get(), open_too=True, now="mon 10:00", targets=hours_for_all("first_reply", 1.5))
    apply_waiting("mon 10:00")
    assert clock(before).due_at == t("mon 10:30")
    assert not clock(before).by_change


def test_s9_a_breach_that_happened_is_not_erased_by_a_kinder_promise() -> None:
    ticket = opened("mon 09:00")
    change(Policy.objects.get(), open_too=True, now="mon 12:00", targets=hours_for_all("first_reply", 8))
    apply_waiting("mon 12:00")
    assert (clock(ticket).due_at, clock(ticket).breached_at) == (t("mon 17:00"), t("mon 11:00"))
    answered(ticket, "mon 13:00")
    assert (clock(ticket).outcome, clock(ticket).by_change) == ("breached", False)


def test_s9_other_hours_reach_open_conversations_if_that_is_chosen() -> None:
    ticket = opened("mon 16:00")
    hours = Policy.objects.get().calendar
    given = {"name": hours.name, "zone": "UTC", "week": {**OFFICE_WEEK, "mon": [["09:00", "20:00"]]}}
    actions.save_calendar(calendar=hours, open_too=True, actor=None, now=t("mon 16:10"), **given)
    apply_waiting("mon 16:10")
    assert clock(ticket).due_at == t("mon 18:00")


def test_s9_what_old_clocks_were_measured_by_can_be_read_afterwards() -> None:
    opened("mon 08:00")
    policy = change(Policy.objects.get(), open_too=False, now="mon 10:00", warn_share=0.5)
    assert [(row.version, row.body["warn_share"]) for row in queries.version_history(policy)] == [
        (2, 0.5),
        (1, 0.75),
    ]


def test_s9_before_the_first_conversation_a_promise_holds_since_ever() -> None:
    assert PolicyVersion.objects.get().valid_from.year == 1970


# S10


def merge(ticket: Ticket, into: Ticket, at: str) -> None:
    """As importers and the demo record it."""
    Ticket.objects.filter(pk=ticket.pk).update(merged_into=into)
    from django.db import transaction

    with transaction.atomic():
        events.record("ticket.merged", subject=("ticket", ticket.pk), actor=None, at=t(at), into=into.pk)


def test_s10_the_survivor_owes_from_the_earliest_start_and_the_other_clocks_end() -> None:
    child, survivor = opened("mon 09:00"), opened("mon 11:00")
    answered(survivor, "mon 12:00")
    merge(child, survivor, "mon 13:00")
    assert {c.outcome for c in Clock.objects.filter(ticket=child)} == {"merged"}
    assert clock(survivor, "resolution").started_at == t("mon 09:00")
    assert clock(survivor, "next_reply").started_at == t("mon 09:00")


def test_s10_a_rebuild_merges_the_same_way() -> None:
    child, survivor = opened("mon 09:00"), opened("mon 11:00")
    merge(child, survivor, "mon 13:00")
    before = snapshot()
    Clock.objects.all().delete()
    actions.rebuild_clocks(now=t("mon 13:00"))
    assert snapshot() == before


# S11: see test_telling.py


# S12


@pytest.mark.parametrize("automatic", ["auto_reply", "bounce", "loop"])
def test_s12_automatic_mail_touches_no_clock(automatic: str) -> None:
    ticket = opened("mon 09:00")
    answered(ticket, "mon 10:00", "waiting")
    before = snapshot()
    written(ticket, "mon 11:00", automatic=automatic)
    assert snapshot() == before


# S13


def test_s13_imported_history_counts_by_its_own_times_and_raises_no_alarm() -> None:
    with events.origin("import"):
        ticket = opened("mon 09:00")
    row = clock(ticket)
    assert row.due_at == t("mon 11:00")
    actions.tell_due_clocks(now=t("mon 12:00"))
    ticket.refresh_from_db()
    assert ticket.breached_at == t("mon 11:00")
    assert told(ticket) == []
    assert not Event.objects.filter(kind__startswith="clock.").exists()


def test_s13_what_happens_after_an_import_does_raise_alarms() -> None:
    with events.origin("import"):
        ticket = opened("mon 09:00")
    answered(ticket, "tue 09:00")
    written(ticket, "tue 10:00")
    actions.tell_due_clocks(now=t("tue 14:00:01"))
    assert told(ticket) == [("clock.breached", "next_reply")]


# S14


def test_s14_when_the_clock_skips_an_hour_round_the_clock_hours_still_last_24() -> None:
    # 28 March 2026, 12:00 in Berlin; the night loses an hour, so 24 hours end at 13:00.
    every_day = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    hours = make_calendar(zone="Europe/Berlin", week=every_day)
    change(
        Policy.objects.get(),
        open_too=False,
        now="mon 08:00",
        calendar=hours,
        targets=hours_for_all("first_reply", 24),
    )
    ticket = opened("sat+11 11:00")  # UTC
    assert clock(ticket).started_at.isoformat() == "2026-03-28T11:00:00+00:00"
    assert clock(ticket).due_at.isoformat() == "2026-03-29T11:00:00+00:00"
