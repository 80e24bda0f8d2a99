"""What can happen to people."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from careline.core import settings as choices
from careline.core.models import Event, User
from careline.customers import actions, queries
from careline.customers.models import Person
from tests.customers.make import make_organisation, make_person
from tests.make import MONDAY_9, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> User:
    return make_user("customers.see", "customers.edit")


def only_event() -> Event:
    return Event.objects.get()


def test_a_stranger_becomes_a_person_with_that_address() -> None:
    person = actions.find_or_create_person(address="Ada@Post.example", name="Ada  Marlow", now=MONDAY_9)
    assert (person.name, person.created_at) == ("Ada Marlow", MONDAY_9)
    assert queries.address_of(person) == "ada@post.example"
    assert (only_event().kind, only_event().subject_id) == ("person.created", person.pk)
    assert "Ada" not in str(only_event().data)


def test_a_known_address_is_found_in_one_query(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    ada = make_person("Ada", "ada@post.example")
    with django_assert_num_queries(1):
        assert actions.find_or_create_person(address="ADA@post.example", name="A.", now=MONDAY_9) == ada
    assert not Event.objects.exists()


def test_a_stranger_from_a_mapped_domain_joins_the_organisation() -> None:
    lakeside = make_organisation("Lakeside", "lakeside.example")
    person = actions.find_or_create_person(address="ada@lakeside.example", now=MONDAY_9)
    assert person.organisation == lakeside
    assert only_event().data["organisation"] == lakeside.pk


def test_a_subdomain_is_another_domain() -> None:
    make_organisation("Lakeside", "lakeside.example")
    assert actions.find_or_create_person(address="a@mail.lakeside.example", now=MONDAY_9).organisation is None


def test_a_name_that_is_only_the_address_is_no_name() -> None:
    person = actions.find_or_create_person(address="ada@post.example", name="ADA@post.example", now=MONDAY_9)
    assert person.name == ""


def test_a_missing_name_is_learnt_once_and_a_known_one_stays() -> None:
    person = actions.find_or_create_person(address="ada@post.example", now=MONDAY_9)
    actions.find_or_create_person(address="ada@post.example", name="Ada", now=MONDAY_9)
    actions.find_or_create_person(address="ada@post.example", name="Somebody else", now=MONDAY_9)
    assert Person.objects.get(pk=person.pk).name == "Ada"
    told = Event.objects.get(kind="person.changed")
    assert told.data == {"changed": {"name": {}}}


def test_a_caller_is_found_by_a_national_number_of_the_operations_country() -> None:
    choices.put("operation.time_zone", "Europe/Riga")
    person = actions.find_or_create_person(address="2612 3456", kind="phone", now=MONDAY_9)
    assert queries.person_by_address("+37126123456", "phone") == person
    assert actions.find_or_create_person(address="+371 26123456", kind="phone", now=MONDAY_9) == person


def test_nonsense_makes_nobody() -> None:
    with pytest.raises(actions.NotAnAddress):
        actions.find_or_create_person(address="nobody", now=MONDAY_9)
    assert not Person.objects.exists()
    assert queries.person_by_address("nobody") is None


def test_somebody_is_made_known_with_several_addresses(ben: User) -> None:
    person = actions.create_person(
        addresses=[
            actions.NewAddress("email", "Ada@post.example"),
            actions.NewAddress("email", "ada@work.example"),
            actions.NewAddress("phone", "0113 496 0123"),
        ],
        name="Ada Marlow",
        time_zone="Europe/London",
        vip=True,
        actor=ben,
        now=MONDAY_9,
    )
    kept = person.addresses.order_by("pk").values_list("kind", "value", "primary")
    assert list(kept) == [
        ("email", "ada@post.example", True),
        ("email", "ada@work.example", False),
        ("phone", "+441134960123", True),
    ]
    assert person.vip


def test_an_address_of_somebody_else_makes_nobody_and_says_whose_it_is(ben: User) -> None:
    ada = make_person("Ada", "ada@post.example")
    new = [actions.NewAddress("email", "new@post.example"), actions.NewAddress("email", "ada@post.example")]
    with pytest.raises(actions.AddressIsTaken) as refused:
        actions.create_person(addresses=new, name="Other", actor=ben, now=MONDAY_9)
    assert refused.value.person == ada
    assert Person.objects.count() == 1


def test_a_change_says_which_facts_but_not_what_they_say(ben: User) -> None:
    ada, lakeside = make_person("Ada"), make_organisation()
    changed = actions.change_person(
        person=ada,
        name="Ada Bremer",
        notes="Prefers the phone",
        organisation=lakeside,
        vip=True,
        language="",
        actor=ben,
        now=MONDAY_9,
    )
    assert (changed.name, changed.organisation, changed.vip) == ("Ada Bremer", lakeside, True)
    assert only_event().data == {
        "changed": {
            "name": {},
            "notes": {},
            "organisation": {"old": None, "new": lakeside.pk},
            "vip": {"old": False, "new": True},
        }
    }


def test_saving_the_same_again_records_nothing(ben: User) -> None:
    ada = make_person("Ada")
    actions.change_person(person=ada, name=" Ada ", vip=False, actor=ben, now=MONDAY_9)
    assert not Event.objects.exists()


def test_leaving_an_organisation_is_undone(ben: User) -> None:
    lakeside = make_organisation()
    ada = make_person("Ada", organisation=lakeside)
    actions.change_person(person=ada, organisation=None, actor=ben, now=MONDAY_9)
    actions.undo_change(event_id=only_event().pk, actor=ben, now=MONDAY_9)
    assert Person.objects.get().organisation == lakeside


def test_undo_is_refused_when_it_was_changed_again(ben: User) -> None:
    ada = make_person("Ada", organisation=make_organisation("First"))
    actions.change_person(person=ada, organisation=None, actor=ben, now=MONDAY_9)
    event = only_event()
    actions.change_person(person=ada, organisation=make_organisation("Second"), actor=ben, now=MONDAY_9)
    with pytest.raises(actions.TooLate):
        actions.undo_change(event_id=event.pk, actor=ben, now=MONDAY_9)
    with pytest.raises(actions.TooLate):
        actions.undo_change(event_id=0, actor=ben, now=MONDAY_9)


def test_a_change_of_another_kind_cannot_be_undone(ben: User) -> None:
    actions.change_person(person=make_person("Ada"), vip=True, actor=ben, now=MONDAY_9)
    with pytest.raises(actions.TooLate):
        actions.undo_change(event_id=only_event().pk, actor=ben, now=MONDAY_9)


def test_who_may_only_read_changes_nothing() -> None:
    reader, ada, lakeside = make_user("customers.see"), make_person("Ada"), make_organisation()
    with pytest.raises(PermissionDenied):
        actions.change_person(person=ada, vip=True, actor=reader, now=MONDAY_9)
    with pytest.raises(PermissionDenied):
        actions.create_person(name="New", actor=reader, now=MONDAY_9)
    with pytest.raises(PermissionDenied):
        actions.add_domain(organisation=lakeside, name="x.example", actor=reader, now=MONDAY_9)
    with pytest.raises(PermissionDenied):
        actions.undo_change(event_id=1, actor=reader, now=MONDAY_9)
