"""Status, priority, people, reason, tags, subject: one change, one event."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from careline.core.models import Event, User
from careline.customers.models import Organisation
from careline.tickets import actions
from careline.tickets.models import Tag, Ticket, TicketTag
from careline.tickets.said import Due
from tests.make import (
    MONDAY_9,
    make_person,
    make_reason,
    make_status,
    make_team,
    make_ticket,
    make_user,
)

pytestmark = pytest.mark.django_db
LATER, LATER_STILL = MONDAY_9 + timedelta(hours=1), MONDAY_9 + timedelta(hours=2)


@pytest.fixture
def ben() -> User:
    return make_user("tickets.see", "tickets.reply", "tickets.edit")


def test_solving_ends_the_waiting_and_is_dated(ben: User) -> None:
    ticket, solved = make_ticket(), make_status("solved")
    old = ticket.status_id
    event = actions.set_status(ticket=ticket, status=solved, actor=ben, now=LATER)
    kept = Ticket.objects.get()
    assert (kept.status, kept.category, kept.solved_at, kept.closed_at) == (solved, "solved", LATER, None)
    assert kept.waiting_since is None
    assert event
    data = {"old": old, "new": solved.pk, "old_category": "new", "category": "solved"}
    assert {key: event.data[key] for key in data} == data


def test_closing_keeps_when_it_was_solved(ben: User) -> None:
    ticket = make_ticket()
    actions.set_status(ticket=ticket, status=make_status("solved"), actor=ben, now=LATER)
    actions.close_ticket(ticket=ticket, actor=ben, now=LATER_STILL)
    assert (ticket.solved_at, ticket.closed_at) == (LATER, LATER_STILL)
    assert actions.close_ticket(ticket=ticket, actor=ben, now=LATER_STILL) is None


def test_opening_again_counts(ben: User) -> None:
    ticket = make_ticket()
    actions.set_status(ticket=ticket, status=make_status("solved"), actor=ben, now=LATER)
    actions.set_status(ticket=ticket, status=make_status("open"), actor=ben, now=LATER_STILL)
    assert (ticket.reopens, ticket.solved_at) == (1, None)


def test_a_closed_conversation_stays_closed_but_takes_reason_and_tags(ben: User) -> None:
    ticket = make_ticket()
    actions.close_ticket(ticket=ticket, actor=ben, now=LATER)
    for change in (
        lambda: actions.set_status(ticket=ticket, status=make_status("open"), actor=ben, now=LATER),
        lambda: actions.set_priority(ticket=ticket, priority=3, actor=ben, now=LATER),
        lambda: actions.assign(ticket=ticket, assignee=ben, actor=ben, now=LATER),
        lambda: actions.set_subject(ticket=ticket, subject="x", actor=ben, now=LATER),
    ):
        with pytest.raises(actions.TicketIsClosed):
            change()
    assert actions.set_reason(ticket=ticket, reason=make_reason(), actor=ben, now=LATER)
    assert actions.add_tag(ticket=ticket, name="late", actor=ben, now=LATER)


def test_what_is_not_offered_any_more_is_refused(ben: User) -> None:
    ticket = make_ticket()
    old = make_status("open", "Parked", active=False)
    with pytest.raises(actions.StatusIsArchived):
        actions.set_status(ticket=ticket, status=old, actor=ben, now=LATER)
    with pytest.raises(actions.TeamIsArchived):
        actions.move_to_team(ticket=ticket, team=make_team(active=False), actor=ben, now=LATER)
    with pytest.raises(actions.ReasonIsArchived):
        actions.set_reason(ticket=ticket, reason=make_reason(active=False), actor=ben, now=LATER)
    with pytest.raises(actions.NoSuchPriority):
        actions.set_priority(ticket=ticket, priority=0, actor=ben, now=LATER)
    with pytest.raises(actions.NoSubject):
        actions.set_subject(ticket=ticket, subject=" ", actor=ben, now=LATER)
    with pytest.raises(actions.BadTag):
        actions.add_tag(ticket=ticket, name=" # ", actor=ben, now=LATER)
    assert Event.objects.count() == 2


def test_work_goes_only_to_who_can_see_it(ben: User) -> None:
    ticket = make_ticket()
    for nobody in (make_user("customers.see"), make_user("tickets.see", is_active=False)):
        with pytest.raises(actions.CannotTakeTickets):
            actions.assign(ticket=ticket, assignee=nobody, actor=ben, now=LATER)


def test_assigning_names_who_is_to_be_told(ben: User) -> None:
    ticket, cleo = make_ticket(), make_user("tickets.see:own", name="Cleo")
    event = actions.assign(ticket=ticket, assignee=cleo, actor=ben, now=LATER)
    assert event
    assert event.data == {"old": None, "new": cleo.pk, "to": cleo.pk}
    event = actions.assign(ticket=ticket, assignee=None, actor=ben, now=LATER)
    assert event
    assert event.data == {"old": cleo.pk, "new": None, "to": None}


def test_moving_to_another_team_lets_go_of_who_is_not_in_it(ben: User) -> None:
    billing = make_team(name="Billing")
    ticket = make_ticket(assignee=ben)
    event = actions.move_to_team(ticket=ticket, team=billing, actor=ben, now=LATER)
    assert event
    assert (ticket.team, ticket.assignee) == (billing, None)
    assert Event.objects.latest("pk").data == {"old": ben.pk, "new": None, "to": None, "because": event.pk}


def test_moving_to_a_team_one_is_in_keeps_the_work(ben: User) -> None:
    ticket = make_ticket(assignee=ben)
    actions.move_to_team(ticket=ticket, team=make_team(ben), actor=ben, now=LATER)
    assert Ticket.objects.get().assignee == ben


def test_tags_are_one_word_for_all_spellings(ben: User) -> None:
    ticket = make_ticket()
    event = actions.add_tag(ticket=ticket, name="  #Late   Parcel ", actor=ben, now=LATER)
    tag = Tag.objects.get()
    assert tag.name == "late parcel"
    assert event
    assert event.data == {"tag": tag.pk}
    assert actions.add_tag(ticket=ticket, name="late parcel", actor=ben, now=LATER) is None
    event = actions.remove_tag(ticket=ticket, name="LATE parcel", actor=ben, now=LATER)
    assert event
    assert (event.kind, event.data) == ("ticket.untagged", {"tag": tag.pk})
    assert actions.remove_tag(ticket=ticket, name="never used", actor=ben, now=LATER) is None


def test_a_word_taken_out_of_use_comes_back_only_where_it_is_written(ben: User) -> None:
    one, two = make_ticket(), make_ticket()
    actions.add_tag(ticket=one, name="sale", actor=ben, now=LATER)
    Tag.objects.update(active=False)
    actions.add_tag(ticket=two, name="sale", actor=ben, now=LATER)
    assert list(TicketTag.objects.values_list("ticket", flat=True)) == [two.pk]
    assert Tag.objects.get().active


def test_the_words_of_a_subject_stay_out_of_the_log(ben: User) -> None:
    ticket = make_ticket("Ada Lund, Elm Street 5")
    event = actions.set_subject(ticket=ticket, subject="Broken lamp", actor=ben, now=LATER)
    assert event
    assert set(event.data) == {"renaming"}
    assert Ticket.objects.get().subject == "Broken lamp"


def test_the_organisation_follows_the_customer(ben: User) -> None:
    firm = Organisation.objects.create(name="Lakeside", created_at=MONDAY_9)
    ticket, cleo = make_ticket(), make_person("Cleo", organisation=firm)
    old = ticket.customer_id
    event = actions.set_customer(ticket=ticket, customer=cleo, actor=ben, now=LATER)
    assert event
    assert event.data == {"old": old, "new": cleo.pk}
    assert Ticket.objects.get().organisation == firm


def changes(ticket: Ticket, actor: User) -> dict[str, Callable[[], Any]]:
    given: dict[str, Any] = {"ticket": ticket, "actor": actor, "now": LATER}
    return {
        "status": lambda: actions.set_status(status=make_status("hold"), **given),
        "close": lambda: actions.close_ticket(**given),
        "priority": lambda: actions.set_priority(priority=4, **given),
        "assign": lambda: actions.assign(assignee=make_user("tickets.see"), **given),
        "team": lambda: actions.move_to_team(team=None, **given),
        "reason": lambda: actions.set_reason(reason=make_reason(), **given),
        "subject": lambda: actions.set_subject(subject="New", **given),
        "customer": lambda: actions.set_customer(customer=make_person(), **given),
        "tag": lambda: actions.add_tag(name="x", **given),
        "untag": lambda: actions.remove_tag(name="x", **given),
        "no reply": lambda: actions.mark_no_reply_needed(**given),
    }


@pytest.mark.parametrize("grant", ["tickets.edit:own", "tickets.edit:team", "tickets.reply"])
def test_no_change_reaches_beyond_the_permission(grant: str) -> None:
    eve = make_user(grant, "tickets.see")
    ticket = make_ticket(team=make_team())
    before = Event.objects.count()
    for name, change in changes(ticket, eve).items():
        with pytest.raises(PermissionDenied):
            change()
        assert Event.objects.count() == before, name


@pytest.mark.parametrize("grant", ["tickets.edit:own", "tickets.edit:team", "tickets.edit"])
def test_each_change_within_reach_is_one_event_and_one_version(grant: str) -> None:
    ben = make_user(grant, "tickets.see")
    for name in changes(make_ticket(), ben):
        if name != "untag":
            ticket = make_ticket(team=make_team(ben), assignee=ben)
            version, told = ticket.version, Event.objects.count()
            assert changes(ticket, ben)[name](), name
            assert Event.objects.count() == told + 1, name
            assert Ticket.objects.get(pk=ticket.pk).version == version + 1, name
            assert Ticket.objects.get(pk=ticket.pk).changed_at == LATER, name


def test_setting_what_is_so_already_records_nothing(ben: User) -> None:
    ticket = make_ticket()
    told = Event.objects.count()
    given: dict[str, Any] = {"ticket": ticket, "actor": ben, "now": LATER}
    assert actions.set_status(status=ticket.status, **given) is None
    assert actions.set_priority(priority=2, **given) is None
    assert actions.assign(assignee=None, **given) is None
    assert actions.move_to_team(team=None, **given) is None
    assert actions.set_reason(reason=None, **given) is None
    assert actions.set_subject(subject="Broken lamp", **given) is None
    assert actions.set_customer(customer=ticket.customer, **given) is None
    assert Event.objects.count() == told
    assert Ticket.objects.get().changed_at == MONDAY_9


def test_the_clocks_leave_their_promise_without_a_trace_in_the_log() -> None:
    ticket = make_ticket()
    version, told = ticket.version, Event.objects.count()
    actions.note_due(
        ticket_id=ticket.pk, due_at=LATER, due_metric="first_reply", risk_at=MONDAY_9, breached_at=None
    )
    kept = Ticket.objects.get()
    assert (kept.due_at, kept.due_metric, kept.risk_at, kept.version) == (
        LATER,
        "first_reply",
        MONDAY_9,
        version,
    )
    assert Event.objects.count() == told


def test_many_promises_are_noted_at_once(django_assert_num_queries: Any) -> None:
    tickets = [make_ticket() for _ in range(3)]
    dues = [Due(ticket_id=one.pk, due_at=LATER, due_metric="resolution") for one in tickets]
    with django_assert_num_queries(3):  # the update and the savepoint around it
        actions.note_due_many(dues=dues)
    assert set(Ticket.objects.values_list("due_at", "due_metric")) == {(LATER, "resolution")}
