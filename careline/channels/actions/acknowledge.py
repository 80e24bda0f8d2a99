"""Telling a customer that we have their mail: once, politely, and never to a machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from careline.calc.mail import brake
from careline.calc.mail.addresses import domain_of, normal
from careline.calc.mail.identity import is_no_reply
from careline.calc.mail.subjects import normal_subject
from careline.channels import letters, senders
from careline.channels.models import AutoSent, MailId, Outgoing, RawMail
from careline.channels.ours import is_ours, ours
from careline.channels.outgoing_mail import is_address

if TYPE_CHECKING:
    from careline.tickets.models import Ticket

LONGEST_WINDOW = timedelta(minutes=max(minutes for _mails, minutes in brake.PER_TICKET_AND_RECIPIENT))
MOST_COUNTED = 400  # more than any window holds
SAME_SUBJECT = (2, timedelta(minutes=180))
_ROBOTS = ("mailer-daemon", "postmaster", "mail-daemon", "abuse", "root", "autoresponder")


@transaction.atomic
def acknowledge(*, ticket: Ticket, raw_mail: RawMail, now: datetime) -> Outgoing | None:
    """Put "we have your mail" into the outbox; None where nobody, or a machine, would read it.

    It is no answer of ours: no clock stops for it, and nothing changes on the conversation.
    """
    mailbox = raw_mail.mailbox if senders.can_send(raw_mail.mailbox) else senders.mailbox_for(ticket)
    message = ticket.messages.filter(kind="in").order_by("-pk").first()
    if mailbox is None or message is None or message.automatic != "none" or not raw_mail.mailbox.acknowledge:
        return None
    # The number of the mail that is acknowledged: no reply has it, so the id is unique, and signed as usual.
    mail_id = letters.reply_id(ticket.pk, message.pk, domain_of(mailbox.address))
    if known := Outgoing.objects.filter(mail_id=mail_id).first():
        return known
    address = normal(message.address)
    if not is_person(address, ticket) or not may_send(address=address, ticket=ticket, now=now):
        return None
    AutoSent.objects.create(address=address, ticket=ticket, at=now)
    MailId.objects.get_or_create(mail_id=mail_id, ticket=ticket, defaults={"mailbox": mailbox})
    return Outgoing.objects.create(
        mailbox=mailbox,
        ticket=ticket,
        purpose="acknowledgement",
        mail_id=mail_id,
        recipients=[message.address],
        created_at=now,
        send_at=now,
    )


def is_person(address: str, ticket: Ticket) -> bool:
    """Say whether an address is one that a person reads, is not ours, and is known to work."""
    local = address.partition("@")[0].partition("+")[0]
    if not is_address(address) or is_no_reply(address) or local in _ROBOTS:
        return False
    if is_ours(address, ours().addresses):
        return False
    rows = ticket.customer.addresses.filter(value=address, undeliverable_since__isnull=False)
    return not rows.exists()


def may_send(*, address: str, ticket: Ticket, now: datetime) -> bool:
    """Say whether the brakes let one more automatic mail go to this address: headers lie, counts do not."""
    sent = AutoSent.objects.filter(address=address, at__gt=now - LONGEST_WINDOW)
    rows = list(
        sent.order_by("-at").values_list("at", "ticket_id", "ticket__subject", named=True)[:MOST_COUNTED]
    )
    all_times = [row.at for row in rows]
    here = [row.at for row in rows if row.ticket_id == ticket.pk]
    subject = normal_subject(ticket.subject)
    most, span = SAME_SUBJECT
    recent = [row.ticket__subject or "" for row in rows if row.at > now - span]
    alike = [one for one in recent if normal_subject(one) == subject]
    return (
        brake.allows(all_times, now, brake.PER_RECIPIENT)
        and brake.allows(all_times, now, brake.AUTO_REPLIES_PER_CUSTOMER)
        and brake.allows(here, now, brake.PER_TICKET_AND_RECIPIENT)
        and len(alike) < most
    )
