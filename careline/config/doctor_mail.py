"""What `careline doctor` says about mail."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from datetime import datetime

from careline.channels import queries
from careline.channels.models import Mailbox

Seen = tuple[str, str, str]  # state, what was seen, what to do
LISTS = ("done", "waiting", "quarantined", "discarded")
ANSWERS_WITHIN_S = 3.0


def look(now: datetime, *, listeners: list[tuple[str, str, int]]) -> Iterator[Seen]:
    """Yield (state, what was seen, what to do) for mailboxes, listeners, what came in and what goes out."""
    boxes = list(Mailbox.objects.filter(active=True))
    if not boxes:
        yield "ok", "no mailbox is set up yet", ""
    for box in boxes:
        yield _box(box)
    for kind, host, port in listeners:
        yield _listener(kind, host, port)
    yield from _received(now)
    yield from _owed(now)


def _box(box: Mailbox) -> Seen:
    if box.problem:
        return "bad", f"{box.address}: {box.problem}", "Open Setup, Channels and test the connection"
    if box.inbound.get("kind") != "imap":
        return "ok", f"{box.address} is delivered to us", ""
    if box.checked_at is None:
        return "warn", f"{box.address} was never read", "Is Careline running? Start it: careline up"
    return "ok", f"{box.address} was read at {box.checked_at:%Y-%m-%d %H:%M:%S} UTC", ""


def _listener(kind: str, host: str, port: int) -> Seen:
    with contextlib.suppress(OSError), socket.create_connection((host, port), ANSWERS_WITHIN_S) as connection:
        connection.settimeout(ANSWERS_WITHIN_S)
        if connection.recv(200).startswith(b"220"):
            return "ok", f"{kind} answers on {host} port {port}", ""
    todo = "Is Careline running? Has another program this port?"
    return "bad", f"{kind} does not answer on {host} port {port}", todo


def _received(now: datetime) -> Iterator[Seen]:
    counts = queries.intake_counts()
    parts = [f"{getattr(counts, name)} {name}" for name in LISTS if getattr(counts, name)]
    yield "ok" if counts.adds_up else "bad", f"{counts.received} received = {' + '.join(parts) or '0'}", ""
    for trouble in queries.intake_troubles(now):
        yield "bad", trouble, "Read what `careline up` printed about the part `mail`"
    if counts.quarantined:
        todo = "Open Setup, Channels, Quarantine: try again or discard"
        yield "warn", f"{counts.quarantined} mails in quarantine", todo


def _owed(now: datetime) -> Iterator[Seen]:
    for trouble in queries.outgoing_troubles(now):
        yield "warn", trouble, "Open Setup, Channels: test the server for sending, then send them again"
