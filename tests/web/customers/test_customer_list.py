"""The lists of people and organisations, on screen and as a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from careline.core.models import Event, User
from careline.customers.models import Organisation, Person
from careline.web.customers.views.export import harmless
from tests.customers.make import make_organisation, make_person
from tests.make import make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
LIST, ORGANISATIONS = "customers:list", "customers:organisations"


@pytest.fixture
def ben(client: Client) -> User:
    user = make_user("customers.see", "customers.edit", "tickets.see")
    client.force_login(user)
    return user


def body(client: Client, name: str, **given: Any) -> str:
    answer = client.get(reverse(name), given)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", [LIST, ORGANISATIONS, "customers:people_export"])
def test_customers_are_for_those_who_may_read_them(name: str, client: Client) -> None:
    assert client.get(reverse(name)).status_code == 302
    client.force_login(make_user("tickets.see"))
    assert client.get(reverse(name)).status_code == 403


def test_a_reader_sees_no_button_that_changes_anything(client: Client) -> None:
    client.force_login(make_user("customers.see"))
    page = body(client, LIST)
    assert "New person" not in page
    assert client.get(reverse("customers:person_new")).status_code == 403
    assert client.post(reverse("customers:organisation_new")).status_code == 403


def test_an_empty_list_teaches_and_offers_one_thing(client: Client, ben: User) -> None:
    page = body(client, LIST)
    assert "No customers yet" in page
    assert reverse("customers:person_new") in page
    assert "No organisations yet" in body(client, ORGANISATIONS)


def test_a_search_that_finds_nobody_leads_back(client: Client, ben: User) -> None:
    make_person("Ada")
    page = body(client, LIST, q="zzz")
    assert "Nobody like that" in page
    assert "No customers yet" not in page


def test_the_list_narrows_and_htmx_gets_only_the_rows(client: Client, ben: User) -> None:
    make_person("Ada Marlow", vip=True)
    make_person("Zoe Other")
    answer = client.get(reverse(LIST), {"show": "vip"}, headers=HTMX)
    page = answer.content.decode()
    assert "Ada Marlow" in page
    assert "Zoe Other" not in page
    assert "<html" not in page
    assert "HX-Request" in answer["Vary"]


def test_nonsense_in_the_address_narrows_nothing(client: Client, ben: User) -> None:
    make_person("Ada Marlow")
    page = body(client, LIST, show="x", sort="y", after="-", organisation="z", before="0")
    assert "Ada Marlow" in page


def test_the_people_of_one_organisation(client: Client, ben: User) -> None:
    lakeside = make_organisation("Lakeside")
    make_person("Ada Marlow", organisation=lakeside)
    make_person("Zoe Other")
    page = body(client, LIST, organisation=lakeside.pk)
    assert "Ada Marlow" in page
    assert "Zoe Other" not in page
    assert "Show people of every organisation" in page


def test_a_list_that_goes_on_leads_there_and_back(client: Client, ben: User) -> None:
    for number in range(51):
        make_person(f"Name {number:02}")
    first = body(client, LIST, q="name")
    last = Person.objects.get(name="Name 49")
    assert f"?q=name&amp;after={last.pk}" in first
    assert 'rel="prev"' not in first
    second = body(client, LIST, q="name", after=last.pk)
    assert "Name 50" in second
    assert "Name 49" not in second
    assert 'rel="prev"' in second
    assert "51 in this list" in second


@pytest.mark.parametrize(
    ("sort", "leads_to", "direction"),
    [("", "-name", "ascending"), ("-name", "name", "descending"), ("-added", "name", None)],
)
def test_the_head_of_a_column_sorts_and_says_how(
    sort: str, leads_to: str, direction: str | None, client: Client, ben: User
) -> None:
    make_person("Ada")
    page = body(client, LIST, **({"sort": sort} if sort else {}))
    assert f'href="?sort={leads_to}"' in page
    head = page.partition(f'href="?sort={leads_to}"')[0].rpartition("<th")[2]
    assert (f'aria-sort="{direction}"' in head) is (direction is not None)


def test_a_person_without_a_name_is_called_by_their_address(client: Client, ben: User) -> None:
    make_person("", "ada@xn--mller-kva.example")
    assert "ada@müller.example" in body(client, LIST)


def test_fifty_rows_cost_what_one_costs(client: Client, ben: User, django_assert_max_num_queries) -> None:  # type: ignore[no-untyped-def]
    for number in range(50):
        make_person(f"Ada {number}", organisation=make_organisation(f"Org {number}", f"o{number}.example"))
    client.get(reverse(LIST))
    with django_assert_max_num_queries(14):
        client.get(reverse(LIST))
    with django_assert_max_num_queries(14):
        client.get(reverse(ORGANISATIONS))


def table(client: Client, name: str, **given: Any) -> list[list[str]]:
    answer = client.get(reverse(name), given)
    assert answer.streaming  # type: ignore[attr-defined]
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.reader(io.StringIO(text)))


def test_the_spreadsheet_holds_what_one_sees(client: Client, ben: User) -> None:
    lakeside = make_organisation("Lakeside")
    make_person("Ada", "a@x.example", "b@x.example", phone="+441134960123", organisation=lakeside, vip=True)
    make_person("Zoe")
    rows = table(client, "customers:people_export", show="vip")
    assert [row[:6] for row in rows[1:]] == [
        ["Ada", "a@x.example b@x.example", "+441134960123", "Lakeside", "yes", ""]
    ]
    assert rows[1][7] == "2026-01-05 07:00"
    assert len(rows[0]) == len(rows[1])


def test_the_spreadsheet_holds_all_pages_in_the_order_of_the_list(client: Client, ben: User) -> None:
    for number in range(7):
        make_person(f"Name {number}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("careline.web.customers.views.export.BATCH", 3)
        rows = table(client, "customers:people_export", sort="-name")
    assert [row[0] for row in rows[1:]] == [f"Name {number}" for number in range(6, -1, -1)]


def test_no_cell_is_a_formula(client: Client, ben: User) -> None:
    make_person("=HYPERLINK(1)")
    make_organisation("@SUM(1)", "sum.example")
    assert table(client, "customers:people_export")[1][0] == "'=HYPERLINK(1)"
    assert table(client, "customers:organisations_export")[1][0] == "'@SUM(1)"


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("-1+1", "'-1+1"),
        ("\tx", "'\tx"),
        ("+1+1", "'+1+1"),
        ("+441134960123", "+441134960123"),
        ("+371 +44", "+371 +44"),
        ("Ada", "Ada"),
        (3, 3),
        ("", ""),
    ],
)
def test_a_cell_is_made_harmless(value: object, kept: object) -> None:
    assert harmless(value) == kept


def test_an_export_is_remembered_without_what_was_searched_for(client: Client, ben: User) -> None:
    table(client, "customers:people_export", q="ada marlow")
    event = Event.objects.get(kind="customers.exported")
    assert (event.actor, event.data) == (ben, {"what": "people", "narrowed": True})


def new(client: Client, kind: str, given: dict[str, Any], **headers: str) -> Any:
    return client.post(reverse(f"customers:{kind}_new"), given, headers=headers)


def test_the_dialog_asks_in_a_piece_and_the_page_by_itself(client: Client, ben: User) -> None:
    url = reverse("customers:person_new")
    piece = client.get(url, headers=HTMX).content.decode()
    assert "<html" not in piece
    assert 'name="email"' in piece
    assert "<html" in client.get(url).content.decode()


def test_somebody_new_is_added_and_opened(client: Client, ben: User) -> None:
    given = {"name": "Ada", "email": "Ada@Post.example", "phone": "+44 113 496 0123", "vip": "on"}
    answer = new(client, "person", given, **HTMX)
    person = Person.objects.get()
    assert (answer.status_code, answer["HX-Redirect"]) == (204, reverse("customers:person", args=[person.pk]))
    assert sorted(person.addresses.values_list("value", flat=True)) == ["+441134960123", "ada@post.example"]
    assert person.vip


def test_without_script_it_redirects(client: Client, ben: User) -> None:
    answer = new(client, "person", {"name": "Ada"})
    assert answer.url == reverse("customers:person", args=[Person.objects.get().pk])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Give a name, a mail address or a phone number."),
        ({"email": "ada@lamps"}, "That is not a mail address"),
        ({"email": "ada at lamps.example"}, "That is not a mail address"),
        ({"phone": "12"}, "That is not a phone number one can dial"),
        ({"name": "Ada", "organisation": "99999"}, "Select a valid choice"),
    ],
)
def test_a_slip_of_the_finger_is_422_with_the_remedy(
    given: dict[str, str], sentence: str, client: Client, ben: User
) -> None:
    answer = new(client, "person", given, **HTMX)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert not Person.objects.exists()


def test_an_address_we_know_leads_to_whose_it_is(client: Client, ben: User) -> None:
    ada = make_person("Ada <b>", "ada@post.example")
    answer = new(client, "person", {"name": "Other", "email": "ADA@post.example"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert f'It belongs to <a href="{reverse("customers:person", args=[ada.pk])}">Ada &lt;b&gt;</a>.' in page


def test_a_new_organisation_comes_with_its_domain(client: Client, ben: User) -> None:
    answer = new(client, "organisation", {"name": "Lakeside", "domain": "lamps.example"}, **HTMX)
    made = Organisation.objects.get()
    assert answer["HX-Redirect"] == reverse("customers:organisation", args=[made.pk])
    assert [domain.name for domain in made.domains.all()] == ["lamps.example"]
    assert Event.objects.get().data == {"domains": ["lamps.example"]}


@pytest.mark.parametrize(
    ("domain", "sentence"),
    [
        ("gmail.com", "Anybody can have an address there"),
        ("lamps", "That is not a mail domain"),
        ("taken.example", "It is mapped to"),
    ],
)
def test_a_domain_that_cannot_be_mapped_makes_no_organisation(
    domain: str, sentence: str, client: Client, ben: User
) -> None:
    make_organisation("First", "taken.example")
    answer = new(client, "organisation", {"name": "Lakeside", "domain": domain}, **HTMX)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert Organisation.objects.count() == 1
