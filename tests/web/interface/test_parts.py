"""The words templates use to draw components."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.template import Context, Template
from django.utils import timezone, translation

from careline.web.templatetags import parts

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ada Bremer", "AB"),
        ("Ada van der Bremer", "AB"),
        ("Ada", "A"),
        ("ada@bremer.example", "A"),
        ("  ", "?"),
        ("“Ada” (Bremer)", "?"),
    ],
)
def test_a_name_is_cut_to_its_first_and_last_letter(name: str, letters: str) -> None:
    assert parts.initials(name) == letters


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (12, "12 s"),
        (60, "1 min"),
        (3 * 3600 + 20 * 60, "3 h 20 min"),
        (2 * 86400 + 3 * 3600 + 59 * 60, "2 d 3 h"),
        (86400, "1 d"),
        (-1080, "18 min"),
        (None, "–"),
    ],
)
def test_a_length_of_time_is_said_in_its_two_largest_units(seconds: float | None, said: str) -> None:
    with translation.override("en"):
        assert parts.duration(seconds) == said


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=10), "now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(minutes=-80), "in 1 h"),
        (timedelta(days=4), "20 Nov"),
        (timedelta(days=365), "24 Nov 2025"),
    ],
)
def test_an_instant_is_relative_within_a_day_and_a_date_beyond(ago: timedelta, said: str) -> None:
    with (
        time_machine.travel(NOON, tick=False),
        translation.override("en"),
        timezone.override("Europe/Berlin"),
    ):
        drawn = parts.when(NOON - ago)

    assert f">{said}</time>" in drawn


def test_the_exact_instant_is_one_hover_away_in_the_readers_zone() -> None:
    with (
        time_machine.travel(NOON, tick=False),
        translation.override("en"),
        timezone.override("Europe/London"),
    ):
        drawn = parts.when(NOON)

    assert 'datetime="2026-11-24T12:00:00+01:00"' in drawn
    assert "24 November 2026, 11:00 (GMT)" in drawn


def test_a_hostile_name_is_escaped_wherever_it_is_drawn() -> None:
    drawn = Template(
        "{% include 'parts/message.html' with kind='in' name=name text=name at=at only %}"
    ).render(Context({"name": "<script>alert(1)</script>", "at": NOON}))

    assert "<script" not in drawn


def test_a_due_time_says_its_state_in_words() -> None:
    with translation.override("en"):
        said = [
            Template("{% include 'parts/due.html' with state=state text='18 min' only %}").render(
                Context({"state": state})
            )
            for state in ("late", "risk", "running", "met", "paused")
        ]

    for words, drawn in zip(("18 min late", "At risk:", "18 min left", "Met", "Paused"), said, strict=True):
        assert words in drawn


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36", "Chrome on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.14.1", "curl/8.14.1"),
    ],
)
def test_a_device_is_named_by_its_browser_and_system(agent: str, said: str) -> None:
    assert parts.device(agent) == said


def test_what_one_plans_by_names_weekday_date_and_time() -> None:
    with translation.override("en"), timezone.override("Europe/Berlin"):
        drawn = parts.moment(NOON)

    assert ">Tue 24 Nov, 12:00</time>" in drawn
