"""What can be chosen on the screens of conversations: statuses, people, teams, reasons, tags."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from careline.core import directory
from careline.tickets import queries
from careline.tickets.fields import FIELDS
from careline.web.door import Request
from careline.web.templatetags.parts import priority_word

if TYPE_CHECKING:
    from careline.tickets.models import Reason, Status, Tag, Ticket
    from careline.web.tickets.wanted import Wanted

PRIORITIES = ((4, "urgent"), (3, "high"), (2, "normal"), (1, "low"))
FILTERS = ("status", "assignee", "team", "priority", "reason", "tag")
MOST_PEOPLE = 2_000
Choice = tuple[Any, str]


class Offered:
    """Everything that can be chosen; each list is read once, when a screen first needs it."""

    @cached_property
    def statuses(self) -> list[Status]:
        """The statuses in their order."""
        return queries.statuses()

    @cached_property
    def people(self) -> list[Choice]:
        """Who can be given conversations, by name: everybody at work who may answer."""
        people = directory.people(directory.PeopleFilter(state="active"), most=MOST_PEOPLE)
        able = (one for one in people if any("tickets.reply" in role.grants for role in one.roles.all()))
        return [(one.pk, one.name) for one in able]

    @cached_property
    def teams(self) -> list[Choice]:
        """The teams at work."""
        return list(directory.team_choices())

    @cached_property
    def reasons(self) -> list[Reason]:
        """The contact reasons, each branch before its leaves."""
        return queries.reasons()

    @cached_property
    def tags(self) -> list[Tag]:
        """The tags by name."""
        return queries.tags()

    def status_choices(self, *, closed: bool = False) -> list[Choice]:
        """Return the statuses one may choose; closing is for good, so it is not offered in passing."""
        return [(one.pk, one.name) for one in self.statuses if closed or one.category != "closed"]

    def reason_choices(self) -> list[Choice]:
        """Return the contact reasons with their branches."""
        return [(one.pk, one.path) for one in self.reasons]

    def usual_status(self, category: str) -> Status | None:
        """Return the status that stands for a category, or None."""
        found = [one for one in self.statuses if one.category == category]
        return next((one for one in found if one.default), next(iter(found), None))


def offered(request: Request) -> Offered:
    """Return what can be chosen, read at most once a request."""
    known: Offered | None = getattr(request, "_offered", None)
    if known is None:
        known = Offered()
        request._offered = known  # type: ignore[attr-defined]
    return known


def priority_choices() -> list[Choice]:
    """Return the priorities, the most urgent first."""
    return [(value, priority_word(level)) for value, level in PRIORITIES]


def bulk_choices(here: Offered) -> dict[str, list[Any]]:
    """Return what many conversations can be changed to."""
    return {
        "people": here.people,
        "statuses": here.status_choices(),
        "priorities": priority_choices(),
        "teams": here.teams,
        "reasons": here.reason_choices(),
        "tags": [one.name for one in here.tags],
    }


def filter_fields(wanted: Wanted, here: Offered) -> list[dict[str, Any]]:
    """Return the fields of the filter, with what is chosen."""
    chosen = {key: set(values) for key, values in wanted.plain}
    options: dict[str, list[Choice]] = {
        "status": here.status_choices(closed=True),
        "assignee": [("none", _("nobody")), ("me", _("me")), *here.people],
        "team": [("none", _("no team")), ("my_teams", _("my teams")), *here.teams],
        "priority": priority_choices(),
        "reason": [("none", _("none")), *here.reason_choices()],
        "tag": [(one.pk, one.name) for one in here.tags],
    }
    fields = []
    for name in FILTERS:
        picked = chosen.get(name, set())
        said = [(value, label, str(value) in picked) for value, label in options[name]]
        fields.append({"name": name, "label": FIELDS[name].label, "options": said})
    return fields


def properties_of(ticket: Ticket, here: Offered) -> list[dict[str, Any]]:
    """Return what the side panel lets one choose about a conversation."""
    tags = {tag.name for tag in ticket.tags.all()}
    names = sorted({*(one.name for one in here.tags), *tags})
    return [
        _property("status", _("Status"), _statuses(ticket, here), ticket.status_id),
        _property(
            "assignee", _("Assigned to"), _people(ticket, here), ticket.assignee_id, combobox=True, key="a"
        ),
        _property("team", _("Team"), _teams(ticket, here), ticket.team_id),
        _property("priority", _("Priority"), priority_choices(), ticket.priority),
        _property("reason", _("Contact reason"), _reasons(ticket, here), ticket.reason_id, combobox=True),
        {
            "name": "tags",
            "label": _("Tags"),
            "options": [(name, name, name in tags) for name in names],
            "many": True,
            "combobox": True,
            "create": True,
        },
    ]


def _property(name: str, label: str, options: Iterable[Choice], now: Any, **more: Any) -> dict[str, Any]:
    said = [("" if value is None else value, words, value == now) for value, words in options]
    return {"name": name, "label": label, "options": said, **more}


def _with_present(options: list[Choice], present: Any, label: str) -> list[Choice]:
    """Keep what is chosen among the choices, also when it is not offered any more."""
    if present is None or any(value == present for value, _label in options):
        return options
    return [*options, (present, label)]


def _statuses(ticket: Ticket, here: Offered) -> list[Choice]:
    return _with_present(here.status_choices(closed=True), ticket.status_id, ticket.status.name)


def _people(ticket: Ticket, here: Offered) -> list[Choice]:
    name = ticket.assignee.name if ticket.assignee else ""
    return [(None, _("Nobody")), *_with_present(here.people, ticket.assignee_id, name)]


def _teams(ticket: Ticket, here: Offered) -> list[Choice]:
    name = ticket.team.name if ticket.team else ""
    return [(None, _("No team")), *_with_present(here.teams, ticket.team_id, name)]


def _reasons(ticket: Ticket, here: Offered) -> list[Choice]:
    path = ticket.reason.path if ticket.reason else ""
    return [(None, _("Not said yet")), *_with_present(here.reason_choices(), ticket.reason_id, path)]
