"""What can happen to the addresses we know somebody by."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from careline.core.models import Event, User
from careline.customers import actions, queries
from careline.customers.models import Address, Person, RemovedAddress
from tests.customers.make import make_person
from tests.make import MONDAY_9, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> User:
    return make_user("customers.see", "customers.edit")


@pytest.fixture
def ada() -> Person:
    return make_person("Ada", "ada@post.example", "ada@work.example", phone="+441134960123")


def addresses_of(person: Person) -> dict[str, bool]:
    return dict(person.addresses.values_list("value", "primary"))


def address(value: str) -> Address:
    return Address.objects.get(value=value)


def test_the_first_of_its_kind_is_primary_and_further_ones_are_not(ben: User) -> None:
    person = make_person("Ada", "ada@post.example")
    for kind, value in (("email", "a@x.example"), ("phone", "+371 26123456"), ("phone", "+371 26123457")):
        actions.add_address(person=person, kind=kind, value=value, actor=ben, now=MONDAY_9)
    assert addresses_of(person) == {
        "ada@post.example": True,
        "a@x.example": False,
        "+37126123456": True,
        "+37126123457": False,
    }
    told = Event.objects.order_by("pk").first()
    assert told
    assert told.data == {"changed": {"addresses": {"added": address("a@x.example").pk}}}


def test_the_database_itself_keeps_one_primary_address_of_a_kind(ada: Person) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Address.objects.filter(value="ada@work.example").update(primary=True)


def test_an_address_of_somebody_else_is_refused_and_names_them(ada: Person, ben: User) -> None:
    other = make_person("Other")
    with pytest.raises(actions.AddressIsTaken) as refused:
        actions.add_address(person=other, kind="email", value="ADA@post.example", actor=ben, now=MONDAY_9)
    assert refused.value.person == ada


def test_adding_ones_own_address_again_changes_nothing(ada: Person, ben: User) -> None:
    again = actions.add_address(person=ada, kind="email", value="Ada@Work.example", actor=ben, now=MONDAY_9)
    assert again == address("ada@work.example")
    assert not Event.objects.exists()


def test_another_address_is_made_primary(ada: Person, ben: User) -> None:
    for _twice in range(2):
        actions.make_primary(address=address("ada@work.example"), actor=ben, now=MONDAY_9)
    assert addresses_of(ada) == {
        "ada@post.example": False,
        "ada@work.example": True,
        "+441134960123": True,
    }
    assert queries.address_of(Person.objects.get()) == "ada@work.example"
    assert Event.objects.count() == 1


def test_the_next_address_follows_a_removed_primary_one(ada: Person, ben: User) -> None:
    actions.remove_address(address=address("ada@post.example"), actor=ben, now=MONDAY_9)
    assert addresses_of(ada) == {"ada@work.example": True, "+441134960123": True}
    assert queries.person_by_address("ada@post.example") is None


def test_removing_is_undone_with_everything_it_was(ada: Person, ben: User) -> None:
    actions.mark_undeliverable(address="ada@post.example", now=MONDAY_9)
    event = actions.remove_address(address=address("ada@post.example"), actor=ben, now=MONDAY_9)
    assert event
    actions.undo_change(event_id=event, actor=ben, now=MONDAY_9)
    assert addresses_of(ada) == {
        "ada@post.example": True,
        "ada@work.example": False,
        "+441134960123": True,
    }
    assert address("ada@post.example").undeliverable_since == MONDAY_9
    assert not RemovedAddress.objects.exists()
    assert Event.objects.order_by("pk").last().data["undoes"] == event  # type: ignore[union-attr]


def test_undoing_twice_is_too_late(ada: Person, ben: User) -> None:
    event = actions.remove_address(address=address("ada@post.example"), actor=ben, now=MONDAY_9)
    assert event
    actions.undo_change(event_id=event, actor=ben, now=MONDAY_9)
    with pytest.raises(actions.TooLate):
        actions.undo_change(event_id=event, actor=ben, now=MONDAY_9)


def test_an_address_that_somebody_else_took_meanwhile_stays_theirs(ada: Person, ben: User) -> None:
    event = actions.remove_address(address=address("ada@post.example"), actor=ben, now=MONDAY_9)
    assert event
    new = actions.find_or_create_person(address="ada@post.example", now=MONDAY_9)
    with pytest.raises(actions.AddressIsTaken):
        actions.undo_change(event_id=event, actor=ben, now=MONDAY_9)
    assert address("ada@post.example").person == new


def test_a_removed_address_is_forgotten_after_a_day(ada: Person, ben: User) -> None:
    event = actions.remove_address(address=address("ada@post.example"), actor=ben, now=MONDAY_9)
    assert actions.forget_removed_addresses(now=MONDAY_9 + timedelta(hours=23)) == 0
    assert actions.forget_removed_addresses(now=MONDAY_9 + timedelta(hours=25)) == 1
    with pytest.raises(actions.TooLate):
        actions.undo_change(event_id=event or 0, actor=ben, now=MONDAY_9)


def test_removing_what_is_gone_already_does_nothing(ada: Person, ben: User) -> None:
    gone = address("ada@post.example")
    actions.remove_address(address=gone, actor=ben, now=MONDAY_9)
    gone.pk = gone.pk or 1
    assert actions.remove_address(address=gone, actor=ben, now=MONDAY_9) is None
    assert Event.objects.count() == 1


def test_the_first_bounce_sets_the_date_and_a_later_one_does_not(ada: Person) -> None:
    actions.mark_undeliverable(address="ADA@post.example", now=MONDAY_9)
    actions.mark_undeliverable(address="ada@post.example", now=MONDAY_9 + timedelta(days=1))
    assert address("ada@post.example").undeliverable_since == MONDAY_9
    event = Event.objects.get()
    assert event.data == {"changed": {"addresses": {"undeliverable": address("ada@post.example").pk}}}
    assert event.actor is None


def test_a_mark_is_taken_away_again(ada: Person, ben: User) -> None:
    actions.mark_undeliverable(address="ada@post.example", now=MONDAY_9)
    for _twice in range(2):
        actions.mark_deliverable(address="ada@post.example", actor=ben, now=MONDAY_9)
    assert address("ada@post.example").undeliverable_since is None
    assert Event.objects.count() == 2


@pytest.mark.parametrize("text", ["stranger@post.example", "no address"])
def test_a_bounce_of_an_address_nobody_has_is_nothing(text: str) -> None:
    assert actions.mark_undeliverable(address=text, now=MONDAY_9) is None
    assert actions.mark_deliverable(address=text, now=MONDAY_9) is None


def test_no_event_says_an_address(ada: Person, ben: User) -> None:
    actions.add_address(person=ada, kind="email", value="secret@x.example", actor=ben, now=MONDAY_9)
    actions.mark_undeliverable(address="secret@x.example", now=MONDAY_9)
    actions.make_primary(address=address("secret@x.example"), actor=ben, now=MONDAY_9)
    actions.remove_address(address=address("secret@x.example"), actor=ben, now=MONDAY_9)
    assert Event.objects.count() == 4
    assert not [event for event in Event.objects.all() if "secret" in str(event.data)]


def test_who_may_only_read_changes_no_address(ada: Person) -> None:
    reader, mine = make_user("customers.see"), address("ada@post.example")
    with pytest.raises(PermissionDenied):
        actions.add_address(person=ada, kind="email", value="x@x.example", actor=reader, now=MONDAY_9)
    with pytest.raises(PermissionDenied):
        actions.remove_address(address=mine, actor=reader, now=MONDAY_9)
    with pytest.raises(PermissionDenied):
        actions.make_primary(address=mine, actor=reader, now=MONDAY_9)
