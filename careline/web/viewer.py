"""Who looks: their time zone, their language, and the one reading of the clock per request."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from careline.core import settings as choices
from careline.core.actions import users

OPERATION = ("operation.name", "operation.time_zone", "operation.demo")


class ViewerMiddleware:
    """Set request.now, the active time zone and language for the person who looks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.now = timezone.now()  # type: ignore[attr-defined]
        user = request.user
        if not user.is_authenticated:
            return self.get_response(request)
        users.note_seen(user=user, now=request.now)  # type: ignore[attr-defined]
        # Read once, for the frame of the page too.
        request.operation = choices.some(*OPERATION)  # type: ignore[attr-defined]
        zone = user.time_zone or request.operation["operation.time_zone"]  # type: ignore[attr-defined]
        if user.language:
            translation.activate(user.language)
            request.LANGUAGE_CODE = translation.get_language() or ""
        with timezone.override(ZoneInfo(zone)):
            return self.get_response(request)
