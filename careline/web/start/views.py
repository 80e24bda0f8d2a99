"""The very first page: explore the demo, or set up one's own desk."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from careline.core import settings as choices
from careline.web.door import Request, open_to_all
from careline.web.page import page
from careline.web.start.stage import refuse_once_begun


@open_to_all("nobody can sign in yet; 404 once somebody can")
def start(request: Request) -> HttpResponse:
    """Offer the two ways to begin."""
    refuse_once_begun()
    claim = choices.get("operation.claim") or {}
    if claim.get("kind") == "demo":
        return redirect(reverse("start:progress"))
    return page(request, "start/start.html", {"zone": guess_zone(request)})


def guess_zone(request: HttpRequest) -> str:
    """Return the zone that the browser told by cookie, for a form that is open for everybody to change."""
    return request.COOKIES.get("zone", "")
