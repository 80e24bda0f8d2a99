"""Saying something: an answer to the customer, or a note among colleagues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.core import files
from careline.tickets import actions, queries
from careline.tickets.said import NewFile, NewMessage
from careline.web.door import Request, needs
from careline.web.page import page
from careline.web.tickets import answers
from careline.web.tickets.choices import offered
from careline.web.tickets.composer import addresses_of, composer_context
from careline.web.tickets.forms import ReplyForm
from careline.web.tickets.opened import find_ticket
from careline.web.tickets.ticket import TICKET, ticket_context

if TYPE_CHECKING:
    from datetime import datetime

    from careline.tickets.models import Ticket

COMPOSER = "tickets/composer.html"
OVER = (actions.TicketIsClosed, actions.TicketIsMerged, actions.StatusIsArchived)


@needs("tickets.reply")
@require_POST
def ticket_reply(request: Request, pk: int) -> HttpResponse:
    """Send an answer or keep a note; when somebody spoke meanwhile, show that instead of sending."""
    ticket = find_ticket(request, pk)
    form = ReplyForm(_given(request), request.FILES, to=addresses_of(ticket), offered=offered(request))
    if not form.is_valid():
        return _again(request, ticket, form)
    try:
        text = _say(request, ticket, form.cleaned_data)
    except actions.SomethingNewer as refusal:
        return _again(request, ticket, form, newer=refusal.messages)
    except OVER as refusal:
        form.add_error(None, _why_not(refusal))
        return _again(request, ticket, form)
    url = f"{reverse('tickets:ticket', args=[pk])}"
    if not request.htmx:
        return answers.done(request, url, text)
    fresh = find_ticket(request, pk)
    answer = page(request, COMPOSER, composer_context(request, fresh))
    return answers.notice(answer, text, told=[answers.ticket_topic(pk)])


def _given(request: Request) -> Any:
    """Return what was sent; the button for notes says so itself, for pages without script."""
    given = request.POST.copy()
    if given.get("as") == "note":
        given["kind"] = "note"
    return given


def _say(request: Request, ticket: Ticket, given: dict[str, Any]) -> str:
    if given["kind"] == "note":
        message = NewMessage(text=given["text"].strip(), files=_files(given, request.now))
        actions.add_note(ticket=ticket, message=message, actor=request.user, now=request.now)
        return _("The note is kept.")
    status = queries.status(given["status"]) if given["status"] else None
    actions.reply(
        ticket=ticket,
        message=_answer(ticket, given, request.now),
        status=status,
        version=given["anyway"] or given["version"],
        actor=request.user,
        now=request.now,
    )
    if status:
        return _("On its way. Status: %(name)s.") % {"name": status.name}
    return _("On its way.")


def _answer(ticket: Ticket, given: dict[str, Any], now: datetime) -> NewMessage:
    to = given["to"] or next(iter(addresses_of(ticket)), "")
    return NewMessage(
        text=given["text"].strip(),
        address=to,
        cc=people(given["cc"]),
        bcc=people(given["bcc"]),
        files=_files(given, now),
    )


def people(addresses: list[str]) -> list[dict[str, str]]:
    """Return addresses as messages keep them."""
    return [{"name": "", "address": address} for address in addresses]


def _files(given: dict[str, Any], now: datetime) -> list[NewFile]:
    return [store(one, now) for one in given["attachments"]]


def store(upload: UploadedFile[bytes], now: datetime) -> NewFile:
    """Keep an uploaded file's bytes."""
    data = upload.read()
    kept = files.store(data, now=now)
    name = (upload.name or "file").replace("\r", "").replace("\n", "")
    return NewFile(
        name=name, type=upload.content_type or "application/octet-stream", size=len(data), file=kept
    )


def _again(request: Request, ticket: Ticket, form: ReplyForm, *, newer: Any = ()) -> HttpResponse:
    composer = composer_context(request, ticket, form=form, newer=newer)
    if request.htmx:
        return page(request, COMPOSER, composer, status=422)
    return page(request, TICKET, ticket_context(request, ticket) | composer, status=422)


def _why_not(refusal: Exception) -> str:
    if isinstance(refusal, actions.TicketIsClosed):
        return _("This is closed for good. Begin a new conversation to write to the customer again.")
    if isinstance(refusal, actions.TicketIsMerged):
        return _("This goes on in another conversation. Answer there.")
    return _("“%(name)s” is no longer offered. Choose again.") % {"name": refusal}
