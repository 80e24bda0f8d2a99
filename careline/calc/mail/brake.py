"""Brakes on mail that machines send to machines: headers lie, counts do not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

Limits = Sequence[tuple[int, int]]

# (mails, minutes): none of the windows may be full.
PER_TICKET_AND_RECIPIENT: Limits = ((10, 10), (15, 30), (25, 60), (50, 180), (100, 600))
PER_RECIPIENT: Limits = ((30, 10), (60, 30), (120, 60), (240, 180), (360, 600))
AUTO_REPLIES_PER_CUSTOMER: Limits = ((10, 180),)
SAME_BODY_FROM_SENDER: Limits = ((2, 10),)  # the third within ten minutes is held
MAX_RULE_DEPTH = 10


def allows(times: Iterable[datetime], now: datetime, limits: Limits) -> bool:
    """Tell whether one more mail may go (or come) now.

    Parameters
    ----------
    times : iterable of datetime
        Aware instants of the mails so far.
    now : datetime
        Aware instant of the next one.
    limits : sequence of (int, int)
        Pairs (mails, minutes); `mails` within the last `minutes` fill the window.
    """
    past = sorted((one for one in times if one <= now), reverse=True)
    return all(_fits(past, now, count, minutes) for count, minutes in limits)


def _fits(past: Sequence[datetime], now: datetime, count: int, minutes: int) -> bool:
    since = now - timedelta(minutes=minutes)
    return sum(1 for one in past[: count + 1] if one > since) < count


def body_hash(text: str) -> str:
    """Return a hash of a text by its words, for counting identical bodies."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode("utf-8", "replace")).hexdigest()
