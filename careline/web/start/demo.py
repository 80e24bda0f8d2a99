"""The demo operation: building it, being somebody in it, leaving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import login, logout
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from careline.core import directory, health, progress
from careline.core import settings as choices
from careline.core.actions import operation, users
from careline.web.door import Request, needs, open_to_all
from careline.web.page import go, page
from careline.web.start.join import BACKEND
from careline.web.start.stage import refuse_once_begun

if TYPE_CHECKING:
    from careline.core.models import User

PROGRESS = "start/progress.html"


@open_to_all("nobody can sign in yet; 404 once somebody can")
@require_POST
def begin(request: Request) -> HttpResponse:
    """Let the demo operation be built."""
    refuse_once_begun()
    try:
        operation.start_demo(now=request.now)
    except operation.AlreadyStarted:
        return go(request, reverse("start:start"))
    return go(request, reverse("start:progress"))


@open_to_all("shows how far the demo is; once it is ready, it leads in")
def progress_page(request: Request) -> HttpResponse:
    """Show how far the demo is; htmx asks again every second."""
    if choices.get("operation.demo"):
        return page(request, PROGRESS, {"ready": True}, piece="state")
    refuse_once_begun()
    said = progress.read(operation.DEMO_PROGRESS)
    if said is None or (choices.get("operation.claim") or {}).get("kind") != "demo":
        return go(request, reverse("start:start"))
    return page(request, PROGRESS, _told(said), piece="state")


def _told(said: progress.Progress) -> dict[str, Any]:
    job = health.last_with_key(operation.DEMO_JOB)
    failed = said.state == "failed" or (job is not None and job.state == "dead")
    return {"said": said, "percent": round(said.share * 100), "failed": failed}


@open_to_all("nobody can sign in yet; 404 once somebody can")
@require_POST
def again(request: Request) -> HttpResponse:
    """Forget a demo that failed, so that one can choose again."""
    refuse_once_begun()
    operation.give_up_demo()
    return go(request, reverse("start:start"))


def _refuse_outside_demo() -> None:
    if not choices.get("operation.demo"):
        raise Http404("this operation is real")


@open_to_all("the people of a demo operation are invented; 404 in a real one")
def people(request: Request) -> HttpResponse:
    """Offer whom one may be."""
    _refuse_outside_demo()
    rows = [{"person": person, "role": role} for person, role in directory.personas()]
    return page(request, "start/people.html", {"rows": rows})


@open_to_all("the people of a demo operation are invented; 404 in a real one")
@require_POST
def enter(request: Request) -> HttpResponse:
    """Sign in as one of the demo's people; as the manager when none is named."""
    _refuse_outside_demo()
    found = [person for person, _role in directory.personas()]
    wanted = request.POST.get("person", "")
    chosen: list[User] = [person for person in found if str(person.pk) == wanted] if wanted else found
    if not chosen:
        raise Http404("no such person")
    login(request, chosen[0], backend=BACKEND)
    users.note_sign_in(user=chosen[0], now=request.now)
    return go(request, reverse("home:home"))


@needs("setup.see")
def over(request: Request) -> HttpResponse:
    """Say what would be lost; a POST throws the demo away and leads to the first page."""
    _refuse_outside_demo()
    if request.method != "POST":
        return page(request, "start/over.html", {"lost": directory.sizes()})
    logout(request)
    operation.empty_demo()
    return go(request, reverse("start:start"))
