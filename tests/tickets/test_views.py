"""Saved views."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils.translation import override

from careline.core.conditions import BadCondition, check
from careline.core.models import Event, User
from careline.tickets import actions, queries
from careline.tickets.fields import FIELDS
from careline.tickets.models import Ticket, View
from careline.tickets.queries.pages import ORDERS
from careline.tickets.queries.views import removed_views
from careline.tickets.shipped import SHIPPED
from tests.make import MONDAY_9, make_status, make_ticket, make_user

pytestmark = pytest.mark.django_db
URGENT = {"field": "priority", "op": "at_least", "value": 4}
LATER = MONDAY_9 + timedelta(hours=1)


@pytest.fixture
def ben() -> User:
    return make_user("tickets.see", "tickets.edit", "tickets.reply")


@pytest.fixture
def lead() -> User:
    return make_user("tickets.see", "views.share", name="Cleo")


def save(actor: User, name: str = "Urgent", **more: Any) -> View:
    return actions.save_view(**{"name": name, "condition": URGENT, "actor": actor, "now": MONDAY_9, **more})


def names(user: User) -> list[str]:
    return [one.name for one in queries.views_for(user, now=MONDAY_9)]


def test_shipped_views_can_be_asked_in_their_order() -> None:
    for shipped in SHIPPED:
        check(shipped.condition, FIELDS)
        assert shipped.order in ORDERS


def test_each_shipped_view_holds_what_its_name_says(ben: User) -> None:
    actions.make_default_views()
    mine, nobodys, waiting, late, solved, closed = (make_ticket() for _ in range(6))
    actions.assign(ticket=mine, assignee=ben, actor=ben, now=MONDAY_9)
    actions.set_status(ticket=waiting, status=make_status("waiting"), actor=ben, now=MONDAY_9)
    past = MONDAY_9 - timedelta(hours=1)
    actions.note_due(ticket_id=late.pk, due_at=past, due_metric="first_reply", risk_at=past, breached_at=past)
    actions.note_due(
        ticket_id=nobodys.pk, due_at=LATER, due_metric="first_reply", risk_at=past, breached_at=None
    )
    actions.set_status(ticket=solved, status=make_status("solved"), actor=ben, now=MONDAY_9)
    actions.close_ticket(ticket=closed, actor=ben, now=MONDAY_9)
    Ticket.objects.filter(pk=closed.pk).update(solved_at=MONDAY_9 - timedelta(days=8))
    held = {
        one.view.key: {t.pk for t in queries.page_of(ben, one.view.condition, now=MONDAY_9).tickets}
        for one in queries.views_for(ben, now=MONDAY_9)
    }
    assert held == {
        "my-open": {mine.pk},
        "unassigned": {nobodys.pk, waiting.pk, late.pk},
        "all-open": {mine.pk, nobodys.pk, waiting.pk, late.pk},
        "waiting": {waiting.pk},
        "at-risk": {nobodys.pk, late.pk},
        "breached": {late.pk},
        "solved": {solved.pk},
        "everything": {t.pk for t in (mine, nobodys, waiting, late, solved, closed)},
    }
    counts = {one.view.key: one.count for one in queries.views_for(ben, now=MONDAY_9)}
    assert counts == {key: len(pks) for key, pks in held.items()}


def test_all_views_are_counted_in_few_queries(ben: User, django_assert_num_queries: Any) -> None:
    actions.make_default_views()
    for number in range(12):
        save(ben, f"Mine {number}")
    fresh = User.objects.get(pk=ben.pk)
    with django_assert_num_queries(4):  # grants, teams, views, counts
        assert len(queries.views_for(fresh, now=MONDAY_9)) == len(SHIPPED) + 12


def test_a_view_that_searches_words_or_cannot_be_asked_is_shown_without_a_number(ben: User) -> None:
    save(ben, "Lamps", condition={"any": [URGENT, {"field": "subject", "op": "contains", "value": "lamp"}]})
    broken = save(ben, "Broken")
    View.objects.filter(pk=broken.pk).update(condition={"field": "gone", "op": "is", "value": 1})
    worse = save(ben, "Worse")
    View.objects.filter(pk=worse.pk).update(condition={"field": "team", "op": "is", "value": "abc"})
    assert [one.count for one in queries.views_for(ben, now=MONDAY_9)] == [None, None, None]


def test_more_than_the_cap_is_said_to_be_more(ben: User) -> None:
    one = queries.Counted(View(name="x"), "x", 1_001)
    assert one.more
    assert not queries.Counted(View(name="x"), "x", 1_000).more


def test_my_views_are_mine(ben: User, lead: User) -> None:
    view = save(ben)
    assert names(ben) == ["Urgent"]
    assert names(lead) == []
    assert queries.view_for(lead, view.pk) is None
    for change in (
        lambda: save(lead, "Stolen", view=view),
        lambda: actions.remove_view(view=view, actor=lead, now=MONDAY_9),
    ):
        with pytest.raises(actions.NotYourView):
            change()


def test_sharing_needs_the_permission(ben: User, lead: User) -> None:
    with pytest.raises(PermissionDenied):
        save(ben, shared=True)
    view = save(lead, shared=True)
    assert names(ben) == ["Urgent"]
    for change in (
        lambda: save(ben, "Mine now", view=view),
        lambda: actions.remove_view(view=view, actor=ben, now=MONDAY_9),
        lambda: actions.order_views(ids=[view.pk], actor=ben, now=MONDAY_9),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert View.objects.get().name == "Urgent"


def test_a_view_is_changed_and_the_log_says_from_what_to_what(ben: User) -> None:
    view = save(ben)
    save(ben, "Very urgent", view=view, order="due_at")
    assert Event.objects.latest("pk").data == {
        "changed": {
            "name": {"old": "Urgent", "new": "Very urgent"},
            "order": {"old": "-changed_at", "new": "due_at"},
        }
    }
    told = Event.objects.count()
    save(ben, "Very urgent", view=view, order="due_at")
    assert Event.objects.count() == told


def test_nonsense_is_refused(ben: User) -> None:
    with pytest.raises(actions.ViewNeedsAName):
        save(ben, "  ")
    with pytest.raises(actions.ViewNeedsAName):
        save(ben, "x" * 81)
    with pytest.raises(actions.NoSuchOrder):
        save(ben, order="id; drop table")
    with pytest.raises(BadCondition):
        save(ben, condition={"field": "shoe size", "op": "is", "value": 43})
    with pytest.raises(BadCondition):
        save(ben, condition={"field": "team", "op": "is", "value": "abc"})
    assert not View.objects.exists()


def test_a_removed_view_comes_back(ben: User) -> None:
    view = save(ben)
    assert actions.remove_view(view=view, actor=ben, now=MONDAY_9)
    assert actions.remove_view(view=view, actor=ben, now=MONDAY_9) is None
    assert names(ben) == []
    assert removed_views(ben) == [view]
    actions.restore_view(view=view, actor=ben, now=MONDAY_9)
    assert names(ben) == ["Urgent"]


def test_a_shipped_view_goes_back_to_how_it_came(lead: User) -> None:
    actions.make_default_views()
    view = queries.view_with_key(lead, "unassigned")
    assert view
    save(lead, "Nobody's", view=view, shared=True)
    assert names(lead)[1] == "Nobody's"
    actions.reset_view(view=view, actor=lead, now=MONDAY_9)
    assert names(lead)[1] == "Unassigned"
    with pytest.raises(actions.NothingToRestore):
        actions.reset_view(view=save(lead, shared=True), actor=lead, now=MONDAY_9)


def test_shipped_names_are_in_the_readers_language_until_they_are_changed(lead: User) -> None:
    with override("de"):
        actions.make_default_views()
    view = View.objects.get(key="everything")
    assert view.name == "Everything"
    save(lead, "Everything at all", view=view, condition={}, shared=True)
    assert names(lead)[-1] == "Everything at all"


def test_shared_views_are_put_in_order(lead: User) -> None:
    one, two = save(lead, "One", shared=True), save(lead, "Two", shared=True)
    assert actions.order_views(ids=[two.pk, one.pk], actor=lead, now=MONDAY_9)
    assert names(lead) == ["Two", "One"]
    assert actions.order_views(ids=[two.pk, one.pk], actor=lead, now=MONDAY_9) is None
