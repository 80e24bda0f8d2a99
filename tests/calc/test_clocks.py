"""Service clocks, rule by rule. The office is open Monday to Friday, 09:00 to 17:00 UTC, unless said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from careline.calc import clocks, hours
from careline.calc.clocks import Fact, Terms

OFFICE = hours.from_json(
    {"zone": "UTC", "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
)
H = 3600
TERMS = Terms(
    policy_id=1,
    policy_version=1,
    calendar=OFFICE,
    targets={"first_reply": 2 * H, "next_reply": 4 * H, "periodic_update": 8 * H, "resolution": 16 * H},
)
SUNDAY = datetime(2025, 5, 4, tzinfo=UTC)


def t(text):
    """`mon 10:00` is Monday 5 May 2025; `mon+1 10:00` the Monday after."""
    day, clock = text.split()
    name, _, weeks = day.partition("+")
    hour, minute, *second = (int(part) for part in clock.split(":"))
    days = 1 + hours.WEEKDAYS.index(name) + 7 * int(weeks or 0)
    return SUNDAY + timedelta(days=days, hours=hour, minutes=minute, seconds=second[0] if second else 0)


def opened(text, **more):
    return Fact(t(text), "opened", **more)


def written(text, **more):
    return Fact(t(text), "message_in", **more)


def answered(text, **more):
    return Fact(t(text), "message_out", **more)


def status(text, category):
    return Fact(t(text), "status", category=category)


def of(metric, facts, terms=TERMS):
    timeline = terms if isinstance(terms, list) else [(SUNDAY, terms)]
    return [cycle for cycle in clocks.derive(facts, timeline) if cycle.metric == metric]


def only(metric, facts, terms=TERMS):
    (cycle,) = of(metric, facts, terms)
    return cycle


# S1: pure derivation


def test_s1_clocks_are_the_same_whatever_order_the_facts_arrive_in():
    facts = [opened("mon 09:00"), answered("mon 10:00"), status("mon 10:00", "waiting"), written("tue 09:00")]
    timeline = [(SUNDAY, TERMS)]
    assert clocks.derive(facts, timeline) == clocks.derive(facts[::-1], timeline)


def test_s1_a_late_worker_never_moves_a_due_time():
    facts = [opened("mon 16:00")]
    before = only("first_reply", facts)
    assert before.due_at == t("tue 10:00")
    assert clocks.state(before, t("tue 09:00")) == "running"
    assert clocks.state(before, t("fri 09:00")) == "late"
    assert only("first_reply", facts) == before


# S4: pausing


def test_s4_waiting_on_the_customer_pauses_next_periodic_and_resolution_but_not_first():
    facts = [opened("mon 09:00"), status("mon 10:00", "waiting"), status("mon 12:00", "open")]
    assert only("first_reply", facts).due_at == t("mon 11:00")
    assert only("resolution", facts).due_at == t("wed 11:00")
    after_reply = [opened("mon 09:00"), answered("mon 09:30"), *facts[1:]]
    assert only("periodic_update", after_reply).due_at == t("tue 11:30")
    asked = [*after_reply[:2], written("mon 09:45"), *facts[1:]]
    assert only("next_reply", asked).due_at == t("mon 15:45")


def test_s4_on_hold_pauses_nothing_unless_the_policy_says_so():
    facts = [opened("mon 09:00"), status("mon 10:00", "hold"), status("mon 12:00", "open")]
    assert only("resolution", facts).due_at == t("tue 17:00")
    holding = replace(TERMS, pauses={**clocks.DEFAULT_PAUSES, "resolution": {"waiting", "hold"}})
    assert only("resolution", facts, holding).due_at == t("wed 11:00")


def test_s4_a_pause_outside_hours_has_no_effect():
    facts = [opened("mon 09:00"), status("mon 17:00", "waiting"), status("tue 09:00", "open")]
    assert only("resolution", facts).due_at == t("tue 17:00")


def test_s4_nothing_is_due_while_paused_and_the_rest_of_the_time_is_kept():
    cycle = only("resolution", [opened("mon 09:00"), status("mon 10:00", "waiting")])
    assert (cycle.outcome, cycle.due_at, cycle.warn_at) == ("paused", None, None)
    assert clocks.state(cycle, t("fri 10:00")) == "paused"
    assert clocks.elapsed_s(cycle, t("fri 10:00")) == H
    assert clocks.remaining_s(cycle, t("fri 10:00")) == 15 * H
    assert clocks.calendar_s(cycle, t("fri 10:00")) == (4 * 24 + 1) * H


def test_s4_a_pause_after_the_breach_does_not_undo_it():
    cycle = only("resolution", [opened("mon 09:00"), status("wed 10:00", "waiting")])
    assert cycle.due_at == t("tue 17:00")
    assert clocks.breach_of(cycle, t("thu 09:00")) == t("tue 17:00")
    assert clocks.state(cycle, t("thu 09:00")) == "late"


# S5: first reply


def test_s5_first_reply_runs_from_the_customers_ticket_to_the_first_public_answer():
    cycle = only("first_reply", [opened("mon 09:00"), answered("mon 10:59"), answered("mon 15:00")])
    assert (cycle.started_at, cycle.due_at, cycle.stopped_at) == (
        t("mon 09:00"),
        t("mon 11:00"),
        t("mon 10:59"),
    )
    assert (cycle.outcome, cycle.stop_reason, cycle.breached_at) == ("met", "reply", None)


def test_s5_a_reply_at_the_due_instant_is_in_time_and_a_second_later_is_not():
    assert only("first_reply", [opened("mon 09:00"), answered("mon 11:00")]).outcome == "met"
    late = only("first_reply", [opened("mon 09:00"), answered("mon 11:00:01")])
    assert (late.outcome, late.breached_at) == ("breached", t("mon 11:00"))


def test_s5_a_ticket_opened_by_an_agent_starts_at_the_first_customer_message():
    facts = [opened("mon 09:00", by_customer=False), answered("mon 09:00")]
    assert of("first_reply", facts) == of("resolution", facts) == []
    facts.append(written("tue 09:00"))
    assert only("first_reply", facts).started_at == t("tue 09:00")
    assert only("resolution", facts).started_at == t("tue 09:00")


def test_s5_auto_replies_and_bots_do_not_count_as_a_reply():
    facts = [opened("mon 09:00"), answered("mon 09:01", automatic=True), answered("mon 09:02", bot=True)]
    assert only("first_reply", facts).outcome == "running"


def test_s5_a_bot_counts_where_the_policy_says_so():
    facts = [opened("mon 09:00"), answered("mon 09:02", bot=True)]
    assert only("first_reply", facts, replace(TERMS, bot_counts=True)).outcome == "met"


@pytest.mark.parametrize("solved", ["mon 10:00", "mon 16:00"])
def test_s5_solved_without_a_reply_is_neither_met_nor_breached(solved):
    cycle = only("first_reply", [opened("mon 09:00"), status(solved, "solved")])
    assert (cycle.outcome, cycle.stop_reason) == ("not_applicable", "solved")


def test_s5_a_late_solution_without_a_reply_still_remembers_the_breach():
    cycle = only("first_reply", [opened("mon 09:00"), status("mon 16:00", "solved")])
    assert cycle.breached_at == t("mon 11:00")


def test_s5_a_reply_that_solves_meets_the_first_reply():
    facts = [opened("mon 09:00"), status("mon 10:00", "solved"), answered("mon 10:00")]
    assert only("first_reply", facts).outcome == "met"
    assert only("resolution", facts).outcome == "met"
    assert of("periodic_update", facts) == []


# S6: next reply


def test_s6_next_reply_starts_at_the_oldest_unanswered_message_and_further_ones_do_not_move_it():
    facts = [opened("mon 09:00"), answered("mon 10:00"), written("mon 11:00"), written("mon 14:00")]
    cycle = only("next_reply", facts)
    assert (cycle.started_at, cycle.due_at) == (t("mon 11:00"), t("mon 15:00"))


def test_s6_each_wait_for_a_reply_is_a_cycle_of_its_own():
    facts = [opened("mon 09:00"), answered("mon 10:00"), written("mon 11:00"), answered("mon 12:00")]
    facts += [written("mon 13:00"), answered("tue 10:00")]
    first, second = of("next_reply", facts)
    assert (first.number, first.outcome, first.stopped_at) == (1, "met", t("mon 12:00"))
    assert (second.number, second.outcome, second.breached_at) == (2, "breached", t("mon 17:00"))


def test_s6_no_next_reply_runs_while_the_first_reply_is_owed():
    facts = [opened("mon 09:00"), written("mon 09:30"), written("mon 10:00")]
    assert of("next_reply", facts) == []
    assert of("next_reply", [*facts, answered("mon 11:00")]) == []


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        (answered("mon 12:00"), "reply"),
        (status("mon 12:00", "solved"), "solved"),
        (Fact(t("mon 12:00"), "no_reply_needed"), "no_reply_needed"),
    ],
)
def test_s6_an_answer_a_solution_or_no_reply_needed_stops_it(fact, reason):
    cycle = only("next_reply", [opened("mon 09:00"), answered("mon 10:00"), written("mon 11:00"), fact])
    assert (cycle.stopped_at, cycle.stop_reason, cycle.outcome) == (t("mon 12:00"), reason, "met")


def test_s6_thanks_after_the_solution_start_nothing_unless_the_ticket_is_reopened():
    facts = [opened("mon 09:00"), answered("mon 10:00"), status("mon 10:00", "solved"), written("mon 11:00")]
    assert of("next_reply", facts) == []
    cycle = only("next_reply", [*facts, status("mon 11:00", "open")])
    assert (cycle.started_at, cycle.due_at) == (t("mon 11:00"), t("mon 15:00"))


# S7: periodic update


def test_s7_the_periodic_update_restarts_at_each_public_agent_message():
    facts = [opened("mon 09:00"), answered("mon 10:00"), answered("tue 09:00"), answered("thu 09:00")]
    first, second, third = of("periodic_update", facts)
    assert (first.due_at, first.outcome) == (t("tue 10:00"), "met")
    assert (second.due_at, second.outcome) == (t("tue 17:00"), "breached")
    assert (third.started_at, third.outcome) == (t("thu 09:00"), "running")


def test_s7_solving_ends_the_promise_of_updates():
    facts = [opened("mon 09:00"), answered("mon 10:00")]
    in_time = only("periodic_update", [*facts, status("tue 09:00", "solved")])
    too_late = only("periodic_update", [*facts, status("wed 09:00", "solved")])
    assert (in_time.outcome, too_late.outcome) == ("cancelled", "breached")


def test_s7_updates_nobody_promised_are_not_counted():
    unpromised = replace(TERMS, targets={"first_reply": 2 * H})
    assert of("periodic_update", [opened("mon 09:00"), answered("mon 10:00")], unpromised) == []


# S8: resolution


def test_s8_resolution_runs_from_the_start_to_the_solution():
    cycle = only("resolution", [opened("mon 09:00"), answered("mon 10:00"), status("tue 17:00", "solved")])
    assert (cycle.due_at, cycle.stopped_at, cycle.outcome) == (t("tue 17:00"), t("tue 17:00"), "met")


def test_s8_a_reopening_within_the_window_resumes_the_same_clock_without_the_solved_time():
    facts = [opened("mon 09:00"), answered("mon 10:00"), status("mon 11:00", "solved")]
    facts += [status("wed 11:00", "open")]
    cycle = only("resolution", facts)
    assert (cycle.number, cycle.outcome) == (1, "running")
    assert cycle.pauses == ((t("mon 11:00"), t("wed 11:00")),)
    assert cycle.due_at == t("thu 17:00")  # two days later than without the solved time


def test_s8_a_later_reopening_starts_a_second_cycle_with_its_own_row():
    facts = [opened("mon 09:00"), answered("mon 10:00"), status("mon 11:00", "solved")]
    facts += [status("tue 11:00", "closed"), written("tue+1 09:00"), status("tue+1 09:00", "open")]
    first, second = of("resolution", facts)
    assert (first.number, first.outcome, first.stopped_at) == (1, "met", t("mon 11:00"))
    assert (second.number, second.started_at, second.due_at) == (2, t("tue+1 09:00"), t("wed+1 17:00"))
    assert [c.number for c in of("first_reply", facts)] == [1, 2]
    assert of("next_reply", facts) == []


def test_s8_the_window_is_measured_from_the_solution_not_from_the_closing():
    facts = [opened("mon 09:00"), status("mon 10:00", "solved"), status("mon+1 09:00", "closed")]
    assert len(of("resolution", [*facts, status("mon+1 10:00", "open")])) == 1
    assert len(of("resolution", [*facts, status("mon+1 10:00:01", "open")])) == 2


def test_s8_solving_by_mistake_does_not_lose_the_first_reply():
    facts = [opened("mon 09:00"), status("mon 10:00", "solved"), status("mon 10:30", "open")]
    assert only("first_reply", facts).due_at == t("mon 11:30")


def test_s8_solving_by_mistake_does_not_lose_the_next_reply():
    facts = [opened("mon 09:00"), answered("mon 09:30"), written("mon 10:00")]
    facts += [status("mon 11:00", "solved"), status("mon 11:30", "open")]
    assert only("next_reply", facts).due_at == t("mon 14:30")


# S9: other terms

FAST = replace(TERMS, policy_version=2, targets={"first_reply": H, "resolution": 4 * H})
SLOW = replace(TERMS, policy_version=2, targets={"first_reply": 6 * H, "resolution": 40 * H})


def switch(text, terms):
    return [(SUNDAY, TERMS), (t(text), terms)]


def test_s9_a_change_keeps_the_start_and_the_pauses_and_swaps_the_target():
    facts = [opened("mon 09:00"), status("mon 10:00", "waiting"), status("mon 12:00", "open")]
    cycle = only("resolution", facts, switch("mon 12:30", FAST))
    assert cycle.started_at == t("mon 09:00")
    assert cycle.due_at == t("mon 15:00")
    assert [(h.policy_version, h.from_at, h.until_at, h.target_s) for h in cycle.history] == [
        (1, t("mon 09:00"), t("mon 12:30"), 16 * H),
        (2, t("mon 12:30"), None, 4 * H),
    ]


def test_s9_a_breach_that_already_happened_is_never_erased():
    cycle = only("first_reply", [opened("mon 09:00"), answered("mon 14:00")], switch("mon 12:00", SLOW))
    assert (cycle.due_at, cycle.breached_at) == (t("mon 15:00"), t("mon 11:00"))
    assert (cycle.outcome, cycle.by_change) == ("breached", False)


def test_s9_a_breach_caused_by_the_change_is_flagged():
    cycle = only("first_reply", [opened("mon 09:00")], switch("mon 10:30", FAST))
    assert (cycle.due_at, cycle.breached_at, cycle.by_change) == (t("mon 10:00"), t("mon 10:30"), True)
    assert clocks.state(cycle, t("mon 10:30")) == "late"


def test_s9_a_breach_after_the_change_is_an_ordinary_one():
    cycle = only("first_reply", [opened("mon 09:00"), answered("mon 12:00")], switch("mon 09:30", FAST))
    assert (cycle.breached_at, cycle.by_change) == (t("mon 10:00"), False)


def test_s9_a_finished_cycle_does_not_change():
    facts = [opened("mon 09:00"), answered("mon 10:30")]
    cycle = only("first_reply", facts, switch("mon 12:00", FAST))
    assert (cycle.outcome, cycle.policy_version, len(cycle.history)) == ("met", 1, 1)


def test_s9_a_reply_that_comes_with_a_change_still_meets_the_old_promise():
    cycle = only("first_reply", [opened("mon 09:00"), answered("mon 10:30")], switch("mon 10:30", FAST))
    assert (cycle.outcome, cycle.by_change) == ("met", False)


def test_s9_another_calendar_counts_the_whole_cycle_anew():
    round_the_clock = replace(TERMS, policy_version=2, calendar=hours.always())
    cycle = only("resolution", [opened("mon 09:00")], switch("mon 10:00", round_the_clock))
    assert cycle.due_at == t("tue 01:00")


def test_s9_terms_that_come_after_the_ticket_cover_it_from_its_start():
    cycle = only("first_reply", [opened("mon 09:00")], [(t("mon 09:05"), TERMS)])
    assert (cycle.due_at, cycle.by_change) == (t("mon 11:00"), False)


def test_s9_without_terms_times_are_measured_but_nothing_is_promised():
    cycle = only("first_reply", [opened("mon 09:00"), answered("mon 10:00")], [])
    assert (cycle.target_s, cycle.due_at, cycle.outcome) == (None, None, "not_applicable")
    assert clocks.elapsed_s(cycle, t("fri 09:00")) == H


def test_s9_metrics_may_keep_different_hours():
    terms = replace(TERMS, calendars={"first_reply": hours.always()})
    facts = [opened("mon 16:30")]
    assert only("first_reply", facts, terms).due_at == t("mon 18:30")
    assert only("resolution", facts, terms).due_at == t("wed 16:30")


# S10: merge and split


def test_s10_cycles_of_a_merged_ticket_close_as_merged():
    facts = [opened("mon 09:00"), Fact(t("mon 10:00"), "merged"), written("mon 11:00")]
    cycles = clocks.derive(facts, [(SUNDAY, TERMS)])
    assert {(c.metric, c.outcome, c.stopped_at) for c in cycles} == {
        ("first_reply", "merged", t("mon 10:00")),
        ("resolution", "merged", t("mon 10:00")),
    }


def test_s10_the_survivor_keeps_the_earliest_start_and_its_own_policy():
    child = clocks.derive([opened("mon 09:00"), Fact(t("mon 10:30"), "merged")], [(SUNDAY, SLOW)])
    fact = clocks.absorbing(child, t("mon 10:30"))
    facts = [opened("mon 10:00"), fact]
    for metric, due_at in (("first_reply", "mon 11:00"), ("resolution", "tue 17:00")):
        cycle = only(metric, facts)
        assert (cycle.started_at, cycle.due_at) == (t("mon 09:00"), t(due_at))
        assert cycle.policy_version == 1


def test_s10_an_unanswered_message_of_the_child_is_owed_by_an_answered_survivor():
    child = clocks.derive([opened("mon 10:00"), Fact(t("mon 10:30"), "merged")], [(SUNDAY, TERMS)])
    facts = [opened("mon 09:00"), answered("mon 09:30"), clocks.absorbing(child, t("mon 10:30"))]
    assert only("first_reply", facts).outcome == "met"
    assert only("next_reply", facts).due_at == t("mon 14:00")


def test_s10_a_breach_caused_by_a_merge_is_flagged():
    facts = [opened("mon 15:00"), Fact(t("mon 16:00"), "absorbed", unanswered_since=t("mon 09:00"))]
    cycle = only("first_reply", facts)
    assert (cycle.due_at, cycle.breached_at, cycle.by_change) == (t("mon 11:00"), t("mon 16:00"), True)


def test_s10_a_merge_that_was_undone_never_happened():
    facts = [opened("mon 09:00"), Fact(t("mon 10:00"), "merged"), Fact(t("mon 10:05"), "unmerged")]
    assert clocks.derive(facts, [(SUNDAY, TERMS)]) == clocks.derive(facts[:1], [(SUNDAY, TERMS)])


def test_s10_a_split_starts_at_the_split_or_by_choice_at_the_original_message():
    assert only("first_reply", [opened("mon 10:00")]).started_at == t("mon 10:00")
    assert only("first_reply", [opened("mon 10:00", since=t("mon 09:00"))]).due_at == t("mon 11:00")


# S11: warnings


def test_s11_a_warning_comes_at_a_share_of_the_target_in_business_time():
    terms = replace(TERMS, targets={"first_reply": 10 * H}, warn_share=0.9)
    cycle = only("first_reply", [opened("mon 09:00")], terms)
    assert (cycle.warn_at, cycle.due_at) == (t("tue 10:00"), t("tue 11:00"))
    assert clocks.state(cycle, t("tue 09:59")) == "running"
    assert clocks.state(cycle, t("tue 10:00")) == "at_risk"
    assert clocks.state(cycle, t("tue 11:00")) == "at_risk"
    assert clocks.state(cycle, t("tue 11:00:01")) == "late"


def test_s11_a_warning_may_come_a_fixed_business_time_before():
    terms = replace(TERMS, warn_before_s=H)
    assert only("first_reply", [opened("mon 16:30")], terms).warn_at == t("tue 09:30")
    assert only("first_reply", [opened("mon 09:00")], replace(TERMS, warn_before_s=9 * H)).warn_at == t(
        "mon 09:00"
    )


def test_s11_nobody_is_told_outside_hours_unless_it_is_urgent():
    assert clocks.notice_at(OFFICE, t("mon 20:00"), urgent=False) == t("tue 09:00")
    assert clocks.notice_at(OFFICE, t("mon 20:00"), urgent=True) == t("mon 20:00")
    assert clocks.notice_at(OFFICE, t("mon 17:00"), urgent=False) == t("mon 17:00")


def test_s11_the_next_due_instant_is_the_earliest_of_the_unfinished():
    facts = [opened("mon 09:00"), answered("mon 10:00"), written("mon 11:00")]
    assert clocks.next_due(clocks.derive(facts, [(SUNDAY, TERMS)])) == t("mon 15:00")
    solved = [*facts, status("mon 12:00", "solved")]
    assert clocks.next_due(clocks.derive(solved, [(SUNDAY, TERMS)])) is None


# S12: automatic mail


def test_s12_automatic_mail_neither_starts_stops_nor_pauses_any_clock():
    facts = [opened("mon 09:00"), answered("mon 10:00"), written("mon 11:00"), answered("mon 12:00")]
    noise = [
        written("mon 10:30", automatic=True),
        answered("mon 11:30", automatic=True),
        written("mon 13:00", automatic=True),
    ]
    timeline = [(SUNDAY, TERMS)]
    assert clocks.derive(facts + noise, timeline) == clocks.derive(facts, timeline)


def test_s12_a_ticket_opened_by_a_machine_starts_at_the_first_word_of_a_person():
    facts = [opened("mon 09:00", automatic=True), written("mon 09:00", automatic=True)]
    assert clocks.derive(facts, [(SUNDAY, TERMS)]) == []
    assert only("first_reply", [*facts, written("mon 12:00")]).started_at == t("mon 12:00")


# A calendar that ends, and refusals


def test_a_clock_whose_calendar_never_opens_again_is_due_at_no_time():
    past = hours.from_json({"zone": "UTC", "week": {}, "special": {"2020-01-01": [["09:00", "10:00"]]}})
    cycle = only("first_reply", [opened("mon 09:00")], replace(TERMS, calendar=past))
    assert (cycle.outcome, cycle.due_at) == ("running", None)


def test_facts_without_a_time_zone_or_category_are_refused():
    with pytest.raises(ValueError, match="aware"):
        Fact(datetime(2025, 5, 5), "opened")  # noqa: DTZ001
    with pytest.raises(ValueError, match="status fact needs"):
        Fact(t("mon 09:00"), "status")
    with pytest.raises(ValueError, match="not a kind"):
        Fact(t("mon 09:00"), "sneezed")
    with pytest.raises(ValueError, match="aware"):
        clocks.derive([opened("mon 09:00")], [(datetime(2025, 5, 5), TERMS)])  # noqa: DTZ001


def test_terms_that_promise_nonsense_are_refused():
    with pytest.raises(ValueError, match="target of first_reply"):
        replace(TERMS, targets={"first_reply": 0})
    with pytest.raises(ValueError, match="warn_share"):
        replace(TERMS, warn_share=1.5)
