"""What became of the mails we sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse

from careline.channels import queries as channels
from careline.core import access

if TYPE_CHECKING:
    from careline.core.models import User

ICONS = {"late": "mail-exclamation", "risk": "clock-exclamation", "met": "checks"}


@dataclass(frozen=True)
class Sending:
    """How the mail of one message fares, and what can be done about it."""

    pk: int
    text: str
    state: str
    icon: str
    url: str
    moving: bool
    retry_url: str = ""


def sendings_of(ticket_id: int, user: User, message_ids: Sequence[int]) -> dict[int, Sending]:
    """Return how the mails of these messages fare; messages that are no mail are left out."""
    if not message_ids:
        return {}
    may_retry = access.may(user, "health.act")
    found = channels.delivery_of(message_ids)
    return {pk: _shown(ticket_id, pk, one, may_retry) for pk, one in found.items()}


def sending_of(ticket_id: int, user: User, message_id: int) -> Sending | None:
    """Return how the mail of one message fares."""
    return sendings_of(ticket_id, user, [message_id]).get(message_id)


def _shown(ticket_id: int, pk: int, one: channels.Delivery, may_retry: bool) -> Sending:
    moving = one.state in {"ready", "sending"}
    retry = reverse("tickets:message_retry", args=[ticket_id, pk])
    return Sending(
        pk=pk,
        text=one.text,
        state=one.kind,
        icon=ICONS.get(one.kind, "clock" if moving else "ban"),
        url=reverse("tickets:message_delivery", args=[ticket_id, pk]),
        moving=moving,
        retry_url=retry if may_retry and one.state == "failed" else "",
    )
