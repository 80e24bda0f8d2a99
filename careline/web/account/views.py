"""One's own page: name, language, time zone, and whether one is here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST

from careline.core import directory
from careline.core.actions import users
from careline.web.account.forms import ProfileForm
from careline.web.door import Request, signed_in
from careline.web.page import go, page, toast

if TYPE_CHECKING:
    from careline.core.models import User

TEMPLATE = "account/profile.html"
YEAR_S = 31_536_000


@signed_in
def profile(request: Request) -> HttpResponse:
    """Show and change what one says about oneself."""
    if request.method != "POST":
        return page(request, TEMPLATE, _context(request, ProfileForm(initial=_initial(request.user))))
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return page(request, TEMPLATE, _context(request, form), piece="form", status=422)
    users.change_own_profile(actor=request.user, now=request.now, **form.cleaned_data)
    with override(form.cleaned_data["language"] or None):
        messages.success(request, _("Saved."))
    response = go(request, reverse("account:profile"))
    theme = form.cleaned_data["theme"]
    # The first paint reads the cookie, so that no page flashes in the other theme.
    response.set_cookie("theme", theme, max_age=YEAR_S if theme else 0, samesite="Lax")
    return response


def _initial(user: User) -> dict[str, Any]:
    keys = ("name", "language", "time_zone", "theme", "signature")
    return {key: getattr(user, key) for key in keys}


def _context(request: Request, form: ProfileForm) -> dict[str, Any]:
    return {"form": form, "roles": directory.role_names(request.user)}


@signed_in
@require_POST
def availability(request: Request) -> HttpResponse:
    """Switch between here and away."""
    wanted = "away" if request.user.availability == "online" else "online"
    users.set_availability(actor=request.user, availability=wanted, now=request.now)
    text = _("You are away. No new work comes to you.") if wanted == "away" else _("You are here.")
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return toast(response, text)
    messages.success(request, text)
    return go(request, reverse("account:profile"))
