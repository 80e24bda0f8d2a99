"""Makers for mail: a conversation that came by mail, a mailbox that sends to the test server."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from careline.channels.actions import owe_reply
from careline.channels.models import Mailbox, MailId, Outgoing, RawMail
from careline.channels.post import send_from
from careline.core import files
from careline.core.models import Brand
from careline.customers.models import Person
from careline.tickets.models import Category, Message, Status, Ticket
from tests.make import MONDAY_9, make_brand
from tests.real.smtp import SmtpSink

_number = count(1)


def make_mailbox(sink: SmtpSink | None = None, **over: Any) -> Mailbox:
    """A mailbox that sends through the test server, or that cannot send."""
    out = {"host": sink.host, "port": sink.port, "security": "none"} if sink else {}
    fields = {"name": "Help", "address": "help@lumen.example", "from_name": "Lumen care", "outbound": out}
    if "brand" not in over:
        fields["brand"] = Brand.objects.first() or make_brand()
    return Mailbox.objects.create(**{**fields, **over})


def make_person(address: str = "ada@example.org", name: str = "Ada Reyes") -> Person:
    """A customer with one mail address, or without any; the same one for the same address."""
    known = Person.objects.filter(addresses__value=address).first() if address else None
    if known:
        return known
    person = Person.objects.create(name=name, created_at=MONDAY_9)
    if address:
        person.addresses.create(kind="email", value=address, primary=True)
    return person


def make_status(category: str = Category.OPEN) -> Status:
    """The usual status of a category."""
    return Status.objects.filter(category=category).first() or Status.objects.create(
        name=str(category), category=category, default=True
    )


def make_ticket(mailbox: Mailbox | None = None, person: Person | None = None, **over: Any) -> Ticket:
    """A conversation; with a mailbox, one that began with a mail to it."""
    status = make_status()
    fields = {
        "subject": "Lamp broken",
        "customer": person or make_person(),
        "brand": mailbox.brand if mailbox else None,
        "status": status,
        "category": status.category,
        "opened_at": MONDAY_9,
        "changed_at": MONDAY_9,
    }
    ticket = Ticket.objects.create(**{**fields, **over})
    if mailbox:
        make_incoming(ticket, mailbox)
    return ticket


def make_incoming(ticket: Ticket, mailbox: Mailbox, text: str = "It does not shine.", **over: Any) -> Message:
    """A mail of the customer in a conversation, as the intake leaves it."""
    number, at = next(_number), over.pop("at", MONDAY_9)
    mail_id = over.pop("mail_id", f"in-{number}@example.org")
    address = over.pop("address", "ada@example.org")
    message = Message.objects.create(
        ticket=ticket,
        kind="in",
        person=ticket.customer,
        text=text,
        visible_text=text,
        at=at,
        address=address,
        **over,
    )
    MailId.objects.create(
        mailbox=mailbox, brand=mailbox.brand, mail_id=mail_id, ticket=ticket, message=message
    )
    RawMail.objects.create(
        mailbox=mailbox,
        file=files.store(f"mail {number}".encode(), now=at),
        dedupe_key=mail_id,
        received_at=at,
        state=RawMail.State.DONE,
        outcome="new",
        message=message,
        ticket=ticket,
        from_address=address,
    )
    return message


def make_reply(ticket: Ticket, text: str = "We send a new one.", **over: Any) -> Message:
    """An agent's answer; nothing is owed for it yet."""
    fields = {"kind": "out", "at": MONDAY_9 + timedelta(hours=1), "text": text, "visible_text": text}
    return Message.objects.create(ticket=ticket, **{**fields, **over})


def owe(ticket: Ticket, text: str = "We send a new one.", **over: Any) -> Outgoing:
    """An agent's answer, in the outbox."""
    message = make_reply(ticket, text, **over)
    outgoing = owe_reply(message=message, now=message.at)
    assert outgoing is not None
    return outgoing


def send(mailbox: Mailbox, *, now: datetime = MONDAY_9 + timedelta(hours=2)) -> int:
    """Send what is due from a mailbox at this instant."""
    return send_from(mailbox.pk, clock=lambda: now)
