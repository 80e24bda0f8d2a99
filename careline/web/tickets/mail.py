"""What came by mail, shown without harm: its HTML in a frame of its own, its files, its bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.calc.mail.sanitise import place_images
from careline.channels import actions as mail_actions
from careline.channels import queries as channels
from careline.core import access, files
from careline.web.door import Request, needs
from careline.web.page import page
from careline.web.tickets import answers
from careline.web.tickets.delivery import sending_of
from careline.web.tickets.opened import find_file, find_message, find_ticket
from careline.web.tickets.talk import PREVIEWED

if TYPE_CHECKING:
    from careline.tickets.models import Message

SEE = "tickets.see"
# No script whatever happens; styles as the mail has them; pictures only our own until somebody asks.
FRAME = (
    "default-src 'none'; img-src 'self' data:{outside}; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
BYTES = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


@needs(SEE)
def message_body(request: Request, pk: int, message_id: int) -> HttpResponse:
    """Return the HTML of a mail as a document of its own, for a sandboxed frame."""
    message = find_message(find_ticket(request, pk), message_id)
    outside = request.GET.get("images") == "1"
    body, quoted = (_shown(pk, message, part, outside) for part in (message.html, message.quoted_html))
    context = {"body": mark_safe(body), "quoted": mark_safe(quoted), "message": message}
    response = render(request, "tickets/mail.html", context)
    response["Content-Security-Policy"] = FRAME.format(outside=" https: http:" if outside else "")
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


def _shown(pk: int, message: Message, markup: str, outside: bool) -> str:
    """Put our own pictures in their places, and outside ones when they were asked for."""
    if not markup:
        return ""
    inline = {one.content_id: one.pk for one in message.attachments.all() if one.content_id}
    addresses = {
        cid: f"{reverse('tickets:file', args=[pk, file_id])}?show=1" for cid, file_id in inline.items()
    }
    placed = _warned(place_images(markup, addresses))
    return placed.replace(" data-remote-src=", " src=") if outside else placed


def _warned(markup: str) -> str:
    """Say in the reader's language why a link deserves a second look."""
    words = {"other-host": _("leads elsewhere"), "lookalike": _("looks like another address")}
    for key, text in words.items():
        markup = markup.replace(f' data-warning="{key}"', f' data-warning="{escape(text)}"')
    return markup


@needs(SEE)
def file(request: Request, pk: int, file_id: int) -> FileResponse:
    """Send a file to be saved; pictures may also be shown. Nothing that came by mail is run or rendered."""
    found = find_file(find_ticket(request, pk), file_id)
    show = request.GET.get("show") == "1" and found.type in PREVIEWED
    try:
        # Closed by the response when it has been sent.
        stream = files.path_of(found.file.sha256).open("rb")
    except FileNotFoundError as error:
        raise Http404("the bytes are gone") from error
    response = FileResponse(stream, content_type=found.type if show else "application/octet-stream")
    response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = disposition("inline" if show else "attachment", found.name)
    return _harmless(response)


def disposition(how: str, name: str) -> str:
    """Return how a browser shall treat a file, with its name in whatever script."""
    clean = "".join(char for char in name if char.isprintable() and char not in '"\\/').strip() or "file"
    plain = clean.encode("ascii", "replace").decode().replace("?", "_")
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"


def _harmless(response: FileResponse | HttpResponse) -> FileResponse:
    response["Content-Security-Policy"] = BYTES
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response  # type: ignore[return-value]


@needs("health.see")
def message_raw(request: Request, pk: int, message_id: int) -> FileResponse:
    """Send a mail as it came, byte for byte."""
    access.require(request.user, SEE)
    message = find_message(find_ticket(request, pk), message_id)
    mail = channels.mail_of_message(message.pk)
    if mail is None:
        raise Http404("no mail behind this message")
    try:
        response = HttpResponse(channels.mail_bytes(mail), content_type="application/octet-stream")
    except OSError as error:
        raise Http404("the bytes are gone") from error
    response["Content-Disposition"] = disposition("attachment", f"{pk}-{message_id}.eml")
    return _harmless(response)


@needs(SEE)
def message_delivery(request: Request, pk: int, message_id: int) -> HttpResponse:
    """Return what became of a mail of ours by now."""
    message = find_message(find_ticket(request, pk), message_id)
    delivery = sending_of(pk, request.user, message.pk)
    if delivery is None:
        raise Http404("no mail of this message")
    return page(request, "tickets/delivery.html", {"delivery": delivery})


@needs("health.act")
@require_POST
def message_retry(request: Request, pk: int, message_id: int) -> HttpResponse:
    """Try to send a mail again that could not be sent."""
    access.require(request.user, SEE)
    message = find_message(find_ticket(request, pk), message_id)
    known = channels.delivery_of([message.pk]).get(message.pk)
    if known is None:
        raise Http404("no mail of this message")
    url = reverse("tickets:ticket", args=[pk])
    text, status = _("Trying again."), 200
    try:
        mail_actions.retry_outgoing(outgoing_id=known.outgoing_id, actor=request.user, now=request.now)
    except mail_actions.MailIsNotWaiting:
        text, status = _("That mail was sent or cancelled meanwhile."), 422
    except mail_actions.NothingCanSend as refusal:
        text, status = str(refusal), 422
    if not request.htmx:
        done = answers.done if status == 200 else answers.refused
        return done(request, url, text)
    context = {"delivery": sending_of(pk, request.user, message.pk)}
    answer = page(request, "tickets/delivery.html", context, status=status)
    return answers.notice(answer, text, kind="late" if status == 422 else "")
