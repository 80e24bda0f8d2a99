"""Mail from people of ours: an answer, something forwarded, or nothing that may count as theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from careline.calc.mail.addresses import normal
from careline.calc.mail.forward import Forwarded, forwarded_in, is_forward
from careline.calc.mail.quote_html import fold_html
from careline.channels.arrival import Arrival, Outcome
from careline.channels.matching import Match
from careline.channels.models import Outgoing
from careline.channels.ours import is_ours
from careline.channels.proof import Proof, proof_of
from careline.channels.saying import message_of, subject_of
from careline.core.access import covers
from careline.core.models import User
from careline.customers.actions import NotAnAddress, find_or_create_person
from careline.customers.models import Address, Person
from careline.tickets.actions import (
    TicketIsClosed,
    add_note,
    open_ticket,
    receive_message,
    reply,
)
from careline.tickets.models import Category, Message, Ticket
from careline.tickets.said import NewMessage, Opening

UNPROVEN = "The address is that of {name}, but nothing proves that {name} wrote this."
FORWARDED = "Forwarded by {name}."
NOT_ALLOWED = "{name} may not answer here, so this was not sent to the customer."
OVER = "This came as an answer by mail after the conversation was closed. It was not sent to the customer."
DIRECT = "Sent to the customer by the agent's own mail program."


def from_agent(arrival: Arrival, match: Match, *, now: datetime) -> tuple[Outcome | None, str]:
    """Treat a mail that shows the address of one of us.

    Returns what became of it; or nothing and a remark, when it must be treated like a customer's.
    """
    user = User.objects.get(pk=arrival.case.sender.user_id or 0)
    proof = proof_of(arrival.case.mail, arrival.case.box.trusted_authserv)
    forwarded = _original(arrival)
    if forwarded is not None:
        return _forward(arrival, match, forwarded, user, proof, now=now), ""
    if match.ticket is None:
        return None, "" if proof == "pass" else UNPROVEN.format(name=user.name)
    if _is_customer(match.ticket, arrival):
        return None, ""
    if not is_proven(proof, match):
        return None, UNPROVEN.format(name=user.name)
    return _answer(arrival, match.ticket, user, match.by, now=now)


def is_proven(proof: Proof, match: Match) -> bool:
    """Say whether a mail counts as written by the agent whose address it shows.

    Our mail server vouches for it, or it carries a token of the conversation. The token alone does not count
    where the server says that the address is forged: the customer knows the token too.
    """
    return proof == "pass" or (proof == "none" and match.signed)


def _is_customer(ticket: Ticket, arrival: Arrival) -> bool:
    address = arrival.case.sender.address
    return Address.objects.filter(person=ticket.customer_id, kind="email", value=address).exists()


def _answer(
    arrival: Arrival, ticket: Ticket, user: User, by: str, *, now: datetime
) -> tuple[Outcome | None, str]:
    said = _spoken(arrival, ticket)
    if ticket.category == Category.CLOSED:
        note = add_note(ticket=ticket, message=replace(said, flags=[*said.flags, OVER]), actor=None, now=now)
        return Outcome("reply", ticket, note, by), ""
    try:
        with transaction.atomic():
            message = reply(ticket=ticket, message=said, actor=user, now=now)
    except PermissionDenied:
        return None, NOT_ALLOWED.format(name=user.name)
    if _went_to_customer(arrival, ticket):
        _do_not_send(message)
    return Outcome("reply", ticket, message, by), ""


def _spoken(arrival: Arrival, ticket: Ticket) -> NewMessage:
    """Return what the agent wrote, without what the mail quotes: the customer may never have seen that."""
    mail = arrival.case.mail
    html = fold_html(mail.body_html)[0] if mail.body_html and mail.quoted_text else mail.body_html
    text = mail.reply_text or mail.body_text
    return replace(
        message_of(arrival.case, person=None, kept=arrival.kept, flags=arrival.notes),
        text=text,
        visible_text=text,
        html=html,
        quoted_html="",
        automatic="none",
        address=_customer_address(ticket),
        cc=(),
    )


def _customer_address(ticket: Ticket) -> str:
    last = Message.objects.filter(ticket=ticket, kind=Message.Kind.IN, person=ticket.customer_id)
    written = last.exclude(address="").order_by("-at", "-pk").values_list("address", flat=True).first()
    if written:
        return written
    known = Address.objects.filter(person=ticket.customer_id, kind="email").order_by("-primary", "pk")
    return known.values_list("value", flat=True).first() or ""


def _went_to_customer(arrival: Arrival, ticket: Ticket) -> bool:
    mail = arrival.case.mail
    named = {normal(one.address) for one in (*mail.to, *mail.cc)}
    return Address.objects.filter(person=ticket.customer_id, kind="email", value__in=named).exists()


def _do_not_send(message: Message) -> None:
    """The customer has this answer already; a second copy would only confuse."""
    waiting = Outgoing.objects.filter(message=message, state=Outgoing.State.READY)
    waiting.update(state=Outgoing.State.CANCELLED, problem=DIRECT)


def _original(arrival: Arrival) -> Forwarded | None:
    mail, ours = arrival.case.mail, arrival.case.ours
    found = forwarded_in(mail) if is_forward(mail) else None
    if found is None or is_ours(found.sender.address, ours.addresses):
        return None
    return None if normal(found.sender.address) in ours.agents else found


def _forward(
    arrival: Arrival, match: Match, found: Forwarded, user: User, proof: Proof, *, now: datetime
) -> Outcome | None:
    try:
        person = find_or_create_person(address=found.sender.address, name=found.sender.name, now=now)
    except NotAnAddress:
        return None
    said = _forwarded_message(arrival, found, user, person, proof)
    ticket, message, name = _put(arrival, match, found, person, said, now=now)
    if found.note.strip():
        text = found.note if proof == "pass" else f"{UNPROVEN.format(name=user.name)}\n\n{found.note}"
        note = NewMessage(text=text, subject=arrival.case.mail.subject[:300])
        add_note(ticket=ticket, message=note, actor=_allowed(user, ticket, proof), now=now)
    return Outcome(name, ticket, message, match.by if name == "reply" else "")


def _put(
    arrival: Arrival, match: Match, found: Forwarded, person: Person, said: NewMessage, *, now: datetime
) -> tuple[Ticket, Message | None, str]:
    box, ticket = arrival.case.box, match.ticket
    if ticket is not None:
        try:
            with transaction.atomic():
                return ticket, receive_message(ticket=ticket, message=said, now=now), "reply"
        except TicketIsClosed:
            pass
    opening = Opening(brand=box.brand, team=box.team, follows=ticket.pk if ticket else None)
    subject = found.subject[:300] or subject_of(arrival.case.mail)
    opened = open_ticket(subject=subject, customer=person, first=said, opening=opening, actor=None, now=now)
    return opened, opened.messages.order_by("pk").first(), "new"


def _forwarded_message(
    arrival: Arrival, found: Forwarded, user: User, person: Person, proof: Proof
) -> NewMessage:
    flags = [FORWARDED.format(name=user.name), *arrival.notes]
    if proof != "pass":
        flags.append(UNPROVEN.format(name=user.name))
    return replace(
        message_of(arrival.case, person=person, kept=arrival.kept, flags=flags),
        text=found.body,
        visible_text=found.body,
        html="",  # that of the whole mail would show the note to ourselves as the customer's words
        quoted_html="",
        subject=found.subject[:300],
        automatic="none",
        address=normal(found.sender.address),
        written_at=found.sent_at,
        cc=(),
    )


def _allowed(user: User, ticket: Ticket, proof: Proof) -> User | None:
    """Return the agent as author of a note, where that is proven and allowed; else nobody."""
    may = covers(user, "tickets.reply", owner_id=ticket.assignee_id, team_id=ticket.team_id)
    return user if may and proof == "pass" else None
