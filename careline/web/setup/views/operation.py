"""The operation's name, language and time zone, and the brand that customers see."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.core import directory
from careline.core import settings as choices
from careline.core.actions import operation as actions
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.setup.forms import BrandForm, OperationForm

TEMPLATE = "setup/operation.html"
NEEDS = "setup.users"


@needs(NEEDS)
def operation(request: Request) -> HttpResponse:
    """Show and change what the operation is called and how it lives."""
    if request.method != "POST":
        return page(request, TEMPLATE, _context())
    form = OperationForm(request.POST)
    if not form.is_valid():
        return page(request, TEMPLATE, _context(form=form), piece="operation", status=422)
    actions.set_operation(actor=request.user, now=request.now, **form.cleaned_data)
    return _saved(request)


def _context(*, form: OperationForm | None = None, brand_form: BrandForm | None = None) -> dict[str, Any]:
    return {
        "form": form or OperationForm(initial=_initial()),
        "brand_form": brand_form or BrandForm(initial=brand_initial()),
    }


def _initial() -> dict[str, Any]:
    kept = choices.some("operation.name", "operation.language", "operation.time_zone")
    return {key.partition(".")[2]: value for key, value in kept.items()}


def brand_initial() -> dict[str, Any]:
    """Return what the brand is now, for its form."""
    brand = directory.first_brand()
    if brand is None:
        return {}
    return {"name": brand.name, "token": brand.token, "signature": brand.signature}


@needs(NEEDS)
@require_POST
def brand(request: Request) -> HttpResponse:
    """Change the brand."""
    form = BrandForm(request.POST)
    if not form.is_valid():
        return page(request, TEMPLATE, _context(brand_form=form), piece="brand", status=422)
    actions.set_brand(brand=directory.first_brand(), actor=request.user, now=request.now, **form.cleaned_data)
    return _saved(request)


def _saved(request: Request) -> HttpResponse:
    messages.success(request, _("Saved."))
    return go(request, reverse("setup:operation"))
