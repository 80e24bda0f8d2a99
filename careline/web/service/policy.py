"""One policy: whom it covers, what it promises, and from when on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.core.conditions import BadCondition
from careline.sla import actions, queries
from careline.web.conditions_form import Builder
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.service.forms import PolicyForm, initial_of, initial_of_new
from careline.web.service.policies import NEEDS, policy_or_404
from careline.web.service.tabs import service_tabs
from careline.web.service.words import PRIORITIES, builder

if TYPE_CHECKING:
    from careline.sla.models import Policy

POLICY = "service/policy.html"
DO = "condition-do"


@needs(NEEDS)
def new(request: Request) -> HttpResponse:
    """Make a policy."""
    return _policy(request, None)


@needs(NEEDS)
def policy_page(request: Request, pk: int) -> HttpResponse:
    """Show and change a policy."""
    return _policy(request, policy_or_404(pk))


def _policy(request: Request, policy: Policy | None) -> HttpResponse:
    if request.method != "POST":
        built = builder().show(policy.condition if policy else {})
        form = PolicyForm(initial=initial_of(policy) if policy else initial_of_new())
        return page(request, POLICY, _context(request, policy, form, built))
    built = builder().read(request.POST)
    if DO in request.POST:  # without JavaScript the builder's buttons post the whole page
        form = PolicyForm(initial=request.POST.dict())
        return page(request, POLICY, _context(request, policy, form, built))
    form = PolicyForm(request.POST)
    if _save(request, policy, form, built):
        return go(request, reverse("service:service"))
    return page(request, POLICY, _context(request, policy, form, built), piece="form", status=422)


def _save(request: Request, policy: Policy | None, form: PolicyForm, built: Builder) -> bool:
    promise = _promise(form, built)
    if promise is None:
        return False
    open_too = form.cleaned_data["scope"] == "open"
    try:
        saved = actions.save_policy(
            policy=policy, promise=promise, open_too=open_too, actor=request.user, now=request.now
        )
    except actions.PolicyNameTaken:
        form.add_error("name", _("Another policy is called that. It may be archived."))
        return False
    text = _("%(policy)s is saved; open conversations are being changed in the background.")
    messages.success(request, (text if open_too else _("%(policy)s is saved.")) % {"policy": saved.name})
    return True


def _promise(form: PolicyForm, built: Builder) -> actions.Promise | None:
    valid = form.is_valid()
    try:
        condition = built.condition()
    except BadCondition as error:
        form.add_error(None, str(error))
        return None
    return form.promise(condition) if valid else None


def _context(request: Request, policy: Policy | None, form: PolicyForm, built: Builder) -> dict[str, Any]:
    return {
        "tabs": service_tabs("service"),
        "policy": policy,
        "form": form,
        "builder": built,
        "count": _count(built, request),
        "priorities": [label for _value, label in PRIORITIES],
        "history": queries.version_history(policy)[:10] if policy else [],
    }


def _count(built: Builder, request: Request) -> int | None:
    try:
        return queries.count_matching(built.condition(), now=request.now)
    except BadCondition:
        return None


@needs(NEEDS)
@require_POST
def condition(request: Request) -> HttpResponse:
    """Draw the condition as it is being built, or only how many conversations it covers."""
    built = builder().read(request.POST)
    count = _count(built, request)
    if request.GET.get("part") == "count":
        return page(request, "parts/condition_count.html", {"count": count})
    for row in (row for group in built.groups for row in group.rows):
        row.error = ""  # nobody is scolded while still at it
    return page(request, "parts/condition.html", {"builder": built, "count": count, "url": request.path})


@needs(NEEDS)
@require_POST
def effect(request: Request) -> HttpResponse:
    """Say what saving this for open conversations too would do."""
    form, built = PolicyForm(request.POST), builder().read(request.POST)
    pk = request.POST.get("policy", "")
    policy = policy_or_404(int(pk)) if pk.isdecimal() else None
    promise = _promise(form, built)
    found = queries.effect_of_policy(policy, promise, now=request.now) if promise else None
    return page(request, "service/effect.html", {"effect": found})
