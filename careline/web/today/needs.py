"""What needs the reader: exceptions, the most urgent first, each with one thing to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from careline.core import access
from careline.insights import queries as insights
from careline.web.templatetags.parts import duration
from careline.web.today.links import figure_url, page_url, promises_url
from careline.web.today.words import KEPT_WORDS, percent

if TYPE_CHECKING:
    from careline.core.models import User

ORDER = ("late", "risk", "info")
SURGE, SURGE_LEAST = 1.5, 10  # times the usual by this hour, and at least so many more


@dataclass(frozen=True)
class Need:
    """One exception with one thing to do about it."""

    state: str  # late, risk, info
    icon: str
    title: str
    url: str
    action: str
    text: str = ""


@dataclass(frozen=True)
class Seen:
    """What the page has found out, from which exceptions are told."""

    user: User
    now: datetime
    team: str
    standing: insights.Now
    crews: list[insights.Crew]
    day: insights.Day
    kept: list[insights.KeptFigure]
    mail: insights.MailTrouble | None  # None: not this person's business
    given_up: int
    is_open: bool  # the desk promises to be there


def needs_of(seen: Seen) -> list[Need]:
    """Return the exceptions."""
    found = [*_work(seen), *_mail(seen), *_people(seen), *_trends(seen)]
    return sorted(found, key=lambda need: ORDER.index(need.state))


def _work(seen: Seen) -> Iterator[Need]:
    has = seen.standing.all
    if has.late:
        title = ngettext("%(count)s conversation is late", "%(count)s conversations are late", has.late)
        yield Need(
            "late",
            "alert-circle",
            title % {"count": has.late},
            figure_url("late", team=seen.team),
            _("Show them"),
            _most(seen, "late"),
        )
    if has.risk:
        title = ngettext(
            "%(count)s conversation is due within the hour",
            "%(count)s conversations are due within the hour",
            has.risk,
        )
        yield Need(
            "risk",
            "clock-exclamation",
            title % {"count": has.risk},
            figure_url("risk", team=seen.team),
            _("Hand over"),
            _most(seen, "risk"),
        )


def _most(seen: Seen, key: str) -> str:
    """Say which team has most of it."""
    rows = [row for row in seen.standing.teams if getattr(row.standing, key)]
    if seen.team or not rows:
        return ""
    top = max(rows, key=lambda row: int(getattr(row.standing, key)))
    name = top.team.name if top.team else _("no team")
    if len(rows) == 1:
        return _("All in %(team)s.") % {"team": name}
    return _("Most in %(team)s: %(count)s.") % {"team": name, "count": getattr(top.standing, key)}


def _mail(seen: Seen) -> Iterator[Need]:
    trouble = seen.mail
    if trouble is None:
        return
    boxes = page_url("channels:mailboxes") if access.may(seen.user, "setup.channels") else ""
    for box in trouble.mailboxes:
        title = _("%(mailbox)s cannot be read") % {"mailbox": box.name}
        where = boxes or page_url("setup:health")
        yield Need("late", "mail-exclamation", title, where, _("Look at it"), box.problem[:200])
    if trouble.failed:
        title = ngettext(
            "%(count)s mail was not delivered", "%(count)s mails were not delivered", trouble.failed
        )
        where = page_url("channels:outbox")
        yield Need("late", "send-2", title % {"count": trouble.failed}, where, _("Look at them"))
    if trouble.quarantined:
        title = ngettext(
            "%(count)s mail was set aside", "%(count)s mails were set aside", trouble.quarantined
        )
        where = page_url("channels:quarantine")
        text = _("They could not be placed. Nothing is lost.")
        yield Need(
            "risk", "mail-exclamation", title % {"count": trouble.quarantined}, where, _("Look at them"), text
        )
    if seen.given_up:
        title = ngettext(
            "%(count)s piece of background work was given up",
            "%(count)s pieces of background work were given up",
            seen.given_up,
        )
        yield Need(
            "late", "activity", title % {"count": seen.given_up}, page_url("setup:health"), _("Look at it")
        )


def _people(seen: Seen) -> Iterator[Need]:
    if not seen.is_open:
        return
    waiting = {row.team.pk: row.standing for row in seen.standing.teams if row.team}
    for crew in seen.crews:
        has = waiting.get(crew.team.pk)
        if crew.here or has is None or not has.waiting:
            continue
        text = ngettext("%(count)s customer waits.", "%(count)s customers wait.", has.waiting)
        yield Need(
            "risk",
            "users-group",
            _("Nobody of %(team)s is here") % {"team": crew.team.name},
            figure_url("waiting", team=str(crew.team.pk)),
            _("Show them"),
            text % {"count": has.waiting},
        )


def _trends(seen: Seen) -> Iterator[Need]:
    for one in seen.kept:
        if one.week.share is not None and one.week.share < one.target:
            title = _("%(promise)s: %(share)s kept, %(target)s aimed at") % {
                "promise": KEPT_WORDS[one.metric],
                "share": percent(one.week.share),
                "target": percent(one.target),
            }
            url = promises_url(one.metric, team=seen.team)
            yield Need("risk", "target-arrow", title, url, _("Show them"), _("In the last seven days."))
    usual = seen.day.usual_by_now
    if usual is not None and seen.day.arrivals >= max(usual * SURGE, usual + SURGE_LEAST):
        title = _("%(count)s more than usual by now") % {"count": round(seen.day.arrivals - usual)}
        text = _("%(count)s came today; %(usual)s is usual on this weekday.") % {
            "count": seen.day.arrivals,
            "usual": round(usual),
        }
        yield Need("info", "trending-up", title, figure_url("arrivals", team=seen.team), _("Show them"), text)


def waited(since: datetime | None, now: datetime) -> str:
    """Say how long somebody has waited."""
    return "–" if since is None else duration((now - since).total_seconds())
