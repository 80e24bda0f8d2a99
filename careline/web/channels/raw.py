"""Giving a mail as a file; strangers wrote it, so no browser may show it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.http import HttpResponse

from careline.tickets.queries import visible_to

if TYPE_CHECKING:
    from careline.core.models import User


def readable(user: User, ticket_ids: Iterable[int | None]) -> set[int]:
    """Return which of these conversations somebody may read, and with them the mail that belongs to them."""
    wanted = {pk for pk in ticket_ids if pk is not None}
    return set(visible_to(user).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()


def download(raw: bytes, name: str) -> HttpResponse:
    """Return bytes as an attachment that is saved and never rendered."""
    answer = HttpResponse(raw, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    return answer
