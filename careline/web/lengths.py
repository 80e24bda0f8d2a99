"""Lengths of time as people write them: "4 h", "2 d", "1 h 30 min"."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DAY_S = 86_400
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-zäöüß]*)", re.IGNORECASE)
_UNITS = {
    **dict.fromkeys(("s", "sec", "sek"), 1),
    **dict.fromkeys(("", "m", "min", "mins", "minute", "minutes", "minuten"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "std", "hour", "hours", "stunde", "stunden"), 3_600),
}
_DAYS = {"d", "day", "days", "t", "tag", "tage"}


class BadLength(Exception):
    """It cannot be read as a length of time; the message says how to write one."""


def parse_length(text: str, *, day_s: float = DAY_S) -> int:
    """Read a length of time in seconds; `day_s` says how long a day is.

    Raises
    ------
    BadLength
        It cannot be read so.
    """
    asked = text.strip()
    clock = re.fullmatch(r"(\d{1,4}):([0-5]\d)", asked)
    if clock:
        return int(clock[1]) * 3_600 + int(clock[2]) * 60
    parts = _PART.findall(asked)
    if not parts or _PART.sub("", asked).strip(" ,"):
        raise BadLength(_("Write a length such as 30 min, 4 h or 2 d."))
    return round(sum(_seconds(number, unit, day_s) for number, unit in parts))


def _seconds(number: str, unit: str, day_s: float) -> float:
    word = unit.lower()
    length = day_s if word in _DAYS else _UNITS.get(word)
    if length is None:
        raise BadLength(_("“%(unit)s” is no unit of time. Use min, h or d.") % {"unit": unit})
    return float(number.replace(",", ".")) * length


def say_length(seconds: float, *, day_s: float = DAY_S) -> str:
    """Write a length so that `parse_length` reads it again: 1 h 30 min; whole days as days."""
    whole = round(seconds)
    if day_s and whole >= 2 * day_s and whole % day_s == 0:
        return _("%(count)s d") % {"count": round(whole / day_s)}
    hours, rest = divmod(whole, 3_600)
    minutes, left = divmod(rest, 60)
    said = [(hours, _("%(count)s h")), (minutes, _("%(count)s min")), (left, _("%(count)s s"))]
    return " ".join(unit % {"count": count} for count, unit in said if count) or _("0 min")


class LengthField(forms.CharField):
    """A length of time, in seconds when cleaned; None when empty."""

    def __init__(self, *, shortest_s: int = 15, day_s: float = DAY_S, **options: Any) -> None:
        options.setdefault("max_length", 40)
        super().__init__(**options)
        self.shortest_s, self.day_s = shortest_s, day_s
        self.widget.attrs.setdefault("autocomplete", "off")

    def prepare_value(self, value: Any) -> Any:
        """Write seconds as people do; leave alone what somebody typed."""
        return say_length(value, day_s=self.day_s) if isinstance(value, int | float) else value

    def clean(self, value: Any) -> Any:
        """Read what was typed."""
        text = super().clean(value)
        if not text:
            return None
        try:
            seconds = parse_length(text, day_s=self.day_s)
        except BadLength as error:
            raise ValidationError(str(error)) from error
        if seconds < self.shortest_s:
            least = say_length(self.shortest_s)
            raise ValidationError(_("At least %(length)s.") % {"length": least})
        return seconds
