"""Django's mail goes to the outbox: invitations and new passwords are tried again and seen when they fail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage as DjangoMail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from careline.calc.mail.addresses import domain_of
from careline.channels import letters, senders
from careline.channels.actions import outbox
from careline.channels.models import Mailbox
from careline.channels.ours import instance
from careline.channels.outgoing_mail import from_django, readdressed
from careline.core import files


class OutboxBackend(BaseEmailBackend):
    """Writes each mail into the outbox, in the transaction that asks for it."""

    def send_messages(self, email_messages: Sequence[DjangoMail]) -> int:
        """Keep these mails for sending; return how many there were."""
        now = timezone.now()
        mails = [mail for mail in email_messages if mail.recipients()]
        for mail in mails:
            keep(mail, now=now)
        return len(mails)


def keep(mail: DjangoMail, *, now: datetime) -> None:
    """Put one of Django's mails into the outbox."""
    mailbox = senders.any_sender()
    mail_id = outbox.system_id(domain_of(mailbox.address) if mailbox else "localhost")
    ready = outbox.Ready(
        mail_id=mail_id,
        envelope_from=mailbox.address if mailbox else settings.DEFAULT_FROM_EMAIL,
        recipients=list(dict.fromkeys(mail.recipients())),
        file=files.store(_bytes(mail, mailbox, mail_id, now), now=now),
    )
    outbox.owe_system_mail(mailbox=mailbox, mail=ready, now=now)


def _bytes(mail: DjangoMail, mailbox: Mailbox | None, mail_id: str, now: datetime) -> bytes:
    raw = from_django(mail.message().as_bytes(), mail_id=mail_id, at=now, instance=instance())
    if mailbox is None or mail.from_email != settings.DEFAULT_FROM_EMAIL:
        return raw
    return readdressed(raw, sender=letters.sender_of(mailbox), mail_id=mail_id)
