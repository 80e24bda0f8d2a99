"""Today, and the lists of promises its shares count."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from careline.channels import queries as channels
from careline.core import access, directory
from careline.insights import actions
from careline.insights import queries as insights
from careline.sla.words import METRIC_WORDS
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.today import board
from careline.web.today.forms import TargetsForm
from careline.web.today.links import page_url, promises_url
from careline.web.today.words import KEPT_WHY, KEPT_WORDS, number, percent

TODAY, PROMISES, TARGETS = "today/today.html", "today/promises.html", "today/targets.html"
SEE, CHANGE = "today.see", "setup.service"


@needs(SEE)
def today(request: Request) -> HttpResponse:
    """Show what needs a decision, then what changed, then the rest; refreshed while it is open."""
    team = insights.scope_of(request.GET, user=request.user, now=request.now).team
    context: dict[str, Any] = {
        "teams": insights.teams_to_choose(request.user),
        "team": team,
        "date": board.begins(request.now),
        "refresh_ms": board.REFRESH_MS,
        "url": reverse("today:today") + (f"?team={team}" if team else ""),
        "may_change": access.may(request.user, CHANGE),
    }
    if insights.has_begun():
        context |= board.board(request.user, now=request.now, team=team)
    else:
        context["steps"] = _first_steps(request)
    return page(request, TODAY, context, piece="board")


def _first_steps(request: Request) -> list[dict[str, str]]:
    """Return what gets a new desk going, as far as it is not done and this person may do it."""
    boxes = channels.boxes(request.now)
    steps = [
        (
            "setup.channels",
            "channels:mailboxes",
            "mail",
            _("Connect a mailbox"),
            _("Mail becomes conversations."),
        ),
        (
            "setup.users",
            "setup:users",
            "user-plus",
            _("Invite your people"),
            _("They answer and see the whole."),
        ),
        ("setup.service", "service:service", "clock", _("Say when you are open"), _("Promises count by it.")),
        ("tickets.create", "tickets:new", "plus", _("Open a conversation"), _("For a call or a letter.")),
    ]
    done = {"setup.channels": bool(boxes), "setup.users": directory.has_company()}
    found = [
        {"url": url, "icon": icon, "title": title, "text": text}
        for permission, name, icon, title, text in steps
        if not done.get(permission) and access.may(request.user, permission) and (url := page_url(name))
    ]
    return [_first_mail(boxes[0].mailbox.address), *found] if boxes else found


def _first_mail(address: str) -> dict[str, str]:
    return {
        "url": f"mailto:{address}",
        "icon": "mail",
        "title": _("Write to %(address)s") % {"address": address},
        "text": _("Your mail appears in the inbox by itself."),
    }


@needs(SEE)
def promises(request: Request, key: str) -> HttpResponse:
    """List the promises that a share counts: the broken ones first, or the kept."""
    if key not in insights.METRICS:
        raise Http404("no such figure")
    scope = insights.scope_of(request.GET, user=request.user, now=request.now)
    week = "before" if request.GET.get("week") == "before" else ""
    span = insights.week_before(scope) if week else insights.week_of(scope)
    kept = request.GET.get("show") == "kept"
    after = request.GET.get("after", "")
    try:
        found = insights.page_of_kept(key, scope, span, broken=not kept, after=after)
    except ValueError as error:
        raise Http404("no such place in the list") from error
    share = insights.share_of(key, scope, span)
    here = {"team": scope.team, "week": week, "show": "kept" if kept else ""}
    context = {
        "key": key,
        "label": KEPT_WORDS[key],
        "metric": METRIC_WORDS[key],
        "met": number(share.met),
        "decided": number(share.decided),
        "percent": percent(share.share),
        "kept": kept,
        "clocks": found.clocks,
        "why_lines": list(KEPT_WHY),
        "tabs": _tabs(key, share, here),
        "weeks": _weeks(key, here),
        "older_url": promises_url(key, **here, after=found.after) if found.after else "",
        "newer_url": promises_url(key, **here) if after else "",
        "team": next(
            (one for one in insights.teams_to_choose(request.user) if str(one.pk) == scope.team), None
        ),
        "all_url": promises_url(key, week=week, show=here["show"]),
    }
    return page(request, PROMISES, context)


def _tabs(key: str, share: insights.Share, here: dict[str, str]) -> list[dict[str, Any]]:
    broken = share.decided - share.met
    return [
        {
            "label": _("Broken"),
            "url": promises_url(key, **here | {"show": ""}),
            "count": number(broken),
            "active": not here["show"],
            "state": "late" if broken else "",
        },
        {
            "label": _("Kept"),
            "url": promises_url(key, **here | {"show": "kept"}),
            "count": number(share.met),
            "active": bool(here["show"]),
        },
    ]


def _weeks(key: str, here: dict[str, str]) -> list[dict[str, Any]]:
    names = (("", _("Last seven days")), ("before", _("The seven days before")))
    return [
        {"label": label, "url": promises_url(key, **here | {"week": week}), "active": here["week"] == week}
        for week, label in names
    ]


@needs(CHANGE)
def targets(request: Request) -> HttpResponse:
    """Change what share of promises is aimed at."""
    form = TargetsForm(request.POST or None, initial=TargetsForm.now())
    if request.method == "POST" and form.is_valid():
        actions.set_targets(targets=form.shares(), actor=request.user, now=request.now)
        messages.success(request, _("Saved."))
        return go(request, reverse("today:today"))
    status = 422 if form.errors else 200
    return page(request, TARGETS, {"form": form}, piece="form", status=status)
