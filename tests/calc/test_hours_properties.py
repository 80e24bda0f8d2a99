"""Laws that opening hours obey, against a minute-by-minute reading of the wall clock."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from careline.calc import hours

# Three zones with daylight saving (one of them at midnight), one without, and one with odd minutes.
ZONES = ["Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Asia/Kathmandu", "UTC"]
ORIGIN = datetime(2018, 10, 15, tzinfo=UTC)  # Sao Paulo moves its clock at midnight on 4 November
DAYS = 28

quick = settings(max_examples=120, deadline=None)
slow = settings(max_examples=25, deadline=None)

times = st.integers(0, 95).map(lambda n: f"{n // 4:02d}:{n % 4 * 15:02d}")
intervals = st.lists(st.tuples(times, times | st.just("24:00")).map(list), max_size=3)
dates = st.integers(0, DAYS).map(lambda n: (date(2018, 10, 15) + timedelta(days=n)).isoformat())
instants = st.integers(0, DAYS * 86_400 - 1).map(lambda s: ORIGIN + timedelta(seconds=s))
amounts = st.integers(0, 200_000)
pauses = st.lists(st.tuples(instants, instants).map(lambda pair: tuple(sorted(pair))), max_size=4)


@st.composite
def calendars(draw):
    week = {day: draw(intervals) for day in hours.WEEKDAYS}
    assume(any(week.values()))
    return hours.from_json(
        {
            "zone": draw(st.sampled_from(ZONES)),
            "week": week,
            "closed": draw(st.lists(dates, max_size=2)),
            "special": draw(st.dictionaries(dates, intervals, max_size=2)),
        }
    )


@quick
@given(calendars(), instants, amounts, pauses)
def test_the_time_elapsed_until_due_is_the_target(calendar, start, amount, stops):
    assert hours.elapsed(calendar, start, hours.due(calendar, start, amount, stops), stops) == amount


@quick
@given(calendars(), instants, amounts, amounts, pauses)
def test_spending_in_two_parts_is_spending_at_once(calendar, start, a, b, stops):
    in_parts = hours.due(calendar, hours.due(calendar, start, a, stops), b, stops)
    assert in_parts == hours.due(calendar, start, a + b, stops)


@quick
@given(calendars(), instants, instants, amounts, amounts)
def test_later_starts_and_larger_amounts_are_never_due_earlier(calendar, s, t, a, b):
    assume(min(a, b) > 0)
    assert hours.due(calendar, min(s, t), a) <= hours.due(calendar, max(s, t), a)
    assert hours.due(calendar, s, min(a, b)) <= hours.due(calendar, s, max(a, b))


@quick
@given(calendars(), st.tuples(instants, instants, instants).map(sorted), pauses)
def test_elapsed_time_adds_up(calendar, three, stops):
    a, b, c = three
    whole = hours.elapsed(calendar, a, c, stops)
    assert hours.elapsed(calendar, a, b, stops) + hours.elapsed(calendar, b, c, stops) == whole


@quick
@given(calendars(), instants, amounts, st.data())
def test_a_pause_while_closed_changes_nothing(calendar, start, amount, data):
    spans = list(hours.open_spans(calendar, ORIGIN, ORIGIN + timedelta(days=DAYS)))
    gaps = [(closes, opens) for (_, closes), (opens, _) in itertools.pairwise(spans)]
    assume(gaps)
    pause = data.draw(st.sampled_from(gaps))
    assert hours.due(calendar, start, amount, [pause]) == hours.due(calendar, start, amount)


@quick
@given(calendars(), instants, instants)
def test_open_spans_are_apart_and_add_up_to_the_elapsed_time(calendar, s, t):
    first, last = min(s, t), max(s, t)
    spans = list(hours.open_spans(calendar, first, last))
    assert all(closes < opens for (_, closes), (opens, _) in itertools.pairwise(spans))
    total = sum((closes - opens).total_seconds() for opens, closes in spans)
    assert total == hours.elapsed(calendar, first, last)


@quick
@given(calendars())
def test_every_calendar_survives_json(calendar):
    assert hours.from_json(hours.to_json(calendar)) == calendar


def every_open_minute(data, first, last):
    """Read hours as a person would: try each quarter of an hour of UTC against the resolved intervals."""
    zone, utc = ZoneInfo(data["zone"]), []
    day = first.astimezone(zone).date() - timedelta(days=3)
    while day <= last.astimezone(zone).date() + timedelta(days=3):
        pairs = data["special"].get(day.isoformat(), data["week"].get(hours.WEEKDAYS[day.weekday()], []))
        for opens, closes in [] if day.isoformat() in data["closed"] else pairs:
            over = timedelta(days=1 if closes <= opens and closes != "24:00" else 0)
            utc.append(
                (instants_reading(zone, day, opens)[0], instants_reading(zone, day + over, closes)[-1])
            )
        day += timedelta(days=1)
    minute = first
    while minute < last:
        yield any(opens <= minute < closes for opens, closes in utc)
        minute += timedelta(minutes=15)


def instants_reading(zone, day, text):
    """All instants at which the wall clock shows `text`; when there is none, as if it had not jumped yet."""
    wall = datetime(day.year, day.month, day.day) + timedelta(hours=int(text[:2]), minutes=int(text[3:]))  # noqa: DTZ001
    around = datetime(wall.year, wall.month, wall.day, wall.hour, wall.minute, tzinfo=UTC)
    tries = [around + timedelta(minutes=15 * n) for n in range(-4 * 15, 4 * 15)]
    found = [t for t in tries if t.astimezone(zone).replace(tzinfo=None) == wall]
    if found:
        return found
    before = (around - timedelta(days=1)).astimezone(zone).utcoffset()
    return [around - before]


@slow
@given(calendars(), st.integers(0, 20 * 96), st.integers(1, 8 * 96))
def test_hours_agree_with_reading_the_wall_clock(calendar, from_quarter, quarters):
    first = ORIGIN + timedelta(minutes=15 * from_quarter)
    last = first + timedelta(minutes=15 * quarters)
    flags = list(every_open_minute(hours.to_json(calendar), first, last))
    assert hours.elapsed(calendar, first, last) == 900 * sum(flags)
    assert [hours.is_open(calendar, first + timedelta(minutes=15 * n)) for n in range(quarters)] == flags
