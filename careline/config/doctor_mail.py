"""What `careline doctor` says about mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Q

from careline.channels.models import Mailbox, Outgoing, RawMail

SILENT = timedelta(minutes=10)
State = RawMail.State


def look(now: datetime) -> Iterator[tuple[str, str, str]]:
    """Yield (state, what was seen, what to do)."""
    boxes = list(Mailbox.objects.filter(active=True))
    if not boxes:
        yield "ok", "no mailbox is set up yet", ""
    for box in boxes:
        yield _box(box, now)
    yield from _taken_in()
    failed = Outgoing.objects.filter(state=Outgoing.State.FAILED).count()
    if failed:
        yield "warn", f"{failed} mails could not be sent", "Look at Setup, Health"
    late = Outgoing.objects.filter(state__in=["ready", "sending"], send_at__lt=now - SILENT).count()
    if late:
        yield (
            "warn",
            f"{late} mails wait to be sent for over ten minutes",
            "Check the mail server for sending",
        )


def _box(box: Mailbox, now: datetime) -> tuple[str, str, str]:
    if box.problem:
        return "bad", f"{box.address}: {box.problem}", "Open Setup, Mailboxes and test the connection"
    if box.inbound.get("kind") != "imap":
        return "ok", f"{box.address} is delivered to us", ""
    if box.checked_at is None or now - box.checked_at > SILENT:
        seen = f"{box.checked_at:%Y-%m-%d %H:%M} UTC" if box.checked_at else "never"
        return "warn", f"{box.address} was last read: {seen}", "Is Careline running? Start it: careline up"
    return "ok", f"{box.address} was read at {box.checked_at:%H:%M:%S} UTC", ""


def _taken_in() -> Iterator[tuple[str, str, str]]:
    counts = RawMail.objects.aggregate(
        all=Count("pk"),
        waiting=Count("pk", filter=Q(state=State.STORED)),
        done=Count("pk", filter=Q(state=State.DONE)),
        quarantined=Count("pk", filter=Q(state=State.QUARANTINED)),
        discarded=Count("pk", filter=Q(state=State.DISCARDED)),
    )
    parts = [f"{counts[key]} {key}" for key in ("done", "waiting", "quarantined", "discarded") if counts[key]]
    yield "ok", f"{counts['all']} received = {' + '.join(parts) or '0'}", ""
    if counts["quarantined"]:
        yield (
            "warn",
            f"{counts['quarantined']} mails in quarantine",
            "Open Setup, Quarantine: retry or discard",
        )
