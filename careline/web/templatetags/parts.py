"""The words templates need to draw components: icons, times, lengths, initials."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

register = template.Library()

STATUS_ICONS = {
    "new": "circle-dot",
    "open": "circle-half-2",
    "waiting": "hourglass",
    "hold": "player-pause",
    "solved": "circle-check",
    "closed": "archive",
}
STATUS_WORDS = {
    "new": gettext_lazy("New"),
    "open": pgettext_lazy("ticket status", "Open"),
    "waiting": gettext_lazy("Waiting on customer"),
    "hold": gettext_lazy("On hold"),
    "solved": gettext_lazy("Solved"),
    "closed": gettext_lazy("Closed"),
}
PRIORITY_ICONS = {
    "low": "antenna-bars-2",
    "normal": "antenna-bars-3",
    "high": "antenna-bars-5",
    "urgent": "urgent",
}
PRIORITY_WORDS = {
    "low": gettext_lazy("Low"),
    "normal": gettext_lazy("Normal"),
    "high": gettext_lazy("High"),
    "urgent": gettext_lazy("Urgent"),
}
DUE_ICONS = {
    "met": "check",
    "running": "clock",
    "risk": "clock-exclamation",
    "late": "alert-circle",
    "paused": "player-pause",
}
# The first mark that is found names it: Edge calls itself Chrome too, and Chrome Safari.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
KIND_ICONS = {"late": "alert-circle", "risk": "alert-triangle", "met": "circle-check", "info": "info-circle"}


@register.simple_tag
def icon(name: str, classes: str = "") -> SafeString:
    """Draw one icon of the sprite; it is decoration, so the words stand beside it."""
    sheet = static("dist/icons.svg")
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>', classes, sheet, name
    )


@register.filter
def status_icon(category: str) -> str:
    """Return the icon of a kind of status."""
    return STATUS_ICONS.get(category, "circle-dashed")


@register.filter
def status_word(category: str) -> str:
    """Return the word for a kind of status."""
    return str(STATUS_WORDS.get(category, category))


@register.filter
def priority_icon(level: str) -> str:
    """Return the icon of a priority."""
    return PRIORITY_ICONS.get(level, "antenna-bars-3")


@register.filter
def priority_word(level: str) -> str:
    """Return the word for a priority."""
    return str(PRIORITY_WORDS.get(level, level))


@register.filter
def due_icon(state: str) -> str:
    """Return the icon of a state of a promise."""
    return DUE_ICONS.get(state, "clock")


@register.filter
def kind_icon(kind: str) -> str:
    """Return the icon of a kind of message."""
    return KIND_ICONS.get(kind, "info-circle")


@register.filter
def initials(name: str) -> str:
    """Up to two letters for a name; an address gives its first letter."""
    words = [word for word in str(name).replace("@", " ").split() if word[:1].isalnum()]
    if not words:
        return "?"
    if "@" in str(name) or len(words) == 1:
        return words[0][:1].upper()
    return (words[0][:1] + words[-1][:1]).upper()


@register.filter
def device(user_agent: str) -> str:
    """Say the browser and the system that a user agent names; an unknown one by itself."""
    browser = next((name for mark, name in BROWSERS if mark in user_agent), "")
    system = next((name for mark, name in SYSTEMS if mark in user_agent), "")
    if browser and system:
        return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
    return browser or user_agent[:90]


@register.filter
def duration(seconds: float | None) -> str:
    """Say a length of time in its two largest units: 3 h 20 min."""
    if seconds is None:
        return "–"
    minutes = round(abs(seconds) / 60)
    if minutes < 1:
        return _("%(count)s s") % {"count": round(abs(seconds))}
    days, rest = divmod(minutes, 1440)
    hours, minutes = divmod(rest, 60)
    said = [(days, _("%(count)s d")), (hours, _("%(count)s h")), (minutes, _("%(count)s min"))]
    first = next(at for at, (count, _unit) in enumerate(said) if count)
    return " ".join(unit % {"count": count} for count, unit in said[first : first + 2] if count)


@register.simple_tag
def when(at: datetime | None) -> str:
    """Say an instant as people do: relative within a day, a date beyond, exact on hover; kept fresh."""
    if at is None:
        return "–"
    local = timezone.localtime(at)
    exact = f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'TIME_FORMAT')} ({local.tzname()})"
    return format_html(
        '<time datetime="{}" data-relative title="{}">{}</time>', at.isoformat(), exact, _said(at)
    )


def _said(at: datetime) -> str:
    now = timezone.now()
    seconds = (at - now).total_seconds()
    if abs(seconds) < 45:
        return _("now")
    if abs(seconds) < 86400:
        # In the words of the script that keeps it fresh.
        unit, word = (60, _("%(count)s min")) if abs(seconds) < 3570 else (3600, _("%(count)s h"))
        length = word % {"count": round(abs(seconds) / unit)}
        return (_("%(length)s ago") if seconds < 0 else _("in %(length)s")) % {"length": length}
    local = timezone.localtime(at)
    near = abs(seconds) < 86400 * 182
    return date_format(local, pgettext("date format", "j M") if near else pgettext("date format", "j M Y"))


@register.simple_tag
def moment(at: datetime) -> str:
    """Say an instant by its weekday, date and time, for what one plans by."""
    local = timezone.localtime(at)
    day = date_format(local, pgettext("date format", "D j M"))
    exact = f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'TIME_FORMAT')} ({local.tzname()})"
    return format_html(
        '<time datetime="{}" title="{}">{}, {}</time>',
        at.isoformat(),
        exact,
        day,
        date_format(local, "TIME_FORMAT"),
    )
