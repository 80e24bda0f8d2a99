"""What follows from what. The whole nervous system, on one page."""

from __future__ import annotations

from careline.channels import reactions as channels
from careline.core.events import Reaction
from careline.sla import reactions as sla

AT_ONCE: dict[str, list[Reaction]] = {
    "operation.started": [sla.on_operation_named],
    "setting.changed": [sla.on_operation_named],
    "ticket.opened": [sla.on_ticket_event],
    "ticket.received": [sla.on_ticket_event],
    "ticket.replied": [sla.on_ticket_event, channels.on_ticket_replied],
    "ticket.no_reply_needed": [sla.on_ticket_event],
    "ticket.status_changed": [sla.on_ticket_event],
    "ticket.priority_changed": [sla.on_ticket_event],
    "ticket.team_changed": [sla.on_ticket_event],
    "ticket.reason_changed": [sla.on_ticket_event],
    "ticket.tagged": [sla.on_ticket_event],
    "ticket.untagged": [sla.on_ticket_event],
    "ticket.customer_changed": [sla.on_ticket_event],
    "ticket.assigned": [sla.on_ticket_event],
    "ticket.subject_changed": [sla.on_ticket_event],
    "ticket.merged": [sla.on_ticket_event],
    "ticket.unmerged": [sla.on_ticket_event],
}
QUEUED: dict[str, list[Reaction]] = {}
