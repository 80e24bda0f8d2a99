"""Until somebody signs in here, every address leads to the first page."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from careline.core import directory

OPEN = ("/start/", "/static/", "/healthz", "/i18n/")


class FirstRunMiddleware:
    """Send strangers to /start/ while the operation has nobody who signs in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # Whoever is signed in proves that the operation has begun, so only strangers cost a query.
        if request.user.is_authenticated or request.path.startswith(OPEN) or directory.anybody_signs_in():
            return self.get_response(request)
        return redirect(reverse("start:start"))
