"""One change taken back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from careline.core.models import Event, User
from careline.tickets import actions
from careline.tickets.models import Ticket
from careline.tickets.said import NewMessage
from tests.make import MONDAY_9, make_reason, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
LATER, LATER_STILL = MONDAY_9 + timedelta(hours=1), MONDAY_9 + timedelta(hours=2)
IN_STATE = ("category", "waiting_since", "solved_at", "closed_at", "reopens")


@pytest.fixture
def ben() -> User:
    return make_user("tickets.see", "tickets.reply", "tickets.edit")


def undo(event: Event | None, actor: User | None, now: Any = LATER_STILL) -> Event:
    assert event
    return actions.undo(event_id=event.pk, actor=actor, now=now)


def state_of(ticket: Ticket) -> dict[str, Any]:
    kept = Ticket.objects.get(pk=ticket.pk)
    names = ("status_id", "priority", "assignee_id", "team_id", "reason_id", "subject", *IN_STATE)
    return {name: getattr(kept, name) for name in names} | {"tags": list(kept.tags.all())}


def test_every_kind_of_change_can_be_taken_back(ben: User) -> None:
    ticket = make_ticket(team=make_team(ben), assignee=ben, tags=["sale"])
    given: dict[str, Any] = {"ticket": ticket, "actor": ben, "now": LATER}
    for change in (
        lambda: actions.set_status(status=make_status("hold"), **given),
        lambda: actions.set_status(status=make_status("solved"), **given),
        lambda: actions.close_ticket(**given),
        lambda: actions.set_priority(priority=4, **given),
        lambda: actions.assign(assignee=None, **given),
        lambda: actions.move_to_team(team=make_team(ben), **given),
        lambda: actions.set_reason(reason=make_reason(), **given),
        lambda: actions.set_subject(subject="Other words", **given),
        lambda: actions.add_tag(name="new", **given),
        lambda: actions.remove_tag(name="sale", **given),
    ):
        before = state_of(ticket)
        event = change()
        assert state_of(ticket) != before
        taken_back = undo(event, ben)
        assert event
        assert state_of(ticket) == before, event.kind
        assert taken_back.data["undoes"] == event.pk


def test_solving_by_mistake_leaves_no_trace_in_the_figures(ben: User) -> None:
    ticket = make_ticket()
    event = actions.set_status(ticket=ticket, status=make_status("solved"), actor=ben, now=LATER)
    undo(event, ben)
    kept = Ticket.objects.get()
    assert (kept.category, kept.reopens, kept.solved_at) == ("new", 0, None)
    assert kept.waiting_since == MONDAY_9  # the customer still waits, and has waited all along


def test_opening_again_by_mistake_leaves_no_trace_either(ben: User) -> None:
    ticket = make_ticket()
    actions.set_status(ticket=ticket, status=make_status("solved"), actor=ben, now=MONDAY_9)
    event = actions.set_status(ticket=ticket, status=make_status("open"), actor=ben, now=LATER)
    undo(event, ben)
    kept = Ticket.objects.get()
    assert (kept.category, kept.reopens, kept.solved_at) == ("solved", 0, MONDAY_9)


def test_who_was_answered_since_does_not_wait_again(ben: User) -> None:
    ticket = make_ticket(assignee=ben)
    event = actions.set_status(ticket=ticket, status=make_status("solved"), actor=ben, now=MONDAY_9)
    actions.reply(ticket=ticket, message=NewMessage(text="Done."), actor=ben, now=LATER)
    undo(event, ben)
    assert Ticket.objects.get().waiting_since is None


def test_taking_back_can_itself_be_taken_back(ben: User) -> None:
    ticket = make_ticket()
    solved = actions.set_status(ticket=ticket, status=make_status("solved"), actor=ben, now=LATER)
    after = state_of(ticket)
    undo(undo(solved, ben), ben)
    assert state_of(ticket) == after


def test_a_move_taken_back_gives_back_who_had_it(ben: User) -> None:
    ticket = make_ticket(assignee=ben)
    event = actions.move_to_team(ticket=ticket, team=make_team(), actor=ben, now=LATER)
    assert Ticket.objects.get().assignee is None
    undo(event, ben)
    assert (Ticket.objects.get().assignee, Ticket.objects.get().team) == (ben, None)


def test_what_was_changed_again_is_too_late(ben: User) -> None:
    ticket = make_ticket()
    event = actions.set_priority(ticket=ticket, priority=4, actor=ben, now=LATER)
    actions.set_priority(ticket=ticket, priority=3, actor=ben, now=LATER)
    told = Event.objects.count()
    with pytest.raises(actions.TooLate):
        undo(event, ben)
    assert Ticket.objects.get().priority == 3
    assert Event.objects.count() == told


def test_taking_back_twice_is_too_late(ben: User) -> None:
    ticket = make_ticket()
    for event in (
        actions.add_tag(ticket=ticket, name="sale", actor=ben, now=LATER),
        actions.set_priority(ticket=ticket, priority=4, actor=ben, now=LATER),
    ):
        undo(event, ben)
        with pytest.raises(actions.TooLate):
            undo(event, ben)


def test_what_was_taken_away_meanwhile_cannot_come_back(ben: User) -> None:
    reason = make_reason()
    ticket = make_ticket(reason=reason)
    event = actions.set_reason(ticket=ticket, reason=None, actor=ben, now=LATER)
    reason.delete()
    with pytest.raises(actions.TooLate):
        undo(event, ben)


def test_what_was_said_cannot_be_taken_back(ben: User) -> None:
    make_ticket()
    for event in Event.objects.all():
        with pytest.raises(actions.CannotUndo):
            undo(event, ben)
    with pytest.raises(actions.CannotUndo):
        actions.undo(event_id=99_999, actor=ben, now=LATER)


def test_only_who_may_change_may_take_back(ben: User) -> None:
    ticket = make_ticket()
    event = actions.set_priority(ticket=ticket, priority=4, actor=ben, now=LATER)
    with pytest.raises(PermissionDenied):
        undo(event, make_user("tickets.see"))
    assert Ticket.objects.get().priority == 4


def test_a_merged_conversation_is_left_alone(ben: User) -> None:
    ticket = make_ticket()
    event = actions.set_priority(ticket=ticket, priority=4, actor=ben, now=LATER)
    Ticket.objects.filter(pk=ticket.pk).update(merged_into=make_ticket())
    with pytest.raises(actions.TicketIsMerged):
        undo(event, ben)
