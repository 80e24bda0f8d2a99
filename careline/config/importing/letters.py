"""What is kept of imported mails besides their messages: the original, its files, and every id it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from careline.calc.mail.tokens import ticket_of_message_id
from careline.channels.keys import signing_keys
from careline.channels.matching import shortened
from careline.channels.models import Mailbox, MailId, RawMail
from careline.config.importing.drafts import Letter
from careline.config.importing.replay import Rows
from careline.core import files
from careline.tickets.models import Attachment, Ticket

MOST_IDS = 500


def conversation_of(box: Mailbox, ids: Sequence[str]) -> Ticket | None:
    """Return the conversation these ids belong to; who carries one counts before who names it."""
    here = Q(mailbox=box) | Q(brand=box.brand_id) if box.brand_id else Q(mailbox=box)
    wanted = [shortened(one) for one in ids][:MOST_IDS]
    rows = MailId.objects.select_related("ticket").filter(here, mail_id__in=wanted)
    nearest = min(rows, key=lambda row: (row.message_id is None, row.pk), default=None)
    return nearest.ticket if nearest else None


def keep(rows: Rows, box: Mailbox, *, now: datetime) -> None:
    """Write what belongs to the mails of a batch; the bytes are on disk before their rows are."""
    sent = {message[0]: message[5] for message in rows.messages}
    opened = {one.pk: True for one in rows.tickets}
    for ticket, message, mail in rows.letters:
        new = opened.pop(ticket, False)
        _keep_original(box, ticket, message, mail, new=new, at=sent[message], now=now)
        Attachment.objects.bulk_create(_attachments(message, mail, now))
    ids = [one for ticket, message, mail in rows.letters for one in _ids(box, ticket, message, mail)]
    # Where two rows name the same id, the mail that carries it counts.
    ids.sort(key=lambda one: one.message_id is None)
    MailId.objects.bulk_create(ids, ignore_conflicts=True)


def _keep_original(
    box: Mailbox, ticket: int, message: int, mail: Letter, *, new: bool, at: datetime, now: datetime
) -> None:
    RawMail.objects.create(
        mailbox=box,
        file=files.store(mail.raw, now=now),
        dedupe_key=mail.key,
        via="file",
        envelope_from=mail.sender[:320],
        received_at=at,
        state=RawMail.State.DONE,
        outcome="new" if new else "reply",
        message_id=message,
        ticket_id=ticket,
        from_address=mail.sender[:320],
        subject=mail.subject[:300],
        body_hash=mail.body_hash,
        size=len(mail.raw),
    )


def _attachments(message: int, mail: Letter, now: datetime) -> list[Attachment]:
    return [
        Attachment(
            message_id=message,
            file=files.store(one.content, now=now),
            name=one.name[:255],
            type=(one.type or "application/octet-stream")[:120],
            size=one.size,
            inline=one.inline,
            content_id=(one.content_id or "")[:255],
        )
        for one in mail.files
    ]


def _ids(box: Mailbox, ticket: int, message: int, mail: Letter) -> Iterator[MailId]:
    keys = signing_keys()
    for one in mail.seen_ids:
        if ticket_of_message_id(one, keys) is None:
            yield MailId(
                brand_id=box.brand_id,
                mailbox=box,
                mail_id=shortened(one),
                ticket_id=ticket,
                message_id=message if one == mail.message_id else None,
            )
