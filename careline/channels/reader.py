"""Reading one mailbox on and on: what is new is kept with the cursor in one transaction, then taken in.

The cursor is UIDVALIDITY and the last UID, never a flag. When the server numbers its mails anew, all are read
again; what is known already is recognised by its bytes.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import close_old_connections, connection
from django.utils.translation import gettext as _

from careline.channels import disk
from careline.channels.actions.quarantine import set_aside
from careline.channels.actions.store import Envelope, Incoming, durably, keep
from careline.channels.imap import Fetched, Folder, ImapError, Listed, NotGiven, account_of, grouped
from careline.channels.models import Mailbox

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
CHUNK = 200  # mails whose sizes are asked for at once
POLL_S = 5.0  # between looks, where the server cannot speak up by itself
RENEW_S = 60.0  # how long to rely on a server that says it will speak up
CHECKED_EVERY = timedelta(seconds=30)
FIRST_WAIT_S, LONGEST_WAIT_S = 5.0, 600.0
REFUSED_WAIT_S = 60.0  # a wrong password tried every few seconds locks accounts
MOST_TRIES = 3  # of one mail that breaks the connection each time
# The server's time of receipt is believed so far back. Older mail was put there by somebody, today.
OLDEST_RECEIPT = timedelta(days=3)
NOT_GIVEN = "The mail server would not give out this mail (number {uid} of {folder}): {words}"


@dataclass
class Reader:
    """What reads one mailbox."""

    mailbox_id: int
    clock: Clock
    stop: threading.Event
    wake: threading.Event = field(default_factory=threading.Event)  # set when there is something to take in
    checked_at: datetime | None = None
    breaking: dict[int, int] = field(default_factory=dict)  # UID -> how often it broke the connection

    def run(self) -> None:
        """Read until told to stop; trouble is told on the mailbox, and waited out."""
        failures = 0
        while not self.stop.is_set():
            try:
                close_old_connections()
                self._stay()
                failures = 0
            except ImapError as error:
                failures = failures + 1 if self._had_trouble(error) else 1
                connection.close()  # the wait may be long
                self.stop.wait(wait_s(failures, again=error.again))
            except Mailbox.DoesNotExist:
                break
            except Exception:  # most likely the database: nothing is lost, the cursor has not moved
                log.exception("reading mailbox %s stumbled; it goes on in a moment", self.mailbox_id)
                connection.close()
                self.stop.wait(FIRST_WAIT_S)
        connection.close()

    def _had_trouble(self, error: ImapError) -> bool:
        """Write down why the mailbox could not be read; say whether it could not be read before either."""
        row = Mailbox.objects.filter(pk=self.mailbox_id)
        before = row.values_list("problem", flat=True).first()
        row.update(problem=str(error)[:1000])
        return bool(before)

    def _stay(self) -> None:
        """Connect and stay connected, reading what comes."""
        folder = self.connect()
        try:
            while not self.stop.is_set():
                self.read_new(folder)
                self._wait(folder)
        finally:
            folder.close()

    def connect(self) -> Folder:
        """Open the mailbox's folder.

        Raises
        ------
        ImapError
            It cannot be opened.
        """
        return Folder(account_of(Mailbox.objects.get(pk=self.mailbox_id), now=self.clock()))

    def _wait(self, folder: Folder) -> None:
        """Wait until the server speaks, or long enough to ask."""
        folder.begin_waiting()
        until = time.monotonic() + (RENEW_S if folder.speaks_up else POLL_S)
        while time.monotonic() < until and not self.stop.is_set():
            if folder.wait(1.0):
                break
        folder.end_waiting()

    def read_new(self, folder: Folder) -> int:
        """Keep all that is behind the cursor; return how many mails that were."""
        mailbox = self._with_cursor(folder)
        uids, kept = folder.after(mailbox.last_uid), 0
        for start in range(0, len(uids), CHUNK):
            chunk = uids[start : start + CHUNK]
            for group in grouped(folder.sizes(chunk)):
                kept += self._keep(mailbox, folder, group)
                if self.stop.is_set():
                    return kept
            self._move_cursor(mailbox, folder, chunk[-1])  # those that are gone by now count as read
        self._note_checked()
        return kept

    def _with_cursor(self, folder: Folder) -> Mailbox:
        """Return the mailbox, its cursor set back where the server has numbered its mails anew."""
        mailbox = Mailbox.objects.get(pk=self.mailbox_id)
        if mailbox.uid_validity != folder.uid_validity:
            if mailbox.uid_validity is not None:
                log.warning("%s: the server numbers its mails anew; all are read again", mailbox.address)
            mailbox.uid_validity, mailbox.last_uid = folder.uid_validity, 0
            mailbox.save(update_fields=["uid_validity", "last_uid"])
        return mailbox

    def _keep(self, mailbox: Mailbox, folder: Folder, group: Sequence[Listed]) -> int:
        if len(group) > 1 and any(one.uid in self.breaking for one in group):
            return sum(self._keep(mailbox, folder, [one]) for one in group)
        last = group[-1].uid
        if len(group) == 1 and self.breaking.get(last, 0) >= MOST_TRIES:
            return self._keep_place(mailbox, folder, last, _("it broke the connection each time"))
        try:
            mails = folder.fetch(group)
        except NotGiven as refusal:
            if len(group) == 1:
                return self._keep_place(mailbox, folder, last, str(refusal))
            return sum(self._keep(mailbox, folder, [one]) for one in group)
        except ImapError:
            for one in group:
                self.breaking[one.uid] = self.breaking.get(one.uid, 0) + (len(group) == 1)
            raise
        incoming = [self._incoming(folder, mail) for mail in mails]
        disk.put_all(mail.raw for mail in mails)
        with durably():
            keep(mailbox=mailbox, mails=incoming)
            self._move_cursor(mailbox, folder, last)
        self.wake.set()
        return len(mails)

    def _incoming(self, folder: Folder, mail: Fetched) -> Incoming:
        envelope = Envelope(uid=mail.uid, uid_validity=folder.uid_validity, size=mail.size)
        return Incoming(mail.raw, receipt(mail.arrived_at, self.clock()), envelope)

    def _keep_place(self, mailbox: Mailbox, folder: Folder, uid: int, words: str) -> int:
        """Put a note into quarantine for a mail that cannot be had: one bad mail must not stop the others."""
        now = self.clock()
        note = f"X-Careline-Not-Given: {mailbox.address} {folder.uid_validity} {uid}\r\n\r\n".encode()
        problem = NOT_GIVEN.format(uid=uid, folder=folder.name, words=words)
        incoming = self._incoming(folder, Fetched(uid, note, len(note), None))
        disk.put(note)
        with durably():
            raw = keep(mailbox=mailbox, mails=[incoming])[0]
            set_aside(raw=raw, problem=problem, now=now)
            self._move_cursor(mailbox, folder, uid)
        self.breaking.pop(uid, None)
        return 1

    def _move_cursor(self, mailbox: Mailbox, folder: Folder, uid: int) -> None:
        # Only forward, and only in the numbering it was read in.
        rows = Mailbox.objects.filter(pk=mailbox.pk, uid_validity=folder.uid_validity, last_uid__lt=uid)
        rows.update(last_uid=uid)

    def _note_checked(self) -> None:
        now = self.clock()
        row = Mailbox.objects.filter(pk=self.mailbox_id)
        row.exclude(problem="").update(problem="", checked_at=now)
        if self.checked_at is None or now - self.checked_at >= CHECKED_EVERY:
            row.update(checked_at=now)
            self.checked_at = now


def wait_s(failures: int, *, again: bool) -> float:
    """Return how long to wait after so many failures in a row [s]; longer where the server said no."""
    first = FIRST_WAIT_S if again else REFUSED_WAIT_S
    return float(min(first * 2 ** min(failures - 1, 10), LONGEST_WAIT_S))


def receipt(arrived_at: datetime | None, now: datetime) -> datetime:
    """Return when a mail counts as received: when its server got it, if that was lately."""
    if arrived_at is None or not now - OLDEST_RECEIPT <= arrived_at <= now:
        return now
    return arrived_at
