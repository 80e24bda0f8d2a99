"""People of a demo are at work when people of their kind would be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from careline.config.demo import presence, write
from careline.config.schedule import SCHEDULES
from careline.core import settings as choices
from careline.core.models import User
from careline.insights import queries as insights
from careline.sla.models import Clock
from tests.make import make_team, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 11, 20, tzinfo=UTC)  # a Tuesday, shortly after noon in Hamburg


def test_a_working_day_has_five_of_seven_and_nine_hours() -> None:
    days = [NOW + timedelta(days=day) for day in range(7)]
    on = sum(presence.works(4, "Europe/Berlin", day) for day in days)
    assert on == 5
    hours = [NOW.replace(hour=hour) for hour in range(24)]
    at_work = [presence.works(4, "UTC", hour) for hour in hours]
    assert 9 <= sum(at_work) <= 11  # nine hours, and once or twice on call


def test_somebody_is_there_at_any_hour() -> None:
    for hour in range(24):
        at = NOW.replace(hour=hour)
        assert any(presence.works(number, "Europe/Berlin", at) for number in range(44))


def test_in_a_real_operation_nobody_is_marked() -> None:
    ben = make_user(name="Ben")
    make_team(ben)
    assert presence.keep_company() == 0
    ben.refresh_from_db()
    assert ben.last_seen_at is None


def test_the_demo_is_looked_after_every_minute() -> None:
    assert SCHEDULES["demo-presence"] == ("* * * * *", presence.keep_company)


def test_today_is_full_of_life_in_a_new_demo() -> None:
    write.build(now=NOW, tickets=1_200, days=60)
    assert choices.get("operation.demo")
    mara = User.objects.get(name="Mara Jansen")
    scope = insights.Scope(mara, NOW)
    now, day = insights.now_of(scope), insights.day_of(scope)
    assert min(now.all.waiting, now.all.open, now.all.unassigned) > 0
    assert now.all.oldest is not None
    assert NOW - now.all.oldest < timedelta(days=10)
    assert day.arrivals > 0
    assert day.solved > 0
    assert day.days_compared == 8
    crews = insights.crews_of(scope, now.by_agent)
    assert len(crews) == 4
    assert all(crew.here for crew in crews)
    assert any(crew.away for crew in crews)
    for figure in insights.kept_of(scope):
        assert figure.week.decided > 10
        assert 0.5 < (figure.week.share or 0) <= 1
    assert insights.mail_trouble().quarantined > 0
    assert not Clock.objects.filter(breached_at__isnull=False, breach_told=False).exists()
