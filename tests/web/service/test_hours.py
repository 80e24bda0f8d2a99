"""Opening hours on screen."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from careline.core.models import Event, User
from careline.sla import queries
from careline.sla.models import Calendar
from careline.web.service.times import parse_hours, say_hours
from tests.make import make_calendar, make_policy, make_ticket, make_user

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
WEEK = {day: "09:00-17:00" for day in ("mon", "tue", "wed", "thu", "fri")}


@pytest.fixture
def mara(client: Client) -> User:
    user = make_user("setup.service")
    client.force_login(user)
    return user


def filled(**over: Any) -> dict[str, Any]:
    return {"name": "Desk", "zone": "Europe/Berlin", "scope": "new", **WEEK, **over}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("9-12, 13:00-17:30", [["09:00", "12:00"], ["13:00", "17:30"]]),
        ("", []),
        ("18-24", [["18:00", "24:00"]]),
        ("22:00-06:00", [["22:00", "06:00"]]),
        ("13.00–17.00; 8 to 12", [["08:00", "12:00"], ["13:00", "17:00"]]),
    ],
)
def test_hours_are_read_as_people_type_them(typed: str, read: list[list[str]]) -> None:
    assert parse_hours(typed) == read
    assert parse_hours(say_hours(read)) == read


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("9-13, 12-17", "09:00-13:00 and 12:00-17:00 overlap"),
        ("9-17 Uhr", "is no stretch of time"),
        ("9-25", "has a time that no clock shows"),
        ("24:00-03:00", "cannot begin at 24:00"),
    ],
)
def test_hours_that_cannot_be_read_say_what_to_change(typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        parse_hours(typed)


def test_new_hours_are_kept_with_lunch_and_night(client: Client, mara: User) -> None:
    sent = filled(mon="9-12, 13-17", fri="22:00-06:00")
    answer = client.post(reverse("service:calendar_new"), sent, headers=HTMX)
    assert answer["HX-Redirect"] == reverse("service:hours")
    calendar = Calendar.objects.get()
    assert calendar.week["mon"] == [["09:00", "12:00"], ["13:00", "17:00"]]
    assert calendar.week["fri"] == [["22:00", "06:00"]]
    assert Event.objects.get(kind="calendar.changed").data["old"] is None


def test_overlapping_stretches_are_refused_where_they_were_typed(client: Client, mara: User) -> None:
    answer = client.post(reverse("service:calendar_new"), filled(mon="9-13, 12-17"), headers=HTMX)
    assert answer.status_code == 422
    assert "overlap" in answer.content.decode()
    assert not Calendar.objects.exists()


def test_hours_that_never_open_are_refused(client: Client, mara: User) -> None:
    closed = dict.fromkeys(WEEK, "")
    answer = client.post(reverse("service:calendar_new"), filled(**closed))
    assert answer.status_code == 422
    assert "Open on at least one day" in answer.content.decode()


def test_a_holiday_that_is_unticked_is_open_and_the_others_are_closed(client: Client, mara: User) -> None:
    names = [day.key for day in _holidays(client, "DE-BE")]
    sent = filled(
        country="DE", part="DE-BE", holidays_of="DE-BE", closed_on=[n for n in names if n != "Neujahr"]
    )
    client.post(reverse("service:calendar_new"), sent)
    calendar = Calendar.objects.get()
    year = timezone.now().year
    assert calendar.open_holidays == ["Neujahr"]
    assert f"{year}-01-01" not in calendar.closed
    assert f"{year}-12-25" in calendar.closed
    body = client.get(reverse("service:calendar", args=[calendar.pk])).content.decode()
    assert '<option value="DE-BE" selected>' in body
    assert queries.own_closed_dates(calendar) == []


def _holidays(client: Client, code: str) -> Any:
    from careline.web.service.hours_form import HoursForm

    return HoursForm({"country": code[:2], "part": code}, now=timezone.now()).holidays()


def test_the_holidays_of_a_country_are_listed_with_their_dates(client: Client, mara: User) -> None:
    url = f"{reverse('service:hours_look')}?part=holidays"
    body = client.post(url, filled(country="DE"), headers=HTMX).content.decode()
    assert "New Year&#x27;s Day" in body
    assert ">1 Jan<" in body
    assert "Epiphany" not in body
    body = client.post(url, filled(country="DE", part="DE-BY"), headers=HTMX).content.decode()
    assert "Epiphany" in body


def test_days_that_differ_close_or_open_otherwise(client: Client, mara: User) -> None:
    others = {"o-0-date": "2027-12-24", "o-0-hours": "9-12", "o-1-date": "2027-12-31", "o-1-hours": ""}
    client.post(reverse("service:calendar_new"), filled(**others))
    calendar = Calendar.objects.get()
    assert calendar.special == {"2027-12-24": [["09:00", "12:00"]]}
    assert calendar.closed == ["2027-12-31"]
    body = client.get(reverse("service:calendar", args=[calendar.pk])).content.decode()
    assert 'value="2027-12-31"' in body


def test_a_day_that_differs_without_its_date_is_marked(client: Client, mara: User) -> None:
    answer = client.post(reverse("service:calendar_new"), filled(**{"o-0-date": "", "o-0-hours": "9-12"}))
    assert answer.status_code == 422
    assert "Give the date" in answer.content.decode()


ICS = b"""BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x//y//EN
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20271224
DTEND;VALUE=DATE:20271227
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20271110T090000Z
DTEND:20271110T100000Z
END:VEVENT
END:VCALENDAR
"""


def test_closed_days_come_out_of_a_calendar_file(client: Client, mara: User) -> None:
    upload = SimpleUploadedFile("company.ics", ICS.replace(b"\n", b"\r\n"))
    client.post(reverse("service:calendar_new"), filled(ics=upload))
    assert Calendar.objects.get().closed == ["2027-12-24", "2027-12-25", "2027-12-26"]


def test_a_file_that_is_no_calendar_is_refused(client: Client, mara: User) -> None:
    answer = client.post(reverse("service:calendar_new"), filled(ics=SimpleUploadedFile("a.ics", b"GIF89a")))
    assert answer.status_code == 422
    assert "no calendar file" in answer.content.decode()


def test_the_hours_are_drawn_and_the_next_openings_listed_while_one_types(client: Client, mara: User) -> None:
    every_day = dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "08:30-09:30")
    body = client.post(reverse("service:hours_look"), filled(**every_day), headers=HTMX).content.decode()
    assert body.count(": 08:30 – 09:30") == 5
    assert 'class="open" x="35.417%" width="4.167%"' in body
    assert "<html" not in body


def test_more_lines_keep_what_was_typed(client: Client, mara: User) -> None:
    body = client.post(
        reverse("service:calendar_new"), filled(name="Half", more="1"), headers=HTMX
    ).content.decode()
    assert 'value="Half"' in body
    assert not Calendar.objects.exists()


def test_changed_hours_make_new_versions_of_the_policies_that_count_by_them(
    client: Client, mara: User
) -> None:
    policy = make_policy(calendar=make_calendar("Desk"))
    client.post(reverse("service:calendar", args=[policy.calendar_id]), filled(mon="8-20"))
    assert [row.body["calendar"]["week"]["mon"] for row in queries.version_history(policy)] == [
        [["08:00", "20:00"]],
        [["09:00", "17:00"]],
    ]


def test_hours_that_a_policy_counts_by_are_not_removed(client: Client, mara: User) -> None:
    used, free = make_policy().calendar, make_calendar("Free")
    for calendar in (used, free):
        client.post(reverse("service:calendar_remove", args=[calendar.pk]))
    assert list(Calendar.objects.all()) == [used]


def test_the_effect_of_other_hours_on_open_conversations_is_shown_before_saving(
    client: Client, mara: User
) -> None:
    policy = make_policy()
    make_ticket()
    url = reverse("service:hours_effect", args=[policy.calendar_id])
    assert (
        "1 of 1 would be promised something else" in client.post(url, filled(), headers=HTMX).content.decode()
    )
