"""Who may open a screen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from careline.core import access

if TYPE_CHECKING:
    from careline.core.models import User

View = Callable[..., HttpResponseBase]


class Request(HttpRequest):
    """A request behind @needs: the user is signed in, htmx is known, and the clock was read once."""

    user: User
    htmx: HtmxDetails
    now: datetime


def needs(permission: str) -> Callable[[View], View]:
    """Guard a screen. Every screen carries this, @signed_in or @open_to_all; a test checks."""

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
            access.require(request.user, permission)
            return view(request, *args, **kwargs)

        return _mark(login_required(inner), permission)

    return wrap


def signed_in(view: View) -> View:
    """Open a screen to everybody who signs in: their own profile, help, the command bar."""
    return _mark(login_required(view), "signed in")


def open_to_all(reason: str) -> Callable[[View], View]:
    """Leave a screen public, and say why."""
    return lambda view: _mark(view, f"open: {reason}")


def _mark(view: View, door: str) -> View:
    setattr(view, "door", door)  # noqa: B010 - functions have no declared attributes
    return view
