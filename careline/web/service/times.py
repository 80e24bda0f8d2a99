"""Opening hours as people type them: "9-12, 13:00-17:30", "22:00-06:00", "09:00-24:00"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

DAYS = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
DAY = 1_440
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|—|to|bis)\s*(\d{1,2})(?:[:.](\d{2}))?", re.IGNORECASE)


def parse_hours(text: str) -> list[list[str]]:
    """Read the stretches of a day; nothing means closed, and an end before its start is the next morning.

    Raises
    ------
    ValidationError
        It cannot be read so, or the stretches overlap.
    """
    parts = [part.strip() for part in re.split(r"[,;]", text) if part.strip()]
    spans = sorted(_span(part) for part in parts)
    for (opens, closes), (next_opens, next_closes) in pairwise(spans):
        if next_opens < closes:
            raise ValidationError(
                _("%(one)s and %(other)s overlap. Give each hour once.")
                % {"one": _said(opens, closes), "other": _said(next_opens, next_closes)}
            )
    return [[_clock(opens), _clock(closes)] for opens, closes in spans]


def _span(part: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(part)
    if not found:
        raise ValidationError(
            _("“%(part)s” is no stretch of time. Write 09:00-17:00; separate several with a comma.")
            % {"part": part}
        )
    opens, closes = _minutes(found[1], found[2], part), _minutes(found[3], found[4], part)
    if opens >= DAY:
        raise ValidationError(
            _("“%(part)s” cannot begin at 24:00. Begin at 00:00 of the next day.") % {"part": part}
        )
    return opens, closes if closes > opens else closes + DAY


def _minutes(hour: str, minute: str | None, part: str) -> int:
    minutes = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or minutes > DAY:
        raise ValidationError(_("“%(part)s” has a time that no clock shows.") % {"part": part})
    return minutes


def _clock(minutes: int) -> str:
    shown = minutes - DAY if minutes > DAY else minutes
    return f"{shown // 60:02}:{shown % 60:02}"


def _said(opens: int, closes: int) -> str:
    return f"{_clock(opens)}-{_clock(closes)}"


def say_hours(spans: Sequence[Sequence[str]]) -> str:
    """Write the stretches of a day as they are typed."""
    return ", ".join("-".join(span) for span in spans)
