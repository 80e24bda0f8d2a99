"""What can happen to organisations and their mail domains."""

from __future__ import annotations

import pytest

from careline.core.models import Event, User
from careline.customers import actions, queries
from careline.customers.models import Domain, Organisation
from tests.customers.make import make_organisation, make_person
from tests.make import MONDAY_9, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ben() -> User:
    return make_user("customers.see", "customers.edit")


def test_an_organisation_is_made_and_renamed(ben: User) -> None:
    made = actions.create_organisation(name=" Lakeside  Lamps ", actor=ben, now=MONDAY_9)
    actions.change_organisation(
        organisation=made, name="Lakeside", notes="Pays late", actor=ben, now=MONDAY_9
    )
    assert Organisation.objects.get().name == "Lakeside"
    created, changed = Event.objects.order_by("pk")
    assert (created.kind, created.subject_kind, created.subject_id) == (
        "organisation.created",
        "organisation",
        made.pk,
    )
    assert changed.data == {"changed": {"name": {}, "notes": {}}}


def test_saving_an_organisation_as_it_is_records_nothing(ben: User) -> None:
    made = make_organisation("Lakeside")
    actions.change_organisation(organisation=made, name="Lakeside", notes="", actor=ben, now=MONDAY_9)
    assert not Event.objects.exists()


def test_a_domain_is_mapped_as_it_is_compared(ben: User) -> None:
    domain = actions.add_domain(
        organisation=make_organisation(), name="@Müller.example", actor=ben, now=MONDAY_9
    )
    assert domain.name == "xn--mller-kva.example"
    person = actions.find_or_create_person(address="ada@müller.example", now=MONDAY_9)
    assert person.organisation == domain.organisation


@pytest.mark.parametrize("name", ["gmail.com", "GMX.de", "ada@outlook.com", "proton.me"])
def test_a_public_provider_is_nobodys(name: str, ben: User) -> None:
    with pytest.raises(actions.DomainIsPublic):
        actions.add_domain(organisation=make_organisation(), name=name, actor=ben, now=MONDAY_9)
    assert not Domain.objects.exists()


def test_a_domain_belongs_to_one_organisation_and_the_refusal_names_it(ben: User) -> None:
    first = make_organisation("First", "lamps.example")
    with pytest.raises(actions.DomainIsTaken) as refused:
        actions.add_domain(organisation=make_organisation(), name="lamps.example", actor=ben, now=MONDAY_9)
    assert refused.value.organisation == first


def test_mapping_the_same_again_changes_nothing(ben: User) -> None:
    first = make_organisation("First", "lamps.example")
    actions.add_domain(organisation=first, name="lamps.example", actor=ben, now=MONDAY_9)
    assert not Event.objects.exists()


def test_nonsense_is_no_domain(ben: User) -> None:
    with pytest.raises(actions.NotADomain):
        actions.add_domain(organisation=make_organisation(), name="lamps", actor=ben, now=MONDAY_9)


def test_removing_a_domain_is_undone_and_leaves_its_people_alone(ben: User) -> None:
    lamps = make_organisation("Lamps", "lamps.example")
    ada = make_person("Ada", "ada@lamps.example", organisation=lamps)
    event = actions.remove_domain(domain=Domain.objects.get(), actor=ben, now=MONDAY_9)
    ada.refresh_from_db()
    assert ada.organisation == lamps
    assert not Domain.objects.exists()
    assert actions.undo_change(event_id=event or 0, actor=ben, now=MONDAY_9) == lamps
    assert Domain.objects.get().name == "lamps.example"


def test_adopting_takes_those_who_write_from_there_and_belong_to_nobody(ben: User) -> None:
    lamps, other = make_organisation("Lamps", "lamps.example"), make_organisation("Other")
    ada = make_person("Ada", "ada@lamps.example")
    second = make_person("Second", "second@post.example", "second@lamps.example")
    taken = make_person("Taken", "taken@lamps.example", organisation=other)
    make_person("Lookalike", "x@notlamps.example")
    domain = Domain.objects.get()
    assert queries.unclaimed_of(lamps) == [(domain, 2)]
    assert actions.adopt_people(domain=domain, actor=ben, now=MONDAY_9) == 2
    assert set(lamps.people.all()) == {ada, second}
    taken.refresh_from_db()
    assert taken.organisation == other
    told = Event.objects.filter(kind="person.changed").order_by("pk")
    assert [event.subject_id for event in told] == [ada.pk, second.pk]
    assert told[0].data == {"changed": {"organisation": {"old": None, "new": lamps.pk}}}
    assert queries.unclaimed_of(lamps) == [(domain, 0)]
    assert queries.unclaimed_of(other) == []
