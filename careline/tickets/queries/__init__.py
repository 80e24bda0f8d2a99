"""What of conversations may be seen, and by whom."""

from careline.tickets.queries.conversation import Entry, conversation_of, last_message_in, last_message_out
from careline.tickets.queries.find import find_tickets
from careline.tickets.queries.pages import ORDERS, BadMark, Page, can_ask, count_of, mark_of, page_of
from careline.tickets.queries.seeing import survivor_of, ticket_for, tickets_of, visible_to
from careline.tickets.queries.views import Counted, view_for, view_with_key, views_for
from careline.tickets.setup import (
    brand_choices,
    default_status,
    in_tree_order,
    reason,
    reason_uses,
    reasons,
    status,
    statuses,
    statuses_in_use,
    tag,
    tag_uses,
    tags,
    tags_like,
)

__all__ = [
    "ORDERS",
    "BadMark",
    "Counted",
    "Entry",
    "Page",
    "brand_choices",
    "can_ask",
    "conversation_of",
    "count_of",
    "default_status",
    "find_tickets",
    "in_tree_order",
    "last_message_in",
    "last_message_out",
    "mark_of",
    "page_of",
    "reason",
    "reason_uses",
    "reasons",
    "status",
    "statuses",
    "statuses_in_use",
    "survivor_of",
    "tag",
    "tag_uses",
    "tags",
    "tags_like",
    "ticket_for",
    "tickets_of",
    "view_for",
    "view_with_key",
    "views_for",
    "visible_to",
]
