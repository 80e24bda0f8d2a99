"""Which conversation a mail belongs to: its keys looked up in order of trust, the first that holds wins."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Q, QuerySet

from careline.calc.mail.addresses import domain_of, normal
from careline.calc.mail.shapes import Mail
from careline.calc.mail.subjects import normal_subject
from careline.calc.mail.threading import Key, candidates, seen_ids
from careline.calc.mail.tokens import ticket_of_message_id
from careline.channels.keys import signing_keys
from careline.channels.models import Mailbox, MailId, RawMail
from careline.channels.ours import Ours
from careline.core import prepared
from careline.customers.models import Address, Domain, Person
from careline.customers.public_domains import is_public
from careline.customers.queries import person_by_address
from careline.tickets.models import UNSOLVED, Message, Participant, Ticket

LONGEST_ID = 255
MOST_ROWS = 1_000  # looked at of what is known of the ids in one mail
MOST_TWINS = 20
LONGEST_CHAIN = 20  # merges followed to the survivor
SIGNED = ("reply_address", "own_message_id", "body_marker")
SEEN_ONLY = "seen_id"  # the id was only seen in References; no mail of ours carried it


@dataclass
class Sender:
    """Who a mail is from: the address in lower case, and whom of us it is the address of."""

    address: str
    name: str = ""
    user_id: int | None = None
    known: Person | None = None  # whose address it is, once somebody has asked
    _asked: bool = False

    @property
    def person(self) -> Person | None:
        """Return whose the address is, or None; looked up when it is first needed."""
        if not self._asked:
            self.known, self._asked = person_by_address(self.address), True
        return self.known

    def is_now(self, person: Person) -> None:
        """Note whose the address is."""
        self.known, self._asked = person, True


@dataclass(frozen=True)
class Match:
    """The conversation that a mail belongs to, and which key says so; a note where one was not believed."""

    ticket: Ticket | None = None
    by: str = ""
    note: str = ""

    @property
    def signed(self) -> bool:
        """Say whether the key is one that only we can make."""
        return self.by in SIGNED


@dataclass(frozen=True)
class Case:
    """All that deciding needs."""

    mail: Mail
    box: Mailbox
    sender: Sender
    ours: Ours
    received_at: datetime

    @cached_property
    def ids(self) -> dict[str, list[MailId]]:
        """Return what is known of the ids that the mail names, within its mailbox or brand.

        Of its own id, also which mails have carried it elsewhere.
        """
        wanted = [shortened(one) for one in seen_ids(self.mail)]
        own = shortened(self.mail.message_id)
        found: dict[str, list[MailId]] = {}
        for row in _known_ids(self.box, wanted, own) if wanted else ():
            found.setdefault(row.mail_id, []).append(row)
        return found

    def is_here(self, row: MailId) -> bool:
        """Say whether an id was seen in this mailbox or its brand."""
        return row.mailbox_id == self.box.pk or (
            self.box.brand_id is not None and row.brand_id == self.box.brand_id
        )


_COPIES = Q(message__isnull=False)
_ids_in_box: prepared.Prepared[MailId] = prepared.Prepared(
    lambda box, wanted, own: _newest(Q(mailbox=box) | (_COPIES & Q(mail_id=own)), wanted)
)
_ids_in_brand: prepared.Prepared[MailId] = prepared.Prepared(
    lambda box, wanted, own, brand: _newest(
        Q(mailbox=box) | Q(brand=brand) | (_COPIES & Q(mail_id=own)), wanted
    )
)


def _newest(which: Q, wanted: list[str]) -> QuerySet[MailId]:
    rows = MailId.objects.select_related("ticket").filter(which, mail_id__in=wanted)
    return rows.order_by("-pk")[:MOST_ROWS]


def _known_ids(box: Mailbox, wanted: list[str], own: str) -> list[MailId]:
    if box.brand_id is None:
        return _ids_in_box(box.pk, wanted, own)
    return _ids_in_brand(box.pk, wanted, own, box.brand_id)


def match(case: Case) -> Match:
    """Return the conversation that a mail belongs to, the survivor where it was merged."""
    note = ""
    for key in _keys(case):
        found = _LOOK_UP[key.kind](case, key)
        if found.ticket is not None:
            return Match(survivor(found.ticket), found.by, note)
        note = note or found.note
    return Match(note=note)


def _keys(case: Case) -> Sequence[Key]:
    keys = candidates(
        case.mail,
        secrets=signing_keys(),
        brands=case.ours.words,
        same_subject=case.box.join_by_subject_h > 0,
    )
    own_id = case.mail.message_id
    if not own_id:
        return keys
    # An answer may come before what it answers: then the id of this mail has been seen already.
    return (*keys, Key("foreign_message_id", message_ids=(own_id,)))


def _named(_case: Case, key: Key) -> Match:
    """Look up a conversation that a signed key names."""
    return Match(_ticket(key.ticket), key.kind)


def _by_foreign_id(case: Case, key: Key) -> Match:
    for one in key.message_ids:
        rows = (row for row in case.ids.get(shortened(one), ()) if case.is_here(row))
        for row in sorted(rows, key=lambda row: _nearness(row, case.box)):
            if row.message_id is not None and one != case.mail.message_id:
                return Match(row.ticket, key.kind)
            if row.message_id is None and belongs(row.ticket, case, same_company=True):
                return Match(row.ticket, SEEN_ONLY)
    return Match()


def _by_subject_number(case: Case, key: Key) -> Match:
    ticket = _ticket(key.ticket)
    if ticket is None:
        return Match()
    if case.sender.user_id is not None or belongs(ticket, case):
        return Match(ticket, key.kind)
    return Match(note=f"The subject names #{ticket.pk}, but the sender does not take part in it.")


def _by_same_subject(case: Case, key: Key) -> Match:
    person = case.sender.person
    if person is None:
        return Match()
    since = case.received_at - timedelta(hours=case.box.join_by_subject_h)
    open_ones = Ticket.objects.filter(
        customer=person, category__in=UNSOLVED, changed_at__gte=since, brand=case.box.brand_id
    )
    for ticket in open_ones.order_by("-changed_at")[:50]:
        if normal_subject(ticket.subject, case.ours.words) == key.subject:
            return Match(ticket, key.kind)
    return Match()


_LOOK_UP = {
    "reply_address": _named,
    "own_message_id": _named,
    "body_marker": _named,
    "foreign_message_id": _by_foreign_id,
    "subject_number": _by_subject_number,
    "same_subject": _by_same_subject,
}


def _ticket(pk: int | None) -> Ticket | None:
    return Ticket.objects.filter(pk=pk).first() if pk is not None and pk < 2**63 else None


def survivor(ticket: Ticket) -> Ticket:
    """Return where a merged conversation goes on."""
    for _ in range(LONGEST_CHAIN):
        if ticket.merged_into_id is None:
            break
        ticket = Ticket.objects.get(pk=ticket.merged_into_id)
    return ticket


def belongs(ticket: Ticket, case: Case, *, same_company: bool = False) -> bool:
    """Say whether the sender takes part in a conversation, or is of the same organisation.

    With `same_company` an address of the same company domain is enough, and so is a mail that also goes to
    the customer. A newsletter's id stands in the References of many strangers: that alone joins nobody.
    """
    address, person = case.sender.address, case.sender.person
    if person is not None and person.pk == ticket.customer_id:
        return True
    if _of_organisation(ticket, case.sender):
        return True
    taking_part = Participant.objects.filter(Q(address=address) | Q(person=person), ticket=ticket)
    written = Message.objects.filter(ticket=ticket, kind=Message.Kind.IN, address=address)
    if (taking_part if person else taking_part.filter(address=address)).exists() or written.exists():
        return True
    return same_company and _is_near(ticket, case)


def _of_organisation(ticket: Ticket, sender: Sender) -> bool:
    if ticket.organisation_id is None:
        return False
    if sender.person is not None:
        return sender.person.organisation_id == ticket.organisation_id
    return Domain.objects.filter(organisation=ticket.organisation_id, name=domain_of(sender.address)).exists()


def _is_near(ticket: Ticket, case: Case) -> bool:
    customer = list(
        Address.objects.filter(person=ticket.customer_id, kind="email").values_list("value", flat=True)
    )
    domain = domain_of(case.sender.address)
    if not is_public(domain) and domain in {domain_of(one) for one in customer}:
        return True
    return bool({normal(one.address) for one in (*case.mail.to, *case.mail.cc)} & set(customer))


def _nearness(row: MailId, box: Mailbox) -> tuple[bool, bool, int]:
    """Order rows: mails before ids that were only seen, this mailbox before its brand, newest first."""
    return (row.message_id is None, row.mailbox_id != box.pk, -row.pk)


def shortened(mail_id: str) -> str:
    """Return a Message-ID as it is kept: whole, or a hash where it is too long for the column."""
    if len(mail_id) <= LONGEST_ID:
        return mail_id
    return f"sha256:{hashlib.sha256(mail_id.encode('utf-8', 'replace')).hexdigest()}"


def remember(case: Case, ticket: Ticket, message: Message | None) -> None:
    """Keep every id that a mail names, so that what answers any of them finds the conversation."""
    keys = signing_keys()
    rows = [
        MailId(
            brand_id=case.box.brand_id,
            mailbox=case.box,
            mail_id=shortened(one),
            ticket=ticket,
            message=message if one == case.mail.message_id else None,
        )
        for one in seen_ids(case.mail)
        # Ours name their conversation by themselves.
        if ticket_of_message_id(one, keys) is None
    ]
    prepared.insert_all(rows, ignore_conflicts=True)
    own_id = shortened(case.mail.message_id)
    if message is not None and any(row.ticket_id == ticket.pk for row in case.ids.get(own_id, ())):
        seen = MailId.objects.filter(ticket=ticket, mail_id=own_id, message=None)
        seen.update(message=message, mailbox=case.box, brand=case.box.brand_id)


def twins(case: Case, body_hash: str) -> list[RawMail]:
    """Return the rows of the same mail where it has come before, to any of our mailboxes, oldest first.

    The same Message-ID alone does not make two mails one: some programs use one id for ever.
    """
    if not case.mail.message_id:
        return []
    rows = case.ids.get(shortened(case.mail.message_id), ())
    messages = [row.message_id for row in rows if row.message_id is not None][:MOST_TWINS]
    if not messages:
        return []
    before = RawMail.objects.select_related("mailbox", "message", "ticket").filter(message__in=messages)
    return [one for one in before.order_by("pk") if _is_twin(one, case, body_hash)]


def _is_twin(before: RawMail, case: Case, body_hash: str) -> bool:
    if before.from_address != case.sender.address[:320] or before.message is None:
        return False
    if before.body_hash == body_hash:
        return True
    same_second = case.mail.date is not None and before.message.written_at == case.mail.date
    return same_second and _is_within(before.message.visible_text, case.mail.reply_text)


def _is_within(one: str, other: str) -> bool:
    """Say whether one text is the other, or the other with something around it, as lists do."""
    short, long = sorted((" ".join(text.split()) for text in (one, other)), key=len)
    return bool(short) and short in long


def same_desk(twin: RawMail, box: Mailbox) -> bool:
    """Say whether two mailboxes are one team's: a mail to both is then one message."""
    return twin.mailbox_id == box.pk or twin.mailbox.team_id == box.team_id
