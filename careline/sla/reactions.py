"""What follows for the clocks when something happens to a conversation."""

from __future__ import annotations

from careline.core.events import takes_several
from careline.core.models import Event
from careline.sla.actions.clocks import follow_event, follow_events
from careline.sla.actions.defaults import adopt_zone


def on_ticket_events(events: list[Event]) -> None:
    """Let the clocks of the conversation follow all of one transaction at once."""
    follow_events(events=events)


@takes_several(on_ticket_events)
def on_ticket_event(event: Event) -> None:
    """Let the clocks of the conversation follow."""
    follow_event(event=event)


def on_operation_named(event: Event) -> None:
    """Let hours that nobody has changed follow the operation's time zone."""
    if event.kind == "operation.started" or event.data.get("key") == "operation.time_zone":
        adopt_zone(now=event.at)
