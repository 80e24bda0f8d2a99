"""What a change would do is known before it is made."""

from __future__ import annotations

import pytest

from careline.sla import actions, queries
from careline.sla.models import Calendar, Policy
from tests.make import make_policy
from tests.sla.desk import become, clock, opened, t

pytestmark = pytest.mark.django_db
H = 3_600


def promise(policy: Policy, hours: float) -> actions.Promise:
    targets = {"first_reply": dict.fromkeys("1234", round(hours * H))}
    return actions.Promise(name=policy.name, calendar=policy.calendar, targets=targets)


def test_a_kinder_promise_changes_open_conversations_and_makes_none_late() -> None:
    policy = make_policy(targets={"first_reply": 2 * H})
    opened("mon 09:00")
    become(opened("mon 09:00"), "mon 09:30", "solved")
    effect = queries.effect_of_policy(policy, promise(policy, 4), now=t("mon 10:00"))
    assert (effect.looked_at, effect.changed, effect.late) == (1, 1, 0)


def test_a_stricter_promise_makes_those_late_whose_time_is_up_under_it() -> None:
    policy = make_policy(targets={"first_reply": 2 * H})
    older, newer = opened("mon 09:00"), opened("mon 09:50")
    effect = queries.effect_of_policy(policy, promise(policy, 0.5), now=t("mon 10:00"))
    assert (effect.changed, effect.late) == (2, 1)
    # And so it comes to pass.
    actions.save_policy(
        policy=policy, promise=promise(policy, 0.5), open_too=True, actor=None, now=t("mon 10:00")
    )
    actions.apply_to_open(t("mon 10:00").isoformat())
    assert (clock(older).by_change, clock(newer).by_change) == (True, False)


def test_a_new_policy_counts_from_where_it_would_stand() -> None:
    everybody = make_policy(targets={"first_reply": 2 * H})
    opened("mon 09:00", priority=4)
    opened("mon 09:00")
    new = actions.Promise(
        name="Urgent",
        calendar=everybody.calendar,
        condition={"field": "priority", "op": "is", "value": 4},
        targets={"first_reply": {"4": H}},
    )
    assert queries.effect_of_policy(None, new, now=t("mon 09:30")).changed == 1
    assert queries.count_matching(new.condition, now=t("mon 09:30")) == 1


def test_other_hours_change_what_counts_by_them() -> None:
    policy = make_policy(targets={"first_reply": 2 * H})
    opened("mon 16:00")
    changed = Calendar(name="Long", zone="UTC", week={"mon": [["09:00", "20:00"]]})
    assert queries.effect_of_hours(policy.calendar, changed, now=t("mon 16:30")).changed == 1


def test_what_changes_nothing_says_so() -> None:
    policy = make_policy(targets={"first_reply": 2 * H})
    opened("mon 09:00")
    assert queries.effect_of_policy(policy, promise(policy, 2), now=t("mon 10:00")).changed == 0
    assert queries.effect_of_all(now=t("mon 10:00")).changed == 0
