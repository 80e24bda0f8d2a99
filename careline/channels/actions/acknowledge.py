"""Telling a customer that we have their mail: once, politely, and never to a machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db import transaction

from careline.calc.mail import brake
from careline.calc.mail.addresses import domain_of, normal
from careline.calc.mail.identity import is_no_reply
from careline.calc.mail.subjects import normal_subject
from careline.channels import letters, senders
from careline.channels.models import AutoSent, MailId, Outgoing, RawMail
from careline.channels.ours import is_ours, ours
from careline.channels.outgoing_mail import is_address
from careline.core import prepared
from careline.customers.models import Address

if TYPE_CHECKING:
    from careline.tickets.models import Message, Ticket

LONGEST_WINDOW = timedelta(minutes=max(minutes for _mails, minutes in brake.PER_TICKET_AND_RECIPIENT))
MOST_COUNTED = 400  # more than any window holds
SAME_SUBJECT = (2, timedelta(minutes=180))
_ROBOTS = ("mailer-daemon", "postmaster", "mail-daemon", "abuse", "root", "autoresponder")

_sent_as: prepared.Prepared[Outgoing] = prepared.Prepared(
    lambda mail_id: Outgoing.objects.filter(mail_id=mail_id)
)
_dead: prepared.Prepared[tuple[int]] = prepared.Prepared(
    lambda person, value: (
        Address.objects.filter(person=person, value=value, undeliverable_since__isnull=False)
        .order_by()
        .values_list("pk")[:1]
    )
)
_auto_sent: prepared.Prepared[tuple[Any, ...]] = prepared.Prepared(
    lambda address, after: (
        AutoSent.objects.filter(address=address, at__gt=after)
        .order_by("-at")
        .values_list("at", "ticket_id", "ticket__subject")[:MOST_COUNTED]
    )
)


class _Sent(NamedTuple):
    """One automatic mail that went out."""

    at: datetime
    ticket_id: int | None
    subject: str | None


@transaction.atomic
def acknowledge(
    *, ticket: Ticket, raw_mail: RawMail, now: datetime, message: Message | None = None
) -> Outgoing | None:
    """Put "we have your mail" into the outbox; None where nobody, or a machine, would read it.

    It is no answer of ours: no clock stops for it, and nothing changes on the conversation.
    """
    mailbox = raw_mail.mailbox if senders.can_send(raw_mail.mailbox) else senders.mailbox_for(ticket)
    message = message or ticket.messages.filter(kind="in").order_by("-pk").first()
    if mailbox is None or message is None or message.automatic != "none" or not raw_mail.mailbox.acknowledge:
        return None
    # The number of the mail that is acknowledged: no reply has it, so the id is unique, and signed as usual.
    mail_id = letters.reply_id(ticket.pk, message.pk, domain_of(mailbox.address))
    if known := _sent_as.first(mail_id):
        return known
    address = normal(message.address)
    if not is_person(address, ticket) or not may_send(address=address, ticket=ticket, now=now):
        return None
    prepared.insert(AutoSent(address=address, ticket=ticket, at=now))
    prepared.insert_all([MailId(mail_id=mail_id, ticket=ticket, mailbox=mailbox)], ignore_conflicts=True)
    return prepared.insert(
        Outgoing(
            mailbox=mailbox,
            ticket=ticket,
            purpose="acknowledgement",
            mail_id=mail_id,
            recipients=[message.address],
            created_at=now,
            send_at=now,
        )
    )


def is_person(address: str, ticket: Ticket) -> bool:
    """Say whether an address is one that a person reads, is not ours, and is known to work."""
    local = address.partition("@")[0].partition("+")[0]
    if not is_address(address) or is_no_reply(address) or local in _ROBOTS:
        return False
    if is_ours(address, ours().addresses):
        return False
    return not _dead(ticket.customer_id, address)


def may_send(*, address: str, ticket: Ticket, now: datetime) -> bool:
    """Say whether the brakes let one more automatic mail go to this address: headers lie, counts do not."""
    rows = [_Sent(*row) for row in _auto_sent(address, now - LONGEST_WINDOW)]
    all_times = [row.at for row in rows]
    here = [row.at for row in rows if row.ticket_id == ticket.pk]
    subject = normal_subject(ticket.subject)
    most, span = SAME_SUBJECT
    recent = [row.subject or "" for row in rows if row.at > now - span]
    alike = [one for one in recent if normal_subject(one) == subject]
    return (
        brake.allows(all_times, now, brake.PER_RECIPIENT)
        and brake.allows(all_times, now, brake.AUTO_REPLIES_PER_CUSTOMER)
        and brake.allows(here, now, brake.PER_TICKET_AND_RECIPIENT)
        and len(alike) < most
    )
