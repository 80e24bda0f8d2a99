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


def absolute_for_strangers(request: HttpRequest, path: str) -> str:
    """Return `path` as `absolute` does, unless the asker alone says what the address in use is.

    Where every Host header is taken, a stranger could have the link to a new password lead to themselves.
    """
    if "*" in settings.ALLOWED_HOSTS:
        return str(settings.BASE_URL).rstrip("/") + path
    return absolute(request, path)
