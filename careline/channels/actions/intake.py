"""Taking mail in: read within limits, then everything that follows from one mail in one transaction.

A mail stays "stored" until that transaction is through. Whatever dies before, the next look finds it again,
and nothing of it was half done. A mail that brings its reader down time after time is set aside.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, QuerySet

from careline.calc.mail.addresses import normal
from careline.calc.mail.identity import customer_of
from careline.calc.mail.shapes import Mail
from careline.channels import disk, reading
from careline.channels.actions.placing import is_loop, place
from careline.channels.actions.quarantine import set_aside
from careline.channels.actions.store import plain
from careline.channels.arrival import Arrival, Held, Outcome
from careline.channels.matching import Case, Sender
from careline.channels.models import RawMail
from careline.channels.ours import Ours, held, ours
from careline.channels.reading import Unread
from careline.channels.saying import hash_of, store_files
from careline.core import events, prepared

log = logging.getLogger(__name__)
State = RawMail.State
Going = Callable[[], bool]
BATCH = 100
MOST_ATTEMPTS = 5
TRIES = 3  # of a transaction that met another one
BROUGHT_DOWN = "Taking this mail in was cut short {times} times; it may be what stops the program."
NOT_UNDERSTOOD = "This mail could not be taken in because of a fault of ours ({what}). The mail is safe."
NOTED = (
    "state", "outcome", "matched_by", "problem", "ticket", "message", "from_address", "subject", "body_hash",
)  # fmt: skip
_states: prepared.Prepared[tuple[str]] = prepared.Prepared(
    lambda pk: RawMail.objects.select_for_update().filter(pk=pk).values_list("state")
)
_LOCK = 0x6361_7265_6C69_6E65  # any number, the same in every process
AHEAD = 4  # mails that are read, or being read, while one is written
_readers = ThreadPoolExecutor(max_workers=2, thread_name_prefix="read-ahead")


def always() -> bool:
    """Go on."""
    return True


def take_in(*, raw_mail_id: int, now: datetime) -> RawMail:
    """Read one stored mail and let it become what it is; one that does not wait is left alone."""
    waiting = RawMail.objects.filter(pk=raw_mail_id, state=State.STORED)
    waiting.update(attempts=F("attempts") + 1)
    raw = _rows().get(pk=raw_mail_id)
    if raw.state == State.STORED:
        known = ours()
        _finish(raw, _read(raw, known), known, now=now)
    return raw


def take_in_waiting(now: datetime, *, most: int = BATCH, going: Going = always) -> int:
    """Take in the mails that wait, oldest first, while `going` says so; return how many were looked at.

    One that was tried before is taken by itself, after the others: should it be the kind that brings its
    reader down, it must not wear out its neighbours' attempts.
    """
    waiting = list(_rows().filter(state=State.STORED).order_by("pk")[:most])
    fresh = [raw for raw in waiting if not raw.attempts]
    tried = next((raw for raw in waiting if raw.attempts), None)
    if not waiting:
        return 0
    known = ours()
    done = _take_in_all(fresh, known, now=now, going=going)
    if tried is not None and going():
        done += _take_in_all([tried], known, now=now, going=going)
    return done


def take_in_these(*, raw_mail_ids: Sequence[int], now: datetime) -> None:
    """Take in those of these mails that wait, as `take_in_waiting` does."""
    waiting = list(_rows().filter(pk__in=raw_mail_ids, state=State.STORED).order_by("pk"))
    known = ours()
    tried = [raw for raw in waiting if raw.attempts]
    _take_in_all([raw for raw in waiting if not raw.attempts], known, now=now, going=always)
    for raw in tried:
        _take_in_all([raw], known, now=now, going=always)


def _take_in_all(rows: list[RawMail], known: Ours, *, now: datetime, going: Going) -> int:
    _count_attempts(rows, by=1)
    begun = 0
    try:
        for raw, mail in _read_ahead(rows, known, going):
            begun += 1
            _finish(raw, mail, known, now=now)
    finally:
        _count_attempts(rows[begun:], by=-1)
    return begun


def _count_attempts(rows: list[RawMail], *, by: int) -> None:
    if rows:
        waiting = RawMail.objects.filter(pk__in=[raw.pk for raw in rows], state=State.STORED)
        waiting.update(attempts=F("attempts") + by)
    for raw in rows:
        raw.attempts += by


def _rows() -> QuerySet[RawMail]:
    return RawMail.objects.select_related("mailbox__brand", "mailbox__team", "file")


def _readable(raw: RawMail) -> Unread | None:
    return Unread(BROUGHT_DOWN.format(times=MOST_ATTEMPTS)) if raw.attempts > MOST_ATTEMPTS else None


def _read_ahead(rows: list[RawMail], known: Ours, going: Going) -> Iterator[tuple[RawMail, Mail | Unread]]:
    """Yield each mail as it was read; the next ones are read, and their files written, meanwhile."""
    waiting = iter(rows)
    ahead = deque((raw, _readers.submit(_read, raw, known)) for raw in islice(waiting, AHEAD))
    while ahead:
        raw, reading_it = ahead.popleft()
        mail = _result(reading_it, going)
        if mail is None:
            return
        ahead.extend((one, _readers.submit(_read, one, known)) for one in islice(waiting, 1))
        yield raw, mail


def _result(reading_it: Future[Mail | Unread], going: Going) -> Mail | Unread | None:
    """Wait for a mail to be read, and no longer than we are wanted."""
    while going():
        try:
            return reading_it.result(timeout=0.25)
        except TimeoutError:
            continue
    return None


def _read(raw: RawMail, known: Ours) -> Mail | Unread:
    # No query in here: this may run in a thread of its own, which has no connection of ours.
    try:
        mail = _readable(raw) or reading.read(raw, known)
        if isinstance(mail, Mail) and not is_loop(mail):
            disk.put_all(one.content for one in mail.attachments)
        return mail
    except Exception as error:
        log.exception("mail %s could not be read", raw.pk)
        return Unread(NOT_UNDERSTOOD.format(what=type(error).__name__))


def _finish(raw: RawMail, mail: Mail | Unread, known: Ours, *, now: datetime) -> None:
    """Give one mail its place, or set it aside with the reason; another mail's trouble is not this one's."""
    if isinstance(mail, Unread):
        set_aside(raw=raw, problem=mail.sentence, now=now)
        return
    try:
        _place_anew(raw, mail, known)
    except Held as held:
        set_aside(raw=raw, problem=str(held), now=now)
    except (OperationalError, InterfaceError):
        raise  # the database is at fault, not the mail: it stays where it is and is tried again
    except Exception as error:
        log.exception("mail %s could not be taken in", raw.pk)
        set_aside(raw=raw, problem=NOT_UNDERSTOOD.format(what=type(error).__name__), now=now)


def _place_anew(raw: RawMail, mail: Mail, known: Ours) -> None:
    for left in reversed(range(TRIES)):
        try:
            _place(raw, mail, known)
        except IntegrityError:
            if not left:
                raise
        else:
            return


def _place(raw: RawMail, mail: Mail, known: Ours) -> None:
    sender = customer_of(mail, known.addresses)
    address = normal(plain(sender.address)) or normal(raw.envelope_from)
    content = hash_of(mail)
    raw.from_address, raw.subject, raw.body_hash = address[:320], plain(mail.subject)[:300], content
    # Before the transaction: writing files takes long, and a file too many does no harm.
    kept = () if is_loop(mail) else store_files(mail, now=raw.received_at)
    with transaction.atomic():
        if not _take(raw):
            return
        who = Sender(address, sender.name, known.agents.get(address))
        case = Case(mail, raw.mailbox, who, known, raw.received_at)
        with held(known), events.together():
            _note(raw, place(Arrival(raw, case, kept, content)))


def _take(raw: RawMail) -> bool:
    """Lock a mail for this transaction, and say whether it still waits.

    One mail is placed at a time: two mails that belong together must see each other, and so must the two
    copies of one. SQLite does so by itself, since every transaction of ours begins with a write lock.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    row = _states.first(raw.pk)
    if row is not None and row[0] != State.STORED:
        raw.refresh_from_db()
    return row is not None and row[0] == State.STORED


def _note(raw: RawMail, outcome: Outcome) -> None:
    raw.state, raw.outcome, raw.matched_by, raw.problem = State.DONE, outcome.name, outcome.matched_by, ""
    raw.ticket, raw.message = outcome.ticket, outcome.message
    prepared.update(raw, NOTED)
