"""Addresses that leave the house in mails."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

LOCAL = ("http://localhost", "http://127.")


def absolute(request: HttpRequest, path: str) -> str:
    """Return `path` as people outside reach it: by CARELINE_URL, else by the address in use."""
    if settings.BASE_URL.startswith(LOCAL):
        return request.build_absolute_uri(path)
    return str(settings.BASE_URL).rstrip("/") + path
