"""Every clock can say why it is due when it is due."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from careline.calc import clocks, hours
from careline.calc.clocks import Fact
from tests.calc.test_clocks import OFFICE, SUNDAY, TERMS, H, answered, only, opened, status, t


def told(cycle, now):
    return [(step.what, step.at, step.seconds) for step in clocks.explain(cycle, t(now))]


def test_an_explanation_tells_what_counted_what_paused_and_what_was_closed():
    holiday = hours.from_json({**hours.to_json(OFFICE), "closed": ["2025-05-06", "2025-05-10"]})
    terms = replace(TERMS, calendar=holiday, targets={"resolution": 10 * H})
    facts = [opened("mon 10:00"), status("mon 12:00", "waiting"), status("mon 13:00", "open")]
    cycle = only("resolution", facts, terms)
    assert told(cycle, "mon 14:00") == [
        ("started", t("mon 10:00"), 0),
        ("counted", t("mon 10:00"), 6 * H),
        ("paused", t("mon 12:00"), 0),
        ("resumed", t("mon 13:00"), 0),
        ("closed", t("tue 00:00"), 0),
        ("counted", t("wed 09:00"), 4 * H),
        ("warned", t("wed 11:00"), 0),
        ("due", t("wed 13:00"), 0),
    ]
    assert [s.day for s in clocks.explain(cycle, t("mon 14:00")) if s.what == "closed"] == [date(2025, 5, 6)]


def test_time_after_the_due_instant_is_told_as_one_sum():
    cycle = only("first_reply", [opened("mon 09:00"), answered("wed 10:00")])
    assert told(cycle, "fri 10:00")[-4:] == [
        ("due", t("mon 11:00"), 0),
        ("breached", t("mon 11:00"), 0),
        ("overtime", t("mon 11:00"), 15 * H),
        ("stopped", t("wed 10:00"), 0),
    ]


def test_a_change_of_policy_and_the_breach_it_caused_are_told():
    fast = replace(TERMS, policy_version=2, targets={"first_reply": H})
    cycle = only("first_reply", [opened("mon 09:00")], [(SUNDAY, TERMS), (t("mon 10:30"), fast)])
    steps = {step.what: step for step in clocks.explain(cycle, t("mon 12:00"))}
    assert (steps["policy_changed"].policy_version, steps["policy_changed"].at) == (2, t("mon 10:30"))
    assert (steps["breached"].detail, steps["breached"].at) == ("by_change", t("mon 10:30"))


def test_special_hours_are_told():
    short = hours.from_json({**hours.to_json(OFFICE), "special": {"2025-05-06": [["09:00", "10:00"]]}})
    cycle = only("resolution", [opened("mon 16:00")], replace(TERMS, calendar=short))
    assert ("special_hours", t("tue 00:00"), 0) in told(cycle, "mon 16:00")


def test_a_running_pause_is_told_without_an_end():
    cycle = only("resolution", [opened("mon 09:00"), status("mon 10:00", "waiting")])
    last = clocks.explain(cycle, t("wed 10:00"))[-1]
    assert (last.what, last.at, last.until) == ("paused", t("mon 10:00"), None)


minutes = st.integers(0, 14 * 24 * 60).map(lambda n: SUNDAY + timedelta(minutes=n))
happenings = st.lists(
    st.one_of(
        minutes.map(lambda at: Fact(at, "message_in")),
        minutes.map(lambda at: Fact(at, "message_out")),
        minutes.map(lambda at: Fact(at, "no_reply_needed")),
        st.builds(
            lambda at, category: Fact(at, "status", category=category),
            minutes,
            st.sampled_from(clocks.CATEGORIES),
        ),
    ),
    max_size=12,
)
terms = st.builds(
    lambda share, hours_: replace(
        TERMS,
        policy_version=hours_,
        warn_share=share,
        targets=dict.fromkeys(clocks.METRICS, hours_ * H),
        calendar=OFFICE if hours_ % 2 else hours.always(),
    ),
    st.sampled_from([0.5, 0.8, 1.0]),
    st.integers(1, 30),
)
timelines = st.lists(st.tuples(minutes, terms), max_size=3)


@settings(max_examples=150, deadline=None)
@given(happenings, timelines)
def test_whatever_happens_clocks_keep_their_laws(facts, timeline):
    facts = [Fact(SUNDAY, "opened"), *facts]
    now = SUNDAY + timedelta(days=15)
    cycles = clocks.derive(facts, timeline)
    for metric in clocks.METRICS:
        mine = [c for c in cycles if c.metric == metric]
        assert sum(c.stopped_at is None for c in mine) <= 1
    for cycle in cycles:
        assert cycle.stopped_at is None or cycle.stopped_at >= cycle.started_at
        assert (cycle.outcome == "breached") <= (cycle.breached_at is not None)
        assert (cycle.outcome in ("met", "cancelled")) <= (cycle.breached_at is None)
        assert cycle.history[-1].until_at is None
        if cycle.due_at is not None:
            counted = hours.elapsed(cycle.calendar, cycle.started_at, cycle.due_at, cycle.pauses)
            assert counted == cycle.target_s
            assert cycle.warn_at is not None
            assert cycle.warn_at <= cycle.due_at
        steps = clocks.explain(cycle, now)
        told = sum(step.seconds for step in steps if step.what in ("counted", "overtime"))
        end = cycle.stopped_at or max(now, cycle.due_at or now)
        assert told == clocks.elapsed_s(cycle, end)


@settings(max_examples=100, deadline=None)
@given(happenings, timelines, st.integers(0, 14 * 24 * 60))
def test_facts_still_to_come_never_change_a_breach_that_has_happened(facts, timeline, minute):
    cut = SUNDAY + timedelta(minutes=minute)
    facts = [Fact(SUNDAY, "opened"), *facts]
    then = clocks.derive([f for f in facts if f.at <= cut], [e for e in timeline if e[0] <= cut])
    later = {(c.metric, c.started_at): c for c in clocks.derive(facts, timeline)}
    for cycle in then:
        breached_at = clocks.breach_of(cycle, cut)
        if breached_at is not None:
            assert clocks.breach_of(later[cycle.metric, cycle.started_at], cut) == breached_at
