"""The pages of one person and of one organisation."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import NoReverseMatch, reverse

from careline.core.models import Event, User
from careline.customers import actions
from careline.customers.models import Address, Domain, Organisation, Person
from tests.customers.make import make_organisation, make_person
from tests.make import MONDAY_9, make_team, make_user
from tests.web.customers.make import make_ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ben(client: Client) -> User:
    user = make_user("customers.see", "customers.edit", "tickets.see", "tickets.create")
    client.force_login(user)
    return user


@pytest.fixture
def ada() -> Person:
    return make_person("Ada Marlow", "ada@post.example", "ada@work.example", phone="+441134960123")


def show(client: Client, found: Person | Organisation, **given: Any) -> str:
    answer = client.get(reverse(f"customers:{found._meta.model_name}", args=[found.pk]), given)
    assert answer.status_code == 200
    return answer.content.decode()


def post(client: Client, name: str, *args: int, given: dict[str, Any] | None = None, **headers: str) -> Any:
    return client.post(reverse(f"customers:{name}", args=args), given or {}, headers=headers)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("person", 1),
        ("person_edit", 1),
        ("organisation", 1),
        ("organisation_edit", 1),
        ("person_leave", 1),
        ("address_add", 1),
        ("address_remove", 2),
        ("address_primary", 2),
        ("address_works", 2),
        ("domain_add", 1),
        ("domain_remove", 2),
        ("adopt", 2),
    ],
)
def test_what_is_not_there_is_404(name: str, numbers: int, client: Client, ben: User) -> None:
    assert post(client, name, *[9999] * numbers).status_code == 404


def test_an_address_of_somebody_else_is_404(client: Client, ben: User, ada: Person) -> None:
    other = make_person("Other")
    address = Address.objects.get(value="ada@post.example")
    assert post(client, "address_remove", other.pk, address.pk).status_code == 404
    assert Address.objects.filter(pk=address.pk).exists()


@pytest.mark.parametrize("name", ["person_edit", "person_leave", "address_add", "undo"])
def test_who_may_only_read_is_refused_and_sees_no_way_to_change(
    name: str, client: Client, ada: Person
) -> None:
    client.force_login(make_user("customers.see"))
    assert post(client, name, ada.pk).status_code == 403
    page = show(client, ada)
    assert "Change" not in page
    assert 'name="value"' not in page
    assert "Unsolved" not in page  # nor conversations, which this role does not read


def test_a_person_shows_what_we_know(client: Client, ben: User) -> None:
    lakeside = make_organisation("Lakeside")
    ada = make_person(
        "Ada Marlow",
        "ada@xn--mller-kva.example",
        phone="+441134960123",
        organisation=lakeside,
        vip=True,
        language="de",
        time_zone="Europe/London",
        notes="Prefers <mail>",
    )
    page = show(client, ada)
    for text in ("Ada Marlow", "VIP", "Lakeside", "German", "Europe/London", "ada@müller.example"):
        assert text in page
    assert "+44 113 496 0123" in page
    assert 'href="tel:+441134960123"' in page
    assert "Prefers &lt;mail&gt;" in page


def test_unsolved_conversations_come_first_and_solved_ones_in_the_history(
    client: Client, ben: User, ada: Person
) -> None:
    make_ticket(ada, "Still flickers", "waiting")
    make_ticket(ada, "Wrong size", "solved")
    page = show(client, ada)
    assert page.index("Still flickers") < page.index("History") < page.index("Wrong size")
    assert page.count("Still flickers") == 1


def test_a_conversation_shows_only_to_those_who_may_read_it(client: Client, ada: Person) -> None:
    mine, theirs = make_team(), make_team()
    cleo = make_user("customers.see", "tickets.see:team")
    cleo.memberships.create(team=mine)
    make_ticket(ada, "Of my team", team=mine)
    make_ticket(ada, "Of another team", team=theirs)
    make_ticket(ada, "Solved elsewhere", "solved", team=theirs)
    client.force_login(cleo)
    page = show(client, ada)
    assert "Of my team" in page
    assert "Of another team" not in page
    assert "Solved elsewhere" not in page


def test_conversations_and_changes_stand_in_one_order(client: Client, ben: User, ada: Person) -> None:
    make_ticket(ada, "First asked", "solved", opened_at=MONDAY_9)
    actions.change_person(person=ada, notes="x", vip=True, actor=ben, now=MONDAY_9 + timedelta(hours=1))
    make_ticket(ada, "Then asked", "closed", opened_at=MONDAY_9 + timedelta(hours=2))
    actions.mark_undeliverable(address="ada@post.example", now=MONDAY_9 + timedelta(hours=3))
    page = show(client, ada)
    order = [
        "found that mail to ada@post.example comes back",
        "Then asked",
        "marked them as VIP; changed the notes",
        "First asked",
    ]
    places = [page.index(text) for text in order]
    assert places == sorted(places)


def test_a_long_history_is_read_on_without_gap_or_repeat(client: Client, ben: User, ada: Person) -> None:
    for number in range(30):  # each third thing is a change, some at the very instant of a conversation
        at = MONDAY_9 + timedelta(minutes=number - number % 3 // 2)
        if number % 3 == 2:
            actions.change_person(person=ada, notes=f"{number}", actor=ben, now=at)
        else:
            make_ticket(ada, f"Matter {number:02}.", "solved", opened_at=at)
    url, seen = reverse("customers:person", args=[ada.pk]), ""
    page = show(client, ada)
    seen += page
    while found := re.search(r'hx-get="[^"]*before=([^"]+)"', page):
        before = found[1].replace("%3A", ":").replace("%2B", "+").replace("%7E", "~")
        page = client.get(url, {"before": before}, headers=HTMX).content.decode()
        assert "<html" not in page
        seen += page
    matters = re.findall(r"Matter (\d\d)\.", seen)
    assert matters == [f"{number:02}" for number in range(29, -1, -1) if number % 3 != 2]
    assert seen.count("changed the notes") == 10


@pytest.mark.parametrize("before", ["x", "2026-01-05~t1", "2026-01-05T07:00:00+00:00~z1", "~", "9~t²"])
def test_a_mark_that_is_none_begins_at_the_newest(
    before: str, client: Client, ben: User, ada: Person
) -> None:
    make_ticket(ada, "Wrong size", "solved")
    assert "Wrong size" in show(client, ada, before=before)


def test_a_new_conversation_is_offered_where_there_is_such_a_page(
    client: Client, ben: User, ada: Person
) -> None:
    try:
        url = reverse("tickets:new")
    except NoReverseMatch:
        assert "New conversation" not in show(client, ada)
    else:
        assert f'href="{url}?customer={ada.pk}"' in show(client, ada)


def test_a_page_with_much_on_it_costs_what_an_empty_one_costs(
    client: Client,
    ben: User,
    ada: Person,
    django_assert_max_num_queries,  # type: ignore[no-untyped-def]
) -> None:
    lakeside = make_organisation("Lakeside", "lamps.example", "lights.example")
    Person.objects.update(organisation=lakeside)
    for number in range(50):
        person = make_person(f"P {number}", organisation=lakeside)
        make_ticket(ada, category="open" if number % 2 else "solved")
        make_ticket(person)
        actions.change_person(person=ada, notes=f"{number}", actor=ben, now=MONDAY_9)
    show(client, ada)
    with django_assert_max_num_queries(14):
        show(client, ada)
    with django_assert_max_num_queries(19):
        show(client, lakeside)


def facts(**over: Any) -> dict[str, Any]:
    return {"name": "Ada", "organisation": "", "language": "", "time_zone": "", "notes": "", **over}


def test_the_form_takes_the_place_of_the_facts(client: Client, ben: User, ada: Person) -> None:
    url = reverse("customers:person_edit", args=[ada.pk])
    piece = client.get(url, headers=HTMX).content.decode()
    assert 'id="facts"' in piece
    assert 'value="Ada Marlow"' in piece
    assert "<html" not in piece
    assert 'value="Ada Marlow"' in client.get(url).content.decode()


def test_a_person_is_changed(client: Client, ben: User, ada: Person) -> None:
    lakeside = make_organisation()
    given = facts(
        name="Ada Bremer",
        organisation=lakeside.pk,
        language="lv",
        time_zone="Europe/Riga",
        vip="on",
        notes="Calls",
    )
    answer = post(client, "person_edit", ada.pk, given=given, **HTMX)
    assert answer["HX-Redirect"] == reverse("customers:person", args=[ada.pk])
    ada.refresh_from_db()
    assert (ada.name, ada.organisation, ada.language, ada.time_zone) == (
        "Ada Bremer",
        lakeside,
        "lv",
        "Europe/Riga",
    )
    assert (ada.vip, ada.notes) == (True, "Calls")
    assert Event.objects.filter(kind="person.changed").count() == 1


def test_a_wrong_answer_is_422_in_its_place(client: Client, ben: User, ada: Person) -> None:
    given = facts(time_zone="Mars/Olympus", organisation="9999")
    answer = post(client, "person_edit", ada.pk, given=given, **HTMX)
    assert answer.status_code == 422
    assert 'id="facts"' in answer.content.decode()
    assert post(client, "person_edit", ada.pk, given=given).status_code == 422


@pytest.mark.parametrize(
    ("typed", "kept"), [("New@Post.example", "new@post.example"), ("+371 2612 3456", "+37126123456")]
)
def test_one_box_takes_mail_addresses_and_phone_numbers(
    typed: str, kept: str, client: Client, ben: User, ada: Person
) -> None:
    answer = post(client, "address_add", ada.pk, given={"value": typed})
    assert answer.url == reverse("customers:person", args=[ada.pk])
    assert ada.addresses.filter(value=kept).exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Write a mail address or a phone number"),
        ("ada@lamps", "That is not a mail address"),
        ("ada.lamps.example", "That is not a mail address"),
        ("12", "That is not a phone number one can dial"),
        ("other@post.example", "It belongs to"),
    ],
)
def test_an_address_that_cannot_be_added_is_422_with_the_reason(
    typed: str, sentence: str, client: Client, ben: User, ada: Person
) -> None:
    make_person("Other", "other@post.example")
    answer = post(client, "address_add", ada.pk, given={"value": typed}, **HTMX)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'id="addresses"' in answer.content.decode()
    assert post(client, "address_add", ada.pk, given={"value": typed}).status_code == 422


def test_removing_an_address_offers_undo_and_undo_gives_it_back(
    client: Client, ben: User, ada: Person
) -> None:
    address = Address.objects.get(value="ada@post.example")
    post(client, "address_remove", ada.pk, address.pk)
    page = show(client, ada)
    undo = reverse("customers:undo", args=[Event.objects.get().pk])
    assert f'data-undo="{undo}"' in page
    assert "ada@post.example is removed." in page
    answer = client.post(undo, headers=HTMX)
    assert answer["HX-Redirect"] == reverse("customers:person", args=[ada.pk])
    assert ada.addresses.get(value="ada@post.example").primary


def test_undoing_too_late_says_so(client: Client, ben: User, ada: Person) -> None:
    answer = client.post(reverse("customers:undo", args=[9999]), follow=True)
    assert b"stays as it is now" in answer.content


def test_undoing_what_somebody_else_has_by_now_leads_to_them(client: Client, ben: User, ada: Person) -> None:
    address = Address.objects.get(value="ada@post.example")
    event = actions.remove_address(address=address, actor=ben, now=MONDAY_9)
    other = actions.find_or_create_person(address="ada@post.example", now=MONDAY_9)
    answer = client.post(reverse("customers:undo", args=[event]))
    assert answer.url == reverse("customers:person", args=[other.pk])  # type: ignore[attr-defined]


def test_another_address_becomes_primary(client: Client, ben: User, ada: Person) -> None:
    address = Address.objects.get(value="ada@work.example")
    post(client, "address_primary", ada.pk, address.pk)
    assert ada.addresses.get(kind="email", primary=True) == address


def test_mail_that_comes_back_is_shown_and_the_mark_is_taken_away(
    client: Client, ben: User, ada: Person
) -> None:
    actions.mark_undeliverable(address="ada@post.example", now=MONDAY_9)
    assert "Mail comes back" in show(client, ada)
    post(client, "address_works", ada.pk, Address.objects.get(value="ada@post.example").pk)
    assert "Mail comes back" not in show(client, ada)


def test_leaving_an_organisation_offers_undo(client: Client, ben: User, ada: Person) -> None:
    lakeside = make_organisation("Lakeside")
    Person.objects.update(organisation=lakeside)
    post(client, "person_leave", ada.pk)
    undo = reverse("customers:undo", args=[Event.objects.get().pk])
    assert f'data-undo="{undo}"' in show(client, ada)
    client.post(undo)
    ada.refresh_from_db()
    assert ada.organisation == lakeside
    page = show(client, ada)
    assert "took them out of Lakeside" in page
    assert "made them one of Lakeside" in page


def test_an_organisation_shows_its_people_and_what_all_of_them_asked(client: Client, ben: User) -> None:
    lakeside = make_organisation("Lakeside", "lamps.example")
    ada = make_person("Ada Marlow", organisation=lakeside)
    ticket = make_ticket(ada, "Still flickers", organisation=None)  # asked before she belonged here
    make_ticket(make_person("Other"), "Something else")
    page = show(client, lakeside)
    assert "Ada Marlow" in page
    assert ticket.subject in page
    assert "lamps.example" in page
    assert "Something else" not in page


def test_a_big_organisation_shows_some_people_and_the_way_to_all(client: Client, ben: User) -> None:
    lakeside = make_organisation("Lakeside")
    for number in range(11):
        make_person(f"Name {number:02}", organisation=lakeside)
    page = show(client, lakeside)
    assert "Name 09" in page
    assert "Name 10" not in page
    assert f"{reverse('customers:list')}?organisation={lakeside.pk}" in page


def test_an_organisation_is_renamed_in_place(client: Client, ben: User) -> None:
    lakeside = make_organisation("Lakeside")
    url = reverse("customers:organisation_edit", args=[lakeside.pk])
    assert 'value="Lakeside"' in client.get(url, headers=HTMX).content.decode()
    assert "<html" in client.get(url).content.decode()
    assert post(client, "organisation_edit", lakeside.pk, given={"name": ""}, **HTMX).status_code == 422
    post(client, "organisation_edit", lakeside.pk, given={"name": "Lakeside Lamps"})
    assert Organisation.objects.get().name == "Lakeside Lamps"


def test_a_mapped_domain_offers_to_take_in_who_writes_from_it(client: Client, ben: User) -> None:
    lakeside = make_organisation("Lakeside")
    ada = make_person("Ada Marlow", "ada@lamps.example")
    answer = post(client, "domain_add", lakeside.pk, given={"name": "@Lamps.example"}, **HTMX)
    assert answer["HX-Redirect"] == reverse("customers:organisation", args=[lakeside.pk])
    page = show(client, lakeside)
    assert "1 person writes from lamps.example and belongs to no organisation." in page
    post(client, "adopt", lakeside.pk, Domain.objects.get().pk)
    ada.refresh_from_db()
    assert ada.organisation == lakeside
    assert "belongs to no organisation" not in show(client, lakeside)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "Write a mail domain"),
        ("lamps", "That is not a mail domain"),
        ("gmail.com", "Anybody can have an address there"),
        ("taken.example", "It is mapped to"),
    ],
)
def test_a_domain_that_cannot_be_mapped_is_422_with_the_reason(
    name: str, sentence: str, client: Client, ben: User
) -> None:
    lakeside = make_organisation("Lakeside")
    make_organisation("First", "taken.example")
    answer = post(client, "domain_add", lakeside.pk, given={"name": name}, **HTMX)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert 'id="domains"' in answer.content.decode()
    assert post(client, "domain_add", lakeside.pk, given={"name": name}).status_code == 422


def test_removing_a_domain_offers_undo(client: Client, ben: User) -> None:
    lakeside = make_organisation("Lakeside", "lamps.example")
    post(client, "domain_remove", lakeside.pk, Domain.objects.get().pk)
    undo = reverse("customers:undo", args=[Event.objects.get().pk])
    assert f'data-undo="{undo}"' in show(client, lakeside)
    assert client.post(undo).url == reverse("customers:organisation", args=[lakeside.pk])  # type: ignore[attr-defined]
    assert Domain.objects.get().organisation == lakeside
    page = show(client, lakeside)
    assert "removed the domain lamps.example" in page
    assert "mapped the domain lamps.example" in page


def test_a_domain_that_went_elsewhere_meanwhile_leads_there(client: Client, ben: User) -> None:
    lakeside, other = make_organisation("Lakeside", "lamps.example"), make_organisation("Other")
    event = actions.remove_domain(domain=Domain.objects.get(), actor=ben, now=MONDAY_9)
    actions.add_domain(organisation=other, name="lamps.example", actor=ben, now=MONDAY_9)
    answer = client.post(reverse("customers:undo", args=[event]))
    assert answer.url == reverse("customers:organisation", args=[other.pk])  # type: ignore[attr-defined]
    assert lakeside.domains.count() == 0
