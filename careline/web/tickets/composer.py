"""Where one writes: an answer to the customer, or a note among colleagues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from careline.customers import queries as customers
from careline.tickets import queries
from careline.web.door import Request
from careline.web.templatetags.parts import status_icon
from careline.web.tickets.choices import Offered, offered
from careline.web.tickets.forms import ReplyForm
from careline.web.tickets.opened import may

if TYPE_CHECKING:
    from careline.tickets.models import Message, Ticket

REPLY = "tickets.reply"


def addresses_of(ticket: Ticket) -> list[str]:
    """Return where an answer can go: where the customer wrote from last, then their other addresses."""
    last = queries.last_message_in(ticket)
    person = customers.person(ticket.customer_id)
    primary = customers.address_of(person) if person else ""
    others = [one.value for one in person.addresses.all() if one.kind == "email"] if person else []
    wrote = [last.address] if last and last.channel == "email" and last.address else []
    return list(dict.fromkeys(one for one in [*wrote, primary, *others] if one))


def composer_context(
    request: Request,
    ticket: Ticket,
    *,
    form: ReplyForm | None = None,
    newer: Sequence[Message] = (),
) -> dict[str, Any]:
    """Return what the composer shows; `newer` are the messages that kept an answer from being sent."""
    to = addresses_of(ticket)
    may_reply = may(request, REPLY, ticket)
    over = _over(ticket, to)
    form = form or ReplyForm(to=to, offered=offered(request))
    answers = may_reply and not over
    kind = form["kind"].value() or ("out" if answers else "note")
    return {
        "ticket": ticket,
        "form": form,
        "may_write": may_reply,
        "may_reply": answers,
        "kind": kind if answers else "note",
        "over": over,
        "reply_to": to,
        "reply_url": reverse("tickets:ticket_reply", args=[ticket.pk]),
        "address_fields": [form[name] for name in (["to"] if len(to) > 1 else []) + ["cc", "bcc"]],
        "signature": request.user.signature,
        "version": form["version"].value() or ticket.version,
        "newer": [_newer(one) for one in newer],
        "anyway": max((one.version for one in newer), default=0),
        "solve_status": offered(request).usual_status("solved"),
        "statuses_to": _statuses(offered(request)),
    }


def _over(ticket: Ticket, to: Sequence[str]) -> str:
    """Say why no answer can be sent here, where that is so."""
    if ticket.merged_into_id:
        return _("This goes on in #%(number)s. Answer there.") % {"number": ticket.merged_into_id}
    if ticket.category == "closed":
        return _("This is closed for good. Begin a new conversation to write to the customer again.")
    if not to:
        return _("This customer has no mail address. Add one on the customer's page, then answer.")
    return ""


def _newer(message: Message) -> dict[str, str]:
    known = message.author or message.person
    return {"name": (known.name if known else "") or message.address, "text": message.visible_text}


def _statuses(here: Offered) -> list[dict[str, Any]]:
    useful = [one for one in here.statuses if one.category not in {"new", "closed"}]
    keys = {"solved": "Ctrl ⇧ ↵"}
    return [
        {
            "pk": one.pk,
            "label": one.name,
            "icon": status_icon(one.category),
            "key": keys.get(one.category, "") if one.default else "",
        }
        for one in useful
    ]
