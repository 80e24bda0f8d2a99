"""Opening hours: the list, and one calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.sla import actions, free_days, queries
from careline.web.door import Request, needs
from careline.web.page import go, page
from careline.web.service.hours_form import HoursForm, initial_of, initial_of_new
from careline.web.service.hours_look import calendar_or_404, looked, week_of
from careline.web.service.policies import NEEDS
from careline.web.service.tabs import service_tabs

if TYPE_CHECKING:
    from careline.sla.models import Calendar

LIST, CALENDAR = "service/hours.html", "service/calendar.html"


@needs(NEEDS)
def calendars(request: Request) -> HttpResponse:
    """List the opening hours there are."""
    names = dict(free_days.countries(get_language() or "en"))
    rows = [
        {"calendar": one, "lines": week_of(one), "country": _country(one.country, names)}
        for one in queries.calendars()
    ]
    return page(request, LIST, {"tabs": service_tabs("hours"), "rows": rows})


def _country(code: str, names: dict[str, str]) -> str:
    land = names.get(code.partition("-")[0], "")
    part = dict(free_days.parts_of(code)).get(code)
    return f"{land}, {part}" if part else land


@needs(NEEDS)
def new(request: Request) -> HttpResponse:
    """Make opening hours."""
    return _calendar(request, None)


@needs(NEEDS)
def calendar_page(request: Request, pk: int) -> HttpResponse:
    """Show and change opening hours."""
    return _calendar(request, calendar_or_404(pk))


def _calendar(request: Request, calendar: Calendar | None) -> HttpResponse:
    if request.method != "POST":
        initial = initial_of(calendar) if calendar else initial_of_new()
        form = HoursForm(initial={**initial, "calendar": calendar}, now=request.now)
        return page(request, CALENDAR, _context(request, calendar, form))
    form = HoursForm(request.POST, request.FILES, now=request.now)
    if "more" in request.POST:
        return page(request, CALENDAR, _context(request, calendar, form), piece="form")
    if form.is_valid() and _save(request, calendar, form):
        return go(request, reverse("service:hours"))
    return page(request, CALENDAR, _context(request, calendar, form), piece="form", status=422)


def _save(request: Request, calendar: Calendar | None, form: HoursForm) -> bool:
    open_too = form.cleaned_data["scope"] == "open"
    try:
        saved = actions.save_calendar(
            calendar=calendar, open_too=open_too, actor=request.user, now=request.now, **form.given()
        )
    except actions.CalendarNameTaken:
        form.add_error("name", _("Other opening hours are called that."))
        return False
    messages.success(request, _("%(hours)s are saved.") % {"hours": saved.name})
    return True


def _context(request: Request, calendar: Calendar | None, form: HoursForm) -> dict[str, Any]:
    used = [policy.name for policy in queries.policies() if calendar and policy.calendar_id == calendar.pk]
    return {
        "tabs": service_tabs("hours"),
        "calendar": calendar,
        "form": form,
        "used": used,
        "removable": calendar is not None and not calendar.default and not queries.is_counted_by(calendar),
        **looked(form, request.now),
    }


@needs(NEEDS)
@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """Remove opening hours that nothing counts by."""
    calendar = calendar_or_404(pk)
    try:
        actions.remove_calendar(calendar=calendar, actor=request.user, now=request.now)
    except actions.CalendarIsUsed:
        messages.error(request, _("Policies count by these hours. Give them others first."))
        return go(request, reverse("service:calendar", args=[pk]))
    messages.success(request, _("%(hours)s are removed.") % {"hours": calendar.name})
    return go(request, reverse("service:hours"))
