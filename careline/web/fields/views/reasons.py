"""Contact reasons: the tree with how often each is named, and one reason's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.tickets import actions, queries
from careline.web.door import Request, needs
from careline.web.fields.common import NEEDS, done, moved, tabs
from careline.web.fields.forms import NewReasonForm, PlaceForm, ReasonForm
from careline.web.page import go, page

if TYPE_CHECKING:
    from careline.tickets.models import Reason

LIST, REASON = "fields/reasons.html", "fields/reason.html"
SIGN = " / "


@needs(NEEDS)
def reasons(request: Request) -> HttpResponse:
    """Show the tree; a POST adds a reason."""
    rows = queries.reasons(archived=True)
    parents = _parents(rows)
    if request.method != "POST":
        below = request.GET.get("below", "")
        form = NewReasonForm(parents=parents, initial={"parent": below})
        return page(request, LIST, _list(request, rows, form) | {"below": below}, piece="create")
    form = NewReasonForm(request.POST, parents=parents)
    if form.is_valid():
        try:
            made = actions.add_reason(
                name=form.cleaned_data["name"],
                parent=_one(form.cleaned_data["parent"]),
                actor=request.user,
                now=request.now,
            )
            return done(request, _("%(path)s is there.") % {"path": made.path}, "reasons")
        except actions.ReasonNameTaken:
            form.add_error("name", _taken())
        except actions.BadReasonName:
            form.add_error("name", _too_long())
    return page(request, LIST, _list(request, rows, form), piece="create", status=422)


def _one(pk: int | None) -> Reason | None:
    return queries.reason(pk) if pk else None


def _parents(rows: list[Reason], *, without: str = "") -> list[tuple[int, str]]:
    """Return where a reason may sit: not below itself."""
    own = without + SIGN
    return [
        (row.pk, row.path)
        for row in rows
        if row.active and not (without and (row.path == without or row.path.startswith(own)))
    ]


def _list(request: Request, rows: list[Reason], form: NewReasonForm) -> dict[str, Any]:
    uses = queries.reason_uses()
    return {
        "tabs": tabs("reasons", request.user),
        "rows": [_row(row, rows, uses) for row in rows if row.active],
        "archived": [row for row in rows if not row.active],
        "form": form,
    }


def _row(row: Reason, rows: list[Reason], uses: dict[int, int]) -> dict[str, Any]:
    below = [one for one in rows if one.path.startswith(row.path + SIGN)]
    same = [one.pk for one in rows if one.parent_id == row.parent_id and one.active]
    return {
        "reason": row,
        "depth": row.path.count(SIGN),
        "uses": uses.get(row.pk, 0),
        "below": sum(uses.get(one.pk, 0) for one in below),
        "first": same[0] == row.pk,
        "last": same[-1] == row.pk,
    }


def _taken() -> str:
    return _("That branch holds a reason of this name. It may be archived; then bring it back instead.")


def _too_long() -> str:
    return _("The name with those above it is too long; at most 400 letters fit.")


def _found(pk: int) -> Reason:
    found = queries.reason(pk)
    if found is None:
        raise Http404("no such reason")
    return found


@needs(NEEDS)
def reason(request: Request, pk: int) -> HttpResponse:
    """Show a reason, and change what it is called."""
    one = _found(pk)
    if request.method != "POST":
        return page(request, REASON, _context(one, ReasonForm(initial={"name": one.name})))
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            name = form.cleaned_data["name"]
            actions.rename_reason(reason=one, name=name, actor=request.user, now=request.now)
            return done(request, _("Saved."), "reasons")
        except actions.ReasonNameTaken:
            form.add_error("name", _taken())
        except actions.BadReasonName:
            form.add_error("name", _too_long())
    return page(request, REASON, _context(_found(pk), form), piece="form", status=422)


def _context(one: Reason, form: ReasonForm, place: PlaceForm | None = None) -> dict[str, Any]:
    rows, uses = queries.reasons(archived=True), queries.reason_uses()
    parents = _parents(rows, without=one.path)
    return {
        "reason": one,
        "form": form,
        "place": place or PlaceForm(parents=parents, initial={"parent": one.parent_id or ""}),
        "uses": uses.get(one.pk, 0),
        "below": [row for row in rows if row.path.startswith(one.path + SIGN)],
    }


@needs(NEEDS)
@require_POST
def place(request: Request, pk: int) -> HttpResponse:
    """Put a reason with all below it somewhere else in the tree."""
    one = _found(pk)
    form = PlaceForm(request.POST, parents=_parents(queries.reasons(archived=True), without=one.path))
    if form.is_valid():
        parent = _one(form.cleaned_data["parent"])
        try:
            actions.move_reason(
                reason=one, parent=parent, position=10_000, actor=request.user, now=request.now
            )
            return done(request, _("Moved."), "reasons")
        except actions.ReasonNameTaken:
            form.add_error("parent", _taken())
        except actions.BadReasonName:
            form.add_error("parent", _too_long())
    fresh = _found(pk)
    context = _context(fresh, ReasonForm(initial={"name": fresh.name}), form)
    return page(request, REASON, context, piece="place", status=422)


@needs(NEEDS)
@require_POST
def move(request: Request, pk: int) -> HttpResponse:
    """Put a reason a place up or down in its branch."""
    one = _found(pk)
    same = [row.pk for row in queries.reasons(archived=True) if row.parent_id == one.parent_id]
    position = moved(same, pk, request.POST.get("way", "")).index(pk)
    actions.move_reason(reason=one, parent=one.parent, position=position, actor=request.user, now=request.now)
    return go(request, reverse("fields:reasons"))


@needs(NEEDS)
@require_POST
def archive(request: Request, pk: int) -> HttpResponse:
    """Offer a reason and all below it no longer."""
    one = _found(pk)
    actions.archive_reason(reason=one, actor=request.user, now=request.now)
    undo = reverse("fields:reason_restore", args=[pk])
    return done(request, _("%(path)s is archived.") % {"path": one.path}, "reasons", undo=undo)


@needs(NEEDS)
@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Offer a reason again."""
    one = _found(pk)
    actions.restore_reason(reason=one, actor=request.user, now=request.now)
    return done(request, _("%(path)s is back.") % {"path": one.path}, "reasons")
