"""A condition finds in the database exactly the conversations that it matches one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careline.core.conditions import OPERATORS, WITHOUT_VALUE, Asker, check, matches, to_q
from careline.core.models import Brand
from careline.customers.models import Organisation
from careline.tickets.fields import FIELDS
from careline.tickets.models import Category, Tag, Ticket, TicketTag
from tests.make import MONDAY_9, make_brand, make_person, make_reason, make_status, make_team, make_user

pytestmark = pytest.mark.django_db
SUBJECTS = ("", "Broken lamp", "broken LAMP 100%", "Überweisung_fehlt", "ÜBERWEISUNG fehlt", "a\\b", "'; --")
NEEDLES = (*SUBJECTS[1:], "lamp", "LAMP", "überweisung", "%", "_", "\\", "nowhere", "b")
TIMES = tuple(MONDAY_9 + timedelta(hours=hours) for hours in (-50, -1, 0, 1, 30))
SPANS_S = (0, 1, 3_600, 3_601, 90_000, 400_000)
SLOWLY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@dataclass(frozen=True)
class World:
    """Conversations of many kinds, who asks about them, and values worth asking for."""

    tickets: list[Ticket]
    asker: Asker
    values: dict[str, list[Any]]


def pick(dice: np.random.Generator, values: Any) -> Any:
    return values[int(dice.integers(len(values)))]


@pytest.fixture
def world() -> World:
    dice = np.random.default_rng(7)
    people = [make_user(name=name) for name in ("Ben", "Cleo")]
    teams = [make_team(people[0]), make_team(people[0], people[1]), make_team()]
    firm = Organisation.objects.create(name="Lakeside", created_at=MONDAY_9)
    customers = [make_person(vip=True, organisation=firm), make_person()]
    statuses = [make_status(category) for category in Category] + [make_status("open", "Escalated")]
    reasons = [make_reason("Late"), make_reason("Broken")]
    tags = [Tag.objects.create(name=name) for name in ("vip", "sale", "return")]
    brands = [make_brand("Lumen"), make_brand("Nova")]
    for _number in range(40):
        status, customer = pick(dice, statuses), pick(dice, customers)
        ticket = Ticket.objects.create(
            status=status,
            category=status.category,
            customer=customer,
            organisation=customer.organisation,
            subject=pick(dice, SUBJECTS),
            priority=pick(dice, [1, 2, 3, 4]),
            team=pick(dice, [None, *teams]),
            assignee=pick(dice, [None, *people]),
            reason=pick(dice, [None, *reasons]),
            brand=pick(dice, [None, *brands]),
            channel=pick(dice, ["email", "web"]),
            language=pick(dice, ["", "de"]),
            reopens=pick(dice, [0, 1, 2]),
            message_count=pick(dice, [0, 1, 5]),
            opened_at=pick(dice, TIMES),
            changed_at=pick(dice, TIMES),
            **{name: pick(dice, [None, *TIMES]) for name in EMPTY_TIMES},
        )
        for tag in tags:
            if pick(dice, [True, False, False]):
                TicketTag.objects.create(ticket=ticket, tag=tag)
    asker = Asker(now=MONDAY_9, user_id=people[0].pk, team_ids=(teams[0].pk, teams[1].pk))
    return World(
        tickets=list(Ticket.objects.select_related("customer").prefetch_related("tags")),
        asker=asker,
        values={
            "status": [one.pk for one in statuses],
            "category": [str(one.value) for one in Category],
            "priority": [0, 1, 2.5, 3, 4, 9],
            "team": [None, "my_teams", *(one.pk for one in teams)],
            "assignee": [None, "me", *(one.pk for one in people)],
            "reason": [None, *(one.pk for one in reasons)],
            "tag": [one.pk for one in tags],
            "customer": [one.pk for one in customers],
            "organisation": [None, firm.pk],
            "vip": [True, False],
            "channel": ["email", "web", "phone"],
            "language": ["", "de", "en"],
            "brand": [None, *Brand.objects.values_list("pk", flat=True)],
            "subject": list(NEEDLES),
            "reopens": [0, 1, 2, 3],
            "message_count": [0, 1, 5],
        },
    )


EMPTY_TIMES = ("waiting_since", "last_in_at", "last_out_at", "solved_at", "due_at", "risk_at", "breached_at")


@st.composite
def one_of(draw: st.DrawFn, world: World, key: str) -> dict[str, Any]:
    kind = FIELDS[key].kind
    operator = draw(st.sampled_from(OPERATORS[kind]))
    if operator in WITHOUT_VALUE:
        return {"field": key, "op": operator}
    if kind == "instant":
        moment = draw(st.sampled_from(TIMES)).isoformat()
        value: Any = moment if operator in {"before", "after"} else draw(st.sampled_from(SPANS_S))
    elif operator in {"in", "not_in", "has_any"}:
        value = draw(st.lists(st.sampled_from(world.values[key]), max_size=3))
    else:
        value = draw(st.sampled_from(world.values[key]))
    return {"field": key, "op": operator, "value": value}


def trees(world: World) -> st.SearchStrategy[dict[str, Any]]:
    tests = st.sampled_from(sorted(FIELDS)).flatmap(lambda key: one_of(world, key))
    return st.recursive(
        st.just({}) | tests,
        lambda inner: (
            st.lists(inner, max_size=3).map(lambda parts: {"all": parts})
            | st.lists(inner, max_size=3).map(lambda parts: {"any": parts})
            | inner.map(lambda part: {"not": part})
        ),
        max_leaves=6,
    )


def agree(world: World, condition: dict[str, Any]) -> None:
    check(condition, FIELDS)
    rows = Ticket.objects.filter(to_q(condition, FIELDS, world.asker)).order_by("pk")
    found = list(rows.values_list("pk", flat=True))
    meant = [one.pk for one in world.tickets if matches(condition, FIELDS, one, world.asker)]
    assert found == sorted(meant), condition


@pytest.mark.parametrize("key", sorted(FIELDS))
@SLOWLY
@given(data=st.data())
def test_each_field_finds_what_it_matches(key: str, data: st.DataObject, world: World) -> None:
    agree(world, data.draw(one_of(world, key)))


@settings(SLOWLY, max_examples=250)
@given(data=st.data())
def test_any_tree_of_conditions_finds_what_it_matches(data: st.DataObject, world: World) -> None:
    agree(world, data.draw(trees(world)))


def test_a_conversation_with_both_tags_is_found_once_by_either_and_by_both(world: World) -> None:
    one, two = world.values["tag"][:2]
    both = {"all": [{"field": "tag", "op": "has", "value": one}, {"field": "tag", "op": "has", "value": two}]}
    agree(world, both)
    agree(world, {"field": "tag", "op": "has_any", "value": [one, two]})


def test_every_choice_offered_is_a_condition_that_can_be_asked(world: World) -> None:
    for field in FIELDS.values():
        for value, label in field.choices() if field.choices else []:
            operator = "has" if field.kind == "many" else "is"
            assert label
            agree(world, {"field": field.key, "op": operator, "value": value})


def test_times_are_read_in_any_zone(world: World) -> None:
    riga = datetime.fromisoformat("2026-01-05T09:00:00+02:00")
    assert riga == MONDAY_9
    agree(world, {"field": "opened_at", "op": "before", "value": riga.isoformat()})
