"""What an empty list says: why nothing is here, and how something would come."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from careline.channels import queries as channels
from careline.core import access
from careline.insights import queries as insights

if TYPE_CHECKING:
    from careline.core.models import User
    from careline.web.tickets.listing import Listing

Words = dict[str, str]


def of(user: User, here: Listing, now: datetime) -> Words:
    """Return icon, title, text and perhaps an action for this list when it holds nothing."""
    if here.wanted.filtered:
        return _narrow()
    boxes = channels.boxes(now)
    if not boxes:
        return _no_mailbox(user)
    if not insights.has_begun():
        return _ready(boxes[0].mailbox.address)
    if here.view and here.view.key == "my-open":
        return _nothing_of_yours()
    if here.view and here.view.key in {"at-risk", "breached"}:
        return _said("circle-check", _("Nothing is late"), _("Every promise is kept or has time left."))
    return _said(
        "inbox",
        _("Nothing needs you here"),
        _("New conversations appear as customers write. Nothing has to be reloaded."),
    )


def _narrow() -> Words:
    text = _("Take a filter away, or look for fewer words.")
    return _said("filter", _("No conversation is like that"), text)


def _ready(address: str) -> Words:
    text = _("Write a mail to %(address)s to see how it arrives. Nothing has to be reloaded.")
    return _said("inbox", _("Your first conversation will be here"), text % {"address": address})


def _nothing_of_yours() -> Words:
    url = f"{reverse('tickets:inbox')}?view=unassigned"
    text = _("You have answered everything. The next ones wait among the unassigned.")
    return _said("circle-check", _("Nothing waits for you"), text) | {
        "action": _("Show the unassigned"),
        "url": url,
    }


def _no_mailbox(user: User) -> Words:
    words = _said(
        "mail",
        _("No mailbox is connected yet"),
        _("Mail that customers send to your address arrives here once its mailbox is connected."),
    )
    if not access.may(user, "setup.channels"):
        return words | {"text": f"{words['text']} {_('An administrator can do that.')}"}
    try:
        return words | {"action": _("Connect a mailbox"), "url": reverse("channels:mailboxes")}
    except NoReverseMatch:
        return words


def _said(icon: str, title: str, text: str) -> Words:
    return {"icon": icon, "title": title, "text": text, "action": "", "url": ""}
