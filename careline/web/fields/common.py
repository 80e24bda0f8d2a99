"""What the pages about fields share: their tabs, moving a row, telling what was done."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from careline.core import access
from careline.web.door import Request
from careline.web.page import go

if TYPE_CHECKING:
    from careline.core.models import User

NEEDS, SHARE = "setup.fields", "views.share"


def tabs(active: str, user: User) -> list[dict[str, Any]]:
    """Return the pages this person may open, with the one that is open marked."""
    pages = (
        ("fields", _("Statuses"), NEEDS),
        ("reasons", _("Contact reasons"), NEEDS),
        ("tags", _("Tags"), NEEDS),
        ("views", _("Shared views"), SHARE),
    )
    return [
        {"label": label, "url": reverse(f"fields:{name}"), "active": name == active}
        for name, label, permission in pages
        if access.may(user, permission)
    ]


def moved(ids: Sequence[int], pk: int, way: str) -> list[int]:
    """Return the ids with one of them a place up or down."""
    order = list(ids)
    here = order.index(pk) if pk in order else -1
    there = here - 1 if way == "up" else here + 1
    if here < 0 or not 0 <= there < len(order):
        return order
    order[here], order[there] = order[there], order[here]
    return order


def done(request: Request, text: str, where: str, *, undo: str = "") -> HttpResponse:
    """Say what was done, with a way back where there is one, and go on."""
    messages.success(request, text, extra_tags=f"undo:{undo}" if undo else "")
    return go(request, reverse(f"fields:{where}"))


def refused(request: Request, text: str, url: str) -> HttpResponse:
    """Say why not, and stay."""
    messages.error(request, text)
    return go(request, url)
