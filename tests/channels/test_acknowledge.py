"""Telling customers that we have their mail, and not telling machines."""

from __future__ import annotations

from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest

from careline.calc.mail.parse import parse
from careline.calc.mail.tokens import ticket_of_message_id
from careline.channels.actions import acknowledge, sending
from careline.channels.keys import signing_keys
from careline.channels.models import AutoSent, Mailbox, Outgoing, RawMail
from careline.core import files
from careline.core.models import Event
from careline.customers.models import Address
from careline.tickets.models import Ticket
from tests.channels.make_mail import make_mailbox, make_person, make_ticket
from tests.make import MONDAY_9

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox() -> Mailbox:
    return make_mailbox(outbound={"host": "smtp.lumen.example", "port": 587}, acknowledge=True)


def told(ticket: Ticket, *, now: datetime = MONDAY_9) -> Outgoing | None:
    """Acknowledge the mail that a conversation began with."""
    return acknowledge(ticket=ticket, raw_mail=RawMail.objects.get(ticket=ticket), now=now)


def test_a_new_mail_is_acknowledged(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    outgoing = told(ticket)
    assert outgoing is not None
    assert (outgoing.purpose, outgoing.recipients) == ("acknowledgement", ["ada@example.org"])
    assert AutoSent.objects.get().address == "ada@example.org"
    assert told(ticket) == outgoing  # once, however often the mail is taken in


def test_it_says_that_a_machine_wrote_it_and_answers_the_mail(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    told(ticket)
    taken = sending.take_next(mailbox_id=mailbox.pk, holder="x", now=MONDAY_9)
    assert taken is not None
    mail = message_from_bytes(sending.raw_of(taken, now=MONDAY_9), policy=default)
    assert isinstance(mail, EmailMessage)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Subject"] == f"Re: Lamp broken [Lumen #{ticket.pk}]"
    found = ticket_of_message_id(mail["Message-ID"].strip("<>"), signing_keys())
    assert found is not None
    assert found[0] == ticket.pk
    assert mail["In-Reply-To"] is not None
    assert f"#{ticket.pk}" in mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert parse(mail.as_bytes()).automatic == "auto_reply"


def test_it_is_written_in_the_language_of_the_customer(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox, language="xx")  # unknown ones fall back
    told(ticket)
    taken = sending.take_next(mailbox_id=mailbox.pk, holder="x", now=MONDAY_9)
    assert taken is not None
    assert b'lang=3D"xx"' in sending.raw_of(taken, now=MONDAY_9)


def test_nothing_happens_on_the_conversation(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    before = Ticket.objects.filter(pk=ticket.pk).values().get()
    told(ticket)
    assert Ticket.objects.filter(pk=ticket.pk).values().get() == before
    assert not Event.objects.filter(kind__startswith="ticket.").exists()


def test_only_where_the_mailbox_wants_it(mailbox: Mailbox) -> None:
    Mailbox.objects.update(acknowledge=False)
    assert told(make_ticket(mailbox)) is None


@pytest.mark.parametrize("automatic", ["auto_reply", "bounce", "list", "loop"])
def test_machines_get_none(mailbox: Mailbox, automatic: str) -> None:
    ticket = make_ticket(mailbox)
    ticket.messages.update(automatic=automatic)
    assert told(ticket) is None


@pytest.mark.parametrize(
    "address",
    [
        "no-reply@shop.example",
        "donotreply@shop.example",
        "mailer-daemon@shop.example",
        "postmaster@shop.example",
        "help@lumen.example",
        "help+17.abc@lumen.example",
        "nonsense",
    ],
)
def test_addresses_that_nobody_reads_get_none(mailbox: Mailbox, address: str) -> None:
    ticket = make_ticket(mailbox)
    ticket.messages.update(address=address)
    assert told(ticket) is None


def test_an_address_that_does_not_work_gets_none(mailbox: Mailbox) -> None:
    ticket = make_ticket(mailbox)
    Address.objects.update(undeliverable_since=MONDAY_9)
    assert told(ticket) is None


def tickets(mailbox: Mailbox, count: int, *, alike: bool = False) -> list[Ticket]:
    """Several conversations of one customer."""
    person = make_person()
    subjects = ["Lamp" if alike else f"Lamp {number}" for number in range(count)]
    return [make_ticket(mailbox, person, subject=subject) for subject in subjects]


def test_one_customer_gets_ten_in_three_hours_at_most(mailbox: Mailbox) -> None:
    sent = [told(one, now=MONDAY_9 + timedelta(minutes=n)) for n, one in enumerate(tickets(mailbox, 12))]
    assert [one is not None for one in sent] == [True] * 10 + [False] * 2
    late = make_ticket(mailbox, Ticket.objects.all()[0].customer, subject="Much later")
    assert told(late, now=MONDAY_9 + timedelta(minutes=181)) is not None


def test_the_same_subject_is_acknowledged_twice_at_most(mailbox: Mailbox) -> None:
    sent = [told(one) for one in tickets(mailbox, 3, alike=True)]
    assert [one is not None for one in sent] == [True, True, False]


def test_what_went_to_others_holds_nobody_back(mailbox: Mailbox) -> None:
    for number in range(12):
        AutoSent.objects.create(address=f"other{number}@example.org", at=MONDAY_9)
    assert told(make_ticket(mailbox)) is not None


def test_it_is_kept_while_a_file_is_stored(mailbox: Mailbox) -> None:
    told(make_ticket(mailbox))
    taken = sending.take_next(mailbox_id=mailbox.pk, holder="x", now=MONDAY_9)
    assert taken is not None
    raw = sending.raw_of(taken, now=MONDAY_9)
    kept = Outgoing.objects.get().file
    assert kept is not None
    assert files.read(kept) == raw
