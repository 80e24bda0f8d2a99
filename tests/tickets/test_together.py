"""Two people at one conversation, with connections of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from careline.core.models import Event, User
from careline.tickets import actions
from careline.tickets.models import Message, Tag, Ticket
from careline.tickets.said import Change, NewMessage
from tests.make import MONDAY_9, make_ticket, make_user

pytestmark = pytest.mark.django_db(transaction=True)
LATER = MONDAY_9 + timedelta(hours=1)


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Do things at the same moment, each with a connection of its own; return what each gave or raised."""
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def one(place: int, act: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[place] = act()
        except Exception as error:
            results[place] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def agents(number: int) -> list[User]:
    return [make_user("tickets.see", "tickets.reply", "tickets.edit") for _ in range(number)]


def own(ticket: Ticket) -> Ticket:
    """The row as another page holds it, perhaps already stale."""
    return Ticket.objects.get(pk=ticket.pk)


@pytest.mark.postgres
def test_of_two_answers_at_once_the_second_writer_hears_of_the_first() -> None:
    ticket, (ben, cleo) = make_ticket(), agents(2)
    seen = ticket.version
    rows = {user: own(ticket) for user in (ben, cleo)}

    def answer(user: User) -> Message:
        text = NewMessage(text=f"{user.pk} says")
        return actions.reply(ticket=rows[user], message=text, version=seen, actor=user, now=LATER)

    results = together(lambda: answer(ben), lambda: answer(cleo))
    [given] = [one for one in results if isinstance(one, Message)]
    [refused] = [one for one in results if isinstance(one, actions.SomethingNewer)]
    assert refused.messages == [given]
    assert Message.objects.filter(kind="out").count() == 1
    assert Ticket.objects.get().assignee_id == given.author_id


@pytest.mark.postgres
def test_changes_made_at_once_all_count_and_none_is_lost() -> None:
    ticket, people = make_ticket(), agents(4)
    rows = [own(ticket) for _ in people]
    given = [{"ticket": row, "actor": user, "now": LATER} for row, user in zip(rows, people, strict=True)]
    results = together(
        lambda: actions.set_priority(priority=4, **given[0]),
        lambda: actions.assign(assignee=people[1], **given[1]),
        lambda: actions.add_tag(name="sale", **given[2]),
        lambda: actions.add_note(message=NewMessage(text="x"), **given[3]),
    )
    assert not [one for one in results if isinstance(one, Exception)]
    kept = Ticket.objects.get()
    assert (kept.priority, kept.assignee, kept.message_count) == (4, people[1], 2)
    assert kept.version == 2 + 4
    assert Event.objects.filter(subject_id=ticket.pk).count() == 2 + 4


@pytest.mark.postgres
def test_the_same_change_twice_at_once_is_one_change() -> None:
    ticket, people = make_ticket(), agents(3)
    rows = [own(ticket) for _ in people]
    results = together(
        *(
            lambda row=row, user=user: actions.set_priority(ticket=row, priority=4, actor=user, now=LATER)
            for row, user in zip(rows, people, strict=True)
        )
    )
    assert sorted(one is None for one in results) == [False, True, True]
    assert Event.objects.filter(kind="ticket.priority_changed").count() == 1


@pytest.mark.postgres
def test_a_new_word_written_by_several_at_once_becomes_one_tag() -> None:
    [ben] = agents(1)
    tickets = [make_ticket() for _ in range(4)]
    results = together(
        *(lambda t=t: actions.add_tag(ticket=t, name="sale", actor=ben, now=LATER) for t in tickets)
    )
    assert not [one for one in results if isinstance(one, Exception)]
    assert Tag.objects.get().tickets.count() == 4


@pytest.mark.postgres
def test_two_who_change_the_same_many_wait_for_each_other() -> None:
    ben, cleo = agents(2)
    ids = [make_ticket().pk for _ in range(12)]
    results = together(
        lambda: actions.change_many(ticket_ids=ids, change=Change(priority=4), actor=ben, now=LATER),
        lambda: actions.change_many(ticket_ids=ids[::-1], change=Change(priority=3), actor=cleo, now=LATER),
    )
    assert [len(one.changed) for one in results] == [12, 12]
    assert set(Ticket.objects.values_list("priority", flat=True)) in ({3}, {4})


def test_a_page_that_is_behind_changes_only_what_it_was_asked_to() -> None:
    ticket, (ben, cleo) = make_ticket(), agents(2)
    behind = own(ticket)
    actions.set_priority(ticket=ticket, priority=4, actor=ben, now=LATER)
    actions.assign(ticket=behind, assignee=cleo, actor=cleo, now=LATER)
    kept = Ticket.objects.get()
    assert (kept.priority, kept.assignee) == (4, cleo)
    assert behind.priority == 4
