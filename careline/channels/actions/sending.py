"""One mail's way to the server, each step committed before the next: see docs/adr/0004.

READY -> SENDING (leased) -> stage "ended" -> SENT. Until the stage is "ended" the server cannot have kept the
mail, so whatever dies before is simply sent again. What dies after may arrive twice, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from careline.channels import letters
from careline.channels.actions import outbox
from careline.channels.actions.store import durably, store_bytes
from careline.channels.models import Mailbox, Outgoing
from careline.channels.ours import instance
from careline.channels.outgoing_mail import build
from careline.channels.smtp import LAST_ANSWER_S, NobodyTaken, Receipt, SmtpError
from careline.core import alive, files
from careline.customers.actions import mark_undeliverable

State = Outgoing.State
LEASE = timedelta(seconds=90)
LAST_LEASE = timedelta(seconds=LAST_ANSWER_S + 60)
ENDED = "ended"
FIRST_RETRY_S = 30
LONGEST_RETRY_S = 3600
MOST_ATTEMPTS = 54  # about two days
_UNKNOWN = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10")


class LeaseLost(Exception):
    """Another process has the mail now, or a person cancelled it."""


def wait_s(attempts: int) -> int:
    """Return how long to wait after so many failed attempts [s]: 30, 60, 120 ... an hour at most."""
    return min(FIRST_RETRY_S << min(max(attempts - 1, 0), 12), LONGEST_RETRY_S)


def due(*, now: datetime) -> QuerySet[Outgoing]:
    """Return the mails that could leave now, oldest first."""
    rows = Outgoing.objects.filter(state=State.READY, send_at__lte=now, mailbox__active=True)
    return rows.order_by("send_at", "id")


def take_next(*, mailbox_id: int, holder: str, now: datetime) -> Outgoing | None:
    """Lease the next mail of a mailbox to one process; nobody else sends it meanwhile."""
    for row in due(now=now).filter(mailbox=mailbox_id)[:20]:
        taken = Outgoing.objects.filter(pk=row.pk, state=State.READY, attempts=row.attempts).update(
            state=State.SENDING,
            leased_until=now + LEASE,
            attempts=row.attempts + 1,
            stage="",
            holder=holder,
        )
        if taken:
            rows = Outgoing.objects.select_related("mailbox__brand", "message__ticket", "ticket__brand")
            return rows.get(pk=row.pk)
    return None


def raw_of(outgoing: Outgoing, *, now: datetime) -> bytes:
    """Return the bytes of a mail, built and kept before the first attempt: each attempt sends the same."""
    if outgoing.file is None:
        mailbox = outgoing.mailbox
        assert mailbox is not None
        write = (
            letters.acknowledgement_letter if outgoing.purpose == "acknowledgement" else letters.reply_letter
        )
        raw = build(write(outgoing, mailbox), instance=instance())
        outgoing.file = store_bytes(raw, now=now)
        outgoing.envelope_from = letters.bounce_address(mailbox, outgoing.pk)
        changed = {"file": outgoing.file, "envelope_from": outgoing.envelope_from}
        _update(outgoing, **changed)
        return raw
    return files.read(outgoing.file)


def _mine(outgoing: Outgoing) -> QuerySet[Outgoing]:
    return Outgoing.objects.filter(
        pk=outgoing.pk, state=State.SENDING, attempts=outgoing.attempts, holder=outgoing.holder
    )


def _update(outgoing: Outgoing, **changes: object) -> None:
    if not _mine(outgoing).update(**changes):
        raise LeaseLost(f"mail {outgoing.pk}")


def keep_lease(outgoing: Outgoing, *, now: datetime) -> None:
    """Say that the mail is still being handed over.

    Raises
    ------
    LeaseLost
        It is no longer ours to send.
    """
    _update(outgoing, leased_until=now + LEASE)


def begin_end(outgoing: Outgoing, *, now: datetime) -> None:
    """Note, before the last bytes go out, that from here on the server may have kept the mail.

    Raises
    ------
    LeaseLost
        It is no longer ours to send; the server must not get the end.
    """
    with durably():  # not even a power cut may make us believe that the end was never sent
        _update(outgoing, leased_until=now + LAST_LEASE, stage=ENDED)


@transaction.atomic
def note_taken(*, outgoing: Outgoing, receipt: Receipt, now: datetime) -> None:
    """Note who the server has taken the mail for; those it put off are tried again."""
    if receipt.later and outgoing.attempts >= MOST_ATTEMPTS:
        receipt = Receipt(receipt.taken, {}, {**receipt.never, **receipt.later})
    taken = [*outgoing.taken, *receipt.taken]
    refused = [*outgoing.refused, *({"address": a, "text": t} for a, t in receipt.never.items())]
    changes: dict[str, object] = {"taken": taken, "refused": refused, "leased_until": None, "holder": ""}
    _note_unknown(receipt.never, now=now)
    if receipt.later:
        changes |= _put_off(outgoing, _told(receipt.later), now=now)
    else:
        changes |= {"state": State.SENT, "sent_at": now, "problem": _refusals(refused)}
    # The server has it, whoever holds the row by now: whoever sends it next must stop before the end.
    open_rows = Outgoing.objects.filter(pk=outgoing.pk).exclude(state=State.SENT)
    if open_rows.update(stage="", **changes) and not receipt.later:
        outgoing.state = State.SENT
        outbox.note("mail.sent", outgoing, actor=None, at=now, attempts=outgoing.attempts)


def _refusals(refused: Iterable[dict[str, str]]) -> str:
    told = _told({row["address"]: row["text"] for row in refused})
    return _("Not delivered to %(who)s") % {"who": told} if told else ""


def _told(answers: Mapping[str, str]) -> str:
    return "; ".join(f"{address}: {text}" for address, text in answers.items())


@transaction.atomic
def note_not_taken(*, outgoing: Outgoing, error: SmtpError, now: datetime) -> None:
    """Note why the server did not take a mail: it is tried again later, or set aside for a person."""
    if isinstance(error, NobodyTaken):
        _note_unknown(error.never, now=now)
        never = ({"address": address, "text": text} for address, text in error.never.items())
        outgoing.refused = [*outgoing.refused, *never]
    changes: dict[str, object] = {
        "refused": outgoing.refused,
        "unsure": outgoing.unsure or error.unsure,
        "stage": "",
        "holder": "",
        "leased_until": None,
    }
    if not error.again and outgoing.taken:
        sent = {"state": State.SENT, "sent_at": now, "problem": _refusals(outgoing.refused)}
        _update(outgoing, **changes, **sent)
        outbox.note("mail.sent", outgoing, actor=None, at=now, attempts=outgoing.attempts)
    elif error.again and outgoing.attempts < MOST_ATTEMPTS:
        _update(outgoing, **changes, **_put_off(outgoing, str(error), now=now))
    else:
        _update(outgoing, **changes)
        outbox.give_up(outgoing=outgoing, problem=str(error), now=now)


def _put_off(outgoing: Outgoing, problem: str, *, now: datetime) -> dict[str, object]:
    send_at = now + timedelta(seconds=wait_s(outgoing.attempts))
    return {"state": State.READY, "send_at": send_at, "problem": problem}


def _note_unknown(answers: Mapping[str, str], *, now: datetime) -> None:
    for address, text in answers.items():
        if any(code in text for code in _UNKNOWN):
            mark_undeliverable(address=address, now=now)


def put_off_all(*, mailbox: Mailbox, problem: str, wait: int, now: datetime) -> int:
    """Let all mails of a mailbox wait: its server cannot be reached, and asking for each would not help."""
    rows = due(now=now).filter(mailbox=mailbox).values_list("pk", flat=True)
    later = now + timedelta(seconds=wait)
    return Outgoing.objects.filter(pk__in=list(rows), state=State.READY).update(
        send_at=later, problem=problem
    )


def release_orphans(*, now: datetime) -> int:
    """Take back the mails of processes that died or were not heard of for a whole lease."""
    held = Outgoing.objects.filter(state=State.SENDING)
    released = 0
    for row in held.filter(Q(leased_until__lt=now) | ~Q(holder="")).order_by("id")[:500]:
        if (row.leased_until and row.leased_until < now) or alive.is_dead(row.holder):
            released += _release(row, now=now)
    return released


def _release(row: Outgoing, *, now: datetime) -> int:
    changes: dict[str, object] = {"state": State.READY, "holder": "", "leased_until": None, "stage": ""}
    if row.stage == ENDED:
        doubt = _("Sending broke off before the server answered. It is sent again and may arrive twice.")
        changes |= {"unsure": True, "problem": doubt, "send_at": now}
    return _mine(row).filter(leased_until=row.leased_until).update(**changes)
