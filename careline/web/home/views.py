"""Where one's day begins, by role."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from careline.core import access, directory
from careline.core import settings as choices
from careline.web import nav
from careline.web.door import Request, signed_in

LEADS = {"manager", "lead"}
ONLOOKERS = {"planner", "qa", "auditor"}  # nothing is assigned to them


@signed_in
def home(request: Request) -> HttpResponse:
    """Send everybody to the page of their role; an administrator back to an unfinished set-up."""
    kept = choices.some("operation.ready", "operation.start_step")
    step = kept["operation.start_step"]
    if step and not kept["operation.ready"] and access.may(request.user, "setup.users"):
        return redirect(reverse("start:step", args=[step]))
    return redirect(_home_of(request))


def _home_of(request: Request) -> str:
    pages = [item for wing in nav.wings(request) for item in wing["items"]]
    roles = directory.role_keys(request.user)
    first = (
        "today" if roles & LEADS else "inbox" if "agent" in roles else "today" if roles & ONLOOKERS else ""
    )
    chosen = [item["url"] for item in pages if item["name"] == first]
    return str([*chosen, *(item["url"] for item in pages), reverse("account:profile")][0])
