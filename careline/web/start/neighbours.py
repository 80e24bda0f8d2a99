"""The two steps that belong to other domains: opening hours and the first mailbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from careline.core.models import User

USUAL = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), "09:00-17:00")


class Refused(Exception):
    """The neighbour would not take it; the message says why, in the reader's words."""


def _of(name: str) -> Callable[..., Any]:
    try:
        found: Callable[..., Any] = import_string(name)
    except ImportError as error:
        raise Refused(_("This part of Careline is not there yet. Leave this step for later.")) from error
    return found


def hours_now() -> dict[str, Any]:
    """Return what the opening hours are, or the usual ones to begin with."""
    try:
        calendar = _of("careline.sla.queries.default_calendar")()
    except Refused:
        calendar = None
    if calendar is None:
        return dict(USUAL)
    week = {day: ", ".join("-".join(pair) for pair in spans) for day, spans in calendar.week.items()}
    return {**week, "country": calendar.country}


def save_hours(*, week: dict[str, Any], country: str, zone: str, actor: User, now: datetime) -> None:
    """Keep the opening hours as the calendar of everything.

    Raises
    ------
    Refused
        They could not be kept.
    """
    save = _of("careline.sla.actions.save_calendar")
    calendar = _of("careline.sla.queries.default_calendar")()
    save(
        calendar=calendar,
        name=calendar.name if calendar else _("Opening hours"),
        zone=zone,
        week=week,
        country=country,
        default=True,
        actor=actor,
        now=now,
    )


def save_mailbox(given: dict[str, Any], *, actor: User, now: datetime) -> None:
    """Keep the first mailbox.

    Raises
    ------
    Refused
        It could not be kept.
    """
    save = _of("careline.channels.actions.save_mailbox")
    refused: Any = _of("careline.channels.actions.MailboxRefused")
    name = given["address"]
    try:
        save(mailbox=None, name=name, address=name, **_ways(given), actor=actor, now=now)
    except refused as refusal:
        raise Refused(str(refusal)) from refusal


def try_mailbox(given: dict[str, Any]) -> list[dict[str, Any]]:
    """Try to read and to send; return one {title, text, kind} for each way."""
    try:
        results = _of("careline.channels.check.try_connection")(**_ways(given))
    except Refused as refusal:
        return [{"title": _("Not tested"), "text": str(refusal), "kind": "risk"}]
    titles = {"inbound": _("Mail coming in"), "outbound": _("Mail going out")}
    return [
        {"title": titles.get(one.way, one.way), "text": one.text, "kind": "met" if one.ok else "late"}
        for one in results
    ]


def _ways(given: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of both ways, and the secrets apart from them."""
    inbound = {"kind": given["kind"]}
    if given["kind"] == "imap":
        keys = ("host", "port", "security")
        inbound |= {key: given[f"imap_{key}"] for key in keys}
        inbound |= {"user": given["user"], "auth": "password", "folder": "INBOX"}
    outbound = {key: given[f"smtp_{key}"] for key in ("host", "port", "security")}
    if given["smtp_login"]:
        outbound |= {"user": given["user"] or given["address"], "auth": "password"}
    return {"inbound": inbound, "outbound": outbound, "secrets": {"password": given["password"]}}
