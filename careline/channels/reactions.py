"""What follows in the channels from what happens elsewhere."""

from __future__ import annotations

from careline.channels.actions import outbox
from careline.core.models import Event
from careline.tickets.models import Message


def on_ticket_replied(event: Event) -> None:
    """Put a reply into the outbox, in the transaction that wrote it; what is imported was sent long ago."""
    if event.origin != "live":
        return
    message = Message.objects.select_related("ticket__customer", "ticket__brand").get(
        pk=event.data["message"]
    )
    outbox.owe_reply(message=message, now=event.at)
