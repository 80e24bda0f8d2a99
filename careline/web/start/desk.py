"""Setting up one's own desk, step by step; each step is kept when it is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.core import directory
from careline.core import settings as choices
from careline.core.actions import operation, users
from careline.tickets import actions as tickets
from careline.web.address import absolute
from careline.web.door import Request, needs, open_to_all
from careline.web.page import go, page
from careline.web.start import neighbours
from careline.web.start.forms import AdministratorForm, BrandForm, HoursForm, MailboxForm, TeamForm
from careline.web.start.join import BACKEND
from careline.web.start.stage import STEPS, after, refuse_once_begun, refuse_once_ready

if TYPE_CHECKING:
    from careline.core.models import User

NEEDS = "setup.users"
Save = Callable[[Request, dict[str, Any]], None]


@open_to_all("nobody can sign in yet; 404 once somebody can")
def administrator(request: Request) -> HttpResponse:
    """Make the first administrator and sign them in."""
    if request.user.is_authenticated:
        refuse_once_ready()
        return redirect(reverse("start:step", args=[STEPS[0]]))
    refuse_once_begun()
    form = AdministratorForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (user := _begin(request, form)):
        login(request, user, backend=BACKEND)
        return go(request, reverse("start:step", args=[STEPS[0]]))
    context = {"form": form, "marks": marks("administrator")}
    status = 422 if request.method == "POST" else 200
    return page(request, "start/administrator.html", context, piece="form", status=status)


def _begin(request: Request, form: AdministratorForm) -> User | None:
    given = form.cleaned_data
    language = (get_language() or "en").partition("-")[0]
    try:
        return operation.start_desk(
            name=given["name"],
            email=given["email"],
            password=given["password"],
            time_zone=given["zone"] or "UTC",
            language=language,
            now=request.now,
        )
    except users.WeakPassword as weak:
        form.add_error("password", weak.reasons)
    except operation.AlreadyStarted:
        form.add_error(
            None, _("Somebody else has just begun to set up this Careline. Ask them to invite you.")
        )
    return None


def marks(here: str) -> list[dict[str, Any]]:
    """Return the steps for the line at the top: which are done, which is now."""
    labels = {
        "administrator": _("You"),
        "brand": _("Name"),
        "hours": _("Opening hours"),
        "mailbox": _("Mailbox"),
        "team": _("Team"),
    }
    names = list(labels)
    position = names.index(here)
    return [
        {
            "label": label,
            "state": "done" if at < position else "now" if at == position else "next",
            "number": at + 1,
            "url": reverse("start:step", args=[name]) if 0 < at < position else "",
        }
        for at, (name, label) in enumerate(labels.items())
    ]


@needs(NEEDS)
def step(request: Request, step: str) -> HttpResponse:
    """Show one step; a POST keeps it, or leaves it out, and goes on."""
    refuse_once_ready()
    if step not in SAVES:
        raise Http404("no such step")
    if request.method == "POST" and "skip" in request.POST:
        return _go_on(request, step)
    form_class, initial, save = SAVES[step]
    form = form_class(request.POST) if request.method == "POST" else form_class(initial=initial())
    if request.method == "POST" and "copy" in request.POST and isinstance(form, HoursForm):
        return _show(request, step, form.with_monday_copied())
    if request.method == "POST" and form.is_valid() and _kept(save, request, form):
        return _stay_or_go_on(request, step)
    return _show(request, step, form, status=422 if request.method == "POST" else 200)


def _kept(save: Save, request: Request, form: forms.Form) -> bool:
    try:
        save(request, form.cleaned_data)
    except neighbours.Refused as refusal:
        form.add_error(None, str(refusal))
        return False
    return True


def _show(request: Request, step: str, form: forms.Form, *, status: int = 200) -> HttpResponse:
    back = STEPS.index(step) - 1
    context = {
        "form": form,
        "step": step,
        "marks": marks(step),
        "back_url": reverse("start:step", args=[STEPS[back]]) if back >= 0 else "",
        "invited": directory.people(directory.PeopleFilter(state="invited")) if step == "team" else [],
    }
    return page(request, f"start/{step}.html", context, piece="form", status=status)


def _stay_or_go_on(request: Request, step: str) -> HttpResponse:
    if "more" in request.POST:
        return go(request, reverse("start:step", args=[step]))
    return _go_on(request, step)


def _go_on(request: Request, step: str) -> HttpResponse:
    following = after(step)
    if following:
        operation.reach_step(step=following)
        return go(request, reverse("start:step", args=[following]))
    operation.finish_start(actor=request.user, now=request.now)
    messages.success(request, _("Your desk is ready."))
    return go(request, reverse("home:home"))


def _save_brand(request: Request, given: dict[str, Any]) -> None:
    operation.name_operation(actor=request.user, now=request.now, **given)
    tickets.speak_statuses(language=given["language"], actor=request.user, now=request.now)


def _save_hours(request: Request, given: dict[str, Any]) -> None:
    neighbours.save_hours(
        week=given["week"],
        country=given["country"],
        zone=choices.get("operation.time_zone"),
        actor=request.user,
        now=request.now,
    )


def _save_mailbox(request: Request, given: dict[str, Any]) -> None:
    neighbours.save_mailbox(given, actor=request.user, now=request.now)


def _save_team(request: Request, given: dict[str, Any]) -> None:
    if not given["emails"]:
        return
    done = users.invite_people(
        emails=given["emails"],
        role_ids=[given["role"]],
        link=lambda token: absolute(request, reverse("start:join", args=[token])),
        actor=request.user,
        now=request.now,
    )
    count = len(done.users)
    text = ngettext("%(count)s invitation is on its way.", "%(count)s invitations are on their way.", count)
    messages.success(request, text % {"count": count})


def _brand_now() -> dict[str, Any]:
    kept = choices.some("operation.name", "operation.language", "operation.time_zone")
    brand = directory.first_brand()
    return {
        "name": brand.name if brand else "",
        "language": kept["operation.language"],
        "time_zone": kept["operation.time_zone"],
    }


SAVES: dict[str, tuple[type[forms.Form], Callable[[], dict[str, Any]], Save]] = {
    "brand": (BrandForm, _brand_now, _save_brand),
    "hours": (HoursForm, neighbours.hours_now, _save_hours),
    "mailbox": (MailboxForm, dict, _save_mailbox),
    "team": (TeamForm, lambda: {"role": directory.role_id("agent")}, _save_team),
}


@needs(NEEDS)
@require_POST
def test_mailbox(request: Request) -> HttpResponse:
    """Try the mailbox as it is typed in, without keeping anything."""
    refuse_once_ready()
    form = MailboxForm(request.POST)
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        context["results"] = neighbours.try_mailbox(form.cleaned_data)
    status = 200 if form.is_valid() else 422
    return page(request, "start/tried.html", context, piece="tried", status=status)
