"""What may be seen of mailboxes; never their passwords."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count

from careline.channels.keys import Unreadable, unseal
from careline.channels.models import Mailbox, Outgoing, RawMail
from careline.channels.queries.outgoing import sending_problems
from careline.core.models import Event

SILENT = timedelta(minutes=15)
RECENT = timedelta(days=1)


@dataclass(frozen=True)
class Box:
    """One mailbox with how it fares.

    Attributes
    ----------
    state : str
        late (it cannot read or send), risk (it was not read for a while), paused, or met.
    """

    mailbox: Mailbox
    state: str
    problem: str
    received: int
    waiting: int
    quarantined: int

    @property
    def reads(self) -> str:
        """Say how mail comes in: imap or smtp."""
        return str(self.mailbox.inbound.get("kind", "smtp"))

    @property
    def sends(self) -> str:
        """Return the server we send through; nothing when this mailbox does not send."""
        return str(self.mailbox.outbound.get("host", ""))


def boxes(now: datetime) -> list[Box]:
    """Return all mailboxes by name with how they fare, in as many queries whatever their number."""
    rows = list(Mailbox.objects.select_related("team", "brand").order_by("name", "pk"))
    problems = sending_problems(rows)
    recent = _count_mails(received_at__gt=now - RECENT)
    held = _count_mails(state=RawMail.State.QUARANTINED)
    waiting = _counted(Outgoing.objects.filter(state__in=["ready", "sending"]))
    return [
        Box(
            mailbox=row,
            state=_state(row, problems.get(row.pk, ""), now),
            problem=row.problem or problems.get(row.pk, ""),
            received=recent.get(row.pk, 0),
            waiting=waiting.get(row.pk, 0),
            quarantined=held.get(row.pk, 0),
        )
        for row in rows
    ]


def _count_mails(**which: object) -> dict[int, int]:
    return _counted(RawMail.objects.filter(**which))


def _counted(rows: object) -> dict[int, int]:
    counted = rows.order_by().values_list("mailbox_id").annotate(count=Count("pk"))  # type: ignore[attr-defined]
    return dict(counted)


def _state(box: Mailbox, sending_problem: str, now: datetime) -> str:
    if not box.active:
        return "paused"
    if box.problem or sending_problem:
        return "late"
    is_read = box.inbound.get("kind") == "imap"
    if is_read and (box.checked_at is None or now - box.checked_at > SILENT):
        return "risk"
    return "met"


def mailbox(pk: int) -> Mailbox | None:
    """Return one mailbox, or None."""
    return Mailbox.objects.select_related("team", "brand").filter(pk=pk).first()


def kept_secrets(box: Mailbox | None) -> set[str]:
    """Return which secrets a mailbox has, by name and without their values; none when they cannot be read."""
    try:
        return set(unseal(box.secret)) if box else set()
    except Unreadable:
        return set()


def secrets_for_test(box: Mailbox | None) -> dict[str, str]:
    """Return the secrets of a mailbox, to try a connection with; they are never shown."""
    try:
        return unseal(box.secret) if box else {}
    except Unreadable:
        return {}


def last_change(box: Mailbox) -> Event | None:
    """Return the last thing that was changed about a mailbox, or None."""
    rows = Event.objects.filter(subject_kind="mailbox", subject_id=box.pk)
    return rows.select_related("actor").order_by("-pk").first()
