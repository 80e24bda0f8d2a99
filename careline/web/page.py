"""Answering a browser: the whole page, or the piece htmx asked for."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.encoding import force_str

from careline.web.door import Request


def page(
    request: Request, template: str, context: dict[str, Any], *, piece: str = "", status: int = 200
) -> HttpResponse:
    """Render `template`; for an htmx request render only its partial `piece`."""
    name = f"{template}#{piece}" if piece and request.htmx else template
    response = render(request, name, context, status=status)
    response["Vary"] = "HX-Request"
    return response


def toast(response: HttpResponse, text: object, *, undo_url: str = "") -> HttpResponse:
    """Tell the person what happened, with a way back where there is one."""
    body = {"toast": {"text": force_str(text), "undo_url": undo_url}}
    response["HX-Trigger"] = json.dumps(body)
    return response


def go(request: Request, url: str) -> HttpResponse:
    """Send the browser to another page, with or without htmx."""
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)
