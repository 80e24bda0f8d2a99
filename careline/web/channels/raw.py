"""Giving a mail as a file; strangers wrote it, so no browser may show it."""

from __future__ import annotations

from django.http import HttpResponse


def download(raw: bytes, name: str) -> HttpResponse:
    """Return bytes as an attachment that is saved and never rendered."""
    answer = HttpResponse(raw, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store"
    return answer
