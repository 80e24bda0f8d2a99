"""What becomes of a mail that could be read: a conversation, a part of one, or nothing, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from careline.calc.mail import brake
from careline.calc.mail.addresses import normal
from careline.calc.mail.automatic import TREATMENT, answers_something
from careline.calc.mail.shapes import Mail
from careline.calc.mail.tokens import ticket_of_message_id
from careline.channels import matching
from careline.channels.actions.acknowledge import acknowledge
from careline.channels.actions.agents import from_agent
from careline.channels.actions.bounces import note_bounce
from careline.channels.arrival import Arrival, Held, Outcome
from careline.channels.keys import signing_keys
from careline.channels.matching import Match
from careline.channels.models import RawMail
from careline.channels.saying import message_of, others, subject_of
from careline.core import prepared
from careline.customers.actions import NotAnAddress, find_or_create_person
from careline.customers.models import Person
from careline.tickets.actions import TicketIsClosed, add_participants, open_with, receive_message
from careline.tickets.models import Category, Ticket
from careline.tickets.said import Opening

ACKNOWLEDGED_WITHIN = timedelta(days=2)
FLOOD = "This is the third mail with the same text from {address} within ten minutes. It may be a machine."
NOBODY = "The mail names no sender with an address, so nobody could be answered."
STRANGER = "The sender is new to this conversation."


def place(arrival: Arrival) -> Outcome:
    """Give a mail its place; the caller has opened the transaction and holds the mail's row.

    Raises
    ------
    Held
        A person must look first.
    """
    case = arrival.case
    if is_loop(case.mail):
        return Outcome("loop")
    twins = matching.twins(case, arrival.body_hash)
    twin = next((one for one in twins if matching.same_desk(one, case.box)), None)
    if twin is not None:
        return Outcome("duplicate", twin.ticket, twin.message)
    if not arrival.raw.released:
        _hold_flood(arrival)
    match = matching.match(case)
    again = next((one for one in twins if match.ticket and one.ticket_id == match.ticket.pk), None)
    if again is not None:
        return Outcome("duplicate", again.ticket, again.message, match.by)
    return _by_kind(arrival, match)


def is_loop(mail: Mail) -> bool:
    """Say whether a mail is one of our own that has come back."""
    return mail.automatic == "loop" or ticket_of_message_id(mail.message_id, signing_keys()) is not None


_same_before: prepared.Prepared[tuple[datetime]] = prepared.Prepared(
    lambda address, content, after, until, but: (
        RawMail.objects.filter(
            from_address=address, body_hash=content, received_at__gt=after, received_at__lte=until
        )
        .exclude(pk=but)
        .exclude(outcome__in=("duplicate", "loop"))
        .values_list("received_at")[:10]
    )
)


def _hold_flood(arrival: Arrival) -> None:
    """Refuse the third mail with the same content from the same sender within ten minutes."""
    address, at = arrival.raw.from_address, arrival.raw.received_at
    before = _same_before(address, arrival.body_hash, at - timedelta(minutes=10), at, arrival.raw.pk)
    times = [row[0] for row in before]
    if not brake.allows(times, at, brake.SAME_BODY_FROM_SENDER):
        raise Held(FLOOD.format(address=address or "nobody"))


def _by_kind(arrival: Arrival, match: Match) -> Outcome:
    mail = arrival.case.mail
    if mail.automatic == "bounce":
        return _bounce(arrival, match)
    if mail.automatic == "auto_reply" and (match.ticket is not None or answers_something(mail)):
        return _low_key(arrival, match)
    if arrival.case.sender.user_id is not None:
        outcome, remark = from_agent(arrival, match, now=_at(arrival, match.ticket))
        if outcome is not None:
            matching.remember(arrival.case, _of(outcome), outcome.message)
            return outcome
        arrival = _noted(arrival, remark)
    return _from_customer(arrival, match)


def _noted(arrival: Arrival, *remarks: str) -> Arrival:
    return replace(arrival, notes=(*arrival.notes, *filter(None, remarks)))


def _of(outcome: Outcome) -> Ticket:
    assert outcome.ticket is not None
    return outcome.ticket


def _at(arrival: Arrival, ticket: Ticket | None) -> datetime:
    """Return when a mail came; never before what has happened in its conversation already."""
    received = arrival.raw.received_at
    return received if ticket is None else max(received, ticket.changed_at)


def _bounce(arrival: Arrival, match: Match) -> Outcome:
    """Note what came back; a report that names its mail only in its own address finds the way by that."""
    bounce = arrival.case.mail.bounce
    if bounce is not None:
        now = _at(arrival, match.ticket)
        sent = note_bounce(raw_mail=arrival.raw, bounce=bounce, ticket=match.ticket, now=now)
        if match.ticket is None and sent is not None and sent.ticket is not None:
            match = Match(matching.survivor(sent.ticket), "bounce_address")
    return _low_key(arrival, match)


def _low_key(arrival: Arrival, match: Match) -> Outcome:
    """Attach what a machine said; it opens, reopens and assigns nothing."""
    kind, ticket = arrival.case.mail.automatic, match.ticket
    if ticket is None:
        return Outcome(kind)
    said = message_of(arrival.case, person=arrival.case.sender.person, kept=arrival.kept, flags=arrival.notes)
    try:
        message = receive_message(ticket=ticket, message=said, now=_at(arrival, ticket))
    except TicketIsClosed:
        return Outcome(kind, ticket, None, match.by)
    matching.remember(arrival.case, ticket, message)
    return Outcome(kind, ticket, message, match.by)


def _from_customer(arrival: Arrival, match: Match) -> Outcome:
    arrival = _noted(arrival, match.note)
    person = _person(arrival)
    if match.ticket is not None and match.ticket.category != Category.CLOSED:
        return _join(arrival, match, match.ticket, person)
    return _open(arrival, match, person)


def _person(arrival: Arrival) -> Person:
    sender = arrival.case.sender
    if sender.known is not None:
        return sender.known
    try:
        person = find_or_create_person(address=sender.address, name=sender.name, now=arrival.raw.received_at)
    except NotAnAddress as error:
        raise Held(NOBODY) from error
    sender.is_now(person)
    return person


def _join(arrival: Arrival, match: Match, ticket: Ticket, person: Person) -> Outcome:
    now = _at(arrival, ticket)
    if not matching.belongs(ticket, arrival.case):
        arrival = _noted(arrival, STRANGER)
    said = message_of(arrival.case, person=person, kept=arrival.kept, flags=arrival.notes)
    message = receive_message(ticket=ticket, message=said, now=now)
    _bring_in(arrival, ticket, person, now=now)
    matching.remember(arrival.case, ticket, message)
    return Outcome("reply", ticket, message, match.by)


def _open(arrival: Arrival, match: Match, person: Person) -> Outcome:
    case, now = arrival.case, arrival.raw.received_at
    # What a program sends on its own account is a matter like any other; only nobody is to be answered.
    kind = "list" if case.mail.automatic == "auto_reply" else case.mail.automatic
    said = replace(message_of(case, person=person, kept=arrival.kept, flags=arrival.notes), automatic=kind)
    opening = Opening(
        brand=case.box.brand,
        team=case.box.team,
        automatic=kind != "none",
        follows=match.ticket.pk if match.ticket else None,
    )
    subject = subject_of(case.mail)
    ticket, message = open_with(
        subject=subject, customer=person, first=said, opening=opening, actor=None, now=now
    )
    _bring_in(arrival, ticket, person, now=now)
    matching.remember(case, ticket, message)
    if case.box.acknowledge and TREATMENT[kind].acknowledged and not is_old(arrival):
        acknowledge(ticket=ticket, raw_mail=arrival.raw, now=now, message=message)
    return Outcome("new", ticket, message, match.by)


def is_old(arrival: Arrival) -> bool:
    """Say whether a mail was written days ago: a folder read for the first time is full of such mails."""
    date = arrival.case.mail.date
    return date is not None and arrival.raw.received_at - date > ACKNOWLEDGED_WITHIN


def _bring_in(arrival: Arrival, ticket: Ticket, person: Person, *, now: datetime) -> None:
    """Let the sender, where it is not the customer, and everybody the mail went to take part."""
    people = []
    if person.pk != ticket.customer_id:
        people.append((person, arrival.case.sender.address))
    for one in others(arrival.case):
        if normal(one.address) in arrival.case.ours.agents:
            continue
        try:
            other = find_or_create_person(address=one.address, name=one.name, now=now)
        except NotAnAddress:
            continue
        if other.pk != ticket.customer_id:
            people.append((other, normal(one.address)))
    if people:
        add_participants(ticket=ticket, people=people, actor=None, now=now)
