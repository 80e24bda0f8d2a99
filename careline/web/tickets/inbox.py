"""The inbox: the conversations of a view, narrowed, sorted, page by page."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from careline.core import access, events
from careline.tickets import queries
from careline.tickets.queries.news import newer_in
from careline.tickets.queries.pages import CAP
from careline.web.door import Request, needs
from careline.web.page import page
from careline.web.tickets import empty
from careline.web.tickets.choices import bulk_choices, filter_fields, offered
from careline.web.tickets.forms import ViewForm
from careline.web.tickets.listing import Listing, chips_of, listing, tabs_of, view_url
from careline.web.tickets.rows import rows_of
from careline.web.tickets.wanted import read

INBOX = "tickets/inbox.html"
SEE, EDIT = "tickets.see", "tickets.edit"
PAGE = 50
COLUMNS = ("customer", "due", "team", "assignee", "tags", "changed")
HIDDEN_AT_FIRST = "team"


@needs(SEE)
def inbox(request: Request) -> HttpResponse:
    """Show one page of a list; htmx gets the list without the head."""
    here = listing(request.user, read(request.GET), request.now, count=not request.htmx)
    return page(request, INBOX, inbox_context(request, here), piece="list")


@needs(SEE)
def inbox_pulse(request: Request) -> HttpResponse:
    """Count the views again, and say how many conversations of the list have changed since it was drawn."""
    here = listing(request.user, read(request.GET), request.now, count=True)
    since = request.GET.get("since", "")
    newer = _newer(request, here, int(since)) if since.isdecimal() and len(since) <= 18 else 0
    context = {"tabs": tabs_of(here), "newer": newer, "list_url": here.url}
    return page(request, f"{INBOX}#pulse", context)


def _newer(request: Request, here: Listing, since: int) -> int:
    return newer_in(request.user, here.condition, since=since, now=request.now)


@needs(SEE)
def inbox_dues(request: Request) -> HttpResponse:
    """Say anew how much time is left of each promise on the page, without moving a row."""
    here = listing(request.user, read(request.GET), request.now)
    found = here.page(request.user, request.now, PAGE)
    rows = rows_of(found.tickets, order=here.order, inside="", now=request.now)
    return page(request, "tickets/dues.html", {"rows": rows})


def inbox_context(request: Request, here: Listing) -> dict[str, Any]:
    """Return everything that the inbox shows."""
    user, now = request.user, request.now
    # Before the rows are read: what happens in between is announced rather than missed.
    mark = events.last_id()
    found = here.page(user, now, PAGE)
    return {
        "rows": rows_of(found.tickets, order=here.order, inside=_inside(here), now=now),
        "view_name": here.name,
        "tabs": tabs_of(here),
        "chips": chips_of(here),
        "filtered": here.wanted.filtered,
        "clear_url": view_url(here.view) if here.view else reverse("tickets:inbox"),
        "newer": 0,
        "list_url": here.url,
        "here_url": f"{reverse('tickets:inbox')}?{_inside(here)}",
        "empty": {} if found.tickets else empty.of(user, here, now),
        "may_create": access.may(user, "tickets.create"),
        "may_edit": access.may(user, EDIT),
        "me": user.pk,
        "bulk": bulk_choices(offered(request)) if found.tickets and access.may(user, EDIT) else {},
        **_places(here, found),
        **_tools(request, here, mark),
        **_totals(request, here, found),
        **_views(request, here),
    }


def _inside(here: Listing) -> str:
    """Return the list with the page one is on, so that the way back leads to the same place."""
    key = here.query
    place = {"after": here.wanted.after, "before": here.wanted.before}
    more = here.wanted.start().query(**place) if any(place.values()) else ""
    return f"{key}&{more}" if more else key


def _places(here: Listing, found: queries.Page) -> dict[str, str]:
    def at(**place: str) -> str:
        return f"{reverse('tickets:inbox')}?{here.wanted.query(**place)}"

    return {
        "older_url": at(after=found.after, before="") if found.after else "",
        "newer_url": at(before=found.before, after="") if found.before else "",
    }


def _tools(request: Request, here: Listing, mark: int) -> dict[str, Any]:
    query = here.query
    since = here.wanted.start().query(since=str(mark))
    hidden = request.COOKIES.get("columns", HIDDEN_AT_FIRST).split(".")
    return {
        "pulse_url": f"{reverse('tickets:inbox_pulse')}?{since}",
        "dues_url": f"{reverse('tickets:inbox_dues')}?{_inside(here)}",
        "change_url": f"{reverse('tickets:inbox_change')}?{query}",
        "export_url": f"{reverse('tickets:inbox_export')}?{query}",
        "sorts": _sorts(here),
        "sort_label": str(queries.ORDERS[here.order]),
        "heads": _heads(here),
        "hidden_columns": " ".join(key for key in hidden if key in COLUMNS),
        "columns": [{"key": key, "label": label, "hidden": key in hidden} for key, label in _column_words()],
        "fields": filter_fields(here.wanted, offered(request)),
        "words": here.wanted.words,
        "kept": [("view", here.wanted.view)] if here.wanted.view else [],
    }


def _column_words() -> list[tuple[str, str]]:
    return [
        ("customer", _("Customer")),
        ("due", _("Due")),
        ("team", _("Team")),
        ("assignee", _("Assigned to")),
        ("tags", _("Tags")),
        ("changed", _("Changed")),
    ]


def _sorted(here: Listing, order: str) -> str:
    return f"{reverse('tickets:inbox')}?{here.wanted.start().query(sort=order)}"


def _sorts(here: Listing) -> list[dict[str, Any]]:
    return [
        {
            "label": str(label),
            "url": _sorted(here, order),
            "active": order == here.order,
            "icon": "check" if order == here.order else "sort-ascending",
        }
        for order, label in queries.ORDERS.items()
    ]


def _heads(here: Listing) -> list[dict[str, str]]:
    changed = "changed_at" if here.order == "-changed_at" else "-changed_at"
    return [
        {
            "css": "c-due",
            "label": _("Due"),
            "url": _sorted(here, "due_at"),
            "direction": _way(here, "due_at"),
        },
        {"css": "c-team", "label": _("Team"), "url": "", "direction": ""},
        {"css": "c-who", "label": _("Assigned to"), "url": "", "direction": ""},
        {
            "css": "c-age",
            "label": _("Changed"),
            "url": _sorted(here, changed),
            "direction": _way(here, "changed_at"),
        },
    ]


def _way(here: Listing, name: str) -> str:
    if here.order.lstrip("-") != name:
        return ""
    return "descending" if here.order.startswith("-") else "ascending"


def _totals(request: Request, here: Listing, found: queries.Page) -> dict[str, Any]:
    alone = not here.wanted.after and not here.wanted.before and not found.after
    total = len(found.tickets) if alone else _total(request, here)
    more = total > CAP
    said = f"{CAP:,}+" if more else f"{total:,}"
    text = ngettext("%(count)s conversation", "%(count)s conversations", total) % {"count": said}
    return {"total": min(total, CAP), "total_text": text, "page_text": text}


def _total(request: Request, here: Listing) -> int:
    if here.chosen and here.chosen.count is not None and not here.wanted.filtered:
        return here.chosen.count
    return queries.count_of(request.user, here.condition, now=request.now)


def _views(request: Request, here: Listing) -> dict[str, Any]:
    may_share = access.may(request.user, "views.share")
    return {
        "menu_views": [
            {
                "view": one.view,
                "label": one.name,
                "url": view_url(one.view),
                "active": here.chosen is one,
                "own": one.view.owner_id is not None,
                "icon": "user" if one.view.owner_id else "list-details",
                "editable": one.view.owner_id == request.user.pk or (may_share and one.view.owner_id is None),
            }
            for one in here.views
        ],
        "can_save": True,
        "save_form": ViewForm(may_share=may_share),
        "in_text": here.query,
    }
