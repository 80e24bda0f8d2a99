"""What of the mail needs a person: set aside, not delivered, or not reachable."""

from __future__ import annotations

from dataclasses import dataclass

from careline.channels.models import Mailbox, Outgoing, RawMail
from careline.core.models import Job
from careline.tickets.models import Ticket


@dataclass(frozen=True)
class MailTrouble:
    """Counts of what is stuck, and the mailboxes that cannot be read."""

    quarantined: int
    failed: int
    mailboxes: list[Mailbox]
    active: int  # mailboxes in use


def mail_trouble() -> MailTrouble:
    """Return what is stuck."""
    boxes = list(Mailbox.objects.filter(active=True))
    return MailTrouble(
        quarantined=RawMail.objects.filter(state=RawMail.State.QUARANTINED).count(),
        failed=Outgoing.objects.filter(state=Outgoing.State.FAILED).count(),
        mailboxes=[box for box in boxes if box.problem],
        active=len(boxes),
    )


def work_given_up() -> int:
    """Count the background work that was given up."""
    return Job.objects.filter(state="dead").count()


def has_begun() -> bool:
    """Say whether there is anything to count: a first conversation has come."""
    return Ticket.objects.exists()
