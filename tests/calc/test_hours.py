"""Opening hours, case by case: golden vectors, daylight saving, exceptions, pauses, refusals."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from careline.calc import hours

NINE_TO_FIVE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}


def office(zone="Europe/Berlin", week=NINE_TO_FIVE, **more):
    return hours.from_json({"zone": zone, "week": week, **more})


def daily(zone, *intervals):
    return office(zone, {day: [list(pair) for pair in intervals] for day in hours.WEEKDAYS})


def at(text, zone="UTC"):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


BERLIN = office()
EASTER = office(closed=["2025-04-18", "2025-04-21"])
LUNCH = office(week={day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in NINE_TO_FIVE})
SAO_PAULO = daily("America/Sao_Paulo", ("21:00", "02:00"))
KATHMANDU = office("Asia/Kathmandu")
NEW_YORK = office("America/New_York")
ROUND_THE_CLOCK = hours.always("Europe/Berlin")
B = "Europe/Berlin"

VECTORS = [
    ("V1", BERLIN, at("2025-03-28 16:30", B), 60, "2025-03-31 07:30"),
    ("V2", BERLIN, at("2025-03-29 03:00", B), 60, "2025-03-31 08:00"),
    ("V3", EASTER, at("2025-04-17 16:00", B), 120, "2025-04-22 08:00"),
    ("V4", LUNCH, at("2025-05-06 11:30", B), 60, "2025-05-06 11:30"),
    ("V5", BERLIN, at("2025-05-06 17:00", B), 1, "2025-05-07 07:01"),
    ("V6", BERLIN, at("2025-05-06 16:00", B), 60, "2025-05-06 15:00"),
    ("V7", SAO_PAULO, at("2025-05-06 23:00", "America/Sao_Paulo"), 240, "2025-05-08 01:00"),
    ("V8", ROUND_THE_CLOCK, at("2025-03-29 12:00", B), 24 * 60, "2025-03-30 11:00"),
    ("V9", ROUND_THE_CLOCK, at("2025-10-25 12:00", B), 24 * 60, "2025-10-26 10:00"),
    ("V10", KATHMANDU, at("2025-05-06 11:00"), 30, "2025-05-07 03:30"),
    ("V11", NEW_YORK, at("2025-10-31 16:45", "America/New_York"), 30, "2025-11-03 14:15"),
    ("V14", BERLIN, at("2025-05-06 16:59:30", B), 1, "2025-05-07 07:00:30"),
]


@pytest.mark.parametrize(("name", "calendar", "start", "minutes", "expected"), VECTORS)
def test_golden_vector_is_due_when_worked_by_hand(name, calendar, start, minutes, expected):
    assert hours.due(calendar, start, minutes * 60) == at(expected)
    assert hours.elapsed(calendar, start, at(expected)) == minutes * 60


def test_v12_a_pause_over_night_moves_the_due_time_by_its_open_part_only():
    pause = (at("2025-05-06 10:00", B), at("2025-05-07 11:00", B))
    start = at("2025-05-06 09:30", B)
    assert hours.due(BERLIN, start, 7200, [pause]) == at("2025-05-07 12:30", B)
    assert hours.elapsed(BERLIN, start, at("2025-05-07 12:30", B), [pause]) == 7200


def test_v13_a_pause_wholly_at_night_has_no_effect():
    pause = (at("2025-05-06 18:00", B), at("2025-05-07 08:00", B))
    start = at("2025-05-06 16:30", B)
    assert hours.due(BERLIN, start, 3600, [pause]) == hours.due(BERLIN, start, 3600)


def test_results_are_in_utc():
    assert hours.due(BERLIN, at("2025-05-06 10:00", B), 60).tzinfo is UTC
    assert hours.due(BERLIN, at("2025-05-06 10:00", B), 0).tzinfo is UTC
    assert hours.next_opening(BERLIN, at("2025-05-06 10:00", B)).tzinfo is UTC


def test_nothing_to_spend_is_due_at_the_start_even_when_closed():
    night = at("2025-05-06 23:00", B)
    assert hours.due(BERLIN, night, 0) == night


def test_fractions_of_a_second_are_kept():
    start = at("2025-05-06 16:59:59.750", B)
    assert hours.due(BERLIN, start, 0.5) == at("2025-05-07 09:00:00.250", B)
    assert hours.elapsed(BERLIN, start, at("2025-05-07 09:00:00.250", B)) == 0.5


# Intervals


def test_a_day_may_run_until_24_00_and_join_the_next():
    calendar = office("UTC", {"mon": [["20:00", "24:00"]], "tue": [["00:00", "02:00"]]})
    assert list(hours.open_spans(calendar, at("2025-05-05"), at("2025-05-08"))) == [
        (at("2025-05-05 20:00"), at("2025-05-06 02:00"))
    ]
    assert hours.due(calendar, at("2025-05-05 20:00"), 5 * 3600) == at("2025-05-06 01:00")


def test_an_overnight_interval_belongs_to_the_date_on_which_it_starts():
    calendar = office("UTC", {day: [["22:00", "06:00"]] for day in hours.WEEKDAYS}, closed=["2025-05-06"])
    assert hours.is_open(calendar, at("2025-05-06 05:59"))  # began on the 5th
    assert not hours.is_open(calendar, at("2025-05-06 23:00"))
    assert not hours.is_open(calendar, at("2025-05-07 05:00"))  # would have begun on the 6th
    assert hours.is_open(calendar, at("2025-05-07 22:00"))


def test_equal_times_last_a_whole_day():
    calendar = office("UTC", {"mon": [["09:00", "09:00"]]})
    assert hours.elapsed(calendar, at("2025-05-05"), at("2025-05-10")) == 86_400
    assert hours.is_open(calendar, at("2025-05-06 08:59"))


def test_overlapping_intervals_count_once():
    calendar = office("UTC", {"mon": [["09:00", "13:00"], ["12:00", "17:00"], ["10:00", "11:00"]]})
    assert hours.elapsed(calendar, at("2025-05-05"), at("2025-05-06")) == 8 * 3600


def test_an_overnight_interval_overlapping_the_next_morning_counts_once():
    calendar = office("UTC", {"mon": [["22:00", "06:00"]], "tue": [["05:00", "09:00"]]})
    assert hours.elapsed(calendar, at("2025-05-05"), at("2025-05-07")) == 11 * 3600


def test_special_hours_replace_the_weekday_of_that_date():
    calendar = office("UTC", special={"2025-12-24": [["09:00", "12:00"]], "2025-12-27": [["10:00", "11:00"]]})
    assert hours.elapsed(calendar, at("2025-12-24"), at("2025-12-25")) == 3 * 3600
    assert hours.elapsed(calendar, at("2025-12-27"), at("2025-12-28")) == 3600  # a Saturday


def test_special_hours_without_intervals_close_the_date():
    calendar = office("UTC", special={"2025-12-24": []})
    assert hours.elapsed(calendar, at("2025-12-24"), at("2025-12-25")) == 0


def test_a_closed_date_is_stronger_than_special_hours():
    calendar = office("UTC", closed=["2025-12-24"], special={"2025-12-24": [["09:00", "12:00"]]})
    assert hours.elapsed(calendar, at("2025-12-24"), at("2025-12-25")) == 0


# Daylight saving


def test_a_start_that_the_clock_skips_moves_forward():
    calendar = daily(B, ("02:30", "05:00"))  # 30 March 2025: 02:00 -> 03:00
    assert hours.next_opening(calendar, at("2025-03-30 00:00", B)) == at("2025-03-30 01:30")
    assert hours.elapsed(calendar, at("2025-03-30 00:00", B), at("2025-03-30 12:00", B)) == 1.5 * 3600


def test_an_end_that_the_clock_skips_moves_forward():
    calendar = daily(B, ("01:00", "02:30"))
    assert list(hours.open_spans(calendar, at("2025-03-30 00:00", B), at("2025-03-30 12:00", B))) == [
        (at("2025-03-30 00:00"), at("2025-03-30 01:30"))
    ]


def test_an_interval_whose_shifted_start_passes_its_end_is_empty_that_day():
    calendar = daily(B, ("02:30", "03:00"))
    assert hours.elapsed(calendar, at("2025-03-30 00:00", B), at("2025-03-30 12:00", B)) == 0


@pytest.mark.parametrize(
    ("zone", "date", "first_start"),
    [(B, "2025-10-26", "2025-10-26 00:30"), ("Europe/London", "2025-10-26", "2025-10-26 00:15")],
)
def test_times_that_come_twice_start_at_the_first_and_end_at_the_last(zone, date, first_start):
    wall = ("02:30", "02:45") if zone == B else ("01:15", "01:30")
    spans = list(hours.open_spans(daily(zone, wall), at(f"{date} 00:00", zone), at(f"{date} 12:00", zone)))
    assert spans == [(at(first_start), at(first_start) + timedelta(minutes=75))]


def test_midnight_that_does_not_exist_still_joins_two_days():
    calendar = hours.always("America/Sao_Paulo")  # 4 November 2018: 00:00 -> 01:00
    zone = "America/Sao_Paulo"
    assert hours.elapsed(calendar, at("2018-11-03 00:00", zone), at("2018-11-05 00:00", zone)) == 47 * 3600


def test_the_leap_day_counts_like_any_other():
    calendar = office("UTC")
    assert hours.elapsed(calendar, at("2024-02-28"), at("2024-03-02")) == 3 * 8 * 3600


# Pauses


def test_pauses_may_overlap_and_come_in_any_order():
    day = "2025-05-06 "
    pauses = [
        (at(day + "12:00", B), at(day + "13:00", B)),
        (at(day + "10:00", B), at(day + "11:00", B)),
        (at(day + "10:30", B), at(day + "11:30", B)),
    ]
    assert hours.due(BERLIN, at(day + "09:00", B), 3 * 3600, pauses) == at(day + "14:30", B)
    assert hours.elapsed(BERLIN, at(day + "09:00", B), at(day + "14:30", B), pauses) == 3 * 3600


def test_an_endless_pause_lasts_until_the_end_asked_about():
    pause = (at("2025-05-06 10:00", B), None)
    assert hours.elapsed(BERLIN, at("2025-05-06 09:00", B), at("2025-05-09 09:00", B), [pause]) == 3600


def test_nothing_is_due_while_an_endless_pause_runs():
    with pytest.raises(hours.ClockIsPaused):
        hours.due(BERLIN, at("2025-05-06 09:00", B), 3601, [(at("2025-05-06 10:00", B), None)])


def test_what_was_due_before_an_endless_pause_stays_due():
    pause = (at("2025-05-06 10:00", B), None)
    assert hours.due(BERLIN, at("2025-05-06 09:00", B), 3600, [pause]) == at("2025-05-06 10:00", B)


def test_a_start_inside_a_pause_waits_for_its_end():
    pause = (at("2025-05-06 08:00", B), at("2025-05-06 10:00", B))
    assert hours.due(BERLIN, at("2025-05-06 09:00", B), 60, [pause]) == at("2025-05-06 10:01", B)


# Far away


def test_nine_closed_years_are_waited_out():
    calendar = office("UTC", {}, special={"2034-05-05": [["09:00", "10:00"]]})
    assert hours.due(calendar, at("2025-05-05"), 60) == at("2034-05-05 09:01")


def test_a_calendar_that_never_opens_again_says_so():
    calendar = office("UTC", {}, special={"2024-05-05": [["09:00", "10:00"]]})
    with pytest.raises(hours.NoOpenTime):
        hours.due(calendar, at("2025-05-05"), 60)
    with pytest.raises(hours.NoOpenTime):
        hours.next_opening(calendar, at("2025-05-05"))


def test_more_time_than_fifty_years_hold_is_refused():
    with pytest.raises(hours.NoOpenTime):
        hours.due(BERLIN, at("2025-05-05"), 1e15)


def test_ten_years_round_the_clock_are_exact():
    start = at("2025-05-05")
    assert hours.due(hours.always(), start, 3653 * 86_400) == start + timedelta(days=3653)


# Small questions


def test_the_end_of_an_interval_is_no_longer_open():
    assert hours.is_open(BERLIN, at("2025-05-06 09:00", B))
    assert not hours.is_open(BERLIN, at("2025-05-06 17:00", B))


def test_next_opening_is_now_while_open_and_the_next_morning_after_closing():
    assert hours.next_opening(BERLIN, at("2025-05-06 10:00", B)) == at("2025-05-06 10:00", B)
    assert hours.next_opening(BERLIN, at("2025-05-06 17:00", B)) == at("2025-05-07 09:00", B)
    assert hours.next_opening(hours.always(), at("2025-05-06 17:00")) == at("2025-05-06 17:00")


def test_round_the_clock_is_one_unbroken_span():
    span = (at("2020-01-01"), at("2026-01-01"))
    assert list(hours.open_spans(hours.always(), *span)) == [span]


# Refusals


def test_naive_instants_are_refused():
    naive = datetime(2025, 5, 6, 9)  # noqa: DTZ001
    aware = at("2025-05-06 09:00")
    for call in (
        lambda: hours.due(BERLIN, naive, 60),
        lambda: hours.elapsed(BERLIN, naive, aware),
        lambda: hours.elapsed(BERLIN, aware, naive),
        lambda: hours.due(BERLIN, aware, 60, [(naive, aware)]),
        lambda: hours.is_open(BERLIN, naive),
    ):
        with pytest.raises(ValueError, match="aware datetime"):
            call()


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_amounts_that_cannot_be_spent_are_refused(seconds):
    with pytest.raises(ValueError, match="seconds must be"):
        hours.due(BERLIN, at("2025-05-06"), seconds)


def test_an_end_before_its_start_is_refused():
    with pytest.raises(ValueError, match="before start"):
        hours.elapsed(BERLIN, at("2025-05-07"), at("2025-05-06"))
    with pytest.raises(ValueError, match="before it starts"):
        hours.elapsed(BERLIN, at("2025-05-06"), at("2025-05-07"), [(at("2025-05-07"), at("2025-05-06"))])


WEEK = {"mon": [["09:00", "17:00"]]}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"zone": "Mars/Base", "week": WEEK}, "not a known time zone"),
        ({"zone": "Europe", "week": WEEK}, "not a known time zone"),
        ({"zone": "../etc/passwd", "week": WEEK}, "not a known time zone"),
        ({"zone": "localtime", "week": WEEK}, "not a known time zone"),
        ({"zone": None, "week": WEEK}, "not a known time zone"),
        ({"week": WEEK}, 'has no "zone"'),
        ({"zone": "UTC"}, 'has no "week"'),
        ({"zone": "UTC", "week": WEEK, "name": "x"}, '"name" is not part of a calendar'),
        ({"zone": "UTC", "week": {"Monday": []}}, '"Monday" is not a weekday'),
        ({"zone": "UTC", "week": []}, '"week" must be an object'),
        ({"zone": "UTC", "week": {"mon": "09:00-17:00"}}, "must be a list"),
        ({"zone": "UTC", "week": {"mon": [["09:00"]]}}, "must be pairs"),
        ({"zone": "UTC", "week": {"mon": [["9:00", "17:00"]]}}, '"9:00" .mon. is not a time'),
        ({"zone": "UTC", "week": {"mon": [["09:00", "24:01"]]}}, "is not a time"),
        ({"zone": "UTC", "week": {"mon": [["09:00", "17:00\n"]]}}, "is not a time"),
        ({"zone": "UTC", "week": {"mon": [[9, 17]]}}, "is not a time"),
        ({"zone": "UTC", "week": {"mon": [["24:00", "02:00"]]}}, "cannot start at 24:00"),
        ({"zone": "UTC", "week": WEEK, "closed": ["2025-02-29"]}, '"2025-02-29" is not a date'),
        ({"zone": "UTC", "week": WEEK, "closed": ["20250301"]}, "is not a date"),
        ({"zone": "UTC", "week": WEEK, "closed": "2025-03-01"}, "must be a list of dates"),
        ({"zone": "UTC", "week": WEEK, "special": {"soon": []}}, '"soon" is not a date'),
        ({"zone": "UTC", "week": {}}, "never opens"),
        ({"zone": "UTC", "week": {"mon": []}, "special": {"2025-03-01": []}}, "never opens"),
        ([], "must be an object"),
    ],
)
def test_a_calendar_that_cannot_be_read_says_why(data, sentence):
    with pytest.raises(hours.BadCalendar, match=sentence):
        hours.from_json(data)


def test_a_calendar_survives_the_way_out_and_in():
    data = {
        "zone": "Europe/Berlin",
        "week": {"mon": [["09:00", "12:00"], ["13:00", "24:00"]], "sat": [["22:00", "06:00"]]},
        "closed": ["2025-04-18"],
        "special": {"2025-12-24": [["09:00", "12:00"]], "2025-12-31": []},
    }
    calendar = hours.from_json(data)
    assert hours.to_json(calendar) == data
    assert hours.from_json(hours.to_json(calendar)) == calendar
