"""What follows for the clocks when something happens to a conversation."""

from __future__ import annotations

from careline.core.models import Event
from careline.sla.actions.clocks import follow_event


def on_ticket_event(event: Event) -> None:
    """Let the clocks of the conversation follow."""
    follow_event(event=event)
