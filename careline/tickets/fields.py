"""What conditions may ask about a conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from careline.core import directory
from careline.core.conditions import Field, Fields, Kind
from careline.tickets import setup
from careline.tickets.models import Category, Priority, Ticket, TicketTag

Choices = Callable[[], list[tuple[Any, str]]]


def _statuses() -> list[tuple[Any, str]]:
    return [(status.pk, status.name) for status in setup.statuses()]


def _categories() -> list[tuple[Any, str]]:
    return [(value, str(label)) for value, label in Category.choices]


def _priorities() -> list[tuple[Any, str]]:
    return [(value, str(label)) for value, label in Priority.choices]


def _channels() -> list[tuple[Any, str]]:
    return [
        ("email", str(_("E-mail"))),
        ("web", str(_("Web form"))),
        ("phone", str(_("Phone"))),
        ("chat", str(_("Chat"))),
        ("import", str(_("Import"))),
    ]


def _teams() -> list[tuple[Any, str]]:
    return [("my_teams", str(_("my teams"))), *directory.team_choices()]


def _people() -> list[tuple[Any, str]]:
    return [("me", str(_("me"))), *((user.pk, user.name) for user in directory.active_people())]


def _brands() -> list[tuple[Any, str]]:
    return setup.brand_choices()


def _reasons() -> list[tuple[Any, str]]:
    return [(reason.pk, reason.path) for reason in setup.reasons()]


def _tags() -> list[tuple[Any, str]]:
    return [(tag.pk, tag.name) for tag in setup.tags()]


def _column(
    key: str, label: str | Promise, kind: Kind, path: str = "", choices: Choices | None = None
) -> Field:
    """Return a field that is one column of the ticket itself."""
    column = path or key
    return Field(key, label, kind, column, lambda ticket: getattr(ticket, column), choices)


def _tag_ids(ticket: Ticket) -> list[int]:
    return [tag.pk for tag in ticket.tags.all()]


def _tag_links() -> tuple[QuerySet[Any], str, str]:
    return TicketTag.objects.all(), "ticket_id", "tag_id"


ALL = (
    _column("status", _("Status"), "choice", "status_id", _statuses),
    _column("category", _("Kind of status"), "choice", choices=_categories),
    _column("priority", _("Priority"), "number", choices=_priorities),
    _column("team", _("Team"), "choice", "team_id", _teams),
    _column("assignee", _("Assigned to"), "choice", "assignee_id", _people),
    _column("reason", _("Contact reason"), "choice", "reason_id", _reasons),
    Field("tag", _("Tag"), "many", "tags", _tag_ids, _tags, links=_tag_links),
    _column("customer", _("Customer"), "choice", "customer_id"),
    _column("organisation", _("Organisation"), "choice", "organisation_id"),
    Field("vip", _("VIP"), "flag", "customer__vip", lambda ticket: ticket.customer.vip),
    _column("channel", _("Channel"), "choice", choices=_channels),
    _column("language", _("Language"), "choice"),
    _column("brand", _("Brand"), "choice", "brand_id", _brands),
    _column("subject", _("Subject"), "text"),
    _column("opened_at", _("Opened"), "instant"),
    _column("changed_at", _("Last change"), "instant"),
    _column("waiting_since", _("Waiting since"), "instant"),
    _column("last_in_at", _("Last customer message"), "instant"),
    _column("last_out_at", _("Last answer"), "instant"),
    _column("solved_at", _("Solved"), "instant"),
    _column("due_at", _("Due"), "instant"),
    _column("risk_at", _("At risk from"), "instant"),
    _column("breached_at", _("Promise broken"), "instant"),
    _column("reopens", _("Times reopened"), "number"),
    _column("message_count", _("Messages"), "number"),
)
FIELDS: Fields = {field.key: field for field in ALL}
