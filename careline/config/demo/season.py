"""When customers write: rhythms of day and week, a trend, and the three things that went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from careline.config.demo.shifts import free_days
from careline.config.demo.texts import Scenario

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = 3600, 86_400

WEEK = (1.34, 1.14, 1.05, 1.0, 0.92, 0.56, 0.5)
HOURS = {  # share of a day's mail in each hour, Berlin time; nights are quiet, never silent
    "orders": (5, 3, 2, 2, 2, 4, 12, 28, 52, 70, 76, 72, 60, 58, 60, 62, 60, 58, 54, 52, 48, 36, 22, 11),
    "billing": (3, 2, 1, 1, 1, 3, 10, 30, 66, 88, 92, 80, 58, 66, 76, 74, 62, 48, 38, 32, 28, 20, 12, 6),
    "technical": (7, 4, 3, 2, 2, 3, 8, 18, 34, 44, 48, 50, 48, 46, 48, 52, 58, 66, 76, 84, 80, 62, 38, 17),
    "returns": (4, 3, 2, 2, 2, 4, 10, 26, 50, 66, 74, 72, 62, 58, 62, 62, 58, 56, 54, 50, 42, 30, 18, 8),
}
GROWTH = 0.12  # over the whole time
PEAK = 0.2  # more in the last fortnight: winter is lamp season
ON_HOLIDAYS = 0.62
SALE, SALE_HOURS = 1.3, 40  # a sale has just begun, so that today has something to decide
# Other delivery tickets in the strike week; with those about the strike it is three times.
STRIKE_DELIVERY = 1.7


@dataclass(frozen=True)
class Season:
    """The instants that give these months their shape; too short a time has none of the troubles."""

    start: datetime
    now: datetime
    strike: tuple[datetime, datetime] | None
    outage: tuple[datetime, datetime] | None
    recall: datetime | None


def plan(*, start: datetime, now: datetime) -> Season:
    """Lay the recall, the carrier's strike and the payment outage into the time between start and now."""
    days = (now - start) / timedelta(days=1)
    if days < 28:
        return Season(start, now, None, None, None)
    monday = _monday_before(start + timedelta(days=days * 0.62))
    wednesday = _monday_before(start + timedelta(days=days * 0.86)) + timedelta(days=2)
    recall = _monday_before(start + timedelta(days=days * 0.36)) + timedelta(days=3, hours=11)
    return Season(
        start,
        now,
        strike=(monday, monday + timedelta(days=7)),
        outage=(wednesday + timedelta(hours=13), wednesday + timedelta(hours=18)),
        recall=recall,
    )


def arrivals(
    count: int, *, scenarios: tuple[Scenario, ...], season: Season, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return `count` instants in order [s since 1970] and, for each, the index of its scenario."""
    begin, end = int(season.start.timestamp()), int(season.now.timestamp())
    edges = np.arange(begin, end, HOUR)
    widths = np.minimum(HOUR, end - edges)
    rates = _rates(edges, scenarios, season) * (widths / HOUR)
    counts = rng.multinomial(count, (rates / rates.sum()).ravel()).reshape(rates.shape)
    which, when = np.nonzero(counts)
    times = counts[which, when]
    scenario, hour = np.repeat(which, times), np.repeat(when, times)
    at = edges[hour] + np.floor(rng.random(count) * widths[hour]).astype(np.int64)
    order = np.argsort(at, kind="stable")
    return at[order], scenario[order]


def _rates(edges: Ints, scenarios: tuple[Scenario, ...], season: Season) -> Floats:
    """Return arrivals by scenario and hour, in no particular unit."""
    local = [datetime.fromtimestamp(int(edge), BERLIN) for edge in edges]
    since = (edges - edges[0]) / max(1, edges[-1] - edges[0])
    trend = 1 + GROWTH * since + PEAK * np.clip((edges - edges[-1] + 14 * DAY) / (14 * DAY), 0, 1)
    trend *= np.where(edges >= edges[-1] - SALE_HOURS * HOUR, SALE, 1.0)
    week = np.array([_weight_of_day(at) for at in local])
    curves = {
        team: np.array([curve[at.hour] for at in local]) / sum(curve) * 24 * week * trend
        for team, curve in HOURS.items()
    }
    surge = _surges(edges, season)
    rows = []
    for scenario in scenarios:
        curve = curves[scenario.team]
        if scenario.surge:
            rows.append(curve * surge[scenario.surge])
        elif scenario.reason.startswith("delivery/") and season.strike:
            more = (STRIKE_DELIVERY - 1) * np.clip(surge["strike"] / 55, 0, 1)
            rows.append(scenario.weight * curve * (1 + more))
        else:
            rows.append(scenario.weight * curve)
    return np.vstack(rows)


def _weight_of_day(at: datetime) -> float:
    return WEEK[at.weekday()] * (ON_HOLIDAYS if at.date() in free_days("Hamburg", at.year) else 1)


def _surges(edges: Ints, season: Season) -> dict[str, Floats]:
    """Return the extra weight of each trouble by hour, on the scale of scenario weights."""
    none = np.zeros(len(edges))
    strike = outage = recall = none
    if season.strike:
        first, last = (instant.timestamp() for instant in season.strike)
        tail = np.exp(-np.clip(edges - last, 0, None) / (1.8 * DAY))
        strike = 70.0 * (edges >= first + 10 * HOUR) * np.clip((edges - first) / (2 * DAY), 0.3, 1) * tail
    if season.outage:
        first, last = (instant.timestamp() for instant in season.outage)
        outage = 420.0 * (edges >= first) * np.exp(-np.clip(edges - last, 0, None) / (3 * HOUR))
    if season.recall:
        first = season.recall.timestamp()
        recall = 42.0 * (edges >= first) * np.exp(-np.clip(edges - first, 0, None) / (4 * DAY))
    return {"strike": strike, "outage": outage, "recall": recall}


def _monday_before(at: datetime) -> datetime:
    local = at.astimezone(BERLIN)
    day = local.date() - timedelta(days=local.weekday())
    return datetime(day.year, day.month, day.day, tzinfo=BERLIN)
