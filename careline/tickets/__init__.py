"""The conversation: tickets, messages, statuses, contact reasons, tags and views.

Events: ticket.opened, ticket.received, ticket.replied, ticket.noted, ticket.status_changed,
ticket.priority_changed, ticket.assigned, ticket.team_changed, ticket.reason_changed, ticket.tagged,
ticket.untagged, ticket.subject_changed, ticket.customer_changed, ticket.no_reply_needed, ticket.joined,
ticket.merged, ticket.unmerged, tickets.exported, status.changed, reason.changed, tag.changed,
view.changed.

An event that takes back another one names it: `undoes`. One that follows from another one in the same step
names that: `because`.
"""
