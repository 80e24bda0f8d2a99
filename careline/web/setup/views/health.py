"""System health: are the parts alive, is background work done, what was given up."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from careline.channels import queries as channels
from careline.core import access
from careline.core import health as reads
from careline.core.actions import jobs
from careline.web.door import Request, needs
from careline.web.page import go, page

TEMPLATE = "setup/health.html"


@needs("health.see")
def health(request: Request) -> HttpResponse:
    """Show the parts, the work that is not done, and the work that was given up."""
    context = {
        "parts": reads.parts(now=request.now),
        "work": reads.work(now=request.now),
        "dead": reads.dead_jobs(),
        "mail": _mail(request),
        "may_act": access.may(request.user, "health.act"),
    }
    return page(request, TEMPLATE, context, piece="state")


def _mail(request: Request) -> dict[str, Any]:
    counts = channels.outgoing_counts(request.now)
    return {
        "held": channels.intake_counts().quarantined,
        "failed": counts.failed,
        "waiting": counts.waiting,
        "troubles": [*channels.intake_troubles(request.now), *channels.outgoing_troubles(request.now)],
    }


def _back(request: Request) -> HttpResponse:
    return go(request, reverse("setup:health"))


@needs("health.act")
@require_POST
def retry(request: Request, pk: int) -> HttpResponse:
    """Give one piece of failed work another round of tries."""
    try:
        jobs.retry_job(job_id=pk, actor=request.user, now=request.now)
        messages.success(request, _("It will be tried again now."))
    except jobs.JobIsNotDead:
        messages.warning(request, _("Somebody was faster: that work is no longer given up."))
    return _back(request)


@needs("health.act")
@require_POST
def retry_all(request: Request) -> HttpResponse:
    """Give all failed work another round of tries."""
    count = jobs.retry_all_jobs(actor=request.user, now=request.now)
    text = ngettext(
        "%(count)s piece of work is tried again.", "%(count)s pieces of work are tried again.", count
    )
    messages.success(request, text % {"count": count})
    return _back(request)


@needs("health.act")
@require_POST
def discard(request: Request, pk: int) -> HttpResponse:
    """Give failed work up for good."""
    try:
        jobs.discard_job(job_id=pk, actor=request.user, now=request.now)
        messages.success(request, _("Discarded. The audit trail keeps what it was."))
    except jobs.JobIsNotDead:
        messages.warning(request, _("Somebody was faster: that work is no longer given up."))
    return _back(request)
