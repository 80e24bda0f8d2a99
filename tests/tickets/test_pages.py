"""Lists read page by page."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careline.core.conditions import BadCondition
from careline.core.models import User
from careline.tickets import actions, queries
from careline.tickets.models import Ticket
from tests.make import MONDAY_9, make_admin, make_person, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
TIMES = ("changed_at", "opened_at", "due_at", "waiting_since", "last_in_at", "solved_at")
MAY_BE_EMPTY = TIMES[2:]


@pytest.fixture
def ben() -> User:
    return make_user("tickets.see")


@pytest.fixture
def many(ben: User) -> list[Ticket]:
    """Conversations with few different times, so that many share a place, and many have none."""
    dice, ada, status = np.random.default_rng(3), make_person(), make_status()
    rows = []
    for _number in range(37):
        times: dict[str, Any] = {
            name: MONDAY_9 + timedelta(hours=int(dice.integers(4)), microseconds=7) for name in TIMES
        }
        for name in MAY_BE_EMPTY:
            times[name] = None if dice.random() < 0.4 else times[name]
        rows.append(
            Ticket(
                customer=ada,
                status=status,
                category=status.category,
                subject="x",
                priority=int(dice.integers(1, 5)),
                **times,
            )
        )
    return Ticket.objects.bulk_create(rows)


def in_order(rows: list[Ticket], order: str) -> list[int]:
    """Sort as a list should be, in plain Python: empty ones last, newest first."""
    name, sign = order.lstrip("-"), -1 if order.startswith("-") else 1
    full = [row for row in rows if getattr(row, name) is not None]
    empty = [row for row in rows if getattr(row, name) is None]

    def place(row: Ticket) -> tuple[float, int]:
        value = getattr(row, name)
        number = value if name == "priority" else value.timestamp()
        return sign * number, sign * row.pk

    return [row.pk for row in sorted(full, key=place)] + sorted((row.pk for row in empty), reverse=True)


@pytest.mark.parametrize("order", list(queries.ORDERS))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(most=st.integers(1, 40))
def test_pages_there_and_back_hold_each_row_once(
    order: str, ben: User, many: list[Ticket], most: int
) -> None:
    expected = in_order(many, order)
    pages = [queries.page_of(ben, {}, order=order, most=most, now=MONDAY_9)]
    while pages[-1].after:
        pages.append(queries.page_of(ben, {}, order=order, after=pages[-1].after, most=most, now=MONDAY_9))
    assert [one.pk for page in pages for one in page.tickets] == expected
    assert pages[0].before == ""
    for page, ahead in zip(pages[::-1], pages[-2::-1], strict=False):
        back = queries.page_of(ben, {}, order=order, before=page.before, most=most, now=MONDAY_9)
        assert [one.pk for one in back.tickets] == [one.pk for one in ahead.tickets]
        assert (back.before == "") == (ahead.before == "")


@pytest.mark.parametrize("order", list(queries.ORDERS))
def test_from_any_row_the_next_and_the_one_before_are_found(
    order: str, ben: User, many: list[Ticket]
) -> None:
    expected = in_order(many, order)
    rows = {row.pk: row for row in Ticket.objects.all()}
    for one, following in pairwise(expected):
        there = queries.mark_of(rows[one], order)
        page = queries.page_of(ben, {}, order=order, after=there, most=1, now=MONDAY_9)
        assert [row.pk for row in page.tickets] == [following]
        back = queries.mark_of(rows[following], order)
        page = queries.page_of(ben, {}, order=order, before=back, most=1, now=MONDAY_9)
        assert [row.pk for row in page.tickets] == [one]


def test_a_row_that_moves_while_one_reads_is_neither_repeated_nor_does_it_hide_another(ben: User) -> None:
    rows = [make_ticket(now=MONDAY_9 + timedelta(minutes=number)) for number in range(6)]
    first = queries.page_of(ben, {}, most=3, now=MONDAY_9)
    actions.set_priority(ticket=rows[0], priority=4, actor=None, now=MONDAY_9 + timedelta(hours=1))
    second = queries.page_of(ben, {}, after=first.after, most=3, now=MONDAY_9)
    assert [one.pk for one in second.tickets] == [rows[2].pk, rows[1].pk]


@pytest.mark.parametrize(
    "mark", ["x", "~", "~x", "2026-01-05~1", "2026-01-05T09:00:00~1", "soon~3", "2026-99-99T00:00:00+00:00~1"]
)
def test_what_is_no_place_in_the_list_is_refused(ben: User, mark: str) -> None:
    for road in ({"after": mark}, {"before": mark}):
        with pytest.raises(queries.BadMark):
            queries.page_of(ben, {}, now=MONDAY_9, **road)


def test_an_order_that_is_none_is_refused(ben: User) -> None:
    with pytest.raises(KeyError):
        queries.page_of(ben, {}, order="customer__name", now=MONDAY_9)


def test_a_value_of_the_wrong_kind_is_refused_not_a_crash(ben: User) -> None:
    for condition in (
        {"field": "team", "op": "is", "value": "abc"},
        {"field": "tag", "op": "has", "value": "abc"},
        {"field": "opened_at", "op": "within_last_s", "value": 1e300},
        {"field": "priority", "op": "is", "value": float("inf")},
        {"field": "priority", "op": "is", "value": float("nan")},
        {"field": "team", "op": "is", "value": 10**30},
        {"field": "gone", "op": "is", "value": 1},
    ):
        with pytest.raises(BadCondition):
            queries.page_of(ben, condition, now=MONDAY_9)


# Choosing is apart from reading, so that no join leads the database astray: one query more, at any size.
@pytest.mark.parametrize(("order", "budget"), [("-changed_at", 6), ("due_at", 7)])
def test_a_page_of_fifty_costs_few_queries_to_read_and_to_show(
    order: str, budget: int, django_assert_max_num_queries: Any
) -> None:
    ben = make_user("tickets.see:team")
    team = make_team(ben)
    for number in range(52):
        make_ticket(team=team, assignee=ben, tags=["sale", f"t{number % 5}"], now=MONDAY_9)
    with django_assert_max_num_queries(budget):
        fresh = User.objects.get(pk=ben.pk)
        page = queries.page_of(fresh, {}, order=order, now=MONDAY_9)
        for one in page.tickets:
            assert one.customer.name
            assert one.status.name
            assert one.team
            assert one.assignee
            assert (one.organisation, one.reason) == (None, None)
            assert len(one.tags.all()) == 2
    assert len(page.tickets) == 50
    assert page.after


def test_tags_out_of_use_are_not_shown(ben: User) -> None:
    ida = make_admin()
    ticket = make_ticket(tags=["sale", "vip"])
    actions.archive_tag(tag=queries.tags()[0], actor=ida, now=MONDAY_9)
    [one] = queries.page_of(ben, {}, now=MONDAY_9).tickets
    assert one == ticket
    assert [tag.name for tag in one.tags.all()] == ["vip"]


def test_counting_stops_at_the_cap(ben: User) -> None:
    for _number in range(3):
        make_ticket()
    assert queries.count_of(ben, {}, now=MONDAY_9, cap=1) == 2
    assert queries.count_of(ben, {}, now=MONDAY_9, cap=5) == 3
