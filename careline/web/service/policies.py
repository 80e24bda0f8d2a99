"""The policies in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.core import progress
from careline.sla import actions, queries
from careline.sla.actions.reapply import PROGRESS
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.service.tabs import service_tabs
from careline.web.service.words import Known, covers, promised

if TYPE_CHECKING:
    from careline.sla.models import Policy

LIST = "service/service.html"
NEEDS = "setup.service"
UNDER_WAY = ("waiting", "running")


@needs(NEEDS)
def service(request: Request) -> HttpResponse:
    """List what is promised to whom, first match first."""
    found = queries.policies()
    last, known = len(found) - 1, Known()
    rows = [
        {
            "policy": policy,
            "covers": covers(policy.condition, known),
            "promised": promised(policy),
            "place": place,
            "up": place - 1 if place else None,
            "down": place + 1 if place < last else None,
            "never": any(not earlier.condition for earlier in found[:place]),
        }
        for place, policy in enumerate(found)
    ]
    context = {
        "tabs": service_tabs("service"),
        "rows": rows,
        "archived": queries.policies(archived=True),
        "gap": not any(not policy.condition for policy in found),
        **_work(),
    }
    return page(request, LIST, context, piece="list")


def _work() -> dict[str, Any]:
    told = progress.read(PROGRESS)
    if told is None or told.state not in UNDER_WAY:
        return {"work": None}
    return {"work": told, "percent": round(told.share * 100)}


@needs(NEEDS)
def state(request: Request) -> HttpResponse:
    """Say how far the change of open conversations is."""
    return page(request, LIST, _work(), piece="work")


@needs(NEEDS)
def apply(request: Request) -> HttpResponse:
    """Say what it would do, and with a POST do it: let everything hold for open conversations too."""
    if request.method != "POST":
        context = {"tabs": service_tabs("service"), "effect": queries.effect_of_all(now=request.now)}
        return page(request, "service/apply.html", context)
    actions.apply_all_to_open(actor=request.user, now=request.now)
    messages.success(request, _("Open conversations are being changed in the background."))
    return go(request, reverse("service:service"))


def policy_or_404(pk: int) -> Policy:
    """Return one policy."""
    found = queries.policy(pk)
    if found is None:
        raise Http404("no such policy")
    return found


@needs(NEEDS)
@require_POST
def move(request: Request, pk: int) -> HttpResponse:
    """Put a policy at another place, with a way back."""
    policy = policy_or_404(pk)
    place = request.POST.get("place") or request.GET.get("place", "")
    if not place.isdecimal() or not policy.active:
        raise Http404("no such place")
    was = actions.move_policy(policy=policy, place=int(place), actor=request.user, now=request.now)
    undo = f"{reverse('service:policy_move', args=[pk])}?place={was}"
    text = _("%(policy)s is now number %(place)s.") % {"policy": policy.name, "place": int(place) + 1}
    messages.success(request, text, extra_tags=f"undo:{undo}")
    return go(request, reverse("service:service"))


@needs(NEEDS)
@require_POST
def archive(request: Request, pk: int) -> HttpResponse:
    """Stop promising this to new conversations."""
    policy = actions.archive_policy(policy=policy_or_404(pk), actor=request.user, now=request.now)
    undo = reverse("service:policy_restore", args=[pk])
    text = _("%(policy)s is archived. What it promised to open conversations stays.") % {
        "policy": policy.name
    }
    messages.success(request, text, extra_tags=f"undo:{undo}")
    return go(request, reverse("service:service"))


@needs(NEEDS)
@require_POST
def restore(request: Request, pk: int) -> HttpResponse:
    """Bring an archived policy back."""
    policy = actions.restore_policy(policy=policy_or_404(pk), actor=request.user, now=request.now)
    messages.success(request, _("%(policy)s is back.") % {"policy": policy.name})
    return go(request, reverse("service:service"))
