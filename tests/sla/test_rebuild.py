"""Deriving everything anew leaves exactly what following each event has left."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careline.core.models import Event
from careline.sla import actions
from careline.sla.models import Clock, Track
from careline.tickets import actions as tickets
from careline.tickets.models import Tag, Ticket
from tests.make import make_policy, make_team
from tests.sla.desk import answered, become, clock, opened, snapshot, t, written

pytestmark = pytest.mark.django_db
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat")
Act = Callable[[Ticket, str], object]


def _priority(level: int) -> Act:
    return lambda ticket, at: tickets.set_priority(ticket=ticket, priority=level, actor=None, now=t(at))


def _tag(name: str) -> Act:
    return lambda ticket, at: tickets.add_tag(ticket=ticket, name=name, actor=None, now=t(at))


def _untag(name: str) -> Act:
    def act(ticket: Ticket, at: str) -> None:
        tickets.remove_tag(ticket=ticket, name=name, actor=None, now=t(at))

    return act


ACTS: dict[str, Act] = {
    "write": written,
    "auto": lambda ticket, at: written(ticket, at, "auto_reply"),
    "answer": answered,
    "solve": lambda ticket, at: answered(ticket, at, "solved"),
    "wait": lambda ticket, at: become(ticket, at, "waiting"),
    "open": lambda ticket, at: become(ticket, at, "open"),
    "no reply": lambda ticket, at: tickets.mark_no_reply_needed(ticket=ticket, actor=None, now=t(at)),
    "urgent": _priority(4),
    "low": _priority(1),
    "tag": _tag("contract"),
    "untag": _untag("contract"),
}


def policies() -> None:
    tag, _made = Tag.objects.get_or_create(name="contract")
    by_tag = {"field": "tag", "op": "has", "value": tag.pk}
    make_policy("Everybody")
    make_policy("Contract", condition=by_tag, targets={"first_reply": 1_800, "next_reply": 3_600})
    make_policy(
        "Urgent", condition={"field": "priority", "op": "is", "value": 4}, targets={"resolution": 600}
    )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(
    acts=st.lists(st.sampled_from(sorted(ACTS)), max_size=9),
    minutes=st.lists(st.integers(1, 700), min_size=9, max_size=9),
)
def test_following_events_and_rebuilding_agree(acts: list[str], minutes: list[int]) -> None:
    Ticket.objects.all()  # the promises are made once an example; rows of earlier examples stay
    if not Tag.objects.exists():
        policies()
    ticket, at = opened("mon 09:00"), 9 * 60
    for act, wait in zip(acts, minutes, strict=False):
        at += wait
        day, minute = divmod(at, 24 * 60)
        ACTS[act](ticket, f"{DAYS[day % 6]}+{day // 6} {minute // 60:02}:{minute % 60:02}")
    now = t("mon+3 09:00")
    while actions.tell_due_clocks(now=now):
        pass
    followed = snapshot()
    actions.rebuild_clocks(now=now)
    assert snapshot() == followed
    tracks = list(Track.objects.order_by("pk").values_list("pk", "applied"))
    Clock.objects.all().delete()
    Track.objects.all().delete()
    actions.rebuild_clocks(now=now)
    assert list(Track.objects.order_by("pk").values_list("pk", "applied")) == tracks
    assert _without_told(snapshot()) == _without_told(followed)


def _without_told(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [row[:15] for row in rows]


def test_a_rebuild_of_some_leaves_the_others_alone() -> None:
    make_policy()
    one, other = opened("mon 09:00"), opened("mon 09:00")
    Clock.objects.all().delete()
    assert actions.rebuild_clocks(now=t("mon 10:00"), ticket_ids=[one.pk]) == 1
    assert clock(one).due_at == t("mon 11:00")
    assert not Clock.objects.filter(ticket=other).exists()


def test_a_rebuild_keeps_the_numbers_of_clocks_and_what_was_told() -> None:
    make_policy()
    ticket = opened("mon 09:00")
    actions.tell_due_clocks(now=t("mon 12:00"))
    before = clock(ticket)
    actions.rebuild_clocks(now=t("mon 13:00"))
    assert (clock(ticket).pk, clock(ticket).breach_told) == (before.pk, True)


def test_a_rebuild_repairs_what_a_conversation_shows() -> None:
    make_policy()
    ticket = opened("mon 09:00")
    Ticket.objects.update(due_at=None, due_metric="")
    actions.rebuild_clocks(now=t("mon 10:00"))
    ticket.refresh_from_db()
    assert (ticket.due_at, ticket.due_metric) == (t("mon 11:00"), "first_reply")


def test_history_without_notes_is_judged_by_how_the_conversation_looked_then() -> None:
    team, later = make_team(name="First"), make_team(name="Later")
    make_policy("Everybody", targets={"first_reply": 3_600})
    make_policy(
        "Later", condition={"field": "team", "op": "is", "value": later.pk}, targets={"first_reply": 60}
    )
    ticket = opened("mon 09:00", team=team)
    answered(ticket, "mon 09:30")
    tickets.move_to_team(ticket=ticket, team=later, actor=None, now=t("mon 12:00"))
    Clock.objects.all().delete()
    Track.objects.all().delete()
    actions.rebuild_clocks(now=t("mon 13:00"))
    assert (clock(ticket).policy.name, clock(ticket).outcome) == ("Everybody", "met")
    assert clock(ticket, "resolution").policy.name == "Later"


def test_rebuilding_what_was_merged_also_rebuilds_what_it_was_merged_into() -> None:
    make_policy()
    child, survivor = opened("mon 09:00"), opened("mon 11:00")
    with transaction.atomic():
        Event.objects.create(
            kind="ticket.merged",
            subject_kind="ticket",
            subject_id=child.pk,
            at=t("mon 13:00"),
            data={"into": survivor.pk},
        )
    assert actions.rebuild_clocks(now=t("mon 14:00"), ticket_ids=[child.pk]) == 2
    assert clock(survivor, "resolution").started_at == t("mon 09:00")
