"""Mail of ours that came back: noted on the mail, its conversation, and against an address that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from careline.calc.mail.addresses import addresses, normal
from careline.calc.mail.shapes import Bounce
from careline.calc.mail.tokens import mail_of_bounce_address, ticket_of_message_id
from careline.channels.actions import outbox
from careline.channels.keys import signing_keys
from careline.channels.models import Outgoing, RawMail
from careline.channels.smtp import words
from careline.core import files
from careline.customers.actions import mark_undeliverable

if TYPE_CHECKING:
    from careline.tickets.models import Ticket

_ADDRESSED = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
_HEAD = 200_000  # bytes that hold all headers that matter


@transaction.atomic
def note_bounce(
    *, raw_mail: RawMail, bounce: Bounce, ticket: Ticket | None, now: datetime
) -> Outgoing | None:
    """Note on the mail that came back what became of it; None when it is none of ours, or came back before.

    A report that says that the address does not exist counts against the address only where we did write to
    it: anybody can send a mail that looks like a report.
    """
    outgoing = _original(raw_mail, bounce, ticket)
    if outgoing is None:
        return None
    text = _text(bounce)
    if outgoing.bounce == text and outgoing.bounced_at is not None:
        return None
    outgoing.bounce = text
    if _is_final(bounce):
        outgoing.bounced_at = now
    outgoing.save(update_fields=["bounce", "bounced_at"])
    facts = {"permanent": _is_final(bounce), "status": bounce.status[:20]}
    outbox.note("mail.bounced", outgoing, actor=None, at=now, **facts)
    if bounce.address_unknown and _wrote_to(outgoing, bounce.recipient):
        mark_undeliverable(address=bounce.recipient, now=now)
    return outgoing


def _is_final(bounce: Bounce) -> bool:
    """Say whether the mail will not arrive; a report without any code means that, one of class 4 a delay."""
    return bounce.permanent or not bounce.status.startswith("4")


def _text(bounce: Bounce) -> str:
    """Return who it did not reach and why, in the other server's words."""
    said = words(bounce.diagnostic) or bounce.status or _("no reason given")
    who = words(bounce.recipient)
    return f"{who}: {said}" if who else said


def _wrote_to(outgoing: Outgoing, address: str) -> bool:
    return normal(address) in {normal(one) for one in outgoing.recipients}


def _original(raw_mail: RawMail, bounce: Bounce, ticket: Ticket | None) -> Outgoing | None:
    """Return the mail that came back: by its own envelope sender, by its Message-ID, by its conversation."""
    keys = signing_keys()
    rows = Outgoing.objects.select_for_update(of=("self",)).order_by("-pk")
    for address in _delivered_to(raw_mail):
        number = mail_of_bounce_address(address, keys)
        if number is not None and number < 2**63 and (found := rows.filter(pk=number).first()):
            return found
    mail_id = bounce.original_message_id
    if mail_id and (found := rows.filter(mail_id=mail_id).first()):
        return found
    named = ticket_of_message_id(mail_id, keys)  # servers may rewrite the domain
    if named and (found := rows.filter(ticket_id=named[0], message_id=named[1]).first()):
        return found
    sent = rows.filter(ticket=ticket, sent_at__isnull=False) if ticket else rows.none()
    return next((one for one in sent[:50] if _wrote_to(one, bounce.recipient)), None)


def _delivered_to(raw_mail: RawMail) -> Iterator[str]:
    yield from raw_mail.envelope_to
    head = BytesHeaderParser(policy=compat32).parsebytes(files.read(raw_mail.file)[:_HEAD])
    for name in _ADDRESSED:
        for value in head.get_all(name, [])[:20]:
            yield from (one.address for one in addresses(str(value).encode("utf-8", "replace")))
