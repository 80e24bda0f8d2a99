"""The page of one conversation: reading, answering, its properties, its promises, its customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from careline.core import access
from careline.customers import queries as customers
from careline.tickets import queries
from careline.tickets.queries import Entry
from careline.web.door import Request, needs
from careline.web.live import feed_url
from careline.web.page import page
from careline.web.tickets import clocks, happened, talk
from careline.web.tickets.choices import offered, properties_of
from careline.web.tickets.composer import composer_context
from careline.web.tickets.opened import Way, find_ticket, may, way_of
from careline.web.tickets.rows import LEVELS, due_of

if TYPE_CHECKING:
    from careline.tickets.models import Ticket

TICKET = "tickets/ticket.html"
SEE, EDIT = "tickets.see", "tickets.edit"
OTHERS = 6
RESTING = {"solved", "closed"}


@needs(SEE)
def ticket(request: Request, pk: int) -> HttpResponse:
    """Show a conversation with its newest messages, or those before one of them."""
    found = find_ticket(request, pk)
    context = ticket_context(request, found) | composer_context(request, found)
    return page(request, TICKET, context, piece="earlier")


def ticket_context(request: Request, found: Ticket) -> dict[str, Any]:
    """Return what the page of a conversation shows, apart from the composer."""
    entries = queries.conversation_of(found)
    shown, before = talk.part_of(entries, before=_number(request.GET.get("before", "")))
    newest = next((entry.message.pk for entry in reversed(shown) if entry.message), 0)
    items = talk.Speaker(found, request.user, shown).items(shown, here=newest if len(shown) > 1 else 0)
    talking = {"tab": "talk", "talk": items, **_earlier(request, found, before)}
    return _frame(request, found, entries) | talking


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 18 else 0


def _earlier(request: Request, found: Ticket, before: int) -> dict[str, str]:
    if not before:
        return {"earlier_url": ""}
    way = {key: request.GET[key] for key in ("in", "at") if key in request.GET}
    url = f"{reverse('tickets:ticket', args=[found.pk])}?{urlencode(way | {'before': str(before)})}"
    return {"earlier_url": url, "earlier_page_url": url}


@needs(SEE)
def ticket_history(request: Request, pk: int) -> HttpResponse:
    """Show everything that happened to a conversation, newest first."""
    found = find_ticket(request, pk)
    entries = queries.conversation_of(found)
    context = _frame(request, found, entries) | {
        "tab": "history",
        "history": _history(entries),
        **composer_context(request, found),
    }
    return page(request, TICKET, context)


@needs(SEE)
def ticket_pulse(request: Request, pk: int) -> HttpResponse:
    """Return what has changed on an open page: its head, its promises, and what was said since."""
    found = find_ticket(request, pk)
    entries = queries.conversation_of(found)
    tab = request.GET.get("tab", "talk")
    more = {"history": _history(entries)} if tab == "history" else {"news": _news(request, found, entries)}
    return page(request, f"{TICKET}#pulse", _frame(request, found, entries) | {"tab": tab} | more)


def _news(request: Request, found: Ticket, entries: Sequence[Entry]) -> list[talk.Item]:
    place = talk.read_place(request.GET.get("last", ""))
    news = talk.since(entries, place) if place else []
    return talk.Speaker(found, request.user, news).items(news)


def _history(entries: Sequence[Entry]) -> list[happened.Happened]:
    return [happened.say(entry) for entry in reversed(entries)]


@needs(SEE)
def ticket_properties(request: Request, pk: int) -> HttpResponse:
    """Return the properties of a conversation as they are now."""
    found = find_ticket(request, pk)
    return page(request, "tickets/properties.html", properties_context(request, found))


@needs(SEE)
def ticket_why(request: Request, pk: int) -> HttpResponse:
    """Explain why a conversation is due when it is due."""
    found = find_ticket(request, pk)
    context = {"number": pk, "explained": clocks.explained(found, request.now)}
    return page(request, "tickets/why.html", context)


def properties_context(request: Request, found: Ticket) -> dict[str, Any]:
    """Return what the panel of properties shows."""
    return {
        "ticket": found,
        "fields": properties_of(found, offered(request)),
        "may_edit": may(request, EDIT, found),
        "facts": _facts(found),
    }


def _facts(found: Ticket) -> list[tuple[str, str]]:
    words = {"email": _("E-mail"), "web": _("Web form"), "phone": _("Phone"), "chat": _("Chat")}
    facts = [(_("Channel"), words.get(found.channel, found.channel))]
    if found.brand:
        facts.append((_("Brand"), found.brand.name))
    return facts


def _frame(request: Request, found: Ticket, entries: Sequence[Entry]) -> dict[str, Any]:
    """Return what stands around the conversation itself."""
    way = way_of(request, found)
    open_clocks, old_clocks = clocks.clocks_of(found, request.now)
    place = talk.place_of(entries)
    query = f"?{way.query}" if way.query else ""
    tab = {"tab": "history"} if request.path.endswith("/history/") else {}
    heard = "&".join(part for part in (way.query, urlencode(tab)) if part)
    return {
        **properties_context(request, found),
        **_head(request, found, way, query),
        **_customer(request, found),
        "clocks": open_clocks,
        "old_clocks": old_clocks,
        "last_mark": str(place),
        "pulse_url": f"{reverse('tickets:ticket_pulse', args=[found.pk])}?{heard}",
        "live_url": _live_url(request, found),
        "command_actions": _actions(request, found),
    }


def _head(request: Request, found: Ticket, way: Way, query: str) -> dict[str, Any]:
    editable = may(request, EDIT, found) and found.category != "closed" and found.merged_into_id is None
    resting = found.category in RESTING
    here = offered(request)
    solved, opened = here.usual_status("solved"), here.usual_status("open")
    path = request.path
    return {
        "back_url": way.back_url,
        "back_label": way.name,
        "previous_url": way.previous_url,
        "next_url": way.next_url,
        "level": LEVELS.get(found.priority, "normal"),
        "due": due_of(found, request.now),
        "waits": found.waiting_since is not None,
        "mine_to": request.user.pk if editable and found.assignee_id != request.user.pk else 0,
        "solve_to": solved.pk if editable and solved and not resting else 0,
        "reopen_to": opened.pk if editable and opened and resting else 0,
        "merged_url": _ticket(found.merged_into_id) if found.merged_into_id else "",
        "tabs": [
            {
                "label": _("Conversation"),
                "url": f"{_ticket(found.pk)}{query}",
                "active": not path.endswith("/history/"),
            },
            {
                "label": _("History"),
                "url": f"{reverse('tickets:ticket_history', args=[found.pk])}{query}",
                "active": path.endswith("/history/"),
            },
        ],
    }


def _ticket(pk: int) -> str:
    return reverse("tickets:ticket", args=[pk])


def _live_url(request: Request, found: Ticket) -> str:
    topics = [f"ticket:{found.pk}", f"user:{request.user.pk}", "inbox"]
    return feed_url(request.user, topics)


def _customer(request: Request, found: Ticket) -> dict[str, Any]:
    person = customers.person(found.customer_id)
    if person is None:
        return {}
    rows = queries.tickets_of(request.user, person=person, most=OTHERS + 2)
    others = [row for row in rows if row.pk != found.pk]
    may_see = access.may(request.user, "customers.see")
    firm = person.organisation
    return {
        "person": {
            "name": customers.label_of(person),
            "url": _page("customers:person", person.pk) if may_see else "",
            "addresses": [
                {"value": customers.shown(one.kind, one.value), "undeliverable": one.undeliverable_since}
                for one in person.addresses.all()
            ],
            "organisation": firm.name if firm else "",
            "organisation_url": _page("customers:organisation", firm.pk) if firm and may_see else "",
            "vip": person.vip,
            "notes": person.notes if may_see else "",
        },
        "others": [_other(row) for row in others[:OTHERS]],
        "more_others_url": _all_of(person.pk) if len(others) > OTHERS else "",
        "new_url": f"{reverse('tickets:new')}?customer={person.pk}"
        if access.may(request.user, "tickets.create")
        else "",
    }


def _all_of(person: int) -> str:
    return f"{reverse('tickets:inbox')}?view=everything&customer={person}"


def _other(row: Ticket) -> dict[str, Any]:
    return {
        "url": _ticket(row.pk),
        "subject": row.subject or _("No subject"),
        "category": row.category,
        "status": row.status.name,
        "at": row.changed_at,
    }


def _page(name: str, pk: int) -> str:
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def _actions(request: Request, found: Ticket) -> list[dict[str, str]]:
    """Return what the command bar offers to do here; each presses a button of the page."""
    if not may(request, EDIT, found):
        return []
    offered = [
        (_("Reply"), "arrow-back-up", "r", '[data-key="r"]'),
        (_("Write an internal note"), "lock", "i", '[data-key="i"]'),
        (_("Assign to me"), "user-check", "", "#take"),
        (_("Assign to somebody"), "users", "a", '[data-key="a"][role="combobox"]'),
        (_("Solve"), "circle-check", "s", "#solve"),
        (_("Open again"), "arrow-back-up", "", "#reopen"),
        (_("No reply needed"), "mood-smile", "", "#no-reply"),
        (_("Change the subject"), "pencil", "e", '[data-key="e"]'),
        (_("Next conversation"), "chevron-down", "j", 'a[data-key="j"]'),
        (_("Previous conversation"), "chevron-up", "k", 'a[data-key="k"]'),
    ]
    return [
        {"label": label, "icon": icon, "key": key, "press": press, "words": ""}
        for label, icon, key, press in offered
    ]
