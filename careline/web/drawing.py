"""Where the points and columns of the small server-drawn charts lie, in SVG units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SPARK_WIDTH = 96
SPARK_HEIGHT = 24
SPARK_EDGE = 3

CHART_WIDTH = 480
CHART_HEIGHT = 208
CHART_LEFT = 32
CHART_TOP = 8
CHART_BASE = 176
CHART_FOOT = 198
COLUMN_SHARE = 0.64


@dataclass(frozen=True)
class Spark:
    """A line without axes."""

    points: str
    last_x: str
    last_y: str
    width: int = SPARK_WIDTH
    height: int = SPARK_HEIGHT


@dataclass(frozen=True)
class Slot:
    """One column to draw: what happened, beside what usually happens."""

    label: str
    value: int
    usual: float | None  # None: nobody can say yet
    low: float | None
    high: float | None
    tick: str = ""
    url: str = ""
    partial: bool = False


@dataclass(frozen=True)
class Column:
    """One column where it lies."""

    label: str
    value: int
    usual: str
    tick: str
    url: str
    partial: bool
    x: str
    y: str
    width: str
    height: str
    middle: str


@dataclass(frozen=True)
class Line:
    """One labelled line of the grid."""

    y: str
    label: str


@dataclass(frozen=True)
class DayChart:
    """Columns of one day over the band and line of a usual one; zero-based."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    band: str
    usual: str
    width: int = CHART_WIDTH
    height: int = CHART_HEIGHT
    left: int = CHART_LEFT
    base: int = CHART_BASE
    foot: int = CHART_FOOT


def spark(values: Sequence[float]) -> Spark:
    """Lay out a spark line; a flat or single value lies in the middle."""
    shown = list(values) or [0.0]
    low, high = min(shown), max(shown)
    spread = (high - low) or 1.0
    step = (SPARK_WIDTH - 2 * SPARK_EDGE) / max(len(shown) - 1, 1)
    room = SPARK_HEIGHT - 2 * SPARK_EDGE
    flat = SPARK_HEIGHT / 2
    places = [
        (SPARK_EDGE + at * step, flat if high == low else SPARK_EDGE + (high - value) / spread * room)
        for at, value in enumerate(shown)
    ]
    last_x, last_y = places[-1]
    return Spark(points=_path(places), last_x=_short(last_x), last_y=_short(last_y))


def day_chart(slots: Sequence[Slot]) -> DayChart:
    """Lay out a day's columns against the usual day."""
    top = round_up(max([1.0, *(max(slot.value, slot.high or 0) for slot in slots)]))
    room = CHART_BASE - CHART_TOP
    pitch = (CHART_WIDTH - CHART_LEFT) / max(len(slots), 1)

    def height(value: float) -> float:
        return value / top * room

    def middle(at: int) -> float:
        return CHART_LEFT + (at + 0.5) * pitch

    columns = tuple(
        Column(
            label=slot.label,
            value=slot.value,
            usual="–" if slot.usual is None else f"{slot.usual:.0f}",
            tick=slot.tick,
            url=slot.url,
            partial=slot.partial,
            x=_short(middle(at) - pitch * COLUMN_SHARE / 2),
            y=_short(CHART_BASE - height(slot.value)),
            width=_short(pitch * COLUMN_SHARE),
            height=_short(height(slot.value)),
            middle=_short(middle(at)),
        )
        for at, slot in enumerate(slots)
    )
    known = [(at, slot) for at, slot in enumerate(slots) if slot.usual is not None]
    above = [(middle(at), CHART_BASE - height(slot.high or 0)) for at, slot in known]
    below = [(middle(at), CHART_BASE - height(slot.low or 0)) for at, slot in known]
    usual = [(middle(at), CHART_BASE - height(slot.usual or 0)) for at, slot in known]
    marks = [0.0, top / 2, top]
    lines = tuple(Line(y=_short(CHART_BASE - height(mark)), label=f"{mark:g}") for mark in marks)
    return DayChart(columns=columns, lines=lines, band=_path(above + below[::-1]), usual=_path(usual))


def round_up(value: float) -> float:
    """The next 2, 4, 6, 10, 20, 40, 60 ... at or above `value`, so that half of it is a whole number too."""
    step = 1.0
    while True:
        for factor in (2, 4, 6, 10):
            if value <= factor * step:
                return factor * step
        step *= 10


def _path(places: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_short(x)},{_short(y)}" for x, y in places)


def _short(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
