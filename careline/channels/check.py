"""Trying out a mailbox before it is kept: can we read, can we send? Nothing is read, nothing is sent."""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from careline.channels import oauth, smtp
from careline.channels.actions.mailboxes import MailboxRefused, clean_inbound, clean_outbound
from careline.channels.keys import seal
from careline.channels.models import Mailbox

TIMEOUT_S = 8.0
NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)  # of no matter where no kept token is looked at


@dataclass(frozen=True)
class Result:
    """What trying one way found: `inbound` or `outbound`, whether it works, and a sentence that helps."""

    way: str
    ok: bool
    text: str


def try_connection(
    *, inbound: Mapping[str, Any], outbound: Mapping[str, Any], secrets: Mapping[str, str]
) -> list[Result]:
    """Sign in for reading and for sending, and say for each way how it went."""
    given = _with_token(inbound, outbound, secrets)
    return [_try_reading(inbound, given), _try_sending(outbound, given)]


def _with_token(
    inbound: Mapping[str, Any], outbound: Mapping[str, Any], secrets: Mapping[str, str]
) -> dict[str, str]:
    """Return the secrets with an access token where one is needed, or with why there is none."""
    if "xoauth2" not in (inbound.get("auth"), outbound.get("auth")):
        return dict(secrets)
    passing = Mailbox(inbound=dict(inbound), outbound=dict(outbound), secret=seal(_lasting(secrets)))
    try:
        return {**secrets, "access_token": oauth.access_token(passing, now=NO_TIME)}
    except oauth.OAuthError as error:
        return {**secrets, "no_token": str(error)}


def _lasting(secrets: Mapping[str, str]) -> dict[str, str]:
    """Leave out a token that can be had anew: it is the permission to get one that is tried."""
    passing = ("access_token", "access_until") if secrets.get("refresh_token") else ()
    return {key: value for key, value in secrets.items() if key not in passing}


def _try_sending(given: Mapping[str, Any], secrets: Mapping[str, str]) -> Result:
    try:
        out = clean_outbound(given)
        if not out:
            return Result("outbound", True, _("This mailbox does not send."))
        if out["auth"] == "xoauth2" and "no_token" in secrets:
            return Result("outbound", False, secrets["no_token"])
        smtp.Session(_server(out, secrets), timeout_s=TIMEOUT_S).close()
    except (MailboxRefused, smtp.SmtpError) as error:
        return Result("outbound", False, str(error))
    text = _("%(host)s takes our mail.") if out["user"] else _("%(host)s answers. We do not sign in there.")
    return Result("outbound", True, text % {"host": out["host"]})


def _server(out: Mapping[str, Any], secrets: Mapping[str, str]) -> smtp.Server:
    return smtp.Server(
        host=out["host"],
        port=out["port"],
        security=out["security"],
        user=out["user"],
        auth=out["auth"],
        secret=secrets.get("access_token", "") if out["auth"] == "xoauth2" else _password(secrets),
    )


def _password(secrets: Mapping[str, str]) -> str:
    return secrets.get("outbound_password") or secrets.get("password", "")


def _try_reading(given: Mapping[str, Any], secrets: Mapping[str, str]) -> Result:
    try:
        way = clean_inbound(given)
    except MailboxRefused as error:
        return Result("inbound", False, str(error))
    if way["kind"] == "smtp":
        return Result("inbound", True, _("Mail is delivered to us. There is nothing to sign in to."))
    if way["auth"] == "xoauth2" and "no_token" in secrets:
        return Result("inbound", False, secrets["no_token"])
    try:
        connection = _opened(way)
    except (OSError, imaplib.IMAP4.error, UnicodeError, EOFError) as error:
        return Result("inbound", False, smtp.why_not(error, way["host"], way["port"], way["security"]))
    try:
        return _look(connection, way, secrets)
    except (OSError, imaplib.IMAP4.error, UnicodeError) as error:
        return Result("inbound", False, smtp.why_not(error, way["host"], way["port"], way["security"]))
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            connection.logout()


def _opened(way: Mapping[str, Any]) -> imaplib.IMAP4:
    host, port = way["host"], way["port"]
    if way["security"] == "tls":
        return imaplib.IMAP4_SSL(host, port, ssl_context=ssl.create_default_context(), timeout=TIMEOUT_S)
    connection = imaplib.IMAP4(host, port, timeout=TIMEOUT_S)
    if way["security"] == "starttls":
        connection.starttls(ssl.create_default_context())
    return connection


def _look(connection: imaplib.IMAP4, way: Mapping[str, Any], secrets: Mapping[str, str]) -> Result:
    try:
        _sign_in(connection, way, secrets)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        text = _("The server refused user or password. It said: %(words)s")
        return Result("inbound", False, text % {"words": smtp.words(_plain(error))})
    status, said = connection.select(_quoted(way["folder"]), readonly=True)
    if status != "OK":
        text = _("There is no folder called %(folder)s. It said: %(words)s")
        told = {"folder": way["folder"], "words": smtp.words(said[0] or b"")}
        return Result("inbound", False, text % told)
    count = int(said[0] or 0)
    text = _("%(host)s lets us read %(folder)s. It holds %(count)s mails.")
    return Result("inbound", True, text % {"host": way["host"], "folder": way["folder"], "count": count})


def _sign_in(connection: imaplib.IMAP4, way: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    if way["auth"] == "xoauth2":
        told = f"user={way['user']}\x01auth=Bearer {secrets.get('access_token', '')}\x01\x01"
        connection.authenticate("XOAUTH2", lambda challenge: told.encode() if not challenge else b"")
        return
    user, password = way["user"], secrets.get("password", "")
    if (user + password).isascii():
        connection.login(user, password)
    else:  # the library knows ASCII only
        connection.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())


def _plain(error: Exception) -> str | bytes:
    said = error.args[0] if error.args else ""
    return said if isinstance(said, (bytes, str)) else str(said)


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
