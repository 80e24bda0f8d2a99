"""Mailboxes: the list with how each fares, and the page to set one up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from careline.channels import actions, check, queries
from careline.core import access, directory
from careline.web.channels import forms
from careline.web.channels.forms import MailboxForm
from careline.web.channels.presets import BY_KEY, PRESETS, Preset
from careline.web.channels.tabs import mail_tabs
from careline.web.door import Request, needs
from careline.web.page import go, page

if TYPE_CHECKING:
    from careline.channels.models import Mailbox

NEEDS = "setup.channels"
LIST, BOX, KINDS, TRIED = (
    "channels/mailboxes.html",
    "channels/mailbox.html",
    "channels/mailbox_new.html",
    "channels/tried.html",
)


@needs(NEEDS)
@require_GET
def mailboxes(request: Request) -> HttpResponse:
    """List the mailboxes with how they fare."""
    context = {
        "boxes": queries.boxes(request.now),
        "can_send": queries.anything_can_send(),
        "may_see_mail": access.may(request.user, "health.see"),
        "tabs": mail_tabs(request, "mailboxes"),
    }
    return page(request, LIST, context, piece="boxes")


@needs(NEEDS)
def mailbox_new(request: Request) -> HttpResponse:
    """Ask which kind of mailbox it is; then show the form with what is known of that kind."""
    preset = BY_KEY.get(request.GET.get("provider", ""))
    if request.method == "POST":
        return _save(request, None, MailboxForm(request.POST), preset)
    if preset is None:
        return page(request, KINDS, {"presets": PRESETS, "tabs": mail_tabs(request, "mailboxes")})
    known = {"provider": preset.key if preset.key in ("google", "microsoft") else ""}
    return _show(request, None, MailboxForm(initial={**known, **preset.initial}), preset)


@needs(NEEDS)
def mailbox(request: Request, pk: int) -> HttpResponse:
    """Show and change one mailbox."""
    box = _box(pk)
    if request.method == "POST":
        return _save(request, box, MailboxForm(request.POST))
    return _show(request, box, MailboxForm(initial=forms.initial_of(box)))


def _box(pk: int) -> Mailbox:
    box = queries.mailbox(pk)
    if box is None:
        raise Http404("no such mailbox")
    return box


def _show(
    request: Request, box: Mailbox | None, form: MailboxForm, preset: Preset | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "box": box,
        "form": form,
        "preset": preset,
        "kept": queries.kept_secrets(box),
        "changed": queries.last_change(box) if box else None,
    }
    return page(request, BOX, context, piece="form", status=status)


def _save(
    request: Request, box: Mailbox | None, form: MailboxForm, preset: Preset | None = None
) -> HttpResponse:
    if form.is_valid() and (saved := _kept(request, box, form)):
        messages.success(request, _("%(name)s is kept.") % {"name": saved.name})
        return go(request, reverse("channels:mailboxes"))
    return _show(request, box, form, preset, status=422)


def _kept(request: Request, box: Mailbox | None, form: MailboxForm) -> Mailbox | None:
    given = form.cleaned_data
    try:
        return actions.save_mailbox(
            mailbox=box,
            name=given["name"],
            address=given["address"],
            inbound=forms.inbound_of(given),
            outbound=forms.outbound_of(given),
            secrets=forms.secrets_of(given),
            team=directory.team(given["team"]) if given["team"] else None,
            actor=request.user,
            now=request.now,
            **forms.more_of(given),
        )
    except actions.MailboxRefused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return None


@needs(NEEDS)
@require_POST
def mailbox_test(request: Request) -> HttpResponse:
    """Try the settings as they are typed in; a secret that was left empty is the kept one."""
    form = MailboxForm(request.POST)
    box = queries.mailbox(int(known)) if (known := request.POST.get("box", "")).isdecimal() else None
    context: dict[str, Any] = {"form": form, "box": box, "results": []}
    if form.is_valid():
        given = form.cleaned_data
        context["results"] = check.try_connection(
            inbound=forms.inbound_of(given),
            outbound=forms.outbound_of(given),
            secrets=_secrets(box, given),
        )
    return page(request, TRIED, context, piece="tried", status=200 if form.is_valid() else 422)


def _secrets(box: Mailbox | None, given: dict[str, Any]) -> dict[str, str]:
    """Return the secrets to try: kept ones only for the servers that they were kept for."""
    typed = forms.secrets_of(given)
    if box is None or not _same_servers(box, given):
        return typed
    return {**queries.secrets_for_test(box), **typed}


def _same_servers(box: Mailbox, given: dict[str, Any]) -> bool:
    """Say whether no server differs: else a test would hand a kept password to whoever is named."""
    pairs = ((box.inbound, forms.inbound_of(given)), (box.outbound, forms.outbound_of(given)))
    keys = ("host", "token_url", "tenant")
    return all((old.get(key) or "") == (new.get(key) or "") for old, new in pairs for key in keys)


@needs(NEEDS)
@require_POST
def mailbox_pause(request: Request, pk: int) -> HttpResponse:
    """Stop reading and sending."""
    box = actions.pause_mailbox(mailbox=_box(pk), actor=request.user, now=request.now)
    undo = reverse("channels:mailbox_activate", args=[pk])
    text = _("%(name)s is paused: nothing is read and nothing is sent.") % {"name": box.name}
    messages.success(request, text, extra_tags=f"undo:{undo}")
    return go(request, reverse("channels:mailboxes"))


@needs(NEEDS)
@require_POST
def mailbox_activate(request: Request, pk: int) -> HttpResponse:
    """Read and send again."""
    box = actions.activate_mailbox(mailbox=_box(pk), actor=request.user, now=request.now)
    messages.success(request, _("%(name)s is at work again.") % {"name": box.name})
    return go(request, reverse("channels:mailboxes"))
