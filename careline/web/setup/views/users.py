"""Users: the list, invitations, one person's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from careline.core import directory
from careline.core.actions import users
from careline.web.address import absolute
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.setup.forms import InviteForm, PeopleFilterForm, UserForm
from careline.web.setup.tabs import people_tabs

if TYPE_CHECKING:
    from careline.core.models import User

LIST, PERSON = "setup/users.html", "setup/user.html"
NEEDS = "setup.users"


@needs(NEEDS)
def people(request: Request) -> HttpResponse:
    """List people by name, filtered."""
    return page(request, LIST, _list(request) | {"invite_form": InviteForm(initial=_usual())}, piece="rows")


def _usual() -> dict[str, Any]:
    agent = directory.role_id("agent")
    return {"roles": [agent] if agent else []}


def _list(request: Request) -> dict[str, Any]:
    form = PeopleFilterForm(request.GET)
    form.is_valid()
    given = form.cleaned_data
    wanted = directory.PeopleFilter(
        words=given.get("q") or "",
        role_id=given.get("role"),
        team_id=given.get("team"),
        state=given.get("state") or "",
    )
    after = directory.person(given["after"]) if given.get("after") else None
    found = directory.people(wanted, after=after, most=directory.PAGE + 1)
    kept = {key: value for key, value in given.items() if value and key != "after"}
    more = len(found) > directory.PAGE
    return {
        "tabs": people_tabs("users"),
        "rows": [_row(user) for user in found[: directory.PAGE]],
        "older_url": f"?{urlencode(kept | {'after': found[directory.PAGE - 1].pk})}" if more else "",
        "newer_url": f"?{urlencode(kept)}" if after else "",
        "given": given,
        "filtered": bool(kept),
        "roles": directory.role_choices(),
        "teams": directory.team_choices(),
    }


def _row(user: User) -> dict[str, Any]:
    return {
        "user": user,
        "state": directory.state_of(user),
        "invitation": directory.invitation_of(user),
        "roles": [role.name for role in user.roles.all()],
        "memberships": list(user.memberships.all()),
    }


def link_for(request: Request) -> users.Link:
    """Return how to make the address of an invitation."""
    return lambda token: absolute(request, reverse("start:join", args=[token]))


@needs(NEEDS)
@require_POST
def invite(request: Request) -> HttpResponse:
    """Invite several people at once."""
    form = InviteForm(request.POST)
    if not form.is_valid():
        return page(request, LIST, _list(request) | {"invite_form": form}, piece="invite", status=422)
    given = form.cleaned_data
    done = users.invite_people(
        emails=given["emails"],
        role_ids=given["roles"],
        team_ids=given["teams"],
        link=link_for(request),
        actor=request.user,
        now=request.now,
    )
    _tell(request, done)
    return go(request, reverse("setup:users"))


def _tell(request: Request, done: users.Invited) -> None:
    if done.users:
        count = len(done.users)
        text = ngettext(
            "%(count)s invitation is on its way.", "%(count)s invitations are on their way.", count
        )
        messages.success(request, text % {"count": count})
    if done.already_here:
        text = _("Here already, so not invited: %(who)s.") % {"who": ", ".join(done.already_here)}
        messages.warning(request, text)


def _person(pk: int) -> User:
    user = directory.person(pk)
    if user is None:
        raise Http404("no such person")
    return user


@needs(NEEDS)
def user_page(request: Request, pk: int) -> HttpResponse:
    """Show and change one person."""
    user = _person(pk)
    form = UserForm(request.POST) if request.method == "POST" else UserForm(initial=_initial(user))
    context = _row(user) | {"form": form, "tabs": people_tabs("users"), "person": user}
    if request.method != "POST":
        return page(request, PERSON, context)
    if form.is_valid() and _save(request, user, form):
        messages.success(request, _("Saved."))
        return go(request, reverse("setup:users"))
    return page(request, PERSON, context, piece="form", status=422)


def _initial(user: User) -> dict[str, Any]:
    memberships = list(user.memberships.all())
    return {
        "name": user.name,
        "roles": [role.pk for role in user.roles.all()],
        "teams": [m.team_id for m in memberships],
        "leads": [m.team_id for m in memberships if m.lead],
        "aliases": "\n".join(user.aliases),
    }


def _save(request: Request, user: User, form: UserForm) -> bool:
    given = form.cleaned_data
    try:
        users.change_user(
            user=user,
            name=given["name"],
            role_ids=given["roles"],
            team_ids=given["teams"],
            lead_ids=given["leads"],
            aliases=given["aliases"],
            actor=request.user,
            now=request.now,
        )
    except users.LastAdministrator:
        form.add_error("roles", _last_administrator())
        return False
    return True


def _last_administrator() -> str:
    return _("This is the only administrator. Make somebody else one first, or nobody could change users.")


def _back(request: Request, text: str, *, problem: bool = False, undo_url: str = "") -> HttpResponse:
    say = messages.error if problem else messages.success
    say(request, text, extra_tags=f"undo:{undo_url}" if undo_url else "")
    return go(request, reverse("setup:users"))


@needs(NEEDS)
@require_POST
def resend(request: Request, pk: int) -> HttpResponse:
    """Send an invitation again."""
    user = _person(pk)
    try:
        users.resend_invitation(user=user, link=link_for(request), actor=request.user, now=request.now)
    except users.HasJoined:
        return _back(request, _("%(name)s has joined already.") % {"name": user.name}, problem=True)
    return _back(request, _("A new invitation to %(email)s is on its way.") % {"email": user.email})


@needs(NEEDS)
@require_POST
def revoke(request: Request, pk: int) -> HttpResponse:
    """Take an invitation back."""
    user = _person(pk)
    try:
        users.revoke_invitation(user=user, actor=request.user, now=request.now)
    except users.HasJoined:
        return _back(request, _("%(name)s has joined already.") % {"name": user.name}, problem=True)
    undo = reverse("setup:user_resend", args=[pk])
    return _back(
        request, _("The invitation to %(email)s is taken back.") % {"email": user.email}, undo_url=undo
    )


@needs(NEEDS)
@require_POST
def deactivate(request: Request, pk: int) -> HttpResponse:
    """Take somebody's key away."""
    user = _person(pk)
    try:
        users.deactivate_user(user=user, actor=request.user, now=request.now)
    except users.OwnAccount:
        return _back(request, _("You cannot deactivate yourself. Ask another administrator."), problem=True)
    except users.LastAdministrator:
        return _back(request, _last_administrator(), problem=True)
    undo = reverse("setup:user_reactivate", args=[pk])
    return _back(request, _("%(name)s can no longer sign in.") % {"name": user.name}, undo_url=undo)


@needs(NEEDS)
@require_POST
def reactivate(request: Request, pk: int) -> HttpResponse:
    """Give somebody's key back."""
    user = _person(pk)
    try:
        users.reactivate_user(user=user, actor=request.user, now=request.now)
    except users.InvitationGone:
        return _back(request, _("They never joined. Send an invitation instead."), problem=True)
    return _back(request, _("%(name)s can sign in again.") % {"name": user.name})
