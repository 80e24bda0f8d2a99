"""IMAP: one signed-in connection that looks into one folder, and changes nothing in it.

The folder is opened for reading only, mails are peeked at, and the seen flag is neither asked nor set: people
may go on using the mailbox as they like.
"""

from __future__ import annotations

import imaplib
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from imap_tools import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError

from careline.channels import oauth, smtp
from careline.channels.keys import Unreadable, unseal
from careline.channels.models import Mailbox

TIMEOUT_S = 30.0  # for every answer of the server
HARD_CAP = 150_000_000  # bytes; of a larger mail only the beginning is fetched
BEGINNING = 262_144
SMALL = 1_000_000
MOST_AT_ONCE, MOST_BYTES_AT_ONCE = 50, 8_000_000
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")
_DATE = re.compile(rb'\bINTERNALDATE "([^"]{1,60})"')
_NO_BODY = re.compile(rb'\bBODY\[\](?:<0>)? (?:NIL|"")', re.I)
_ERRORS = (OSError, imaplib.IMAP4.error, ImapToolsError, EOFError, UnicodeError, ValueError)


class ImapError(Exception):
    """The mailbox could not be read; `again` says whether trying soon can help."""

    def __init__(self, text: str, *, again: bool = True) -> None:
        super().__init__(text)
        self.again = again


class NotGiven(Exception):
    """The server has the mail and will not give it out."""


@dataclass(frozen=True)
class Account:
    """Where a mailbox is read, and how one signs in there."""

    host: str
    port: int
    security: str = "tls"  # tls, starttls, none
    user: str = ""
    auth: str = "password"  # password, xoauth2
    secret: str = ""
    folder: str = "INBOX"


@dataclass(frozen=True)
class Listed:
    """One mail in the folder, not fetched yet: its number, and its size as the server counts it."""

    uid: int
    size: int


@dataclass(frozen=True)
class Fetched:
    """One mail from the folder, and when the server got it."""

    uid: int
    raw: bytes
    size: int
    arrived_at: datetime | None


def account_of(mailbox: Mailbox, *, now: datetime) -> Account:
    """Return how to read a mailbox, with its password or a valid access token.

    Raises
    ------
    ImapError
        The secret cannot be read, or there is no token.
    """
    way = mailbox.inbound
    auth = str(way.get("auth") or "password")
    try:
        secret = _secret(mailbox, auth, now=now)
        port = int(way.get("port") or 993)
        return Account(
            host=str(way.get("host", "")),
            port=port,
            security=str(way.get("security") or "tls"),
            user=str(way.get("user") or mailbox.address),
            auth=auth,
            secret=secret,
            folder=str(way.get("folder") or "INBOX"),
        )
    except oauth.OAuthError as error:
        raise ImapError(str(error), again=error.again) from error
    except Unreadable as error:
        text = _("The password was kept under another secret key. Type it again under Setup, Channels.")
        raise ImapError(text, again=False) from error


def _secret(mailbox: Mailbox, auth: str, *, now: datetime) -> str:
    if auth == "xoauth2":
        return oauth.access_token(mailbox, now=now)
    kept = unseal(mailbox.secret)
    return kept.get("inbound_password") or kept.get("password", "")


class Folder:
    """One folder, opened for looking only.

    Raises
    ------
    ImapError
        From every method, when the server cannot be reached, refuses, or answers what nobody understands.
    """

    def __init__(self, account: Account, *, timeout_s: float = TIMEOUT_S) -> None:
        self._account = account
        try:
            self._box = _connected(account, timeout_s)
        except _ERRORS as error:
            raise _no_connection(error, account) from error
        try:
            _sign_in(self._box, account)
            self._box.folder.set(account.folder, readonly=True)
            self.uid_validity = self._number("UIDVALIDITY")
            self._can_idle = "IDLE" in self._box.client.capabilities
        except _ERRORS as error:
            self.close()
            raise _refused(error, account) from error

    @property
    def speaks_up(self) -> bool:
        """Say whether the server tells of new mail by itself (IDLE)."""
        return self._can_idle

    @property
    def name(self) -> str:
        """Return what the folder is called."""
        return self._account.folder

    def _number(self, name: str) -> int:
        _kind, found = self._box.client.response(name)
        return int(found[-1] or 0) if found and found[-1] else 0

    def after(self, uid: int) -> list[int]:
        """Return the numbers of the mails behind this one, smallest first."""
        said = self._ask("SEARCH", f"UID {uid + 1}:*")
        numbers = (int(word) for line in said if isinstance(line, bytes) for word in line.split())
        # "5:*" also means the last mail when that has the number 3.
        return sorted(number for number in numbers if number > uid)

    def sizes(self, uids: Sequence[int]) -> list[Listed]:
        """Return these mails with their sizes; those that are gone are left out."""
        said = self._ask("FETCH", _set_of(uids), "(UID RFC822.SIZE)")
        rows = (_listed(line) for line in said if isinstance(line, bytes))
        wanted = set(uids)
        return sorted((row for row in rows if row and row.uid in wanted), key=lambda row: row.uid)

    def fetch(self, mails: Sequence[Listed]) -> list[Fetched]:
        """Return these mails whole, or their beginning where one is too big.

        Raises
        ------
        NotGiven
            The server refuses to give one of them out.
        """
        part = "BODY.PEEK[]" if all(one.size <= HARD_CAP for one in mails) else f"BODY.PEEK[]<0.{BEGINNING}>"
        typ, said = self._call("FETCH", _set_of([one.uid for one in mails]), f"(UID INTERNALDATE {part})")
        if typ != "OK":
            raise NotGiven(smtp.words(_text(said)))
        sizes = {one.uid: one.size for one in mails}
        found = (_fetched(head, raw, sizes) for head, raw in _literals(said))
        return sorted((one for one in found if one is not None), key=lambda one: one.uid)

    def wait(self, seconds: float) -> bool:
        """Wait for something new, a second at a time at most; say whether the server spoke.

        Without IDLE this only waits.
        """
        if not self._can_idle:
            time.sleep(min(seconds, 1.0))
            return False
        begun = time.monotonic()
        try:
            said = self._box.idle.poll(timeout=seconds)
        except _ERRORS as error:
            raise _lost(error, self._account) from error
        if not said and time.monotonic() - begun < seconds / 2:
            # A closed connection is always ready to be read, and says nothing.
            raise ImapError(_("%(host)s has closed the connection.") % {"host": self._account.host})
        return any(b"EXISTS" in line for line in said)

    def begin_waiting(self) -> None:
        """Ask the server to speak up."""
        if self._can_idle:
            try:
                self._box.idle.start()  # type: ignore[no-untyped-call]
            except _ERRORS as error:
                raise _lost(error, self._account) from error

    def end_waiting(self) -> None:
        """Go back to asking."""
        if self._can_idle:
            try:
                self._box.idle.stop()  # type: ignore[no-untyped-call]
            except _ERRORS as error:
                raise _lost(error, self._account) from error

    def close(self) -> None:
        """End the connection, politely where the server still listens."""
        with suppress(*_ERRORS):
            self._box.client.sock.settimeout(2)
            self._box.logout()
        with suppress(*_ERRORS, AttributeError):
            self._box.client.shutdown()

    def _ask(self, command: str, *words: str) -> list[Any]:
        typ, said = self._call(command, *words)
        if typ != "OK":
            told = {"host": self._account.host, "words": smtp.words(_text(said))}
            raise ImapError(_("%(host)s does not let us look into the folder. It said: %(words)s") % told)
        return said

    def _call(self, command: str, *words: str) -> tuple[str, list[Any]]:
        try:
            typ, said = self._box.client.uid(command, *words)
        except _ERRORS as error:
            raise _lost(error, self._account) from error
        return str(typ), list(said or ())


def grouped(mails: Sequence[Listed]) -> Iterator[list[Listed]]:
    """Yield mails in groups that are fetched at once: many small ones, big ones alone."""
    group: list[Listed] = []
    for one in mails:
        full = len(group) >= MOST_AT_ONCE or sum(each.size for each in group) + one.size > MOST_BYTES_AT_ONCE
        if group and (full or one.size > SMALL):
            yield group
            group = []
        group.append(one)
        if one.size > SMALL:
            yield group
            group = []
    if group:
        yield group


def _connected(account: Account, timeout_s: float) -> BaseMailBox:
    where: dict[str, Any] = {"host": account.host, "port": account.port, "timeout": timeout_s}
    if account.security == "tls":
        return MailBox(**where, ssl_context=ssl.create_default_context())
    if account.security == "starttls":
        return MailBoxStartTls(**where, ssl_context=ssl.create_default_context())
    return MailBoxUnencrypted(**where)


def _sign_in(box: BaseMailBox, account: Account) -> None:
    if account.auth == "xoauth2":
        box.xoauth2(account.user, account.secret, initial_folder=None)
    elif account.user.isascii() and account.secret.isascii():
        box.login(account.user, account.secret, initial_folder=None)
    else:
        box.login_utf8(account.user, account.secret, initial_folder=None)


def _no_connection(error: Exception, account: Account) -> ImapError:
    return ImapError(smtp.why_not(error, account.host, account.port, account.security))


def _refused(error: Exception, account: Account) -> ImapError:
    words = smtp.words(str(error))
    if isinstance(error, MailboxFolderSelectError):
        told = {"folder": account.folder, "words": words}
        return ImapError(_("There is no folder called %(folder)s. It said: %(words)s") % told, again=False)
    if isinstance(error, MailboxLoginError) or (
        isinstance(error, imaplib.IMAP4.error) and not isinstance(error, imaplib.IMAP4.abort)
    ):
        text = _("%(host)s refused user or password. It said: %(words)s")
        return ImapError(text % {"host": account.host, "words": words}, again=False)
    return _lost(error, account)


def _lost(error: Exception, account: Account) -> ImapError:
    if isinstance(error, TimeoutError):
        return ImapError(_("%(host)s did not answer in time.") % {"host": account.host})
    told = {"host": account.host, "words": smtp.words(str(error)) or type(error).__name__}
    return ImapError(_("The connection to %(host)s broke: %(words)s") % told)


def _set_of(uids: Sequence[int]) -> str:
    return ",".join(str(uid) for uid in uids)


def _text(said: Sequence[Any]) -> str:
    return b" ".join(one for one in said if isinstance(one, bytes)).decode("utf-8", "replace")


def _listed(line: bytes) -> Listed | None:
    uid, size = _UID.search(line), _SIZE.search(line)
    return Listed(int(uid[1]), int(size[1]) if size else 0) if uid else None


def _literals(said: Sequence[Any]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what stands around each literal, and the literal; the attributes may follow it."""
    head, raw = b"", None
    for piece in said:
        if isinstance(piece, tuple):
            if raw is not None:
                yield head, raw
            head, raw = piece[0], piece[1]
        elif isinstance(piece, bytes):
            if raw is not None:
                yield head + b" " + piece, raw
                head, raw = b"", None
            elif _NO_BODY.search(piece):
                yield piece, b""
    if raw is not None:
        yield head, raw


def _fetched(head: bytes, raw: bytes, sizes: dict[int, int]) -> Fetched | None:
    uid = _UID.search(head)
    if uid is None or int(uid[1]) not in sizes:
        return None
    number = int(uid[1])
    size = sizes[number] if sizes[number] > HARD_CAP else len(raw)
    return Fetched(number, raw, size, _arrived(head))


def _arrived(head: bytes) -> datetime | None:
    found = _DATE.search(head)
    if found is None:
        return None
    try:
        text = found[1].decode("ascii").strip()
        return datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
