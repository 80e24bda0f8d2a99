"""Nobody sees more than they may, by whatever road."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from careline.core.models import User
from careline.tickets import queries
from careline.tickets.actions import make_default_views
from careline.tickets.models import Ticket
from tests.make import MONDAY_9, make_person, make_team, make_ticket, make_user

pytestmark = pytest.mark.django_db


def ids_by_list(user: User) -> set[int]:
    return {one.pk for one in queries.page_of(user, {}, now=MONDAY_9).tickets}


def ids_one_by_one(user: User) -> set[int]:
    every = Ticket.objects.values_list("pk", flat=True)
    return {pk for pk in every if queries.ticket_for(user, pk) is not None}


def ids_by_subject(user: User) -> set[int]:
    return {one.pk for one in queries.find_tickets(user, "lamp")}


def ids_by_customer_name(user: User) -> set[int]:
    return {one.pk for one in queries.find_tickets(user, "Ada")}


def ids_by_address(user: User) -> set[int]:
    return {one.pk for one in queries.find_tickets(user, "ada@post.example")}


def ids_by_number(user: User) -> set[int]:
    every = Ticket.objects.values_list("pk", flat=True)
    return {one.pk for pk in every for one in queries.find_tickets(user, f"#{pk}")}


def ids_of_the_customer(user: User) -> set[int]:
    customer = Ticket.objects.all()[0].customer
    return {one.pk for one in queries.tickets_of(user, person=customer)}


ROADS = (
    ids_by_list,
    ids_one_by_one,
    ids_by_subject,
    ids_by_customer_name,
    ids_by_address,
    ids_by_number,
    ids_of_the_customer,
)


class Desk:
    """Three conversations in one's own team, another one and none, and one of one's own elsewhere."""

    def __init__(self, grant: str) -> None:
        self.user = make_user(*([grant] if grant else []))
        ada = make_person("Ada Lund", "ada@post.example")
        cleo = make_user("tickets.see")
        ours, theirs = make_team(self.user), make_team(cleo)
        self.ours = make_ticket(customer=ada, team=ours).pk
        self.theirs = make_ticket(customer=ada, team=theirs, assignee=cleo).pk
        self.nobodys = make_ticket(customer=ada).pk
        self.mine = make_ticket(customer=ada, team=theirs).pk
        Ticket.objects.filter(pk=self.mine).update(assignee=self.user)


@pytest.mark.parametrize("road", ROADS, ids=lambda road: road.__name__)
@pytest.mark.parametrize(
    ("grant", "names"),
    [
        ("tickets.see", "ours theirs nobodys mine"),
        ("tickets.see:team", "ours nobodys mine"),
        ("tickets.see:own", "mine"),
        ("tickets.edit", ""),
        ("", ""),
    ],
)
def test_each_road_leads_to_what_may_be_seen_and_nowhere_else(
    road: Callable[[User], set[int]], grant: str, names: str
) -> None:
    desk = Desk(grant)
    seen = {getattr(desk, name) for name in names.split()}
    assert road(desk.user) == seen
    assert queries.count_of(desk.user, {}, now=MONDAY_9) == len(seen)
    make_default_views()
    counts = {one.view.key: one.count for one in queries.views_for(desk.user, now=MONDAY_9)}
    assert counts.get("everything", 0) == counts.get("all-open", 0) == len(seen)


def test_a_team_is_seen_by_who_is_in_it_now() -> None:
    desk = Desk("tickets.see:team")
    desk.user.memberships.all().delete()
    later = User.objects.get(pk=desk.user.pk)
    assert ids_by_list(later) == {desk.nobodys, desk.mine}


def test_absent_and_not_ours_look_the_same() -> None:
    desk = Desk("tickets.see:own")
    assert queries.ticket_for(desk.user, desk.theirs) is queries.ticket_for(desk.user, 99_999) is None


def test_merged_conversations_are_in_no_list_but_can_be_opened() -> None:
    ben = make_user("tickets.see")
    twin, survivor = make_ticket(), make_ticket()
    Ticket.objects.filter(pk=twin.pk).update(merged_into=survivor)
    assert ids_by_list(ben) == {survivor.pk}
    assert ids_by_subject(ben) == {survivor.pk}
    assert queries.ticket_for(ben, twin.pk)
