"""Live pages: which news a page may hear of, as a signed address it can open."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.core import signing

from careline.core import events

if TYPE_CHECKING:
    from careline.core.models import User

SALT = "careline.live"
LONGEST_S = 12 * 3600


@dataclass(frozen=True)
class Pass:
    """What one page may hear: whose it is, of what, since which event, and when it was issued."""

    user_id: int
    topics: frozenset[str]
    since: int
    issued_at: float


def feed_url(user: User, topics: Iterable[str]) -> str:
    """Return the address of the stream of these topics, such as "inbox", "today", "ticket:17", "user:5".

    The caller has made sure that the user may see them; the address is good for twelve hours.

    Raises
    ------
    ValueError
        The topic of another person.
    """
    chosen = sorted(set(topics))
    for topic in chosen:
        if topic.startswith("user:") and topic != f"user:{user.pk}":
            raise ValueError(f"{topic} is not the topic of user {user.pk}")
    token = signing.dumps([user.pk, chosen, events.last_id(), int(time.time())], salt=SALT)
    return f"/events?{urlencode({'token': token})}"


def read_token(token: str) -> Pass:
    """Return what a token allows.

    Raises
    ------
    signing.BadSignature
        It is not ours, or too old.
    """
    user_id, topics, since, issued_at = signing.loads(token, salt=SALT, max_age=LONGEST_S)
    return Pass(user_id=user_id, topics=frozenset(topics), since=since, issued_at=issued_at)
