"""On which devices people are signed in, and when each was used last."""

from __future__ import annotations

import time
from typing import Any

from allauth.usersessions.middleware import UserSessionsMiddleware
from django.http import HttpRequest

EVERY_S = 60
MARK = "device_seen"


class DevicesMiddleware(UserSessionsMiddleware):  # type: ignore[misc]
    """Note the use of a device at most once a minute; allauth's own writes to the database on every page."""

    def __call__(self, request: HttpRequest) -> Any:
        if not request.session.session_key or not request.user.is_authenticated:
            return self.get_response(request)
        now = time.time()
        if now - request.session.get(MARK, 0) < EVERY_S:
            return self.get_response(request)
        request.session[MARK] = int(now)
        return super().__call__(request)
