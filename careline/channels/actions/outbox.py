"""Owing mail: every mail that must leave is a row before anybody tries to send it."""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from careline.calc.mail.addresses import domain_of, normal
from careline.channels import letters, senders
from careline.channels.models import Mailbox, MailId, Outgoing
from careline.channels.ours import is_ours, ours
from careline.channels.outgoing_mail import is_address, names, readdressed
from careline.core import access, events, files
from careline.core import settings as choices
from careline.core.models import Event, File, User

if TYPE_CHECKING:
    from careline.tickets.models import Message

State = Outgoing.State
DEMO = "demo"


class MailIsNotWaiting(Exception):
    """The mail is on its way, was sent or was cancelled meanwhile."""


class NothingCanSend(Exception):
    """There is still no mailbox that can send."""


@dataclass(frozen=True)
class Ready:
    """A mail that is built already."""

    mail_id: str
    envelope_from: str
    recipients: list[str]
    file: File


@transaction.atomic
def owe_reply(*, message: Message, now: datetime) -> Outgoing | None:
    """Note that a reply must leave by mail, in the transaction that wrote it; None for other channels."""
    if message.channel != "email":
        return None
    known = Outgoing.objects.filter(message=message).first()
    if known:
        return known
    mailbox = senders.mailbox_for(message.ticket)
    recipients = recipients_of(message)
    domain = domain_of(mailbox.address) if mailbox else "localhost"
    outgoing = Outgoing.objects.create(
        mailbox=mailbox,
        ticket=message.ticket,
        message=message,
        purpose="reply",
        mail_id=letters.reply_id(message.ticket_id, message.pk, domain),
        recipients=recipients,
        created_at=now,
        send_at=now,
    )
    _remember(outgoing)
    if reason := _why_not(mailbox, recipients):
        _keep_back(outgoing, reason, now=now)
    return outgoing


def _keep_back(outgoing: Outgoing, reason: str, *, now: datetime) -> None:
    """Give up what cannot be sent; in a demonstration that is how it should be, and no alarm."""
    if outgoing.mailbox is None and choices.get("operation.demo"):
        outgoing.state, outgoing.stage, outgoing.problem = State.CANCELLED, DEMO, reason
        outgoing.save(update_fields=["state", "stage", "problem"])
    else:
        give_up(outgoing=outgoing, problem=reason, now=now)


def recipients_of(message: Message) -> list[str]:
    """Return everybody a reply goes to: the address the customer wrote from, cc and bcc; never ourselves."""
    to = message.address if is_address(message.address) else senders.address_to_answer(message)
    others = [one.address for one in (*names(message.cc), *names(message.bcc))]
    mine = ours().addresses
    wanted: dict[str, str] = {}
    for one in (to, *others):
        if one and not is_ours(one, mine):
            wanted.setdefault(normal(one), one)
    return list(wanted.values())


def _why_not(mailbox: Mailbox | None, recipients: list[str]) -> str:
    if not recipients:
        return _("This customer has no mail address. Add one, then send it again.")
    if mailbox is None:
        return _("No mailbox can send. Set up sending for one under Setup, Channels, then send it again.")
    return ""


def _remember(outgoing: Outgoing) -> None:
    """Keep the Message-ID with the conversation, so that later mails name it in their References."""
    MailId.objects.get_or_create(
        mail_id=outgoing.mail_id,
        ticket=outgoing.ticket,
        defaults={
            "mailbox": outgoing.mailbox,
            "brand": outgoing.mailbox.brand if outgoing.mailbox else None,
            "message": outgoing.message,
        },
    )


@transaction.atomic
def owe_system_mail(*, mailbox: Mailbox | None, mail: Ready, now: datetime) -> Outgoing:
    """Note that a mail of Careline itself must leave: an invitation, a new password."""
    outgoing = Outgoing.objects.create(
        mailbox=mailbox,
        purpose="system",
        mail_id=mail.mail_id,
        envelope_from=mail.envelope_from,
        recipients=mail.recipients,
        file=mail.file,
        created_at=now,
        send_at=now,
    )
    if mailbox is None:
        _keep_back(outgoing, _why_not(None, mail.recipients), now=now)
    return outgoing


def system_id(domain: str) -> str:
    """Return a Message-ID for a mail that belongs to no conversation."""
    return f"s.{uuid.uuid4().hex}@{domain}"


@transaction.atomic
def give_up(*, outgoing: Outgoing, problem: str, now: datetime) -> None:
    """Set a mail aside for a person to look at."""
    outgoing.state, outgoing.problem, outgoing.leased_until, outgoing.holder = State.FAILED, problem, None, ""
    outgoing.save(update_fields=["state", "problem", "leased_until", "holder"])
    note("mail.failed", outgoing, actor=None, at=now, problem=problem[:200])


def note(kind: str, outgoing: Outgoing, *, actor: User | None, at: datetime, **data: object) -> None:
    """Record what happened to a mail, on its conversation where it has one."""
    subject = ("ticket", outgoing.ticket_id) if outgoing.ticket_id else ("outgoing", outgoing.pk)
    facts = {"outgoing": outgoing.pk, "message": outgoing.message_id, "purpose": outgoing.purpose}
    events.record(kind, subject=subject, actor=actor, at=at, **facts, **data)


@transaction.atomic
def retry_outgoing(*, outgoing_id: int, actor: User | None, now: datetime) -> Outgoing:
    """Try a mail again now, with the same Message-ID; one that was never built finds its mailbox anew.

    Raises
    ------
    MailIsNotWaiting
        It is being sent, was sent or was cancelled.
    NothingCanSend
        There is no mailbox for it, or nobody to write to.
    """
    outgoing = _held(outgoing_id, actor, allowed=(State.READY, State.FAILED))
    if outgoing.file_id is None:
        _place_anew(outgoing)
    elif outgoing.mailbox is None:
        _readdress(outgoing, senders.any_sender(), now=now)
    if reason := _why_not(outgoing.mailbox, outgoing.recipients):
        raise NothingCanSend(reason)
    outgoing.state, outgoing.send_at, outgoing.attempts, outgoing.problem = State.READY, now, 0, ""
    outgoing.refused = []
    outgoing.save()
    note("mail.retried", outgoing, actor=actor, at=now)
    return outgoing


@transaction.atomic
def retry_all_outgoing(*, actor: User | None, now: datetime) -> int:
    """Try all failed mails again that can be sent; return how many."""
    if actor is not None:
        access.require(actor, "health.act")
    failed = Outgoing.objects.filter(state=State.FAILED).order_by("pk").values_list("pk", flat=True)
    done = 0
    for pk in list(failed):
        with suppress(NothingCanSend):
            retry_outgoing(outgoing_id=pk, actor=actor, now=now)
            done += 1
    return done


def _place_anew(outgoing: Outgoing) -> None:
    """Choose mailbox and recipients as for a new mail; nobody has seen its Message-ID yet."""
    message = outgoing.message
    if message is None:
        return
    outgoing.recipients = recipients_of(message)
    mailbox = senders.mailbox_for(message.ticket)
    if mailbox is None or mailbox == outgoing.mailbox:
        return
    old, outgoing.mailbox = outgoing.mail_id, mailbox
    outgoing.mail_id = letters.reply_id(message.ticket_id, message.pk, domain_of(mailbox.address))
    MailId.objects.filter(ticket=outgoing.ticket_id, mail_id=old).delete()
    _remember(outgoing)


def _readdress(outgoing: Outgoing, mailbox: Mailbox | None, *, now: datetime) -> None:
    """Give a mail that was built before there was a mailbox its sender."""
    if mailbox is None or outgoing.file is None:
        return
    outgoing.mailbox, outgoing.envelope_from = mailbox, mailbox.address
    outgoing.mail_id = system_id(domain_of(mailbox.address))
    raw = readdressed(files.read(outgoing.file), sender=letters.sender_of(mailbox), mail_id=outgoing.mail_id)
    outgoing.file = files.store(raw, now=now)


@transaction.atomic
def cancel_outgoing(*, outgoing_id: int, actor: User | None, now: datetime) -> Outgoing:
    """Do not send a mail after all; it stays in the list of what was cancelled.

    Raises
    ------
    MailIsNotWaiting
        It is being sent, was sent or was cancelled.
    """
    outgoing = _held(outgoing_id, actor, allowed=(State.READY, State.FAILED))
    before = outgoing.state
    outgoing.state = State.CANCELLED
    outgoing.save(update_fields=["state"])
    note("mail.discarded", outgoing, actor=actor, at=now, before=before)
    return outgoing


@transaction.atomic
def restore_outgoing(*, outgoing_id: int, actor: User | None, now: datetime) -> Outgoing:
    """Take a cancellation back: the mail waits or has failed, as it had before.

    Raises
    ------
    MailIsNotWaiting
        It was not cancelled.
    """
    outgoing = _held(outgoing_id, actor, allowed=(State.CANCELLED,))
    last = Event.objects.filter(kind="mail.discarded", data__outgoing=outgoing.pk).order_by("-pk").first()
    outgoing.state = last.data["before"] if last else State.FAILED
    outgoing.save(update_fields=["state"])
    note("mail.restored", outgoing, actor=actor, at=now)
    return outgoing


def _held(outgoing_id: int, actor: User | None, *, allowed: tuple[str, ...]) -> Outgoing:
    if actor is not None:
        access.require(actor, "health.act")
    rows = Outgoing.objects.select_for_update(of=("self",)).select_related("mailbox", "message")
    outgoing = rows.filter(pk=outgoing_id).first()
    if outgoing is None or outgoing.state not in allowed:
        raise MailIsNotWaiting(f"mail {outgoing_id}")
    return outgoing
