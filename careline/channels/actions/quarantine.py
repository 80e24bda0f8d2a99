"""Mail that nobody could take in: set aside with a reason, tried again, or put away by a person."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from careline.channels.models import RawMail
from careline.core import access, events
from careline.core.models import User

State = RawMail.State
LONGEST_PROBLEM = 2_000


class MailIsNotQuarantined(Exception):
    """The mail was taken in, tried again or put away meanwhile."""


class MailIsNotDiscarded(Exception):
    """The mail was not put away, or somebody has brought it back already."""


@transaction.atomic
def set_aside(*, raw: RawMail, problem: str, now: datetime) -> None:
    """Quarantine a mail that still waits; what is known of it by now is kept with it."""
    moved = RawMail.objects.filter(pk=raw.pk, state=State.STORED).update(
        state=State.QUARANTINED,
        problem=problem[:LONGEST_PROBLEM],
        from_address=raw.from_address,
        subject=raw.subject,
        body_hash=raw.body_hash,
    )
    if moved:
        raw.state, raw.problem = State.QUARANTINED, problem[:LONGEST_PROBLEM]
        events.record("mail.quarantined", subject=("mail", raw.pk), actor=None, at=now)


@transaction.atomic
def retry_mail(*, raw_mail_id: int, actor: User | None, now: datetime) -> RawMail:
    """Let a quarantined mail be taken in again; what held it for its number does not hold it twice.

    Raises
    ------
    MailIsNotQuarantined
        It was tried again or put away meanwhile.
    PermissionDenied
        The actor may not.
    """
    raw = _held(raw_mail_id, actor)
    if raw.state != State.QUARANTINED:
        raise MailIsNotQuarantined(f"mail {raw_mail_id} is {raw.state}")
    _become(raw, State.STORED, attempts=0, problem="", released=True)
    events.record("mail.retried", subject=("mail", raw.pk), actor=actor, at=now)
    return raw


@transaction.atomic
def retry_all_mail(*, actor: User | None, now: datetime, ids: Iterable[int] | None = None) -> int:
    """Let all quarantined mails, or these, be taken in again; return how many there were."""
    if actor is not None:
        access.require(actor, "health.act")
    waiting = RawMail.objects.filter(state=State.QUARANTINED).order_by("pk")
    waiting = waiting if ids is None else waiting.filter(pk__in=list(ids))
    found = list(waiting.values_list("pk", flat=True))
    for pk in found:
        retry_mail(raw_mail_id=pk, actor=actor, now=now)
    return len(found)


@transaction.atomic
def discard_mail(*, raw_mail_id: int, actor: User | None, now: datetime) -> RawMail:
    """Put a quarantined mail away; its bytes stay, and it can be brought back.

    Raises
    ------
    MailIsNotQuarantined
        It was tried again or put away meanwhile.
    PermissionDenied
        The actor may not.
    """
    raw = _held(raw_mail_id, actor)
    if raw.state != State.QUARANTINED:
        raise MailIsNotQuarantined(f"mail {raw_mail_id} is {raw.state}")
    _become(raw, State.DISCARDED)
    events.record("mail.discarded", subject=("mail", raw.pk), actor=actor, at=now)
    return raw


@transaction.atomic
def restore_mail(*, raw_mail_id: int, actor: User | None, now: datetime) -> RawMail:
    """Bring a mail that was put away back into quarantine.

    Raises
    ------
    MailIsNotDiscarded
        It was not put away.
    PermissionDenied
        The actor may not.
    """
    raw = _held(raw_mail_id, actor)
    if raw.state != State.DISCARDED:
        raise MailIsNotDiscarded(f"mail {raw_mail_id} is {raw.state}")
    _become(raw, State.QUARANTINED)
    events.record("mail.restored", subject=("mail", raw.pk), actor=actor, at=now)
    return raw


def _held(raw_mail_id: int, actor: User | None) -> RawMail:
    if actor is not None:
        access.require(actor, "health.act")
    rows = RawMail.objects.select_for_update(of=("self",)).select_related("mailbox", "file")
    found = rows.filter(pk=raw_mail_id).first()
    if found is None:
        raise MailIsNotQuarantined(f"there is no mail {raw_mail_id}")
    return found


def _become(raw: RawMail, state: RawMail.State, **changes: object) -> None:
    for name, value in {"state": state, **changes}.items():
        setattr(raw, name, value)
    raw.save(update_fields=["state", *changes])
