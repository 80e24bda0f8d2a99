"""How these screens answer: a notice with a way back, and which pieces of the page are no longer true."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.encoding import force_str

from careline.web.door import Request

Text = object


def done(
    request: Request, url: str, text: Text = "", *, undo_url: str = "", told: Iterable[str] = ()
) -> HttpResponse:
    """Say what was done: to htmx without a page, so that the pieces named in `told` ask again."""
    if request.htmx:
        return notice(HttpResponse(status=204), text, undo_url=undo_url, told=told)
    if text:
        messages.success(request, force_str(text), extra_tags=f"undo:{undo_url}" if undo_url else "")
    return redirect(url)


def refused(request: Request, url: str, text: Text, *, told: Iterable[str] = ()) -> HttpResponse:
    """Say why nothing was done, where there is no form that could say it."""
    if request.htmx:
        return notice(HttpResponse(status=422), text, kind="late", told=told)
    messages.error(request, force_str(text))
    return redirect(url)


def notice(
    response: HttpResponse,
    text: Text = "",
    *,
    undo_url: str = "",
    kind: str = "",
    told: Iterable[str] = (),
) -> HttpResponse:
    """Add a notice, and the names of what has changed, to an answer."""
    body: dict[str, object] = {}
    if text:
        body["toast"] = {"text": force_str(text), "undo_url": undo_url, "kind": kind}
    if topics := list(told):
        body["told"] = topics
    if response.status_code == 204:
        body["closeDialog"] = True
    if body:
        response["HX-Trigger"] = json.dumps(body)
    return response


def ticket_topic(pk: int) -> str:
    """Return the name under which the pieces of a conversation's page listen."""
    return f"ticket:{pk}"


def undo_url(pk: int, event_id: int) -> str:
    """Return the address that takes one change of a conversation back."""
    return reverse("tickets:ticket_undo", args=[pk, event_id])
