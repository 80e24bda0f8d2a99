"""Whether all parts live, for load balancers, the supervisor and people who watch."""

from __future__ import annotations

from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from careline.config import parts
from careline.core import heartbeat
from careline.web.door import open_to_all


@open_to_all("a load balancer asks without signing in")
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database and every part live, else 503 and what is missing."""
    expected = parts.expected()
    try:
        silent = heartbeat.silent(expected, now=timezone.now())
    except DatabaseError:
        return JsonResponse({"status": "failing", "failing": ["database"]}, status=503)
    if silent:
        return JsonResponse({"status": "failing", "failing": silent}, status=503)
    return JsonResponse({"status": "ok", "parts": expected})
