"""What the page of opening hours asks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _

from careline.calc.hours import BadCalendar, from_json
from careline.core import settings as choices
from careline.sla import free_days, queries
from careline.web.service.forms import SCOPES
from careline.web.service.ics import free_dates
from careline.web.service.times import DAYS, parse_hours, say_hours
from careline.web.zones import ZoneField

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

    from careline.sla.actions import Hours
    from careline.sla.models import Calendar

SPARE, MOST_DAYS = 3, 200


@dataclass
class OtherDay:
    """One date that differs from its weekday, as typed: without hours it is closed."""

    date: str = ""
    hours: str = ""
    error: str = ""


@dataclass(frozen=True)
class Holiday:
    """One public holiday of this year and the next, and whether the desk is closed on it."""

    key: str  # its name in the country's own language
    name: str
    dates: tuple[date, ...]
    closed: bool

    @property
    def when(self) -> str:
        """Say its dates: without years where it is the same day each year."""
        if len({(day.month, day.day) for day in self.dates}) == 1 and len(self.dates) > 1:
            return date_format(self.dates[0], pgettext("date format", "j M"))
        return ", ".join(date_format(day, pgettext("date format", "j M Y")) for day in self.dates)


def _countries() -> list[tuple[str, str]]:
    return [("", _("No public holidays")), *free_days.countries(get_language() or "en")]


class HoursForm(forms.Form):
    """A calendar."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    zone = ZoneField(label=gettext_lazy("Time zone"))
    country = forms.ChoiceField(
        label=gettext_lazy("Closed on the public holidays of"),
        required=False,
        choices=_countries,
        widget=forms.Select(attrs={"data-combobox": ""}),
    )
    part = forms.CharField(label=gettext_lazy("Part of the country"), required=False, max_length=10)
    ics = forms.FileField(
        label=gettext_lazy("Read closed days from a calendar file"),
        required=False,
        help_text=gettext_lazy("All-day entries of an iCalendar file (.ics), such as company holidays."),
        widget=forms.FileInput(attrs={"accept": ".ics,text/calendar"}),
    )
    default = forms.BooleanField(label=gettext_lazy("The usual opening hours"), required=False)
    scope = forms.ChoiceField(
        label=gettext_lazy("Changed hours hold for"), choices=SCOPES, widget=forms.RadioSelect, initial="new"
    )

    def __init__(self, *args: Any, now: datetime, **options: Any) -> None:
        super().__init__(*args, **options)
        self.now = now
        for day, label in DAYS.items():
            box = forms.TextInput(attrs={"placeholder": _("closed"), "autocomplete": "off"})
            self.fields[day] = forms.CharField(label=label, required=False, max_length=120, widget=box)
        self.others = self._other_days()
        # On the <select> itself: what one types into its box changes too, and means nothing yet.
        self.fields["country"].widget.attrs |= {
            "hx-post": f"{reverse('service:hours_look')}?part=holidays",
            "hx-trigger": "change",
            "hx-target": "#holidays",
            "hx-swap": "outerHTML",
        }

    def days(self) -> list[forms.BoundField]:
        """Return the fields of the week, Monday first."""
        return [self[day] for day in DAYS]

    # Days that differ

    def _other_days(self) -> list[OtherDay]:
        if not self.is_bound:
            return [*self.initial.get("others", []), *(OtherDay() for _spare in range(SPARE))]
        found = [
            OtherDay(self.data.get(f"o-{place}-date", ""), self.data.get(f"o-{place}-hours", ""))
            for place in range(MOST_DAYS)
            if f"o-{place}-date" in self.data
        ]
        return [*found, *(OtherDay() for _spare in range(max(0, SPARE - _blank(found))))]

    def _read_others(self) -> tuple[list[str], dict[str, list[list[str]]]]:
        closed: list[str] = []
        special: dict[str, list[list[str]]] = {}
        for other in self.others:
            if not other.date and not other.hours.strip():
                continue
            try:
                day, spans = _date(other.date), parse_hours(other.hours)
            except ValidationError as error:
                other.error = " ".join(error.messages)
                continue
            if spans:
                special[day] = spans
            else:
                closed.append(day)
        return closed, special

    # Public holidays

    @property
    def country_code(self) -> str:
        """The country, or the part of it, as typed."""
        given = self.data if self.is_bound else self.initial
        country, part = str(given.get("country", "") or ""), str(given.get("part", "") or "")
        return part if country and part.startswith(f"{country}-") else country

    def parts(self) -> list[tuple[str, str]]:
        """Return the parts of the country that have holidays of their own."""
        return free_days.parts_of(self.country_code)

    def holidays(self) -> list[Holiday]:
        """Return the public holidays of this year and the next."""
        code, language = self.country_code, get_language() or "en"
        names: dict[str, tuple[str, list[date]]] = {}
        for year in (self.now.year, self.now.year + 1):
            shown = {day.date: day.name for day in _known(code, year, language)}
            for day in _known(code, year):
                names.setdefault(day.name, (shown.get(day.date, day.name), []))[1].append(day.date)
        still_open = self._open_holidays(set(names))
        found = [
            Holiday(key, name, tuple(dates), key not in still_open) for key, (name, dates) in names.items()
        ]
        return sorted(found, key=lambda one: (one.dates[0].month, one.dates[0].day))

    def _open_holidays(self, known: set[str]) -> set[str]:
        if not self.is_bound:
            return set(self.initial.get("open_holidays", []))
        if self.data.get("holidays_of") != self.country_code:
            return set()  # another country: its holidays were not on screen yet
        return known - set(self.data.getlist("closed_on"))  # type: ignore[attr-defined]

    # Coming out

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        week = {}
        for day in DAYS:
            try:
                week[day] = parse_hours(given.get(day) or "")
            except ValidationError as error:
                self.add_error(day, error)
        closed, special = self._read_others()
        if any(other.error for other in self.others):
            self.add_error(None, _("One of the days that differ cannot be read; it is marked below."))
        given |= {"week": {day: spans for day, spans in week.items() if spans}, "special": special}
        given["closed"] = [*closed, *self._uploaded(given.get("ics"))]
        self._try(given)
        return given

    def _uploaded(self, upload: UploadedFile[Any] | None) -> list[str]:
        if upload is None:
            return []
        try:
            return free_dates(upload.read(), now=self.now)
        except ValueError:
            self.add_error("ics", _("This is no calendar file. Choose one that ends in .ics."))
            return []

    def _try(self, given: dict[str, Any]) -> None:
        if self.errors:
            return
        if not given["week"] and not given["special"]:
            raise ValidationError(_("Open on at least one day, or promises about time could never be kept."))
        try:
            from_json({key: given[key] for key in ("zone", "week", "closed", "special")})
        except BadCalendar as error:
            raise ValidationError(str(error)) from error

    def given(self) -> Hours:
        """Return the calendar that was asked for; the form is valid."""
        given = self.cleaned_data
        return {
            "name": given["name"].strip(),
            "zone": given["zone"],
            "week": given["week"],
            "country": self.country_code,
            "open_holidays": sorted(one.key for one in self.holidays() if not one.closed),
            "closed": given["closed"],
            "special": given["special"],
            "default": given["default"],
        }


def _blank(others: list[OtherDay]) -> int:
    return sum(not other.date and not other.hours for other in others)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ValidationError(_("Give the date.")) from None


def _known(code: str, year: int, language: str = "") -> tuple[free_days.FreeDay, ...]:
    try:
        return free_days.of_year(code, year, language)
    except free_days.NoSuchCountry:
        return ()


def initial_of(calendar: Calendar) -> dict[str, Any]:
    """Return what the fields show of a calendar."""
    return {
        "name": calendar.name,
        "zone": calendar.zone,
        "country": calendar.country.partition("-")[0],
        "part": calendar.country,
        "open_holidays": calendar.open_holidays,
        "default": calendar.default,
        "others": list(_others_of(calendar)),
        **{day: say_hours(spans) for day, spans in calendar.week.items()},
    }


def _others_of(calendar: Calendar) -> Iterator[OtherDay]:
    closed = {day: "" for day in queries.own_closed_dates(calendar)}
    special = {day: say_hours(spans) for day, spans in calendar.special.items()}
    for day, hours in sorted((special | closed).items()):
        yield OtherDay(day, hours)


def initial_of_new() -> dict[str, Any]:
    """Return what the fields of new hours begin with."""
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:00")
    return {**week, "zone": choices.get("operation.time_zone")}
