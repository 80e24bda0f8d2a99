"""Message ids and dates, as found in the wild."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MAX_IDS = 200
_BRACKETED = re.compile(r"<([^<>\s]{1,990})>")
_DATE_NOISE = re.compile(r"\([^()]{0,100}\)|^[A-Za-z]{2,9}\.?,?\s+(?=\d)")
_ZONE_NAME = re.compile(r"([+-]\d{4})\s.*$")


def message_ids(values: Iterable[str]) -> tuple[str, ...]:
    """Return the message ids in header values, without angle brackets, in order, each once.

    Parameters
    ----------
    values : iterable of str
        Values of Message-ID, In-Reply-To or References. Ids without brackets are accepted when they hold
        an ``@``.
    """
    found: list[str] = []
    for value in values:
        value = value[:100_000]
        flat = re.sub(r"\s+", " ", value)
        ids = _BRACKETED.findall(re.sub(r"<\s+|\s+>", lambda m: m[0].strip(), flat))
        found += ids or [word.strip('<>,;"') for word in flat.split() if "@" in word]
    unique = list(dict.fromkeys(one for one in found if one))
    # The oldest and the newest ids place a mail; the middle of a very long chain does not.
    return tuple(unique if len(unique) <= MAX_IDS else [unique[0], *unique[-MAX_IDS + 1 :]])


def date_of(value: str) -> datetime | None:
    """Return the instant of a Date header, or None; without a zone it is read as UTC.

    Parameters
    ----------
    value : str
        Header value in RFC 5322, ISO 8601 or one of the usual mistakes.
    """
    text = _ZONE_NAME.sub(r"\1", _DATE_NOISE.sub("", " ".join(value[:200].split())).strip())
    for read in (parsedate_to_datetime, datetime.fromisoformat, _swapped):
        try:
            found = read(text)
            found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
            found.astimezone(UTC)  # an offset can push year 1 or 9999 over the edge
        except (ValueError, TypeError, OverflowError, IndexError, AttributeError):
            continue
        return found if found.year >= 1970 else None
    return None


def _swapped(text: str) -> datetime:
    """Read ``2024/05/01 10:00:00 +0200`` and ``01.05.2024 10:00``."""
    match = re.match(
        r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})[ T]+(\d{1,2}:\d{2}(?::\d{2})?)\s*([+-]\d{4})?", text
    )
    if match is None:
        raise ValueError(text)
    year, day = (match[1], match[3]) if len(match[1]) == 4 else (match[3], match[1])
    hours = match[4].zfill(5) if match[4].count(":") == 1 else match[4].zfill(8)
    return datetime.fromisoformat(
        f"{int(year):04}-{int(match[2]):02}-{int(day):02}T{hours}{match[5] or '+0000'}"
    )
