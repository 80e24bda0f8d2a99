"""Teams: the list and one team's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.core import directory
from careline.core import settings as choices
from careline.core.actions import teams as actions
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.setup.forms import TeamForm, TeamPeopleForm
from careline.web.setup.tabs import people_tabs

if TYPE_CHECKING:
    from careline.core.models import Team

LIST, TEAM = "setup/teams.html", "setup/team.html"
NEEDS = "setup.users"


@needs(NEEDS)
def teams(request: Request) -> HttpResponse:
    """List the teams; a POST makes a new one."""
    if request.method == "POST":
        return _create(request)
    form = TeamForm(initial={"time_zone": choices.get("operation.time_zone")})
    return page(request, LIST, _list(form), piece="create")


def _list(form: TeamForm) -> dict[str, Any]:
    found = directory.teams(archived=True)
    return {
        "tabs": people_tabs("teams"),
        "teams": [team for team in found if team.active],
        "archived": [team for team in found if not team.active],
        "form": form,
    }


def _create(request: Request) -> HttpResponse:
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            team = actions.create_team(actor=request.user, now=request.now, **form.cleaned_data)
            return go(request, reverse("setup:team", args=[team.pk]))
        except actions.TeamNameTaken:
            form.add_error("name", _taken())
    return page(request, LIST, _list(form), piece="create", status=422)


def _taken() -> str:
    return _("Another team is called that. It may be archived; then bring it back instead.")


def _team(pk: int) -> Team:
    team = directory.team(pk)
    if team is None:
        raise Http404("no such team")
    return team


def _context(team: Team, form: TeamForm) -> dict[str, Any]:
    inside = {user.pk: lead for user, lead in directory.people_of(team)}
    rows = [
        {"user": user, "in": user.pk in inside, "lead": inside.get(user.pk, False)}
        for user in directory.active_people()
    ]
    # Members first, so that the page opens on who is in.
    rows.sort(key=lambda row: not row["in"])
    return {"tabs": people_tabs("teams"), "team": team, "form": form, "rows": rows}


@needs(NEEDS)
def team_page(request: Request, pk: int) -> HttpResponse:
    """Show and change what a team is called and where it sits."""
    team = _team(pk)
    if request.method != "POST":
        initial = {"name": team.name, "site": team.site, "time_zone": team.time_zone}
        return page(request, TEAM, _context(team, TeamForm(initial=initial)))
    form = TeamForm(request.POST)
    if form.is_valid():
        try:
            actions.change_team(team=team, actor=request.user, now=request.now, **form.cleaned_data)
            return _saved(request, pk)
        except actions.TeamNameTaken:
            form.add_error("name", _taken())
    return page(request, TEAM, _context(team, form), piece="form", status=422)


def _saved(request: Request, pk: int) -> HttpResponse:
    messages.success(request, _("Saved."))
    return go(request, reverse("setup:team", args=[pk]))


@needs(NEEDS)
@require_POST
def team_people(request: Request, pk: int) -> HttpResponse:
    """Say who is in a team and who leads it."""
    team = _team(pk)
    form = TeamPeopleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Somebody you chose is no longer there. Choose again."))
        return go(request, reverse("setup:team", args=[pk]))
    actions.set_team_people(
        team=team,
        user_ids=form.cleaned_data["people"],
        lead_ids=form.cleaned_data["leads"],
        actor=request.user,
        now=request.now,
    )
    return _saved(request, pk)


@needs(NEEDS)
@require_POST
def archive(request: Request, pk: int) -> HttpResponse:
    """Stop giving work to a team."""
    team = actions.archive_team(team=_team(pk), actor=request.user, now=request.now)
    undo = reverse("setup:team_restore", args=[pk])
    messages.success(request, _("%(team)s is archived.") % {"team": team.name}, extra_tags=f"undo:{undo}")
    return go(request, reverse("setup:teams"))


@needs(NEEDS)
@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Bring an archived team back."""
    team = actions.restore_team(team=_team(pk), actor=request.user, now=request.now)
    messages.success(request, _("%(team)s is back.") % {"team": team.name})
    return go(request, reverse("setup:teams"))
