"""Opening hours as they are being typed: the week as a picture, the next openings, the holidays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from careline.calc import hours
from careline.sla import queries
from careline.web.door import Request, needs
from careline.web.page import page
from careline.web.service.hours_form import HoursForm
from careline.web.service.policies import NEEDS
from careline.web.service.times import DAY, DAYS, say_hours

if TYPE_CHECKING:
    from careline.sla.models import Calendar


@dataclass(frozen=True)
class Bar:
    """One open stretch in the picture of the week: percent of the day."""

    x: float
    width: float


@dataclass(frozen=True)
class Line:
    """One weekday of the picture."""

    label: str
    bars: list[Bar]
    text: str


@needs(NEEDS)
@require_POST
def look(request: Request) -> HttpResponse:
    """Draw the hours as typed, or the holidays of the chosen country."""
    form = HoursForm(request.POST, now=request.now)
    if request.GET.get("part") == "holidays":
        return page(request, "service/holidays.html", {"form": form})
    return page(request, "service/look.html", looked(form, request.now))


@needs(NEEDS)
@require_POST
def effect(request: Request, pk: int) -> HttpResponse:
    """Say what saving the hours as typed for open conversations too would do."""
    calendar, form = calendar_or_404(pk), HoursForm(request.POST, now=request.now)
    found = None
    if form.is_valid():
        wanted = queries.hours_like(form.given(), now=request.now)
        found = queries.effect_of_hours(calendar, wanted, now=request.now)
    return page(request, "service/effect.html", {"effect": found})


def calendar_or_404(pk: int) -> Calendar:
    """Return one calendar."""
    found = queries.calendar(pk)
    if found is None:
        raise Http404("no such calendar")
    return found


def looked(form: HoursForm, now: datetime) -> dict[str, Any]:
    """Return the picture and the next openings of what the form says, where it can be read."""
    given = form.given() if form.is_bound and form.is_valid() else None
    if given is None and form.is_bound:
        return {"lines": None, "openings": []}
    calendar = queries.hours_like(given, now=now) if given else form.initial.get("calendar")
    if calendar is None:
        return {"lines": None, "openings": []}
    read = queries.exported(calendar)
    return {"lines": list(_lines(read)), "openings": _openings(read, now), "zone": calendar.zone}


def week_of(calendar: Calendar) -> list[Line]:
    """Return the picture of a calendar's week."""
    return list(_lines(queries.exported(calendar)))


def _lines(read: dict[str, Any]) -> Iterator[Line]:
    week = hours.from_json({**read, "closed": [], "special": {}}).week if read["week"] else ((),) * 7
    for place, (day, label) in enumerate(DAYS.items()):
        before = [(0, closes - DAY) for _opens, closes in week[place - 1] if closes > DAY]
        spans = [*before, *((opens, min(closes, DAY)) for opens, closes in week[place])]
        bars = [
            Bar(round(opens / DAY * 100, 3), round((closes - opens) / DAY * 100, 3))
            for opens, closes in spans
        ]
        yield Line(str(label), bars, say_hours(read["week"].get(day, [])) or _("closed"))


def _openings(read: dict[str, Any], now: datetime) -> list[str]:
    zone = hours.from_json(read).zone
    found = []
    for opens, closes in queries.next_openings(read, now):
        begins, ends = opens.astimezone(zone), closes.astimezone(zone)
        day = date_format(begins, pgettext("date format", "l, j F"))
        last = date_format(ends, "TIME_FORMAT")
        if ends.date() != begins.date():
            last = f"{last} ({date_format(ends, 'D')})"
        found.append(f"{day}: {date_format(begins, 'TIME_FORMAT')} – {last}")
    return found
