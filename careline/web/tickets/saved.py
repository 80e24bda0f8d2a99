"""Views: keeping a list under a name, renaming and removing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.core import access
from careline.core.conditions import Condition
from careline.tickets import actions, queries
from careline.tickets.queries.views import name_of, removed_views
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.tickets.forms import ViewForm
from careline.web.tickets.inbox import INBOX, inbox_context
from careline.web.tickets.listing import listing, view_url
from careline.web.tickets.wanted import read_text

if TYPE_CHECKING:
    from careline.tickets.models import View

SEE = "tickets.see"


@needs(SEE)
@require_POST
def view_save(request: Request) -> HttpResponse:
    """Keep the list one sees under a name."""
    here = listing(request.user, read_text(request.POST.get("list", "")), request.now)
    form = ViewForm(request.POST, may_share=access.may(request.user, "views.share"))
    if not form.is_valid():
        context = inbox_context(request, here) | {"save_form": form}
        template = "tickets/save_view.html" if request.htmx else INBOX
        return page(request, template, context, piece="save", status=422)
    view = actions.save_view(
        name=form.cleaned_data["name"],
        condition=tidy(here.condition),
        order=here.order,
        shared=form.cleaned_data.get("shared", False),
        actor=request.user,
        now=request.now,
    )
    return go(request, view_url(view))


def tidy(condition: Condition) -> Condition:
    """Return the same condition without empty parts and needless levels."""
    if set(condition) != {"all"}:
        return condition
    parts: list[Any] = []
    for part in map(tidy, condition["all"]):
        if part:
            parts.extend(part["all"] if set(part) == {"all"} else [part])
    return parts[0] if len(parts) == 1 else {"all": parts} if parts else {}


def _view(request: Request, pk: int) -> View:
    view = queries.view_for(request.user, pk)
    if view is None:
        raise Http404("no such view")
    return view


@needs(SEE)
@require_POST
def view_rename(request: Request, pk: int) -> HttpResponse:
    """Call a view something else."""
    view = _view(request, pk)
    name = request.POST.get("name", "")
    try:
        actions.save_view(
            view=view,
            name=name,
            condition=view.condition,
            order=view.order,
            shared=view.owner_id is None,
            actor=request.user,
            now=request.now,
        )
    except actions.ViewNeedsAName:
        error = _("Give it a name of at most eighty characters.")
        context = {"view": view, "value": name, "error": error}
        return page(request, "tickets/rename.html", context, status=422)
    return go(request, view_url(view))


@needs(SEE)
@require_POST
def view_remove(request: Request, pk: int) -> HttpResponse:
    """Take a view away; the notice brings it back."""
    view = _view(request, pk)
    actions.remove_view(view=view, actor=request.user, now=request.now)
    text = _("The view “%(name)s” is removed.") % {"name": name_of(view)}
    # Tabs, menu and list have all changed, so the page is shown anew and says it.
    messages.success(request, text, extra_tags=f"undo:{reverse('tickets:view_restore', args=[pk])}")
    return go(request, reverse("tickets:inbox"))


@needs(SEE)
@require_POST
def view_restore(request: Request, pk: int) -> HttpResponse:
    """Bring a removed view back."""
    view = next((one for one in removed_views(request.user) if one.pk == pk), None)
    if view is None:
        raise Http404("no such view")
    actions.restore_view(view=view, actor=request.user, now=request.now)
    return go(request, view_url(view))
