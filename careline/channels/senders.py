"""Which mailbox sends, and to which address: reads about who writes to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from careline.channels.models import Mailbox, RawMail
from careline.channels.outgoing_mail import is_address

if TYPE_CHECKING:
    from careline.tickets.models import Message, Ticket


def can_send(mailbox: Mailbox) -> bool:
    """Say whether a mailbox is at work and knows a server for sending."""
    return mailbox.active and bool(mailbox.outbound.get("host"))


def mailbox_for(ticket: Ticket) -> Mailbox | None:
    """Return the mailbox a conversation came to, else one of its team and brand, else any that can send."""
    came_to = RawMail.objects.filter(ticket=ticket).exclude(outcome="loop").order_by("-pk")
    for pk in dict.fromkeys(came_to.values_list("mailbox_id", flat=True)[:20]):
        mailbox = Mailbox.objects.select_related("brand").get(pk=pk)
        if can_send(mailbox):
            return mailbox
    able = [one for one in Mailbox.objects.select_related("brand").order_by("pk") if can_send(one)]
    able.sort(key=lambda one: (one.brand_id != ticket.brand_id, one.team_id != ticket.team_id, one.pk))
    return able[0] if able else None


def any_sender() -> Mailbox | None:
    """Return the first mailbox that can send, or None."""
    rows = Mailbox.objects.select_related("brand").order_by("pk")
    return next((one for one in rows if can_send(one)), None)


def address_to_answer(message: Message) -> str:
    """Return the address the customer wrote from last, before this message; else their primary one."""
    ticket = message.ticket
    earlier = ticket.messages.filter(kind="in", automatic__in=["none", "list"], at__lte=message.at)
    for address in earlier.exclude(address="").order_by("-at", "-pk").values_list("address", flat=True)[:20]:
        if is_address(address):
            return str(address)
    rows = ticket.customer.addresses.filter(kind="email").order_by("-primary", "pk")
    return next((row.value for row in rows if is_address(row.value)), "")
