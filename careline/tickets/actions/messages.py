"""The inner step by which something said becomes a row; the caller holds the lock and has checked all."""

from __future__ import annotations

from datetime import datetime

from careline.core import prepared
from careline.core.models import User
from careline.tickets.models import Attachment, Message, Ticket
from careline.tickets.said import NewMessage

PREVIEW = 160
COUNTED = ("message_count", "preview")


class NothingSaid(Exception):
    """A message holds words or a file."""


def refuse_empty(message: NewMessage) -> None:
    """Refuse an answer or a note that says nothing.

    Raises
    ------
    NothingSaid
        No words and no file.
    """
    if not message.text.strip() and not message.files:
        raise NothingSaid("no words and no file")


def write(ticket: Ticket, kind: str, message: NewMessage, author: User | None, now: datetime) -> Message:
    """Write a message with its files, and count it on the ticket; the caller keeps the ticket."""
    person = message.person
    if person is None and kind == Message.Kind.IN:
        person = ticket.customer
    row = Message(
        ticket=ticket,
        kind=kind,
        author=author,
        person=person,
        channel=message.channel,
        subject=(message.subject or _subject(ticket, kind))[:300],
        text=message.text,
        visible_text=message.visible_text or message.text,
        html=message.html,
        quoted_html=message.quoted_html,
        automatic=message.automatic,
        at=now,
        written_at=message.written_at,
        address=message.address.lower(),
        cc=[dict(one) for one in message.cc],
        bcc=[dict(one) for one in message.bcc],
        flags=list(message.flags),
        version=ticket.version + 1,
    )
    prepared.insert(row)
    _attach(row, message)
    ticket.message_count += 1
    if kind != Message.Kind.NOTE:
        ticket.preview = preview_of(row.visible_text)
    return row


def preview_of(text: str) -> str:
    """Return the start of a text on one line."""
    return " ".join(text[: PREVIEW * 8].split())[:PREVIEW]


def _subject(ticket: Ticket, kind: str) -> str:
    if kind != Message.Kind.OUT:
        return ""
    return f"Re: {ticket.subject}" if ticket.message_count else ticket.subject


def _attach(row: Message, message: NewMessage) -> None:
    rows = [
        Attachment(
            message=row,
            file=file.file,
            name=file.name[:255],
            type=file.type[:120],
            size=file.size,
            inline=file.inline,
            content_id=file.content_id[:255],
        )
        for file in message.files
    ]
    prepared.insert_all(rows)
