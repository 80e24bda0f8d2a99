"""The component gallery."""

from __future__ import annotations

from django.http import HttpResponse

from careline.web.door import Request, needs
from careline.web.interface import sample
from careline.web.interface.forms import SampleForm
from careline.web.page import page


@needs("setup.see")
def interface(request: Request) -> HttpResponse:
    """Show every component with all its states; with wrong input too, so that errors are seen."""
    wrong = SampleForm({"name": "", "address": "ada@", "team": "billing"}, auto_id="wrong_%s")
    return page(
        request,
        "interface/interface.html",
        {**sample.everything(request.now), "form": SampleForm(), "wrong": wrong},
    )
