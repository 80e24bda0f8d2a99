"""The part of a running Careline that brings mail in: readers, listeners, and the taking in."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from careline.channels import guard, receiver
from careline.channels.actions.intake import take_in_waiting
from careline.channels.keys import Unreadable, unseal
from careline.channels.models import Mailbox
from careline.channels.reader import Reader

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
LOOK_EVERY_S = 0.5  # for mails that another process has kept
MAILBOXES_EVERY_S = 2.0
STUMBLED_S = 2.0
END_WITHIN_S = 2.0
_FLEETING = ("access_token", "access_until")  # these change by themselves


def main(*, stop: threading.Event, clock: Clock) -> None:
    """Bring mail in until told to stop."""
    wake = threading.Event()
    readers = Readers(clock, stop, wake)
    looking = threading.Thread(target=readers.run, name="mailboxes", daemon=True)
    listeners = Listeners(clock, stop, wake)
    looking.start()
    listeners.start()
    try:
        _take_in(stop, wake, clock)
    finally:
        listeners.stop()
        readers.end()
        looking.join(END_WITHIN_S)
        guard.stop_all()
        connection.close()


def _take_in(stop: threading.Event, wake: threading.Event, clock: Clock) -> None:
    """Take in what waits, whoever kept it, and whenever."""
    while not stop.is_set():
        wake.clear()
        try:
            close_old_connections()
            busy = take_in_waiting(clock(), going=lambda: not stop.is_set())
        except Exception:  # most likely the database: the mails are safe, and wait
            log.exception("taking mail in stumbled; it goes on in a moment")
            connection.close()
            stop.wait(STUMBLED_S)
            continue
        if not busy:
            _wait(stop, wake)


def _wait(stop: threading.Event, wake: threading.Event) -> None:
    # Both matter: a stop must not wait for mail, nor mail for the next look.
    for _ in range(5):
        if stop.is_set() or wake.wait(LOOK_EVERY_S / 5):
            return


@dataclass
class Readers:
    """One reader for each mailbox that is read, begun and ended as the mailboxes change."""

    clock: Clock
    stop: threading.Event
    wake: threading.Event
    running: dict[int, tuple[str, Reader, threading.Thread]] = field(default_factory=dict)

    def run(self) -> None:
        """Keep the readers in step with the mailboxes."""
        while not self.stop.is_set():
            try:
                close_old_connections()
                self.look()
            except DatabaseError:
                log.exception("the mailboxes could not be looked up")
                connection.close()
            except Exception:
                log.exception("the readers could not be looked after")
            self.stop.wait(MAILBOXES_EVERY_S)
        connection.close()

    def look(self) -> None:
        """Start what should run and does not, end what should not, start anew what has died or changed."""
        wanted = {box.pk: settings_of(box) for box in _read_boxes()}
        for pk, (known, reader, thread) in list(self.running.items()):
            if wanted.get(pk) != known or not thread.is_alive():
                reader.stop.set()
                del self.running[pk]
        for pk, known in wanted.items():
            if pk not in self.running:
                self._begin(pk, known)

    def _begin(self, pk: int, known: str) -> None:
        reader = Reader(pk, self.clock, threading.Event(), self.wake)
        thread = threading.Thread(target=reader.run, name=f"mailbox-{pk}", daemon=True)
        self.running[pk] = (known, reader, thread)
        thread.start()

    def end(self) -> None:
        """End all readers; one that waits for its server is left to end with the process."""
        for _known, reader, _thread in self.running.values():
            reader.stop.set()
        for _known, _reader, thread in list(self.running.values()):
            thread.join(END_WITHIN_S / max(1, len(self.running)))


def _read_boxes() -> list[Mailbox]:
    return [box for box in Mailbox.objects.filter(active=True) if box.inbound.get("kind") == "imap"]


def settings_of(box: Mailbox) -> str:
    """Return all that a reader depends on, as one text: when it changes, the reader begins anew."""
    try:
        secrets = {key: value for key, value in unseal(box.secret).items() if key not in _FLEETING}
    except Unreadable:
        secrets = {}
    return json.dumps([box.inbound, secrets, box.address], sort_keys=True)


@dataclass
class Listeners:
    """The listeners that are set up; one that cannot start is tried again while everything else runs."""

    clock: Clock
    stop_event: threading.Event
    wake: threading.Event
    running: list[receiver.Listener] = field(default_factory=list)
    told: bool = False

    def start(self) -> None:
        """Start to listen where a port is set."""
        missing = [(via, port) for via, port in ports() if not self._begin(via, port)]
        if missing:
            trying = threading.Thread(target=self._try_on, args=(missing,), name="listen", daemon=True)
            trying.start()

    def _begin(self, via: str, port: int) -> bool:
        host = str(getattr(settings, "MAIL_HOST", "127.0.0.1"))
        try:
            listener = receiver.listen(via=via, host=host, port=port, clock=self.clock, wake=self.wake)
        except (OSError, TimeoutError) as error:
            if not self.told:
                log.error("cannot listen for %s on %s port %s: %s", via.upper(), host, port, error)
            self.told = True
            return False
        self.running.append(listener)
        return True

    def _try_on(self, missing: list[tuple[str, int]]) -> None:
        while missing and not self.stop_event.wait(STUMBLED_S):
            missing = [(via, port) for via, port in missing if not self._begin(via, port)]

    def stop(self) -> None:
        """Stop to listen."""
        for listener in self.running:
            listener.stop(no_assert=True)


def ports() -> list[tuple[str, int]]:
    """Return the ports that are set: (smtp or lmtp, port)."""
    wanted = (("smtp", getattr(settings, "SMTP_PORT", 0)), ("lmtp", getattr(settings, "LMTP_PORT", 0)))
    return [(via, int(port)) for via, port in wanted if int(port)]
