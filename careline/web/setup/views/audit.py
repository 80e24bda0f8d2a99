"""The audit trail: who did what, when."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from careline.core import access
from careline.core import audit as trail
from careline.web.door import Request, needs
from careline.web.page import page
from careline.web.setup.forms import TrailForm

if TYPE_CHECKING:
    from careline.core.models import Event

TEMPLATE = "setup/audit.html"
SUBJECTS = {
    "user": _("Users"),
    "role": _("Roles"),
    "team": _("Teams"),
    "setting": _("Settings"),
    "brand": _("Brand"),
    "ticket": _("Conversations"),
    "person": _("Customers"),
    "organisation": _("Organisations"),
    "mailbox": _("Mailboxes"),
    "mail": _("Mail"),
    "status": _("Statuses"),
    "reason": _("Contact reasons"),
    "tag": _("Tags"),
    "view": _("Shared views"),
    "calendar": _("Opening hours"),
    "policy": _("Service level policies"),
    "clock": _("Service clocks"),
    "job": _("Background work"),
}
PAGES = {
    "ticket": ("tickets:ticket", "tickets.see"),
    "person": ("customers:person", "customers.see"),
    "organisation": ("customers:organisation", "customers.see"),
    "user": ("setup:user", "setup.users"),
    "mailbox": ("channels:mailbox", "setup.channels"),
}


@needs("audit.see")
def audit(request: Request) -> HttpResponse:
    """Show the trail, newest first, filtered by person, kind and time."""
    form = TrailForm(request.GET)
    form.is_valid()
    given = form.cleaned_data
    found = trail.trail(_wanted(given), older_than=given.get("older"), newer_than=given.get("newer"))
    kept = {key: given[key] for key in ("about", "who", "since", "until") if given.get(key)}
    context = {
        "rows": [
            {"event": event, "details": list(_details(event)), "url": _page_of(event, request)}
            for event in found.events
        ],
        "older_url": f"?{urlencode(kept | {'older': found.older_than})}" if found.older_than else "",
        "newer_url": f"?{urlencode(kept | {'newer': found.newer_than})}" if found.newer_than else "",
        "given": given,
        "filtered": bool(kept),
        "subjects": SUBJECTS.items(),
        "actors": trail.actors(),
    }
    return page(request, TEMPLATE, context, piece="rows")


def _page_of(event: Event, request: Request) -> str:
    """Return the page of what an event is about, where it has one that this person may open."""
    name, permission = PAGES.get(event.subject_kind, ("", ""))
    if not (name and event.subject_id and access.may(request.user, permission)):
        return ""
    return reverse(name, args=[event.subject_id])


def _wanted(given: dict[str, Any]) -> trail.TrailFilter:
    about = given.get("about") or ""
    until = given.get("until")
    return trail.TrailFilter(
        kind=f"{about}." if about in SUBJECTS else about,
        actor_id=given.get("who"),
        since=_midnight(given.get("since")),
        # "Until 5 May" includes the 5th.
        until=_midnight(until + timedelta(days=1)) if until and until < date.max else None,
    )


def _midnight(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time())) if day else None


def _details(event: Event) -> list[dict[str, Any]]:
    """Return what changed, from what, to what: events say it in one of two shapes."""
    data = event.data
    changed = data.get("changed")
    if isinstance(changed, dict):
        return [_change(name, entry) for name, entry in changed.items()]
    old, new = data.get("old"), data.get("new")
    if isinstance(old, dict) and isinstance(new, dict):
        keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
        return [_change(key, {"old": old.get(key), "new": new.get(key)}) for key in keys]
    if "old" in data or "new" in data:
        return [_change(data.get("key") or data.get("field") or "", {"old": old, "new": new})]
    return [_change(name, value) for name, value in data.items() if value not in (None, "", [], {})]


def _change(name: str, entry: Any) -> dict[str, Any]:
    if isinstance(entry, dict) and ("old" in entry or "new" in entry):
        return {"name": name, "old": _said(entry.get("old")), "new": _said(entry.get("new"))}
    return {"name": name, "new": _said(entry) if entry else ""}


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_said(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_said(inner) for inner in value) or "–"
    return "–" if value in (None, "") else str(value)
