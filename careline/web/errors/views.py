"""Refused, missing or broken: each page says what to do next."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from careline.web.door import open_to_all


@open_to_all("an error page shows nothing")
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the request could not be read."""
    return render(request, "errors/400.html", status=400)


@open_to_all("an error page shows nothing")
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that the permission is missing, and who can give it."""
    return render(request, "errors/403.html", status=403)


@open_to_all("an error page shows nothing")
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say that nothing is here, or nothing of yours."""
    return render(request, "errors/404.html", status=404)


@open_to_all("an error page shows nothing")
def broken(request: HttpRequest) -> HttpResponse:
    """Say that something broke, without touching what may be broken."""
    # Whatever broke may break again: this page asks neither the database nor the session.
    return render(None, "errors/500.html", status=500)


@open_to_all("an error page shows nothing")
def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that the form has grown old, and how to send it again."""
    return render(request, "errors/csrf.html", status=403)
