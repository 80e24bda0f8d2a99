"""Speaking with a mail server that sends (RFC 5321, 4954), one answer at a time."""

from __future__ import annotations

import base64
import re
import smtplib
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

TIMEOUT_S = 20.0
LAST_ANSWER_S = 600.0  # RFC 5321 4.5.3.2.6: who asks again too early makes duplicates (RFC 1047)
CHUNK = 64 * 1024
LONGEST_ANSWER = 200
_UNSAFE = re.compile(r"[^\x20-\x7e\u00a0-\u024f\u0370-\u04ff]+")


class SmtpError(Exception):
    """The server did not take the mail.

    Attributes
    ----------
    again : bool
        Trying again later can help.
    whole : bool
        The connection failed, so no other mail would fare better.
    unsure : bool
        The server may have kept the mail: the connection broke before it said so.
    """

    def __init__(self, text: str, *, again: bool, whole: bool = False, unsure: bool = False) -> None:
        super().__init__(text)
        self.again, self.whole, self.unsure = again, whole, unsure


class SenderRefused(SmtpError):
    """The server does not let us send under this envelope address."""


class NobodyTaken(SmtpError):
    """No recipient was accepted; `later` and `never` say whom and why."""

    def __init__(self, later: Mapping[str, str], never: Mapping[str, str]) -> None:
        told = [f"{address}: {text}" for address, text in {**never, **later}.items()]
        super().__init__("; ".join(told), again=bool(later))
        self.later, self.never = later, never


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how we send."""

    host: str
    port: int
    security: str = "starttls"  # tls, starttls, none
    user: str = ""
    secret: str = field(default="", repr=False)  # the password, or the access token
    auth: str = ""  # "", password, xoauth2
    name: str = "localhost"  # what we call ourselves


@dataclass(frozen=True, slots=True)
class Parcel:
    """One mail for the wire."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Receipt:
    """Who the server took the mail for, and whom it refused now or for good, in its words."""

    taken: tuple[str, ...]
    later: Mapping[str, str]
    never: Mapping[str, str]


def words(answer: bytes | str) -> str:
    """Return what a server said: harmless characters, one line, not too long."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(_UNSAFE.sub(" ", text).split())[:LONGEST_ANSWER]


class Session:
    """One signed-in connection, for one mail after another."""

    def __init__(self, server: Server, *, timeout_s: float = TIMEOUT_S) -> None:
        self._server, self._timeout_s = server, timeout_s
        self._smtp = _connected(server, timeout_s)
        try:
            self._sign_in()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Say goodbye, or just leave."""
        with suppress(OSError, smtplib.SMTPException, ValueError):
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(2)
            self._smtp.quit()
        self._smtp.close()

    def abort(self) -> None:
        """Break off; a server that has not seen the end of a mail forgets it."""
        self._smtp.close()

    def send(self, parcel: Parcel, *, going: Callable[[], None], ending: Callable[[], None]) -> Receipt:
        """Hand one mail over.

        Parameters
        ----------
        parcel : Parcel
            The mail and its envelope.
        going : callable
            Called now and then while the content goes out.
        ending : callable
            Called just before the end of the content: until then the server cannot have kept the mail.

        Raises
        ------
        SmtpError
            It was not taken, or we do not know.
        """
        ended = False
        try:
            accepted, later, never = self._envelope(parcel)
            self._content(parcel.raw, going)
            ending()
            ended = True
            self._finish()
        except (OSError, smtplib.SMTPException) as error:
            self.abort()
            raise _lost(error, ended) from error
        except SmtpError:
            raise
        except BaseException:
            self.abort()
            raise
        return Receipt(tuple(accepted), later, never)

    def _envelope(self, parcel: Parcel) -> tuple[list[str], dict[str, str], dict[str, str]]:
        accepted: list[str] = []
        later: dict[str, str] = {}
        never: dict[str, str] = {}
        self._begin(parcel)
        for address in parcel.recipients:
            code, said = self._smtp.rcpt(address)
            if code in (250, 251, 252):
                accepted.append(address)
            elif code == 421:
                raise SmtpError(_said(code, said), again=True, whole=True)
            else:
                (later if 400 <= code < 500 else never)[address] = _said(code, said)
        if not accepted:
            self._reset()
            raise NobodyTaken(later, never)
        return accepted, later, never

    def _begin(self, parcel: Parcel) -> None:
        options = self._options(parcel)
        code, said = self._smtp.mail(parcel.sender, options)
        if 500 <= code < 600:
            self._reset()
            raise SenderRefused(_said(code, said), again=False)
        if code != 250:
            self._refused(code, said)

    def _options(self, parcel: Parcel) -> list[str]:
        limit = self._smtp.esmtp_features.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < len(parcel.raw):
            megabytes = f"{int(limit) / 1_000_000:.1f}"
            text = _("The mail is too large: this server takes up to %(size)s MB.") % {"size": megabytes}
            raise SmtpError(text, again=False)
        options = [f"size={len(parcel.raw)}"] if limit else []
        if all(one.isascii() for one in (parcel.sender, *parcel.recipients)):
            return options
        if not self._smtp.has_extn("smtputf8"):
            raise SmtpError(_("This server cannot write to addresses with such letters."), again=False)
        self._smtp.command_encoding = "utf-8"
        return [*options, "SMTPUTF8", "BODY=8BITMIME"]

    def _content(self, raw: bytes, going: Callable[[], None]) -> None:
        code, said = self._smtp.docmd("DATA")
        if code != 354:
            self._refused(code, said)
        for chunk in _stuffed(raw):
            self._smtp.send(chunk)
            going()

    def _finish(self) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(LAST_ANSWER_S)
        self._smtp.send(b".\r\n")
        code, said = self._smtp.getreply()
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(self._timeout_s)
        if code != 250:
            self._refused(code, said)

    def _refused(self, code: int, said: bytes) -> None:
        self._reset()
        # What is no answer at all says nothing about the mail.
        raise SmtpError(_said(code, said), again=not 500 <= code < 600, whole=code == 421, unsure=code < 200)

    def _reset(self) -> None:
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.rset()

    def _sign_in(self) -> None:
        try:
            self._authenticate()
        except smtplib.SMTPNotSupportedError as error:
            text = _("The server offers no way to sign in that we know. Is the port for sending mail right?")
            raise SmtpError(text, again=True, whole=True) from error
        except smtplib.SMTPAuthenticationError as error:
            text = _("The server refused user or password. It said: %(words)s")
            said = {"words": _said(error.smtp_code, error.smtp_error)}
            raise SmtpError(text % said, again=True, whole=True) from error
        except (OSError, smtplib.SMTPException) as error:
            raise _no_connection(error, self._server) from error

    def _authenticate(self) -> None:
        server = self._server
        if server.auth == "xoauth2":
            _token(self._smtp, server)
        elif server.user and server.auth != "none":
            if (server.user + server.secret).isascii():
                self._smtp.login(server.user, server.secret)
            else:  # the library knows ASCII only
                _plain(self._smtp, server)


def _connected(server: Server, timeout_s: float) -> smtplib.SMTP:
    try:
        smtp = _opened(server, timeout_s)
        try:
            _greet(smtp, server)
        except BaseException:
            smtp.close()
            raise
    except (OSError, smtplib.SMTPException, UnicodeError) as error:
        raise _no_connection(error, server) from error
    return smtp


def _opened(server: Server, timeout_s: float) -> smtplib.SMTP:
    where: dict[str, Any] = {"host": server.host, "port": server.port}
    options: dict[str, Any] = {"local_hostname": server.name, "timeout": timeout_s}
    if server.security == "tls":
        return smtplib.SMTP_SSL(**where, **options, context=ssl.create_default_context())
    return smtplib.SMTP(**where, **options)


def _greet(smtp: smtplib.SMTP, server: Server) -> None:
    smtp.ehlo_or_helo_if_needed()
    if server.security == "starttls":
        smtp.starttls(context=ssl.create_default_context())
        smtp.ehlo()


def _plain(smtp: smtplib.SMTP, server: Server) -> None:
    """Sign in with a user or a password of any letters (RFC 4616)."""
    told = f"\0{server.user}\0{server.secret}".encode()
    code, said = smtp.docmd("AUTH", "PLAIN " + base64.b64encode(told).decode())
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, said)


def _token(smtp: smtplib.SMTP, server: Server) -> None:
    """Sign in with an access token (SASL XOAUTH2)."""
    told = f"user={server.user}\x01auth=Bearer {server.secret}\x01\x01"
    code, said = smtp.docmd("AUTH", "XOAUTH2 " + base64.b64encode(told.encode()).decode())
    if code == 334:  # the reason, encoded; the refusal proper follows an empty line
        code, said = smtp.docmd("")
    if code not in (235, 503):
        raise smtplib.SMTPAuthenticationError(code, said)


def _stuffed(raw: bytes) -> Iterator[bytes]:
    """Yield the content with leading dots doubled and a line end at its end, in pieces."""
    content = re.sub(rb"(?m)^\.", b"..", raw)
    if not content.endswith(b"\r\n"):
        content += b"\r\n"
    for start in range(0, len(content), CHUNK):
        yield content[start : start + CHUNK]


def _said(code: int, said: bytes | str) -> str:
    return f"{code} {words(said)}".strip()


def _lost(error: Exception, ended: bool) -> SmtpError:
    if isinstance(error, smtplib.SMTPResponseException):
        return SmtpError(_said(error.smtp_code, error.smtp_error), again=True, whole=True, unsure=ended)
    if ended:
        text = _("The server hung up before it said whether it had taken the mail.")
    else:
        text = _("The connection to the server broke. It has not taken the mail.")
    return SmtpError(text, again=True, whole=not ended, unsure=ended)


def _no_connection(error: Exception, server: Server) -> SmtpError:
    return SmtpError(why_not(error, server.host, server.port, server.security), again=True, whole=True)


def why_not(error: Exception, host: str, port: int, security: str) -> str:
    """Return a sentence that helps: why a mail server could not be reached."""
    told = {"host": host, "port": port, "words": "", "reason": words(getattr(error, "strerror", None) or "")}
    if isinstance(error, smtplib.SMTPResponseException):
        told["words"] = _said(error.smtp_code, error.smtp_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        told["reason"] = words(error.verify_message or "")
    told["reason"] = told["reason"] or type(error).__name__
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _timed_out(security) % told
    return next((text for kind, text in _reasons() if isinstance(error, kind)), _other()) % told


def _reasons() -> tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]:
    """Return sentences for kinds of errors, the narrow kinds first."""
    no_tls = _("%(host)s does not speak TLS on port %(port)s. Choose STARTTLS, or the port for TLS.")
    no_start = _("%(host)s offers no STARTTLS on port %(port)s. Choose TLS, or another port.")
    left = _("%(host)s hung up. Is port %(port)s the right one for this kind of encryption?")
    return (
        (ssl.SSLCertVerificationError, _("The certificate of %(host)s is not valid: %(reason)s.")),
        (ssl.SSLError, no_tls),
        ((socket.gaierror, UnicodeError), _("There is no server called %(host)s. Check the spelling.")),
        (ConnectionRefusedError, _("%(host)s refuses connections on port %(port)s. Is the port right?")),
        (smtplib.SMTPNotSupportedError, no_start),
        (smtplib.SMTPResponseException, _("%(host)s does not want to talk with us. It said: %(words)s")),
        ((smtplib.SMTPServerDisconnected, EOFError, ConnectionResetError), left),
    )


def _other() -> str:
    return _("%(host)s could not be reached on port %(port)s: %(reason)s.")


def _timed_out(security: str) -> str:
    if security == "tls":
        return _("%(host)s did not answer on port %(port)s in time. Is the port right?")
    return _("%(host)s did not answer on port %(port)s in time. Is the port right, or does it want TLS?")
