"""Taking back what was taken away from a person or organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from careline.customers import actions
from careline.web.door import Request, needs
from careline.web.page import go

if TYPE_CHECKING:
    from careline.customers.models import Organisation, Person


@needs("customers.edit")
@require_POST
def undo(request: Request, event_id: int) -> HttpResponse:
    """Give back what one event says was removed."""
    try:
        found = actions.undo_change(event_id=event_id, actor=request.user, now=request.now)
    except actions.AddressIsTaken as taken:
        messages.error(request, _("Somebody else has that address by now; this is their page."))
        return go(request, _page_of(taken.person))
    except actions.DomainIsTaken as taken:
        messages.error(request, _("The domain is mapped to this organisation by now."))
        return go(request, _page_of(taken.organisation))
    except actions.TooLate:
        messages.error(request, _("That was changed again since, so it stays as it is now."))
        return go(request, reverse("customers:list"))
    messages.success(request, _("It is as it was before."))
    return go(request, _page_of(found))


def _page_of(found: Person | Organisation) -> str:
    return reverse(f"customers:{found._meta.model_name}", args=[found.pk])
