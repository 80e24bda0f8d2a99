"""Finding people and organisations."""

from __future__ import annotations

from datetime import timedelta

import pytest

from careline.customers import queries
from careline.customers.queries import OrganisationFilter, PeopleFilter
from tests.customers.make import make_organisation, make_person
from tests.make import MONDAY_9

pytestmark = pytest.mark.django_db


def names(**wanted: object) -> list[str]:
    return [person.name for person in queries.people_page(PeopleFilter(**wanted)).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "words",
    [
        "marlow",
        "ada MARLOW",
        "marlow ada",
        "ADA@post.example",
        "post.exam",
        "lakeside",
        "ada lake",
        "0113 496",
        "+44 113 4960",
        "(0113) 496-0123",
    ],
)
def test_somebody_is_found_by_name_address_phone_or_organisation(words: str) -> None:
    lakeside = make_organisation("Lakeside Lamps")
    make_person("Ada Marlow", "ada@post.example", phone="+441134960123", organisation=lakeside)
    make_person("Zoe Other", "zoe@mail.example", phone="+37126123456")
    assert names(words=words) == ["Ada Marlow"]


@pytest.mark.parametrize("words", ["özil", "ÖZIL", "Özil", "mesut özil"])
def test_letters_beyond_english_are_found_in_any_case(words: str) -> None:
    make_person("Mesut Özil")
    make_person("Ozil")
    assert names(words=words) == ["Mesut Özil"]


def test_an_address_in_its_own_script_is_found() -> None:
    make_person("Ada", "ada@xn--mller-kva.example")
    assert names(words="ada@müller.example") == ["Ada"]


def test_signs_of_the_database_are_only_signs() -> None:
    make_person("Ada")
    assert names(words="%") == []
    assert names(words="a_a") == []


def test_people_come_by_name_whatever_its_case_and_the_nameless_last() -> None:
    for name in ("", "bea", "Ada", "Zoe"):
        make_person(name)
    assert names() == ["Ada", "bea", "Zoe", ""]
    assert names(order="-name") == ["Zoe", "bea", "Ada", ""]


def test_people_come_by_when_we_met_them() -> None:
    make_person("Late", created_at=MONDAY_9 + timedelta(days=1))
    make_person("Early")
    assert names(order="added") == ["Early", "Late"]
    assert names(order="-added") == ["Late", "Early"]


def test_only_important_or_only_unreachable_people() -> None:
    make_person("Vip", vip=True)
    bounced = make_person("Bounced", "b@post.example")
    bounced.addresses.update(undeliverable_since=MONDAY_9)
    assert names(show="vip") == ["Vip"]
    assert names(show="undeliverable") == ["Bounced"]


@pytest.mark.parametrize("order", queries.ORDERS)
def test_leafing_through_and_back_shows_everybody_once(order: str) -> None:
    for number in range(5):
        make_person(f"Name {number // 2}")  # some share a name
    for _nameless in range(2):
        make_person("")
    wanted = PeopleFilter(order=order)
    everybody = [person.pk for person in queries.people_page(wanted).rows]
    assert len(everybody) == 7
    first = queries.people_page(wanted, size=3)
    second = queries.people_page(wanted, after=first.after, size=3)
    third = queries.people_page(wanted, after=second.after, size=3)
    pages = [[person.pk for person in page.rows] for page in (first, second, third)]
    assert pages == [everybody[:3], everybody[3:6], everybody[6:]]
    assert (first.before, third.after) == (None, None)
    back = queries.people_page(wanted, before=third.before, size=3)
    assert [person.pk for person in back.rows] == everybody[3:6]
    start = queries.people_page(wanted, before=back.before, size=3)
    assert [person.pk for person in start.rows] == everybody[:3]
    assert (start.before, start.after) == (None, everybody[2])


def test_a_mark_that_is_gone_begins_at_the_first_page() -> None:
    make_person("Ada")
    assert [person.name for person in queries.people_page(PeopleFilter(), after=9999).rows] == ["Ada"]
    assert queries.people_page(PeopleFilter(), before=9999).after is None


def test_a_page_of_people_costs_the_same_for_one_and_for_fifty(django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(60):
        make_person(f"Name {number}", organisation=make_organisation(f"Org {number}"))
    with django_assert_num_queries(2):
        page = queries.people_page(PeopleFilter())
        assert [(person.organisation, queries.address_of(person)) for person in page.rows]
    assert len(page.rows) == 50


def test_a_person_is_called_by_name_else_address_else_number() -> None:
    assert queries.label_of(make_person("Ada")) == "Ada"
    assert queries.label_of(make_person("", "ada@xn--mller-kva.example")) == "ada@müller.example"
    nobody = make_person("")
    nobody.addresses.all().delete()
    assert queries.label_of(nobody) == f"customer {nobody.pk}"


def test_the_primary_address_is_written_to_whatever_its_age() -> None:
    ada = make_person("Ada", "old@post.example", "new@post.example")
    ada.addresses.filter(value="old@post.example").update(primary=False)
    ada.addresses.filter(value="new@post.example").update(primary=True)
    assert queries.address_of(ada) == "new@post.example"
    ada.addresses.all().delete()
    assert queries.address_of(ada) == ""


def test_a_few_people_are_found_for_a_box_to_choose_from() -> None:
    for number in range(5):
        make_person(f"Ada {number}")
    assert len(queries.find_people("ada", 3)) == 3
    assert queries.find_people("  ", 3) == []


def test_organisations_are_found_by_name_or_domain_with_the_number_of_their_people() -> None:
    lakeside = make_organisation("Lakeside", "lamps.example", "lights.example")
    make_organisation("Zebra", "zebra.example")
    make_person("Ada", organisation=lakeside)
    make_person("Bea", organisation=lakeside)
    page = queries.organisations_page(OrganisationFilter(words="LIGHTS"))
    assert [(found.name, found.size) for found in page.rows] == [("Lakeside", 2)]
    assert queries.organisations_count() == 2
    assert queries.organisation(9999) is None
    assert queries.organisation_names({lakeside.pk, 9999}) == {lakeside.pk: "Lakeside"}
