"""What became of the mail that we owe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from careline.channels.models import Mailbox, Outgoing
from careline.core import files

State = Outgoing.State
LATE = timedelta(minutes=10)
PAGE = 50
LISTS = ("failed", "waiting", "bounced", "cancelled", "sent")


@dataclass(frozen=True)
class Delivery:
    """How one mail of ours fares: its state, a sentence for people, and how worried they should be.

    Attributes
    ----------
    state : str
        ready, sending, sent, failed or cancelled.
    kind : str
        late (it will not arrive), risk (it may not, or not yet), met (the server has it), or empty.
    """

    outgoing_id: int
    state: str
    text: str
    kind: str = ""
    problem: str = ""
    bounce: str = ""
    bounced_at: datetime | None = None
    unsure: bool = False


@dataclass(frozen=True)
class OutgoingCounts:
    """How many mails are in each state; `late` ones wait for over ten minutes."""

    waiting: int = 0
    late: int = 0
    failed: int = 0
    bounced: int = 0
    cancelled: int = 0
    sent: int = 0


@dataclass(frozen=True)
class OutgoingPage:
    """Some mails, newest first, and where the next page begins; None on the last."""

    mails: list[Outgoing]
    next_before: int | None = None


def delivery_of(message_ids: Sequence[int]) -> dict[int, Delivery]:
    """Return how the mails of these messages fare, by message; messages that are no mail are left out."""
    rows = Outgoing.objects.filter(message__in=list(message_ids))
    return {row.message_id: describe(row) for row in rows if row.message_id is not None}


def describe(mail: Outgoing) -> Delivery:
    """Return how one mail fares."""
    text, kind = _said(mail)
    return Delivery(
        outgoing_id=mail.pk,
        state=mail.state,
        text=text,
        kind=kind,
        problem=mail.problem,
        bounce=mail.bounce,
        bounced_at=mail.bounced_at,
        unsure=mail.unsure,
    )


def _said(mail: Outgoing) -> tuple[str, str]:
    if mail.bounced_at:
        return _("It came back. %(why)s") % {"why": mail.bounce}, "late"
    if mail.state == State.FAILED:
        return _("Not sent. %(why)s") % {"why": mail.problem}, "late"
    if mail.state == State.CANCELLED and mail.stage == "demo":
        return _("Not sent: this is a demonstration, and nothing leaves it."), ""
    if mail.state == State.CANCELLED:
        return _("Not sent: it was cancelled."), ""
    if mail.state == State.SENT:
        return _said_of_sent(mail)
    if mail.problem:
        return _("Not sent yet, it is tried again. %(why)s") % {"why": mail.problem}, "risk"
    return _("On its way"), ""


def _said_of_sent(mail: Outgoing) -> tuple[str, str]:
    if mail.problem:
        return _("Sent, but not to everybody. %(why)s") % {"why": mail.problem}, "late"
    if mail.bounce:
        return _("Sent, but it is delayed. %(why)s") % {"why": mail.bounce}, "risk"
    if mail.unsure:
        return _("Sent. It may have arrived twice, because the server hung up at the first attempt."), "risk"
    return _("Sent"), "met"


def _in_list(which: str) -> Q:
    return {
        "failed": Q(state=State.FAILED),
        "waiting": Q(state__in=[State.READY, State.SENDING]),
        "bounced": Q(state=State.SENT) & (Q(bounced_at__isnull=False) | ~Q(problem="")),
        "cancelled": Q(state=State.CANCELLED),
        "sent": Q(state=State.SENT, bounced_at=None, problem=""),
    }[which]


def outgoing_counts(now: datetime) -> OutgoingCounts:
    """Count the mails by what became of them."""
    found = Outgoing.objects.aggregate(
        late=Count("pk", filter=_in_list("waiting") & Q(created_at__lt=now - LATE)),
        **{which: Count("pk", filter=_in_list(which)) for which in LISTS},
    )
    return OutgoingCounts(**found)


def outgoing_page(which: str, *, before: int | None = None, size: int = PAGE) -> OutgoingPage:
    """Return a page of the mails in one list, newest first, from below the mail with the number `before`.

    Raises
    ------
    ValueError
        There is no such list.
    """
    if which not in LISTS:
        raise ValueError(f"there is no list {which!r}")
    rows = Outgoing.objects.filter(_in_list(which)).select_related("mailbox", "ticket").order_by("-pk")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: size + 1])
    return OutgoingPage(found[:size], found[size - 1].pk if len(found) > size else None)


def outgoing(pk: int) -> Outgoing | None:
    """Return one mail that we owe or owed, or None."""
    return Outgoing.objects.select_related("mailbox", "ticket", "file").filter(pk=pk).first()


def outgoing_bytes(mail: Outgoing) -> bytes:
    """Return a mail as it is sent, byte for byte.

    Raises
    ------
    FileNotFoundError
        It was not built yet, or its bytes are gone.
    """
    if mail.file is None:
        raise FileNotFoundError(f"mail {mail.pk} was not built yet")
    return files.read(mail.file)


def outgoing_troubles(now: datetime) -> list[str]:
    """Return what is wrong with sending, one sentence each; nothing when all is well."""
    counts, found = outgoing_counts(now), []
    if counts.failed:
        found.append(_("%(count)s mails could not be sent.") % {"count": counts.failed})
    if counts.late:
        found.append(_("%(count)s mails wait for over ten minutes to be sent.") % {"count": counts.late})
    return found


def sending_problems(boxes: Iterable[Mailbox]) -> dict[int, str]:
    """Return, for the mailboxes whose mails cannot leave, the newest reason."""
    rows = Outgoing.objects.filter(mailbox__in=list(boxes), state=State.READY).exclude(problem="")
    newest = rows.order_by("pk").values_list("mailbox_id", "problem")
    return {pk: problem for pk, problem in newest if pk is not None}


def anything_can_send() -> bool:
    """Say whether any mailbox is at work and knows a server for sending."""
    ways = Mailbox.objects.filter(active=True).values_list("outbound", flat=True)
    return any(way.get("host") for way in ways)
