"""What the figures of Today are called, and how their numbers are said."""

from __future__ import annotations

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

KEPT_WORDS: dict[str, str | Promise] = {
    "first_reply": gettext_lazy("First replies"),
    "resolution": gettext_lazy("Solutions"),
}
KEPT_WHY: tuple[str | Promise, ...] = (
    gettext_lazy(
        "Promises kept, divided by all that were kept or broken in the last seven days, today included."
    ),
    gettext_lazy(
        "Each counts on the day it was decided: when it was kept, or when its time ran out. "
        "One that is broken and still owed counts as broken."
    ),
    gettext_lazy("What was merged, or solved without the promised reply, is left out."),
)


def percent(share: float | None) -> str:
    """Return a share as people read it; never rounded up to all or down to none."""
    if share is None:
        return "–"
    hundred = share * 100
    rounded = round(hundred)
    if rounded in {0, 100} and hundred != rounded:
        return _("%(number)s %%") % {"number": number_format(min(max(hundred, 0.1), 99.9), 1)}
    return _("%(number)s %%") % {"number": rounded}


def number(value: int) -> str:
    """Return a count as people read it: 1,204."""
    return number_format(value, force_grouping=True)
