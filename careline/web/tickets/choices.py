"""What can be chosen on the screens of conversations: statuses, people, teams, reasons, tags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from careline.core import directory
from careline.tickets import queries
from careline.tickets.fields import FIELDS
from careline.web.templatetags.parts import priority_word

if TYPE_CHECKING:
    from careline.tickets.models import Status, Ticket
    from careline.web.tickets.wanted import Wanted

PRIORITIES = ((4, "urgent"), (3, "high"), (2, "normal"), (1, "low"))
FILTERS = ("status", "assignee", "team", "priority", "reason", "tag")
MOST_PEOPLE = 2_000
Choice = tuple[Any, str]


def priority_choices() -> list[Choice]:
    """Return the priorities, the most urgent first."""
    return [(value, priority_word(level)) for value, level in PRIORITIES]


def people_choices() -> list[Choice]:
    """Return who can be given conversations, by name: everybody at work who may answer."""
    people = directory.people(directory.PeopleFilter(state="active"), most=MOST_PEOPLE)
    return [
        (user.pk, user.name)
        for user in people
        if any("tickets.reply" in role.grants for role in user.roles.all())
    ]


def status_choices(*, closed: bool = False) -> list[Choice]:
    """Return the statuses one may choose; closing is for good, so it is not offered in passing."""
    return [(one.pk, one.name) for one in queries.statuses() if closed or one.category != "closed"]


def bulk_choices() -> dict[str, list[Any]]:
    """Return what many conversations can be changed to."""
    return {
        "people": people_choices(),
        "statuses": status_choices(),
        "priorities": priority_choices(),
        "teams": directory.team_choices(),
        "reasons": [(one.pk, one.path) for one in queries.reasons()],
        "tags": [one.name for one in queries.tags()],
    }


def filter_fields(wanted: Wanted) -> list[dict[str, Any]]:
    """Return the fields of the filter, with what is chosen."""
    chosen = {key: set(values) for key, values in wanted.plain}
    fields = []
    for name in FILTERS:
        choices = FIELDS[name].choices
        options = [*_nobody(name), *(choices() if choices else [])]
        picked = chosen.get(name, set())
        said = [(value, label, str(value) in picked) for value, label in options]
        fields.append({"name": name, "label": FIELDS[name].label, "options": said})
    return fields


def _nobody(name: str) -> list[Choice]:
    words = {"assignee": _("nobody"), "team": _("no team"), "reason": _("none")}
    return [("none", words[name])] if name in words else []


def properties_of(ticket: Ticket) -> list[dict[str, Any]]:
    """Return what the side panel lets one choose about a conversation."""
    tags = {tag.name for tag in ticket.tags.all()}
    return [
        _property("status", _("Status"), _statuses(ticket), ticket.status_id),
        _property("assignee", _("Assigned to"), _people(ticket), ticket.assignee_id, combobox=True, key="a"),
        _property("team", _("Team"), _teams(ticket), ticket.team_id),
        _property("priority", _("Priority"), priority_choices(), ticket.priority),
        _property("reason", _("Contact reason"), _reasons(ticket), ticket.reason_id, combobox=True),
        {
            "name": "tags",
            "label": _("Tags"),
            "options": [(name, name, name in tags) for name in _tag_names(tags)],
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


def _statuses(ticket: Ticket) -> list[Choice]:
    offered = status_choices(closed=True)
    return _with_present(offered, ticket.status_id, ticket.status.name)


def _people(ticket: Ticket) -> list[Choice]:
    name = ticket.assignee.name if ticket.assignee else ""
    return [(None, _("Nobody")), *_with_present(people_choices(), ticket.assignee_id, name)]


def _teams(ticket: Ticket) -> list[Choice]:
    name = ticket.team.name if ticket.team else ""
    return [(None, _("No team")), *_with_present(directory.team_choices(), ticket.team_id, name)]


def _reasons(ticket: Ticket) -> list[Choice]:
    reasons: list[Choice] = [(one.pk, one.path) for one in queries.reasons()]
    path = ticket.reason.path if ticket.reason else ""
    return [(None, _("Not said yet")), *_with_present(reasons, ticket.reason_id, path)]


def _tag_names(present: set[str]) -> list[str]:
    return sorted({*(one.name for one in queries.tags()), *present})


def usual_status(category: str) -> Status | None:
    """Return the status that stands for a category, or None."""
    found = [one for one in queries.statuses() if one.category == category]
    return next((one for one in found if one.default), next(iter(found), None))
