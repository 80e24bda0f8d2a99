"""The conversation: tickets, messages, statuses, contact reasons, tags and views.

Events: ticket.opened, ticket.received, ticket.replied, ticket.noted, ticket.status_changed,
ticket.priority_changed, ticket.assigned, ticket.team_changed, ticket.reason_changed, ticket.tagged,
ticket.untagged, ticket.subject_changed, ticket.customer_changed, ticket.no_reply_needed,
ticket.seen_automatic.
"""
