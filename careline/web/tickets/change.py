"""Changing one thing about a conversation at once, and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from careline.core import directory
from careline.tickets import actions, queries
from careline.web.door import Request, needs
from careline.web.page import page
from careline.web.templatetags.parts import priority_word
from careline.web.tickets import answers
from careline.web.tickets.opened import find_ticket
from careline.web.tickets.rows import LEVELS
from careline.web.tickets.ticket import properties_context

if TYPE_CHECKING:
    from careline.core.models import Event
    from careline.tickets.models import Ticket

EDIT = "tickets.edit"
MOST_TAGS = 50


class Refused(Exception):
    """The change is not possible; the message says why."""


Done = tuple["list[Event]", str]  # what happened, and how the notice says it
Change = Callable[[Request, "Ticket"], Done]


@needs(EDIT)
@require_POST
def ticket_change(request: Request, pk: int, what: str) -> HttpResponse:
    """Change one property as soon as it is chosen."""
    ticket = find_ticket(request, pk)
    change = CHANGES.get(what)
    if change is None:
        raise Http404("no such property")
    try:
        told, text = change(request, ticket)
    except actions.NoSubject:
        return _no_subject(request, ticket)
    except (Refused, *_REFUSALS) as refusal:
        return _refused(request, ticket, _why_not(refusal))
    undo = answers.undo_url(pk, told[-1].pk) if len(told) == 1 else ""
    url, topic = reverse("tickets:ticket", args=[pk]), answers.ticket_topic(pk)
    return answers.done(request, url, text if told else "", undo_url=undo, told=[topic])


_REFUSALS = (
    actions.BadTag,
    actions.CannotTakeTickets,
    actions.NoSuchPriority,
    actions.ReasonIsArchived,
    actions.StatusIsArchived,
    actions.TeamIsArchived,
    actions.TicketIsClosed,
    actions.TicketIsMerged,
)


def _refused(request: Request, ticket: Ticket, text: str) -> HttpResponse:
    if not request.htmx:
        return answers.refused(request, reverse("tickets:ticket", args=[ticket.pk]), text)
    context = properties_context(request, find_ticket(request, ticket.pk)) | {"problem": text}
    answer = page(request, "tickets/properties.html", context, status=422)
    return answers.notice(answer, text, kind="late")


def _no_subject(request: Request, ticket: Ticket) -> HttpResponse:
    error = _("Say in a few words what it is about.")
    if not request.htmx:
        return answers.refused(request, reverse("tickets:ticket", args=[ticket.pk]), error)
    context = {"ticket": ticket, "value": request.POST.get("value", ""), "error": error}
    return page(request, "tickets/subject.html", context, status=422)


def _why_not(refusal: Exception) -> str:
    if isinstance(refusal, actions.TicketIsClosed):
        return _("This is closed for good and stays as it is.")
    if isinstance(refusal, actions.TicketIsMerged):
        return _("This goes on in another conversation. Change that one.")
    if isinstance(refusal, actions.BadTag):
        return _("A tag has one to sixty characters.")
    if isinstance(refusal, actions.CannotTakeTickets):
        return _("%(name)s cannot be given conversations.") % {"name": refusal}
    if isinstance(refusal, Refused):
        return str(refusal)
    return _("“%(name)s” is no longer offered. Choose again.") % {"name": refusal}


def _number(request: Request) -> int | None:
    text = request.POST.get("value", "")
    if not text:
        return None
    if not text.isdecimal() or len(text) > 18:
        raise Refused(_("Choose one from the list."))
    return int(text)


def _chosen(request: Request, read: Callable[[int], Any]) -> Any:
    """Return what was chosen, None for nothing."""
    pk = _number(request)
    if pk is None:
        return None
    found = read(pk)
    if found is None:
        raise Refused(_("Choose one from the list."))
    return found


def _told(event: Event | None, text: str) -> Done:
    return ([event] if event else []), text


def _status(request: Request, ticket: Ticket) -> Done:
    status = _chosen(request, queries.status)
    if status is None:
        raise Refused(_("Choose one from the list."))
    event = actions.set_status(ticket=ticket, status=status, actor=request.user, now=request.now)
    if status.category == "closed":
        return _told(event, _("Closed for good."))
    return _told(event, pgettext("notice", "Status: %(name)s.") % {"name": status.name})


def _assignee(request: Request, ticket: Ticket) -> Done:
    person = _chosen(request, directory.person)
    event = actions.assign(ticket=ticket, assignee=person, actor=request.user, now=request.now)
    if person is None:
        return _told(event, _("Assigned to nobody."))
    return _told(event, _("Assigned to %(name)s.") % {"name": person.name})


def _team(request: Request, ticket: Ticket) -> Done:
    team = _chosen(request, directory.team)
    event = actions.move_to_team(ticket=ticket, team=team, actor=request.user, now=request.now)
    if team is None:
        return _told(event, _("It belongs to no team now."))
    return _told(event, _("Moved to %(name)s.") % {"name": team.name})


def _priority(request: Request, ticket: Ticket) -> Done:
    priority = _number(request) or 0
    event = actions.set_priority(ticket=ticket, priority=priority, actor=request.user, now=request.now)
    return _told(event, _("Priority: %(name)s.") % {"name": priority_word(LEVELS[priority])})


def _reason(request: Request, ticket: Ticket) -> Done:
    reason = _chosen(request, queries.reason)
    event = actions.set_reason(ticket=ticket, reason=reason, actor=request.user, now=request.now)
    if reason is None:
        return _told(event, _("The contact reason is taken away."))
    return _told(event, _("Contact reason: %(name)s.") % {"name": reason.path})


def _subject(request: Request, ticket: Ticket) -> Done:
    event = actions.set_subject(
        ticket=ticket, subject=request.POST.get("value", ""), actor=request.user, now=request.now
    )
    return _told(event, _("The subject is changed."))


@transaction.atomic
def _tags(request: Request, ticket: Ticket) -> Done:
    wanted = {
        name.lower().strip(): name for name in request.POST.getlist("value")[:MOST_TAGS] if name.strip()
    }
    present = {tag.name for tag in ticket.tags.all()}
    added = [wanted[key] for key in wanted if key not in present]
    gone = [name for name in present if name not in wanted]
    actor, now = request.user, request.now
    told = [actions.add_tag(ticket=ticket, name=name, actor=actor, now=now) for name in added]
    told += [actions.remove_tag(ticket=ticket, name=name, actor=actor, now=now) for name in gone]
    text = _("Tagged: %(names)s.") if added else _("Tag taken away: %(names)s.")
    return [event for event in told if event], text % {"names": ", ".join(added or gone)}


CHANGES: dict[str, Change] = {
    "status": _status,
    "assignee": _assignee,
    "team": _team,
    "priority": _priority,
    "reason": _reason,
    "subject": _subject,
    "tags": _tags,
}


@needs(EDIT)
@require_POST
def ticket_no_reply(request: Request, pk: int) -> HttpResponse:
    """Say that the customer's last message asks for no answer."""
    ticket = find_ticket(request, pk)
    url = reverse("tickets:ticket", args=[pk])
    try:
        event = actions.mark_no_reply_needed(ticket=ticket, actor=request.user, now=request.now)
    except (actions.TicketIsClosed, actions.TicketIsMerged) as refusal:
        return answers.refused(request, url, _why_not(refusal))
    text = _("No reply needed: nobody waits any more.") if event else ""
    return answers.done(request, url, text, told=[answers.ticket_topic(pk)])


@needs(EDIT)
@require_POST
@transaction.atomic
def ticket_undo(request: Request, pk: int, event_id: int) -> HttpResponse:
    """Take one change back, unless the same thing was changed again since."""
    find_ticket(request, pk)
    url = reverse("tickets:ticket", args=[pk])
    told = [answers.ticket_topic(pk), "list"]
    try:
        event = actions.undo(event_id=event_id, actor=request.user, now=request.now)
    except actions.CannotUndo as error:
        raise Http404("no such change") from error
    except actions.TooLate:
        text = _("That was changed again since. Look at the history.")
        return answers.refused(request, url, text, told=told)
    except actions.TicketIsMerged as refusal:
        return answers.refused(request, url, _why_not(refusal), told=told)
    if event.subject_id != pk:
        raise Http404("no such change here")
    return answers.done(request, url, _("Taken back."), told=told)
