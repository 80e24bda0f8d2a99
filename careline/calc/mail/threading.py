"""Say to which tickets a mail may belong, in the order of trust. Looking them up is the caller's work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from careline.calc.mail.shapes import Mail
from careline.calc.mail.subjects import normal_subject, subject_number
from careline.calc.mail.tokens import ticket_of_message_id, ticket_of_reply_address, tickets_of_markers

KeyKind = Literal[
    "reply_address", "own_message_id", "foreign_message_id", "body_marker", "subject_number", "same_subject"
]


@dataclass(frozen=True, slots=True)
class Key:
    """One way in which a mail may belong to a ticket.

    Attributes
    ----------
    kind : str
        ``reply_address``, ``own_message_id`` and ``body_marker`` are signed and prove the ticket.
        ``foreign_message_id`` must be looked up within the same mailbox or brand. ``subject_number``
        counts only when the sender takes part, is of the same organisation, or is an agent.
        ``same_subject`` is opt-in.
    ticket : int or None
        The ticket, where the key names it.
    message_ids : tuple of str
        Ids to look up, best first.
    subject : str
        Normalised subject, for ``same_subject``.
    """

    kind: KeyKind
    ticket: int | None = None
    message_ids: tuple[str, ...] = ()
    subject: str = ""


def candidates(
    mail: Mail, *, secrets: Sequence[bytes], brands: Sequence[str] = ("Careline",), same_subject: bool = False
) -> tuple[Key, ...]:
    """Return the keys of a mail in the order in which the first hit wins.

    Parameters
    ----------
    mail : Mail
        A parsed message.
    secrets : sequence of bytes
        Valid signing keys.
    brands : sequence of str
        Names used before ticket numbers in subjects.
    same_subject : bool
        Also offer sender and subject as the last resort.
    """
    keys = [*_addressed(mail, secrets), *_own_ids(mail, secrets)]
    if foreign := tuple(one for one in answered_ids(mail) if ticket_of_message_id(one, secrets) is None):
        keys.append(Key("foreign_message_id", message_ids=foreign))
    marked = tickets_of_markers(f"{mail.body_text}\n{mail.body_html}", secrets)
    keys += [Key("body_marker", one) for one in marked]
    number = subject_number(mail.subject, brands)
    if number is None and mail.bounce:
        number = subject_number(mail.bounce.original_subject, brands)
    if number is not None:
        keys.append(Key("subject_number", number))
    if same_subject and (subject := normal_subject(mail.subject, brands)):
        keys.append(Key("same_subject", subject=subject))
    return tuple(dict.fromkeys(keys))


def _addressed(mail: Mail, secrets: Sequence[bytes]) -> Iterator[Key]:
    named = (*mail.delivered_to, *(one.address for one in (*mail.to, *mail.cc, *mail.bcc)))
    for address in dict.fromkeys(named):
        if (ticket := ticket_of_reply_address(address, secrets)) is not None:
            yield Key("reply_address", ticket)


def _own_ids(mail: Mail, secrets: Sequence[bytes]) -> Iterator[Key]:
    for one in answered_ids(mail):
        if (found := ticket_of_message_id(one, secrets)) is not None:
            yield Key("own_message_id", found[0], (one,))


def answered_ids(mail: Mail) -> tuple[str, ...]:
    """Return the ids a mail answers, best first: what bounced, In-Reply-To, References from the newest."""
    bounced = (mail.bounce.original_message_id,) if mail.bounce and mail.bounce.original_message_id else ()
    return tuple(dict.fromkeys((*bounced, *mail.in_reply_to, *reversed(mail.references))))


def seen_ids(mail: Mail) -> tuple[str, ...]:
    """Return every id to remember for the ticket, so that two mails with a shared unknown ancestor meet."""
    return tuple(dict.fromkeys(one for one in (mail.message_id, *answered_ids(mail)) if one))


def dedup_key(mail: Mail, raw: bytes) -> str:
    """Return what identifies a mail within one mailbox: its Message-ID, else the hash of its bytes."""
    return f"id:{mail.message_id}" if mail.message_id else f"sha256:{hashlib.sha256(raw).hexdigest()}"


def references_for(chain: Sequence[str], limit: int = 20) -> tuple[str, ...]:
    """Return the References of an outgoing mail: the root and the newest ids of the conversation.

    Parameters
    ----------
    chain : sequence of str
        All message ids of the conversation, oldest first.
    limit : int
        How many ids may follow the root.
    """
    unique = tuple(dict.fromkeys(one for one in chain if one))
    return unique if len(unique) <= limit + 1 else (unique[0], *unique[-limit:])
