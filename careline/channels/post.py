"""Carrying mail to the servers: one thread a mailbox, so that a dead server holds up nobody else."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from careline.calc.mail.addresses import domain_of
from careline.channels import oauth, postman, smtp
from careline.channels.actions import outbox, sending
from careline.channels.keys import Unreadable, unseal
from careline.channels.models import Mailbox, Outgoing
from careline.channels.outgoing_mail import wire_address
from careline.core import alive
from careline.core import settings as choices

log = logging.getLogger(__name__)
Clock = Callable[[], datetime]
BATCH = 50  # mails over one connection
MOST_THREADS = 8
_posting: dict[int, threading.Thread] = {}
_name = alive.new_name()


def send_due(*, now: datetime) -> int:
    """See to it that what is due is being sent; the postman does it, so this returns at once."""
    sending.release_orphans(now=now)
    count = sending.due(now=now).count()
    if count:
        postman.ensure()
    return count


def look(*, stop: threading.Event, clock: Clock = timezone.now) -> bool:
    """Begin to send what is due, one thread a mailbox; say whether there is anything to do."""
    waiting = sending.due(now=clock()).order_by().values_list("mailbox_id", flat=True).distinct()
    return start(list(waiting[: 4 * MOST_THREADS]), stop=stop, clock=clock)


def start(mailbox_ids: list[int], *, stop: threading.Event, clock: Clock) -> bool:
    """Send for these mailboxes, beside those for which it is under way; say whether anything is."""
    for gone in [pk for pk, thread in _posting.items() if not thread.is_alive()]:
        del _posting[gone]
    for pk in mailbox_ids:
        if pk not in _posting and len(_posting) < MOST_THREADS:
            _posting[pk] = threading.Thread(
                target=_round, args=(pk, clock, stop), name=f"post-{pk}", daemon=True
            )
            _posting[pk].start()
    return bool(_posting)


def wait(seconds: float) -> bool:
    """Wait until nothing is being sent any more; say whether it came to that."""
    until = time.monotonic() + seconds
    for thread in list(_posting.values()):
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in _posting.values())


def _round(mailbox_id: int, clock: Clock, stop: threading.Event) -> None:
    try:
        with override(choices.get("operation.language")):  # what went wrong is kept in words
            send_from(mailbox_id, clock=clock, going=lambda: not stop.is_set())
    except Exception:  # the rows say how far each mail got; the next round goes on from there
        log.exception("sending for mailbox %s stumbled", mailbox_id)
    finally:
        connection.close()


def send_from(
    mailbox_id: int, *, clock: Clock, most: int = BATCH, going: Callable[[], bool] = lambda: True
) -> int:
    """Send what is due from one mailbox over one connection; return how many mails the server took."""
    mailbox = Mailbox.objects.select_related("brand").get(pk=mailbox_id)
    carrier, sent = Carrier(mailbox, clock), 0
    try:
        for _number in range(most):
            if not (carrier.reaches_server and going()):
                break
            outgoing = sending.take_next(mailbox_id=mailbox_id, holder=_name, now=clock())
            if outgoing is None:
                break
            sent += carrier.carry(outgoing)
    finally:
        carrier.close()
    return sent


@dataclass
class Carrier:
    """The way of one mailbox's mails to its server."""

    mailbox: Mailbox
    clock: Clock
    reaches_server: bool = True
    _session: smtp.Session | None = None

    def carry(self, outgoing: Outgoing) -> bool:
        """Hand one mail over and note how it went; say whether the server took it."""
        try:
            parcel = self._parcel(outgoing)
        except DatabaseError:
            raise
        except Exception as error:
            log.exception("mail %s could not be built", outgoing.pk)
            problem = _("The mail could not be built: %(reason)s") % {"reason": smtp.words(str(error))}
            outbox.give_up(outgoing=outgoing, problem=problem, now=self.clock())
            return False
        try:
            receipt = self._hand_over(outgoing, parcel)
        except smtp.SmtpError as error:
            self._note_failure(outgoing, error)
            return False
        except sending.LeaseLost:
            self._session = None  # broken off: without the end of the mail, the server forgets it
            return False
        self._note_taken(outgoing, receipt)
        return True

    def _note_taken(self, outgoing: Outgoing, receipt: smtp.Receipt) -> None:
        """Note it, insistently: the server has the mail, and a note that is lost would send it again."""
        for pause_s in (0.2, 1, 3, 10, 30):
            try:
                sending.note_taken(outgoing=outgoing, receipt=receipt, now=self.clock())
                return
            except (OperationalError, InterfaceError):
                log.warning("mail %s was taken; that cannot be noted yet", outgoing.pk)
                connection.close_if_unusable_or_obsolete()
                time.sleep(pause_s)
        sending.note_taken(outgoing=outgoing, receipt=receipt, now=self.clock())

    def close(self) -> None:
        """End the connection."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _parcel(self, outgoing: Outgoing) -> smtp.Parcel:
        raw = sending.raw_of(outgoing, now=self.clock())
        done = {*outgoing.taken, *(row["address"] for row in outgoing.refused)}
        wanted = dict.fromkeys(wire_address(one) for one in outgoing.recipients)
        left = tuple(one for one in wanted if one not in done)
        return smtp.Parcel(wire_address(outgoing.envelope_from), left, raw)

    def _hand_over(self, outgoing: Outgoing, parcel: smtp.Parcel) -> smtp.Receipt:
        if self._session is None:
            self._session = smtp.Session(server_of(self.mailbox, now=self.clock()))
        try:
            return self._send(self._session, outgoing, parcel)
        except smtp.SenderRefused:
            if parcel.sender == self.mailbox.address:
                raise
        # Some providers let nobody send under an address with a plus sign in it.
        return self._send(self._session, outgoing, replace(parcel, sender=self.mailbox.address))

    def _send(self, session: smtp.Session, outgoing: Outgoing, parcel: smtp.Parcel) -> smtp.Receipt:
        return session.send(
            parcel,
            going=lambda: self._go_on(outgoing),
            ending=lambda: sending.begin_end(outgoing, now=self.clock()),
        )

    def _go_on(self, outgoing: Outgoing) -> None:
        now = self.clock()
        if outgoing.leased_until is None or outgoing.leased_until - now < sending.LEASE / 2:
            sending.keep_lease(outgoing, now=now)
            outgoing.leased_until = now + sending.LEASE

    def _note_failure(self, outgoing: Outgoing, error: smtp.SmtpError) -> None:
        now = self.clock()
        sending.note_not_taken(outgoing=outgoing, error=error, now=now)
        if error.whole or error.unsure:
            self.close()
        if error.whole:
            self.reaches_server = False
            wait = sending.wait_s(outgoing.attempts)
            sending.put_off_all(mailbox=self.mailbox, problem=str(error), wait=wait, now=now)


def server_of(mailbox: Mailbox, *, now: datetime) -> smtp.Server:
    """Return where and how a mailbox sends, with its secret.

    Raises
    ------
    SmtpError
        The secret cannot be read, or no access token can be had.
    """
    out = mailbox.outbound
    if not out.get("host"):
        text = _("This mailbox knows no server for sending any more. Name one under Setup, Channels.")
        raise smtp.SmtpError(text, again=True, whole=True)
    return smtp.Server(
        host=str(out["host"]),
        port=int(out["port"]),
        security=str(out.get("security", "starttls")),
        user=str(out.get("user", "")),
        auth=str(out.get("auth", "")),
        secret=_secret(mailbox, now=now),
        name=domain_of(mailbox.address) or "localhost",
    )


def _secret(mailbox: Mailbox, *, now: datetime) -> str:
    if not mailbox.outbound.get("user"):
        return ""
    try:
        if mailbox.outbound.get("auth") == "xoauth2":
            return oauth.access_token(mailbox, now=now)
        secrets = unseal(mailbox.secret)
    except oauth.OAuthError as error:
        raise smtp.SmtpError(str(error), again=True, whole=True) from error
    except Unreadable as error:
        text = _("The password was kept under another secret key. Type it again under Setup, Channels.")
        raise smtp.SmtpError(text, again=True, whole=True) from error
    return secrets.get("outbound_password") or secrets.get("password", "")
