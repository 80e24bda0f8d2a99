"""Statuses: the list by what they mean, and one status's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.tickets import actions, queries
from careline.web.door import Request, needs
from careline.web.fields.common import NEEDS, done, moved, refused, tabs
from careline.web.fields.forms import MEANINGS, NewStatusForm, StatusForm
from careline.web.page import go, page

if TYPE_CHECKING:
    from careline.tickets.models import Status

LIST, STATUS = "fields/statuses.html", "fields/status.html"


@needs(NEEDS)
def statuses(request: Request) -> HttpResponse:
    """List the statuses; a POST adds one."""
    if request.method != "POST":
        return page(request, LIST, _list(request, NewStatusForm()), piece="create")
    form = NewStatusForm(request.POST)
    if form.is_valid():
        try:
            made = actions.add_status(actor=request.user, now=request.now, **form.cleaned_data)
            return done(request, _("%(name)s is there.") % {"name": made.name}, "fields")
        except actions.StatusNameTaken:
            form.add_error("name", _taken())
    return page(request, LIST, _list(request, form), piece="create", status=422)


def _list(request: Request, form: NewStatusForm) -> dict[str, Any]:
    rows = queries.statuses(archived=True)
    active = [one for one in rows if one.active]
    groups = [
        {"category": key, "meaning": words, "rows": [one for one in active if one.category == key]}
        for key, words in MEANINGS.items()
    ]
    return {
        "tabs": tabs("fields", request.user),
        "groups": groups,
        "archived": [one for one in rows if not one.active],
        "form": form,
    }


def _taken() -> str:
    return _("Another status is called that. It may be archived; then bring it back instead.")


def _found(pk: int) -> Status:
    found = queries.status(pk)
    if found is None:
        raise Http404("no such status")
    return found


@needs(NEEDS)
def status(request: Request, pk: int) -> HttpResponse:
    """Show a status, and change what it is called."""
    one = _found(pk)
    if request.method != "POST":
        return page(request, STATUS, _context(one, StatusForm(initial={"name": one.name})))
    form = StatusForm(request.POST)
    if form.is_valid():
        try:
            actions.rename_status(
                status=one, name=form.cleaned_data["name"], actor=request.user, now=request.now
            )
            return done(request, _("Saved."), "fields")
        except actions.StatusNameTaken:
            form.add_error("name", _taken())
    return page(request, STATUS, _context(_found(pk), form), piece="form", status=422)


def _context(one: Status, form: StatusForm) -> dict[str, Any]:
    return {
        "status": one,
        "form": form,
        "meaning": MEANINGS[one.category],
        "used": one.pk in queries.statuses_in_use(),
    }


@needs(NEEDS)
@require_POST
def move(request: Request, pk: int) -> HttpResponse:
    """Put a status a place up or down among those that mean the same."""
    one = _found(pk)
    rows = queries.statuses(archived=True)
    same = moved(
        [row.pk for row in rows if row.category == one.category and row.active],
        pk,
        request.POST.get("way", ""),
    )
    turn = iter(same)
    order = [next(turn) if row.pk in same else row.pk for row in rows]
    actions.order_statuses(ids=order, actor=request.user, now=request.now)
    return go(request, reverse("fields:fields"))


@needs(NEEDS)
@require_POST
def default(request: Request, pk: int) -> HttpResponse:
    """Take this status from now on when only its meaning is named."""
    one = _found(pk)
    try:
        actions.make_default(status=one, actor=request.user, now=request.now)
    except actions.StatusIsArchived:
        return refused(request, _("Bring the status back first."), reverse("fields:status", args=[pk]))
    return done(request, _("%(name)s is the usual one now.") % {"name": one.name}, "fields")


@needs(NEEDS)
@require_POST
def archive(request: Request, pk: int) -> HttpResponse:
    """Offer a status no longer."""
    one, here = _found(pk), reverse("fields:status", args=[pk])
    try:
        actions.archive_status(status=one, actor=request.user, now=request.now)
    except actions.StatusIsDefault:
        return refused(request, _("It is the usual one of its kind. Make another one that first."), here)
    except actions.StatusInUse:
        text = _("Conversations stand in it. Move them to another status first; the inbox lists them.")
        return refused(request, text, here)
    undo = reverse("fields:status_restore", args=[pk])
    return done(request, _("%(name)s is archived.") % {"name": one.name}, "fields", undo=undo)


@needs(NEEDS)
@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Offer an archived status again."""
    one = _found(pk)
    actions.restore_status(status=one, actor=request.user, now=request.now)
    return done(request, _("%(name)s is back.") % {"name": one.name}, "fields")
