"""Mail that we owe: what could not be sent, what waits, what came back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from careline.channels import actions, queries
from careline.core import access
from careline.web.channels.paging import number, paged
from careline.web.channels.raw import download, readable
from careline.web.channels.tabs import mail_tabs
from careline.web.door import Request, needs
from careline.web.page import go, page

if TYPE_CHECKING:
    from careline.channels.models import Outgoing

TEMPLATE = "channels/outbox.html"
LISTS = ("failed", "waiting", "bounced", "cancelled")


@needs("health.see")
@require_GET
def outbox(request: Request) -> HttpResponse:
    """List the mails that did not leave, or did not arrive."""
    which = request.GET.get("list", "failed")
    which = which if which in LISTS else "failed"
    found = queries.outgoing_page(which, before=number(request, "before"))
    seen = readable(request.user, (mail.ticket_id for mail in found.mails))
    context: dict[str, Any] = {
        "which": which,
        "rows": [
            {"mail": mail, "delivery": queries.describe(mail), "seen": mail.ticket_id in seen}
            for mail in found.mails
        ],
        **paged("channels:outbox", which, found.next_before),
        "counts": queries.outgoing_counts(request.now),
        "can_send": queries.anything_can_send(),
        "may_act": access.may(request.user, "health.act"),
        "may_setup": access.may(request.user, "setup.channels"),
        "tabs": mail_tabs(request, "outbox"),
    }
    return page(request, TEMPLATE, context, piece="state")


def _back(request: Request, which: str = "failed") -> HttpResponse:
    return go(request, f"{reverse('channels:outbox')}?list={which}")


def _gone(request: Request) -> HttpResponse:
    messages.warning(request, _("Somebody was faster: that mail is no longer waiting."))
    return _back(request)


@needs("health.act")
@require_POST
def outgoing_retry(request: Request, pk: int) -> HttpResponse:
    """Try one mail again now."""
    try:
        actions.retry_outgoing(outgoing_id=pk, actor=request.user, now=request.now)
        messages.success(request, _("It is sent again now."))
    except actions.MailIsNotWaiting:
        return _gone(request)
    except actions.NothingCanSend as refusal:
        messages.error(request, str(refusal))
    return _back(request)


@needs("health.act")
@require_POST
def outgoing_retry_all(request: Request) -> HttpResponse:
    """Try all failed mails again."""
    done = actions.retry_all_outgoing(actor=request.user, now=request.now)
    text = ngettext("%(count)s mail is sent again.", "%(count)s mails are sent again.", done)
    messages.success(request, text % {"count": done})
    return _back(request)


@needs("health.act")
@require_POST
def outgoing_cancel(request: Request, pk: int) -> HttpResponse:
    """Do not send a mail after all."""
    try:
        actions.cancel_outgoing(outgoing_id=pk, actor=request.user, now=request.now)
    except actions.MailIsNotWaiting:
        return _gone(request)
    undo = reverse("channels:outgoing_restore", args=[pk])
    messages.success(request, _("Cancelled: it will not be sent."), extra_tags=f"undo:{undo}")
    return _back(request)


@needs("health.act")
@require_POST
def outgoing_restore(request: Request, pk: int) -> HttpResponse:
    """Take a cancellation back."""
    try:
        actions.restore_outgoing(outgoing_id=pk, actor=request.user, now=request.now)
    except actions.MailIsNotWaiting:
        return _gone(request)
    messages.success(request, _("It is back in the outbox."))
    return _back(request)


@needs("health.act")
@require_GET
def outgoing_raw(request: Request, pk: int) -> HttpResponse:
    """Give a mail as it is sent, as a file; mails of Careline itself hold links that sign people in."""
    mail = _mail(pk)
    if mail.file is None or mail.purpose == "system" or not readable(request.user, [mail.ticket_id]):
        raise Http404("nothing to show")
    try:
        return download(queries.outgoing_bytes(mail), f"outgoing-{pk}.eml")
    except FileNotFoundError as error:
        raise Http404("the bytes are gone") from error


def _mail(pk: int) -> Outgoing:
    mail = queries.outgoing(pk)
    if mail is None:
        raise Http404("no such mail")
    return mail
