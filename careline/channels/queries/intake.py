"""What came in, what became of it, and whether anything is stuck."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q
from django.utils.translation import gettext as _

from careline.channels.models import Mailbox, RawMail
from careline.core import files

State = RawMail.State
LONGEST_WAIT = timedelta(minutes=5)  # of a mail that is safe, but not taken in
LONGEST_SILENCE = timedelta(minutes=15)  # of a mailbox that is read over IMAP
PAGE = 50


@dataclass(frozen=True)
class IntakeCounts:
    """How many mails were received, and how many of them are in each state."""

    received: int
    waiting: int
    done: int
    quarantined: int
    discarded: int
    oldest_waiting_at: datetime | None = None

    @property
    def accounted(self) -> int:
        """Return how many mails are in a state that we know."""
        return self.waiting + self.done + self.quarantined + self.discarded

    @property
    def adds_up(self) -> bool:
        """Say whether no mail is missing: received = waiting + done + quarantined + discarded."""
        return self.received == self.accounted


@dataclass(frozen=True)
class MailFilter:
    """Which mails to list; empty means any."""

    states: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    mailbox_id: int | None = None
    words: str = ""  # in sender or subject


@dataclass(frozen=True)
class MailPage:
    """Some mails, newest first, and where the next page begins; None on the last."""

    mails: list[RawMail]
    next_before: int | None = None


def intake_counts() -> IntakeCounts:
    """Count the mails that were received by what became of them."""
    found = RawMail.objects.aggregate(
        received=Count("pk"),
        waiting=Count("pk", filter=Q(state=State.STORED)),
        done=Count("pk", filter=Q(state=State.DONE)),
        quarantined=Count("pk", filter=Q(state=State.QUARANTINED)),
        discarded=Count("pk", filter=Q(state=State.DISCARDED)),
        oldest_waiting_at=Min("received_at", filter=Q(state=State.STORED)),
    )
    return IntakeCounts(**found)


def intake_alarm(now: datetime) -> bool:
    """Say whether a person must look: mails are missing, wait too long, or a mailbox cannot be read."""
    return bool(intake_troubles(now))


def intake_troubles(now: datetime) -> list[str]:
    """Return what is wrong with the intake, one sentence each; nothing when all is well."""
    counts, found = intake_counts(), []
    if not counts.adds_up:
        told = {"received": counts.received, "known": counts.accounted}
        found.append(_("%(received)s mails were received, but only %(known)s are accounted for.") % told)
    if counts.oldest_waiting_at and now - counts.oldest_waiting_at > LONGEST_WAIT:
        found.append(_("%(count)s mails wait to be taken in for too long.") % {"count": counts.waiting})
    return [*found, *_unread_boxes(now)]


def _unread_boxes(now: datetime) -> list[str]:
    boxes = [box for box in Mailbox.objects.filter(active=True) if box.inbound.get("kind") == "imap"]
    broken = [f"{box.address}: {box.problem}" for box in boxes if box.problem]
    silent = [
        _("%(address)s was not read for a quarter of an hour.") % {"address": box.address}
        for box in boxes
        if not box.problem and box.checked_at and now - box.checked_at > LONGEST_SILENCE
    ]
    return [*broken, *silent]


def mail_page(wanted: MailFilter = MailFilter(), *, before: int | None = None, size: int = PAGE) -> MailPage:
    """Return a page of mails, newest first, from below the mail with the number `before`."""
    rows = RawMail.objects.select_related("mailbox", "file", "ticket").order_by("-pk")
    if wanted.states:
        rows = rows.filter(state__in=wanted.states)
    if wanted.outcomes:
        rows = rows.filter(outcome__in=wanted.outcomes)
    if wanted.mailbox_id is not None:
        rows = rows.filter(mailbox=wanted.mailbox_id)
    for word in wanted.words.split():
        rows = rows.filter(Q(from_address__icontains=word) | Q(subject__icontains=word))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    return MailPage(found[:size], found[size - 1].pk if len(found) > size else None)


def quarantined_page(*, before: int | None = None, size: int = PAGE) -> MailPage:
    """Return a page of the mails in quarantine, newest first."""
    return mail_page(MailFilter(states=(State.QUARANTINED,)), before=before, size=size)


def raw_mail(pk: int) -> RawMail | None:
    """Return one mail as it arrived, or None."""
    return RawMail.objects.select_related("mailbox", "file", "ticket", "message").filter(pk=pk).first()


def mail_of_message(message_id: int) -> RawMail | None:
    """Return the mail that a message came in, or None; where two copies came, the first."""
    rows = RawMail.objects.select_related("mailbox", "file").filter(message=message_id)
    return rows.order_by("pk").first()


def mail_bytes(raw: RawMail) -> bytes:
    """Return a mail as it arrived, byte for byte.

    Raises
    ------
    FileNotFoundError
        The bytes are not on the disk any more.
    """
    return files.read(raw.file)
