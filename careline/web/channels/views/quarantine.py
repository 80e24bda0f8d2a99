"""Mail that could not be taken in: what it is, why, and what to do with it."""

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
    from careline.channels.models import RawMail

TEMPLATE = "channels/quarantine.html"
LISTS = ("quarantined", "discarded", "stored")


@needs("health.see")
@require_GET
def quarantine(request: Request) -> HttpResponse:
    """List what is set aside, and prove that no mail is missing."""
    which = request.GET.get("list", "quarantined")
    which = which if which in LISTS else "quarantined"
    found = queries.mail_page(queries.MailFilter(states=(which,)), before=number(request, "before"))
    context: dict[str, Any] = {
        "which": which,
        "mails": found.mails,
        **paged("channels:quarantine", which, found.next_before),
        "counts": queries.intake_counts(),
        "troubles": queries.intake_troubles(request.now),
        "may_act": access.may(request.user, "health.act"),
        "tabs": mail_tabs(request, "quarantine"),
    }
    return page(request, TEMPLATE, context, piece="state")


def _back(request: Request, which: str = "quarantined") -> HttpResponse:
    return go(request, f"{reverse('channels:quarantine')}?list={which}")


def _gone(request: Request) -> HttpResponse:
    messages.warning(request, _("Somebody was faster: that mail is no longer there."))
    return _back(request)


@needs("health.act")
@require_POST
def mail_retry(request: Request, pk: int) -> HttpResponse:
    """Let one mail be taken in again."""
    try:
        actions.retry_mail(raw_mail_id=pk, actor=request.user, now=request.now)
    except actions.MailIsNotQuarantined:
        return _gone(request)
    messages.success(request, _("It is taken in again now. If it fails again, it comes back here."))
    return _back(request)


@needs("health.act")
@require_POST
def mail_retry_all(request: Request) -> HttpResponse:
    """Let all quarantined mails be taken in again."""
    count = actions.retry_all_mail(actor=request.user, now=request.now)
    text = ngettext("%(count)s mail is taken in again.", "%(count)s mails are taken in again.", count)
    messages.success(request, text % {"count": count})
    return _back(request)


@needs("health.act")
@require_POST
def mail_discard(request: Request, pk: int) -> HttpResponse:
    """Put a mail away; its bytes stay."""
    try:
        actions.discard_mail(raw_mail_id=pk, actor=request.user, now=request.now)
    except actions.MailIsNotQuarantined:
        return _gone(request)
    undo = reverse("channels:mail_restore", args=[pk])
    messages.success(request, _("Discarded. It is kept under Discarded."), extra_tags=f"undo:{undo}")
    return _back(request)


@needs("health.act")
@require_POST
def mail_restore(request: Request, pk: int) -> HttpResponse:
    """Bring a mail that was put away back into quarantine."""
    try:
        actions.restore_mail(raw_mail_id=pk, actor=request.user, now=request.now)
    except (actions.MailIsNotDiscarded, actions.MailIsNotQuarantined):
        return _gone(request)
    messages.success(request, _("It is back in quarantine."))
    return _back(request)


@needs("health.act")
@require_GET
def mail_raw(request: Request, pk: int) -> HttpResponse:
    """Give a mail as it arrived, as a file to keep; the browser must not show it."""
    raw = _raw(pk)
    # Once it has become part of a conversation, it is for those who may read that.
    if raw.ticket_id is not None and not readable(request.user, [raw.ticket_id]):
        raise Http404("not theirs to read")
    try:
        return download(queries.mail_bytes(raw), f"mail-{pk}.eml")
    except FileNotFoundError as error:
        raise Http404("the bytes are gone") from error


def _raw(pk: int) -> RawMail:
    raw = queries.raw_mail(pk)
    if raw is None:
        raise Http404("no such mail")
    return raw
