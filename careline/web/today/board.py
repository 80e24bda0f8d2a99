"""The Today page put together: figures, the day, promises, teams and people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from careline.core import access
from careline.insights import queries as insights
from careline.insights.days import zone
from careline.insights.figures import FIGURES
from careline.web.drawing import Slot, day_chart
from careline.web.today.links import figure_url, page_url, promises_url
from careline.web.today.needs import Seen, needs_of, waited
from careline.web.today.words import KEPT_WHY, KEPT_WORDS, number, percent

if TYPE_CHECKING:
    from careline.core.models import User

FIGURES_NOW = ("waiting", "late", "risk", "unassigned")
CELLS = ("waiting", "risk", "late", "unassigned", "open")
EVERY_HOURS = 3  # labels under the chart


def board(user: User, *, now: datetime, team: str) -> dict[str, Any]:
    """Return everything the page shows, for one reader and one choice of team."""
    scope = insights.Scope(user, now, team=team)
    standing, day = insights.now_of(scope), insights.day_of(scope)
    crews, kept = insights.crews_of(scope, standing.by_agent), insights.kept_of(scope)
    minds_mail = access.may(user, "health.see") and not team
    seen = Seen(
        user=user,
        now=now,
        team=team,
        standing=standing,
        crews=crews,
        day=day,
        kept=kept,
        mail=insights.mail_trouble() if minds_mail else None,
        given_up=insights.work_given_up() if minds_mail else 0,
        is_open=insights.desk_is_open(now),
    )
    return {
        "needs": needs_of(seen),
        "figures": _figures(standing.all, team, now),
        "day": _day(day, team, now),
        "kept": [_kept(one, team) for one in kept],
        "rows": _teams(standing, crews, now),
        "crews": [_crew(crew) for crew in crews if crew.seats],
        "mail": _mail(seen.mail, seen.user) if seen.mail else None,
    }


def _figures(has: insights.Standing, team: str, now: datetime) -> list[dict[str, Any]]:
    states = {"late": "late", "risk": "risk"}
    notes = {
        "waiting": _("of %(count)s open") % {"count": number(has.open)},
        "late": _("broken and still owed"),
        "risk": _("within the hour"),
        "unassigned": _("belong to nobody"),
    }
    found = []
    for key in FIGURES_NOW:
        value = getattr(has, key)
        found.append(
            {
                **_explained(key),
                "value": number(value),
                "url": figure_url(key, team=team),
                "state": states.get(key, "") if value else "",
                "note": notes[key],
            }
        )
    found.insert(1, _oldest(has, team, now))
    return found


def _oldest(has: insights.Standing, team: str, now: datetime) -> dict[str, Any]:
    return {
        "label": _("Longest wait"),
        "value": waited(has.oldest, now),
        "url": figure_url("waiting", team=team),
        "note": _("since %(when)s") % {"when": _moment(has.oldest, now)} if has.oldest else _("nobody waits"),
        "why_id": "why-oldest",
        "why_lines": [
            _("The time since the oldest customer message that nobody has answered, nights included."),
            _("The list opens with it on top."),
        ],
    }


def _explained(key: str) -> dict[str, Any]:
    figure = FIGURES[key]
    return {"label": figure.label, "why_id": f"why-{key}", "why_lines": list(figure.lines)}


def _moment(at: datetime, now: datetime) -> str:
    local = localtime(at)
    return date_format(local, "H:i" if local.date() == localtime(now).date() else "D H:i")


def _day(day: insights.Day, team: str, now: datetime) -> dict[str, Any]:
    known = day.usual_by_now is not None
    slots = [
        Slot(
            label=f"{hour.label:02d}:00",
            value=hour.count,
            usual=hour.usual,
            low=hour.low,
            high=hour.high,
            tick=f"{hour.label:02d}" if hour.label % EVERY_HOURS == 0 else "",
            url=figure_url("arrivals", team=team, hour=hour.start) if hour.count else "",
            partial=hour.partial,
        )
        for hour in day.hours
    ]
    weekday = date_format(day.date, "l")
    arrivals = _explained("arrivals") | {
        "value": number(day.arrivals),
        "url": figure_url("arrivals", team=team),
    }
    if known:
        arrivals["delta"] = _difference(day.arrivals - (day.usual_by_now or 0), weekday)
        arrivals["why_lines"] += [
            _("“Usual” is the median of the last %(count)s days with this weekday, up to this time of day.")
            % {"count": day.days_compared}
        ]
    solved = _explained("solved") | {"value": number(day.solved), "url": figure_url("solved", team=team)}
    return {
        "arrivals": arrivals,
        "solved": solved,
        "chart": day_chart(slots),
        "known": known,
        "label": _("Conversations opened each hour today"),
        "usual_label": _("a usual %(weekday)s") % {"weekday": weekday},
        "compared": day.days_compared,
        "weekday": weekday,
        "zone": str(zone()) if _elsewhere(now, zone()) else "",
    }


def _elsewhere(now: datetime, where: ZoneInfo) -> bool:
    return localtime(now).utcoffset() != now.astimezone(where).utcoffset()


def _difference(more: float, weekday: str) -> str:
    count = round(abs(more))
    if not count:
        return _("as on a usual %(weekday)s") % {"weekday": weekday}
    words = _("%(count)s more than a usual %(weekday)s") if more > 0 else _(
        "%(count)s fewer than a usual %(weekday)s"
    )  # fmt: skip
    return words % {"count": count, "weekday": weekday}


def _kept(one: insights.KeptFigure, team: str) -> dict[str, Any]:
    week, before = one.week, one.before
    percent_of = (week.share or 0) * 100
    below = week.share is not None and week.share < one.target
    return {
        "metric": one.metric,
        "label": KEPT_WORDS[one.metric],
        "value": percent(week.share),
        "width": f"{percent_of:.1f}",
        "target": f"{one.target * 100:.0f}",
        "target_words": percent(one.target),
        "state": "risk" if below else "",
        "empty": week.share is None,
        "counts": _("%(met)s of %(decided)s kept")
        % {"met": number(week.met), "decided": number(week.decided)},
        "before": _("%(share)s of %(decided)s in the week before")
        % {"share": percent(before.share), "decided": number(before.decided)}
        if before.decided
        else _("nothing was due in the week before"),
        "url": promises_url(one.metric, team=team),
        "why_id": f"why-{one.metric}",
        "why_lines": list(KEPT_WHY),
    }


def _teams(standing: insights.Now, crews: Sequence[insights.Crew], now: datetime) -> list[dict[str, Any]]:
    """Return a row for each team that has work or people; what needs most comes first."""
    people = {crew.team.pk: crew for crew in crews}
    rows = [_team(one, people.pop(one.team.pk, None) if one.team else None, now) for one in standing.teams]
    idle = [insights.TeamStanding(crew.team, insights.Standing()) for crew in people.values() if crew.seats]
    return rows + [_team(one, people[one.team.pk] if one.team else None, now) for one in idle]


def _team(one: insights.TeamStanding, crew: insights.Crew | None, now: datetime) -> dict[str, Any]:
    key = str(one.team.pk) if one.team else "none"
    has = one.standing
    seats = len(crew.seats) if crew else 0
    return {
        "name": one.team.name if one.team else _("No team"),
        "url": figure_url("open", team=key),
        "cells": [_cell(name, getattr(has, name), key) for name in CELLS],
        "oldest": waited(has.oldest, now),
        "oldest_url": figure_url("waiting", team=key) if has.oldest else "",
        "here": crew.here if crew else 0,
        "seats": seats,
        "each": number_format(has.open / seats, 1) if seats else "–",
    }


def _cell(name: str, value: int, team: str) -> dict[str, Any]:
    return {
        "label": FIGURES[name].label,
        "value": number(value) if value else "",
        "url": figure_url(name, team=team),
        "state": name if name in {"late", "risk"} else "",
    }


def _mail(trouble: insights.MailTrouble, user: User) -> list[dict[str, Any]]:
    """Return the three figures of mail: set aside, not delivered, mailboxes that are read."""
    aside, failed, boxes = trouble.quarantined, trouble.failed, trouble.mailboxes
    read = f"{trouble.active - len(boxes)} / {trouble.active}"
    return [
        {
            "label": _("Set aside"),
            "value": number(aside),
            "state": "risk" if aside else "",
            "url": page_url("channels:quarantine"),
            "note": _("mails that could not be placed"),
        },
        {
            "label": _("Not delivered"),
            "value": number(failed),
            "state": "late" if failed else "",
            "url": page_url("channels:outbox"),
            "note": _("mails given up on"),
        },
        {
            "label": _("Mailboxes read"),
            "value": read,
            "state": "late" if boxes else "",
            "url": page_url("channels:mailboxes" if access.may(user, "setup.channels") else "setup:health"),
            "note": _("at their last check"),
        },
    ]


def _crew(crew: insights.Crew) -> dict[str, Any]:
    present = [seat for seat in crew.seats if seat.state != "gone"]
    return {
        "name": crew.team.name,
        "here": crew.here,
        "away": crew.away,
        "size": len(crew.seats),
        "gone": len(crew.seats) - len(present),
        "seats": [
            {
                "name": seat.user.name,
                "state": seat.state,
                "lead": seat.lead,
                "open": seat.open,
                "url": figure_url("open", agent=seat.user.pk),
            }
            for seat in present
        ],
    }


def begins(now: datetime) -> str:
    """Return today's date in words, in the operation's zone."""
    return date_format(now.astimezone(zone()), pgettext("date format", "l, j F"))


REFRESH_MS = int(timedelta(seconds=5).total_seconds() * 1000)
