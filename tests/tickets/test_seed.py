"""The rows that every operation begins with."""

from __future__ import annotations

from typing import Any

import pytest

from careline.config import seed
from careline.core.access import DEFAULT_ROLES
from careline.core.models import Role
from careline.tickets import actions, queries
from careline.tickets.models import Category, Status, View
from careline.tickets.shipped import SHIPPED
from tests.make import MONDAY_9, make_admin, make_ticket

pytestmark = pytest.mark.django_db


def test_an_empty_database_gets_roles_statuses_and_views() -> None:
    seed.ensure()
    assert set(Role.objects.values_list("key", flat=True)) == set(DEFAULT_ROLES)
    assert set(Status.objects.filter(default=True).values_list("category", flat=True)) == set(Category.values)
    assert list(View.objects.values_list("key", flat=True)) == [one.key for one in SHIPPED]


def test_doing_it_again_is_a_blink_and_changes_nothing(django_assert_max_num_queries: Any) -> None:
    seed.ensure()
    before = [list(table.objects.order_by("pk").values()) for table in (Role, Status, View)]
    with django_assert_max_num_queries(13):  # three counts, the calendar, and six indexes that exist
        seed.ensure()
    assert [list(table.objects.order_by("pk").values()) for table in (Role, Status, View)] == before


def test_what_was_changed_or_removed_stays_so() -> None:
    seed.ensure()
    ida = make_admin()
    view = queries.view_with_key(ida, "breached")
    assert view
    actions.remove_view(view=view, actor=ida, now=MONDAY_9)
    actions.rename_status(status=Status.objects.get(category="new"), name="Fresh", actor=ida, now=MONDAY_9)
    seed.ensure()
    assert queries.view_with_key(ida, "breached") is None
    assert queries.default_status("new").name == "Fresh"
    assert Status.objects.count() == len(Category)


@pytest.mark.django_db(transaction=True)
def test_conversations_can_begin_before_anything_else_has() -> None:
    assert make_ticket().category == "new"
    seed.ensure()
    assert Status.objects.count() == len(Category)
