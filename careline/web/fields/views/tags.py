"""Tags: how often each is used, and one tag's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from careline.tickets import actions, queries
from careline.web.door import Request, needs
from careline.web.fields.common import NEEDS, done, tabs
from careline.web.fields.forms import MergeForm, TagForm
from careline.web.page import page

if TYPE_CHECKING:
    from careline.tickets.models import Tag

LIST, TAG = "fields/tags.html", "fields/tag.html"


@needs(NEEDS)
def tags(request: Request) -> HttpResponse:
    """List the tags, the most used first."""
    uses = queries.tag_uses()
    found = sorted(queries.tags(archived=True), key=lambda one: (-uses.get(one.pk, 0), one.name))
    context = {
        "tabs": tabs("tags", request.user),
        "rows": [{"tag": one, "uses": uses.get(one.pk, 0)} for one in found if one.active],
        "removed": [one for one in found if not one.active],
    }
    return page(request, LIST, context)


def _found(pk: int) -> Tag:
    found = queries.tag(pk)
    if found is None:
        raise Http404("no such tag")
    return found


@needs(NEEDS)
def tag(request: Request, pk: int) -> HttpResponse:
    """Show a tag, and change what it is called."""
    one = _found(pk)
    if request.method != "POST":
        return page(request, TAG, _context(one, TagForm(initial={"name": one.name})))
    form = TagForm(request.POST)
    if form.is_valid():
        try:
            actions.rename_tag(tag=one, name=form.cleaned_data["name"], actor=request.user, now=request.now)
            return done(request, _("Saved."), "tags")
        except actions.TagNameTaken as error:
            text = _("There is a tag “%(name)s” already. Merge the two below instead.")
            form.add_error("name", text % {"name": error.tag.name})
        except actions.BadTag:
            form.add_error("name", _("A tag has one to sixty letters."))
    return page(request, TAG, _context(_found(pk), form), piece="form", status=422)


def _context(one: Tag, form: TagForm, merge_form: MergeForm | None = None) -> dict[str, Any]:
    return {
        "tag": one,
        "form": form,
        "uses": queries.tag_uses().get(one.pk, 0),
        "merge": merge_form or MergeForm(tags=_others(one)),
        "others": bool(_others(one)),
    }


def _others(one: Tag) -> list[tuple[int, str]]:
    return [(tag.pk, tag.name) for tag in queries.tags() if tag.pk != one.pk]


@needs(NEEDS)
@require_POST
def merge(request: Request, pk: int) -> HttpResponse:
    """Let another tag take the place of this one."""
    one = _found(pk)
    form = MergeForm(request.POST, tags=_others(one))
    if not form.is_valid():
        context = _context(one, TagForm(initial={"name": one.name}), form)
        return page(request, TAG, context, piece="merge", status=422)
    into = _found(form.cleaned_data["into"])
    count = queries.tag_uses().get(one.pk, 0)
    actions.merge_tags(into=into, others=[one], actor=request.user, now=request.now)
    text = ngettext(
        "%(count)s conversation carries %(name)s now.", "%(count)s conversations carry %(name)s now.", count
    )
    return done(request, text % {"count": count, "name": into.name}, "tags")


@needs(NEEDS)
@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """Take a tag out of use, everywhere at once."""
    one = _found(pk)
    actions.archive_tag(tag=one, actor=request.user, now=request.now)
    undo = reverse("fields:tag_restore", args=[pk])
    return done(request, _("%(name)s is removed.") % {"name": one.name}, "tags", undo=undo)


@needs(NEEDS)
@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Bring a removed tag back."""
    one = _found(pk)
    actions.restore_tag(tag=one, actor=request.user, now=request.now)
    return done(request, _("%(name)s is back.") % {"name": one.name}, "tags")
