"""Changing many conversations at once, and taking that back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from careline.core import directory
from careline.tickets import actions, queries
from careline.tickets.said import Change, Done
from careline.web.door import Request, needs
from careline.web.page import page
from careline.web.tickets import answers
from careline.web.tickets.choices import offered
from careline.web.tickets.forms import BulkForm
from careline.web.tickets.inbox import EDIT, INBOX, inbox_context
from careline.web.tickets.listing import Listing, listing
from careline.web.tickets.wanted import read

if TYPE_CHECKING:
    from careline.core.models import User

MOST = 1_000
SALT = "careline.bulk"
UNDO_FOR_S = 3600
REFUSALS = (
    actions.BadTag,
    actions.CannotTakeTickets,
    actions.ReasonIsArchived,
    actions.StatusIsArchived,
    actions.TeamIsArchived,
    actions.TooMany,
)


class NothingToDo(Exception):
    """Neither rows nor changes were chosen; the message says which."""


@needs(EDIT)
@require_POST
def inbox_change(request: Request) -> HttpResponse:
    """Change the selected conversations, or all of the list, and show the list again."""
    here = listing(request.user, read(request.GET), request.now)
    try:
        change = _change(request)
        ids = _ids(request, here)
        done = actions.change_many(ticket_ids=ids, change=change, actor=request.user, now=request.now)
    except (NothingToDo, *REFUSALS) as refusal:
        return _show(request, here, _why_not(refusal), status=422)
    return _show(request, here, _said(done), undo_url=_undo_url(done))


def _show(
    request: Request, here: Listing, text: str, *, undo_url: str = "", status: int = 200
) -> HttpResponse:
    if not request.htmx:
        if status == 422:
            return answers.refused(request, here.url, text)
        return answers.done(request, here.url, text, undo_url=undo_url)
    fresh = listing(request.user, here.wanted, request.now)
    if not fresh.page(request.user, request.now, 1).tickets:
        # The page is empty now: begin again in front rather than show nothing.
        fresh = replace(fresh, wanted=fresh.wanted.start())
    answer = page(request, INBOX, inbox_context(request, fresh), piece="list", status=status)
    kind = "late" if status == 422 else ""
    return answers.notice(answer, text, undo_url=undo_url, kind=kind, told=["inbox"])


def _ids(request: Request, here: Listing) -> list[int]:
    if request.POST.get("across"):
        found = queries.page_of(
            request.user, here.condition, order=here.order, most=MOST + 1, now=request.now
        )
        return [ticket.pk for ticket in found.tickets]
    ids = [int(pk) for pk in request.POST.getlist("ticket") if pk.isdecimal() and len(pk) <= 18]
    if not ids:
        raise NothingToDo(_("Select conversations first."))
    return ids


def _change(request: Request) -> Change:
    what, _colon, value = request.POST.get("do", "").partition(":")
    if what == "solve":
        return Change(status=offered(request).usual_status("solved"))
    if what == "assign":
        return Change(assignee=_person(value))
    if what != "edit":
        raise NothingToDo(_("Choose what to do with them."))
    return _edited(request)


def _person(value: str) -> User | None:
    if value == "none":
        return None
    person = directory.person(int(value)) if value.isdecimal() and len(value) <= 18 else None
    if person is None:
        raise Http404("no such person")
    return person


def _edited(request: Request) -> Change:
    form = BulkForm(request.POST, offered=offered(request))
    if not form.is_valid():
        raise NothingToDo(_("One of the choices is no longer offered. Choose again."))
    given = form.cleaned_data
    change = Change(
        status=queries.status(given["status"]) if given["status"] else None,
        priority=given["priority"],
        add_tags=given["add"],
        remove_tags=given["remove"],
        **_places(given),
    )
    if change == Change(add_tags=[], remove_tags=[]):
        raise NothingToDo(_("Choose what to change."))
    return change


def _places(given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if given["team"] == "none":
        found["team"] = None
    elif given["team"].isdecimal() and (team := directory.team(int(given["team"]))):
        found["team"] = team
    if given["reason"] and (reason := queries.reason(given["reason"])):
        found["reason"] = reason
    return found


def _why_not(refusal: Exception) -> str:
    if isinstance(refusal, actions.TooMany):
        return _("At most %(most)s conversations are changed at once. Narrow the list.") % {"most": MOST}
    if isinstance(refusal, actions.BadTag):
        return _("A tag has one to sixty characters.")
    if isinstance(refusal, actions.CannotTakeTickets):
        return _("%(name)s cannot be given conversations.") % {"name": refusal}
    if isinstance(refusal, NothingToDo):
        return str(refusal)
    return _("“%(name)s” is no longer offered. Choose again.") % {"name": refusal}


def _said(done: Done) -> str:
    count = len(done.changed)
    text = ngettext("%(count)s conversation changed.", "%(count)s conversations changed.", count)
    said = text % {"count": count}
    if not done.changed and not done.skipped:
        said = _("Nothing changed: they were like that already.")
    if done.skipped:
        left = ngettext(
            "%(count)s was left as it is: closed, or not yours to change.",
            "%(count)s were left as they are: closed, or not yours to change.",
            len(done.skipped),
        )
        said = f"{said} {left % {'count': len(done.skipped)}}"
    return said


def _undo_url(done: Done) -> str:
    if not done.events:
        return ""
    token = signing.dumps(list(_ranges(done.events)), salt=SALT, compress=True)
    return f"{reverse('tickets:inbox_undo')}?what={token}"


def _ranges(ids: Iterable[int]) -> Iterator[list[int]]:
    """Return runs of numbers as pairs, so that an address can hold a thousand of them."""
    first = last = None
    for pk in sorted(ids):
        if first is None or last is None or pk != last + 1:
            if first is not None and last is not None:
                yield [first, last]
            first = pk
        last = pk
    if first is not None and last is not None:
        yield [first, last]


@needs(EDIT)
@require_POST
def inbox_undo(request: Request) -> HttpResponse:
    """Take a change of many conversations back, as far as nobody changed them since."""
    try:
        ranges: Sequence[Sequence[int]] = signing.loads(
            request.GET.get("what", ""), salt=SALT, max_age=UNDO_FOR_S
        )
    except signing.BadSignature as error:
        raise Http404("not a change of ours") from error
    ids = [pk for first, last in ranges for pk in range(first, last + 1)]
    back = sum(_undone(request, pk) for pk in reversed(ids))
    text = ngettext("%(count)s change taken back.", "%(count)s changes taken back.", back) % {"count": back}
    if back < len(ids):
        text = f"{text} {_('The rest was changed again since.')}"
    return answers.done(request, reverse("tickets:inbox"), text, told=["inbox", "list"])


def _undone(request: Request, event_id: int) -> bool:
    try:
        actions.undo(event_id=event_id, actor=request.user, now=request.now)
    except (actions.CannotUndo, actions.TooLate, actions.TicketIsMerged, PermissionDenied):
        return False
    return True
