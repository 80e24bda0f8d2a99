"""The same change on many conversations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from careline.core.models import Event, User
from careline.tickets import actions
from careline.tickets.models import Ticket, TicketTag
from careline.tickets.said import Change, Skipped
from tests.make import MONDAY_9, make_reason, make_status, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db
LATER = MONDAY_9 + timedelta(hours=1)


@pytest.fixture
def ben() -> User:
    return make_user("tickets.see", "tickets.reply", "tickets.edit")


def test_everything_asked_for_changes_on_each_and_each_change_can_be_undone(ben: User) -> None:
    tickets = [make_ticket(tags=["old"]) for _ in range(3)]
    team, reason = make_team(ben), make_reason()
    change = Change(
        status=make_status("hold"),
        priority=4,
        assignee=ben,
        team=team,
        reason=reason,
        add_tags=["new"],
        remove_tags=["old"],
    )
    done = actions.change_many(ticket_ids=[t.pk for t in tickets], change=change, actor=ben, now=LATER)
    assert done.changed == tuple(t.pk for t in tickets)
    assert done.skipped == ()
    kept = Ticket.objects.filter(category="hold", priority=4, assignee=ben, team=team, reason=reason)
    assert kept.count() == 3
    assert set(TicketTag.objects.values_list("tag__name", flat=True)) == {"new"}
    assert len(done.events) == 3 * 7
    for event_id in reversed(done.events):
        actions.undo(event_id=event_id, actor=ben, now=LATER)
    assert (
        Ticket.objects.filter(category="new", priority=2, assignee=None, team=None, reason=None).count() == 3
    )


def test_nobody_is_a_choice_and_silence_is_none(ben: User) -> None:
    ticket = make_ticket(assignee=ben, team=make_team(ben))
    actions.change_many(ticket_ids=[ticket.pk], change=Change(assignee=None), actor=ben, now=LATER)
    kept = Ticket.objects.get()
    assert kept.assignee is None
    assert kept.team is not None


def test_those_that_refuse_are_skipped_and_named(ben: User) -> None:
    closed, fine = make_ticket(), make_ticket()
    actions.close_ticket(ticket=closed, actor=ben, now=LATER)
    done = actions.change_many(
        ticket_ids=[fine.pk, closed.pk], change=Change(add_tags=["x"], priority=4), actor=ben, now=LATER
    )
    assert done.changed == (fine.pk,)
    assert done.skipped == (Skipped(closed.pk, "TicketIsClosed"),)
    assert not closed.tags.exists()  # a conversation is changed whole or not at all


def test_what_is_so_already_is_neither_changed_nor_skipped(ben: User) -> None:
    ticket = make_ticket()
    done = actions.change_many(ticket_ids=[ticket.pk], change=Change(priority=2), actor=ben, now=LATER)
    assert (done.changed, done.skipped, done.events) == ((), (), ())


def test_what_one_cannot_see_does_not_exist_and_what_one_cannot_edit_is_skipped() -> None:
    eve = make_user("tickets.see:team", "tickets.edit:own")
    hidden, seen, own = make_ticket(team=make_team()), make_ticket(), make_ticket(assignee=eve)
    done = actions.change_many(
        ticket_ids=[hidden.pk, seen.pk, own.pk, 9_999], change=Change(priority=4), actor=eve, now=LATER
    )
    assert done.changed == (own.pk,)
    assert done.skipped == (Skipped(seen.pk, "PermissionDenied"),)


def test_a_change_that_is_nonsense_in_itself_changes_nothing_at_all(ben: User) -> None:
    tickets = [make_ticket(), make_ticket()]
    told = Event.objects.count()
    with pytest.raises(actions.TeamIsArchived):
        actions.change_many(
            ticket_ids=[t.pk for t in tickets],
            change=Change(priority=4, team=make_team(active=False)),
            actor=ben,
            now=LATER,
        )
    assert Event.objects.count() == told
    assert set(Ticket.objects.values_list("priority", flat=True)) == {2}


def test_an_agent_may_hand_away_what_they_then_no_longer_reach() -> None:
    team = make_team()
    ben = make_user("tickets.see:team", "tickets.edit:team")
    ticket = make_ticket()
    done = actions.change_many(
        ticket_ids=[ticket.pk], change=Change(priority=4, team=team), actor=ben, now=LATER
    )
    assert done.changed == (ticket.pk,)
    assert Ticket.objects.get().team == team


def test_thousands_are_not_changed_in_one_go(ben: User) -> None:
    with pytest.raises(actions.TooMany):
        actions.change_many(ticket_ids=range(1_001), change=Change(priority=4), actor=ben, now=LATER)
