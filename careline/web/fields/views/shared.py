"""Shared views: their order and names; what they show is changed in the inbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.tickets import actions, queries
from careline.tickets.queries.views import name_of, removed_views
from careline.web.door import Request, needs
from careline.web.fields.common import SHARE, done, moved, tabs
from careline.web.fields.forms import ViewForm
from careline.web.page import go, page

if TYPE_CHECKING:
    from careline.tickets.models import View

LIST, VIEW = "fields/views.html", "fields/view.html"


@needs(SHARE)
def views(request: Request) -> HttpResponse:
    """List the shared views in their order, each with how much it holds."""
    found = queries.views_for(request.user, now=request.now)
    context = {
        "tabs": tabs("views", request.user),
        "rows": [_row(one) for one in found if one.view.owner_id is None],
        "removed": [one for one in removed_views(request.user) if one.owner_id is None],
    }
    return page(request, LIST, context)


def _row(one: queries.Counted) -> dict[str, Any]:
    order = queries.ORDERS.get(one.view.order, "")
    return {"view": one.view, "name": one.name, "count": _count(one), "order": order, "url": _inbox(one.view)}


def _count(one: queries.Counted) -> str:
    if one.count is None:
        return "–"
    return f"{one.count - 1}+" if one.more else str(one.count)


def _inbox(view: View) -> str:
    return f"{reverse('tickets:inbox')}?view={view.key or view.pk}"


def _found(request: Request, pk: int) -> View:
    found = queries.view_for(request.user, pk)
    if found is None or found.owner_id is not None:
        raise Http404("no such shared view")
    return found


def _removed(request: Request, pk: int) -> View:
    for one in removed_views(request.user):
        if one.pk == pk and one.owner_id is None:
            return one
    raise Http404("no such removed view")


@needs(SHARE)
def view(request: Request, pk: int) -> HttpResponse:
    """Show a shared view, and change what it is called."""
    one = _found(request, pk)
    if request.method != "POST":
        return page(request, VIEW, _context(one, ViewForm(initial={"name": name_of(one)})))
    form = ViewForm(request.POST)
    if form.is_valid():
        try:
            actions.save_view(
                view=one,
                name=form.cleaned_data["name"],
                condition=one.condition,
                order=one.order,
                shared=True,
                actor=request.user,
                now=request.now,
            )
            return done(request, _("Saved."), "views")
        except actions.ViewNeedsAName:
            form.add_error("name", _("Give the view a name of at most eighty letters."))
    return page(request, VIEW, _context(_found(request, pk), form), piece="form", status=422)


def _context(one: View, form: ViewForm) -> dict[str, Any]:
    return {
        "view": one,
        "name": name_of(one),
        "form": form,
        "inbox_url": _inbox(one),
        "shipped": bool(one.key),
    }


@needs(SHARE)
@require_POST
def move(request: Request, pk: int) -> HttpResponse:
    """Put a shared view a place up or down."""
    _found(request, pk)
    rows = queries.views_for(request.user, now=request.now, count=False)
    order = moved([one.view.pk for one in rows if one.view.owner_id is None], pk, request.POST.get("way", ""))
    actions.order_views(ids=order, actor=request.user, now=request.now)
    return go(request, reverse("fields:views"))


@needs(SHARE)
@require_POST
def reset(request: Request, pk: int) -> HttpResponse:
    """Give a shipped view back what it came with."""
    one = _found(request, pk)
    try:
        actions.reset_view(view=one, actor=request.user, now=request.now)
    except actions.NothingToRestore as error:
        raise Http404("not a shipped view") from error
    return done(request, _("The view is as it came with Careline."), "views")


@needs(SHARE)
@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """Take a shared view away from everybody."""
    one = _found(request, pk)
    actions.remove_view(view=one, actor=request.user, now=request.now)
    undo = reverse("fields:view_restore", args=[pk])
    return done(request, _("%(name)s is removed.") % {"name": name_of(one)}, "views", undo=undo)


@needs(SHARE)
@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Bring a removed view back."""
    one = _removed(request, pk)
    actions.restore_view(view=one, actor=request.user, now=request.now)
    return done(request, _("%(name)s is back.") % {"name": name_of(one)}, "views")
