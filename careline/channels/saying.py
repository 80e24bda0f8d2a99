"""A mail as something said in a conversation: its text, what is folded away, and its files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from careline.calc.mail.addresses import normal
from careline.calc.mail.brake import body_hash
from careline.calc.mail.quote_html import fold_html
from careline.calc.mail.shapes import Address, Mail
from careline.channels import disk
from careline.channels.matching import Case
from careline.channels.ours import is_ours
from careline.customers.models import Person
from careline.tickets.said import NewFile, NewMessage

MOST_OTHERS = 40  # a mail may bring so many people into a conversation
LONGEST_SUBJECT = 300
NO_SUBJECT = "(no subject)"
# What is wrong with these mails is nobody's trouble who reads them.
_UNTOLD = ("The mail has no Message-ID", "The mail has no date", "The mail names no sender", "The mail has ")


def store_files(mail: Mail, *, now: datetime) -> tuple[NewFile, ...]:
    """Keep the files of a mail; the same bytes are kept once."""
    contents = [one.content for one in mail.attachments]
    disk.put_all(contents)
    rows = disk.rows_of(contents, now=now)
    return tuple(
        NewFile(
            name=one.name,
            type=one.type or "application/octet-stream",
            size=one.size,
            file=rows[one.sha256],
            inline=one.inline,
            content_id=one.content_id or "",
        )
        for one in mail.attachments
    )


def message_of(
    case: Case, *, person: Person | None, kept: tuple[NewFile, ...], flags: Iterable[str] = ()
) -> NewMessage:
    """Return what a mail says."""
    mail = case.mail
    html, quoted = fold_html(mail.body_html) if mail.body_html and mail.quoted_text else (mail.body_html, "")
    return NewMessage(
        text=mail.body_text,
        visible_text=mail.reply_text or mail.body_text,
        html=html,
        quoted_html=quoted,
        subject=mail.subject[:LONGEST_SUBJECT],
        address=case.sender.address,
        person=person,
        automatic=mail.automatic,
        written_at=mail.date,
        cc=[{"name": one.name, "address": one.address} for one in others(case)],
        flags=[*flags, *worth_telling(mail)],
        files=kept,
    )


def others(case: Case) -> list[Address]:
    """Return who else the mail went to: never one of our addresses, never the sender, 40 at most."""
    found: dict[str, Address] = {}
    for one in (*case.mail.to, *case.mail.cc):
        address = normal(one.address)
        if address and address != case.sender.address and not is_ours(address, case.ours.addresses):
            found.setdefault(address, one)
    return list(found.values())[:MOST_OTHERS]


def worth_telling(mail: Mail) -> list[str]:
    """Return what the reader of a mail should know of what was wrong with it."""
    return [one for one in mail.problems if not one.startswith(_UNTOLD)]


def subject_of(mail: Mail) -> str:
    """Return the subject of a conversation that this mail begins; the first words where it has none."""
    words = mail.subject.strip() or " ".join(mail.reply_text[:400].split())[:80]
    return (words or NO_SUBJECT)[:LONGEST_SUBJECT]


def hash_of(mail: Mail) -> str:
    """Return what two mails with the same content share; the same words with another file differ."""
    return body_hash(
        "\n".join((mail.reply_text or mail.body_text, *(one.sha256 for one in mail.attachments)))
    )
