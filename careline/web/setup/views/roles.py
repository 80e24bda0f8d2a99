"""Roles and the permission matrix."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from careline.core import access, directory
from careline.core.actions import roles as actions
from careline.web.door import Request, needs
from careline.web.page import go, page, toast
from careline.web.setup.forms import GrantForm, RoleForm, RoleNameForm
from careline.web.setup.tabs import people_tabs

if TYPE_CHECKING:
    from careline.core.models import Role

TEMPLATE = "setup/roles.html"
NEEDS = "setup.users"
AREAS = {
    "tickets": gettext_lazy("Conversations"),
    "customers": gettext_lazy("Customers"),
    "today": gettext_lazy("Today"),
    "views": gettext_lazy("Views"),
    "setup": gettext_lazy("Setup"),
    "health": gettext_lazy("Health"),
    "audit": gettext_lazy("Audit trail"),
}
REACHES = {
    "none": gettext_lazy("not at all"),
    "own": gettext_lazy("for their own work"),
    "team": gettext_lazy("for their teams' work"),
    "all": gettext_lazy("for everything"),
}


@needs(NEEDS)
def roles(request: Request) -> HttpResponse:
    """Show the matrix; a POST makes a new role."""
    if request.method == "POST":
        return _create(request)
    return page(request, TEMPLATE, _context(RoleForm()), piece="matrix")


def _context(form: RoleForm) -> dict[str, Any]:
    found = directory.roles()
    rows = [(key.partition(".")[0], permission) for key, permission in access.PERMISSIONS.items()]
    areas = [
        {"label": AREAS.get(area, area), "rows": [_row(permission, found) for _area, permission in group]}
        for area, group in groupby(rows, key=lambda row: row[0])
    ]
    columns = [{"role": role, "own": role.key not in access.DEFAULT_ROLES} for role in found]
    return {
        "tabs": people_tabs("roles"),
        "columns": columns,
        "areas": areas,
        "form": form,
        "span": len(found) + 1,
    }


def _row(permission: access.Permission, found: list[Role]) -> dict[str, Any]:
    cells = [
        {
            "role": role,
            "value": role.grants.get(permission.key, "none"),
            "locked": (role.key, permission.key) == actions.GUARDED,
        }
        for role in found
    ]
    return {"permission": permission, "cells": cells}


def _create(request: Request) -> HttpResponse:
    form = RoleForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        copy_of = directory.role(given["copy_of"]) if given["copy_of"] else None
        try:
            actions.create_role(name=given["name"], copy_of=copy_of, actor=request.user, now=request.now)
            return _back(request, _("The role %(name)s is there.") % {"name": given["name"]})
        except actions.RoleNameTaken:
            form.add_error("name", _("Another role is called that."))
    return page(request, TEMPLATE, _context(form), piece="create", status=422)


def _role(pk: int) -> Role:
    role = directory.role(pk)
    if role is None:
        raise Http404("no such role")
    return role


def _back(request: Request, text: str, *, problem: bool = False, undo_url: str = "") -> HttpResponse:
    say = messages.error if problem else messages.success
    say(request, text, extra_tags=f"undo:{undo_url}" if undo_url else "")
    return go(request, reverse("setup:roles"))


@needs(NEEDS)
@require_POST
def grant(request: Request, pk: int) -> HttpResponse:
    """Change one cell of the matrix."""
    role, form = _role(pk), GrantForm(request.POST)
    if not form.is_valid():
        return _refused(request, _("That permission does not exist any more. Reload the page."))
    given = form.cleaned_data
    try:
        event = actions.set_grant(role=role, actor=request.user, now=request.now, **given)
    except actions.NoSuchGrant:
        return _refused(request, _("That permission does not come in this reach."))
    except actions.AdministratorNeedsUsers:
        return _refused(request, _("The administrator keeps this, or nobody could ever give it back."))
    what = access.PERMISSIONS[given["permission"]].text
    text = _("%(role)s: %(what)s, %(reach)s.") % {
        "role": role.name,
        "what": what,
        "reach": REACHES[given["reach"]],
    }
    undo = reverse("setup:role_undo", args=[event.pk]) if event else ""
    if request.htmx:
        return toast(HttpResponse(status=204), text, undo_url=undo)
    return _back(request, text, undo_url=undo)


def _refused(request: Request, text: str) -> HttpResponse:
    if not request.htmx:
        messages.error(request, text)
    # The whole matrix again, so that the cell shows what is true.
    response = page(request, TEMPLATE, _context(RoleForm()), piece="matrix", status=422)
    return toast(response, text) if request.htmx else response


@needs(NEEDS)
@require_POST
def undo(request: Request, event_id: int) -> HttpResponse:
    """Take one change of a role back."""
    try:
        role = actions.undo_role_change(event_id=event_id, actor=request.user, now=request.now)
    except (actions.NothingToUndo, actions.AdministratorNeedsUsers):
        return _back(request, _("That was changed again since, so it stays as it is now."), problem=True)
    return _back(request, _("%(role)s is as it was before.") % {"role": role.name})


@needs(NEEDS)
@require_POST
def rename(request: Request, pk: int) -> HttpResponse:
    """Call a role something else."""
    role, form = _role(pk), RoleNameForm(request.POST)
    if not form.is_valid():
        return _back(request, _("Give the role a name of at most 40 letters."), problem=True)
    try:
        actions.rename_role(role=role, name=form.cleaned_data["name"], actor=request.user, now=request.now)
    except actions.RoleNameTaken:
        return _back(request, _("Another role is called that."), problem=True)
    return _back(request, _("Saved."))


@needs(NEEDS)
@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """Remove a role of one's own that nobody holds."""
    role = _role(pk)
    try:
        actions.remove_role(role=role, actor=request.user, now=request.now)
    except actions.RoleInUse:
        return _back(request, _("People hold this role. Give them another one first."), problem=True)
    except actions.RoleIsBuiltIn:
        return _back(
            request, _("This role comes with Careline. You can change it, but not remove it."), problem=True
        )
    return _back(request, _("The role %(name)s is removed.") % {"name": role.name})
