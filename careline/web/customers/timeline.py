"""One history of a customer: what they asked and what we changed, in one order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from careline.core.conditions import YEARS
from careline.customers import queries
from careline.web.customers.conversations import UNSOLVED

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from careline.core.models import Event
    from careline.tickets.models import Ticket

SIZE = 20
# Said in this order: a database may keep the parts of an event in another one.
FACTS = ("name", "organisation", "vip", "language", "time_zone", "notes", "addresses", "domains")
ICONS = {"vip": "star", "organisation": "building", "addresses": "at", "domains": "world"}


@dataclass(frozen=True)
class Entry:
    """One thing in the history: a conversation, or a change with its sentences."""

    at: datetime
    rank: str  # "t" before "e" at the same instant
    pk: int
    ticket: Ticket | None = None
    who: str = ""
    icon: str = ""
    texts: list[str] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """Return the place of this entry in the history."""
        return f"{self.at.isoformat()}~{self.rank}{self.pk}"


@dataclass(frozen=True)
class History:
    """Some entries, newest first, and the mark to read on from (empty: nothing older)."""

    entries: list[Entry]
    older: str


def history_of(
    kind: str, pk: int, tickets: QuerySet[Ticket], *, names: Mapping[int, str], before: str = ""
) -> History:
    """Return the next entries of a person or organisation: solved conversations and changes.

    `names` says what their addresses are called by id.
    """
    at, rank, mark = _read(before)
    found = [_conversation(ticket) for ticket in _solved(tickets, at, rank, mark)]
    events = queries.changes_of(kind, pk, most=SIZE + 1, before=at, before_id=mark if rank == "e" else 2**62)
    organisations = queries.organisation_names(_organisation_ids(events))
    found += [_change(event, names, organisations) for event in events]
    found.sort(key=lambda entry: (entry.at, entry.rank, entry.pk), reverse=True)
    return History(found[:SIZE], found[SIZE - 1].mark if len(found) > SIZE else "")


def _read(mark: str) -> tuple[datetime | None, str, int]:
    text, _tilde, place = mark.rpartition("~")
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if (
        at is None
        or at.tzinfo is None
        or at.year not in YEARS
        or place[:1] not in ("t", "e")
        or not place[1:].isdecimal()
    ):
        return None, "", 0
    return at, place[0], min(int(place[1:]), 2**62)


def _solved(rows: QuerySet[Ticket], at: datetime | None, rank: str, mark: int) -> list[Ticket]:
    rows = rows.exclude(category__in=UNSOLVED)
    if at is not None:
        # At one instant conversations come first, so behind a change there are none left.
        same = Q(opened_at=at, pk__lt=mark) if rank == "t" else Q(pk__in=[])
        rows = rows.filter(Q(opened_at__lt=at) | same)
    return list(rows.order_by("-opened_at", "-pk")[: SIZE + 1])


def _conversation(ticket: Ticket) -> Entry:
    return Entry(ticket.opened_at, "t", ticket.pk, ticket=ticket)


def _organisation_ids(events: list[Event]) -> set[int]:
    changes = [event.data.get("changed", {}).get("organisation") or {} for event in events]
    joined = [event.data.get("organisation") for event in events]
    values = [change.get(key) for change in changes for key in ("old", "new")] + joined
    return {value for value in values if isinstance(value, int)}


def _change(event: Event, names: Mapping[int, str], organisations: Mapping[int, str]) -> Entry:
    changed = event.data.get("changed", {})
    who = event.actor.name if event.actor else "Careline"
    if event.kind.endswith(".created"):
        texts, icon = [_created(event, organisations)], "user-plus"
    else:
        told = [key for key in FACTS if key in changed]
        texts = [_said(key, changed[key], names, organisations) for key in told]
        icon = next((ICONS[key] for key in told if key in ICONS), "pencil")
    return Entry(event.at, "e", event.pk, who=who, icon=icon, texts=texts)


def _created(event: Event, organisations: Mapping[int, str]) -> str:
    if event.kind == "organisation.created":
        return _("made this organisation")
    joined = organisations.get(event.data.get("organisation") or 0)
    if joined:
        return _("made this customer known, as one of %(organisation)s") % {"organisation": joined}
    return _("made this customer known")


def _said(key: str, value: Any, names: Mapping[int, str], organisations: Mapping[int, str]) -> str:
    if key == "vip":
        return _("marked them as VIP") if value.get("new") else _("took the VIP mark away")
    if key == "organisation":
        return _moved(organisations.get(value.get("old") or 0), organisations.get(value.get("new") or 0))
    if key == "addresses":
        return _address_said(value, names)
    if key == "domains":
        return _domain_said(value)
    return {
        "name": _("changed the name"),
        "language": _("changed the language"),
        "time_zone": _("changed the time zone"),
        "notes": _("changed the notes"),
    }[key]


def _moved(old: str | None, new: str | None) -> str:
    if old and new:
        return _("moved them from %(old)s to %(new)s") % {"old": old, "new": new}
    if new:
        return _("made them one of %(new)s") % {"new": new}
    return _("took them out of %(old)s") % {"old": old} if old else _("changed the organisation")


def _address_said(value: Mapping[str, int], names: Mapping[int, str]) -> str:
    what, pk = next(iter(value.items()), ("", 0))
    name = names.get(pk) or _("an address that is gone")
    said = {
        "added": _("added %(address)s"),
        "removed": _("removed an address"),
        "primary": _("made %(address)s the primary address"),
        "undeliverable": _("found that mail to %(address)s comes back"),
        "deliverable": _("noted that mail to %(address)s arrives again"),
    }
    return said.get(what, _("changed the addresses")) % {"address": name}


def _domain_said(value: Mapping[str, str]) -> str:
    if "added" in value:
        return _("mapped the domain %(domain)s") % {"domain": queries.shown_domain(value["added"])}
    return _("removed the domain %(domain)s") % {"domain": queries.shown_domain(value.get("removed", ""))}
