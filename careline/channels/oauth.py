"""Access tokens for mailboxes without passwords: got with a refresh token, kept sealed until they end."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from careline.channels.keys import Unreadable, seal, unseal
from careline.channels.models import Mailbox

TIMEOUT_S = 15
SPARE = timedelta(seconds=90)  # a token that ends sooner is asked for anew
USUAL_S = 3600
LARGEST_ANSWER = 100_000
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SCOPES = {
    "google": "https://mail.google.com/",
    "microsoft": (
        "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
    ),
}
_turn = threading.Lock()


class OAuthError(Exception):
    """No access token could be had; `again` says whether trying later can help."""

    def __init__(self, text: str, *, again: bool) -> None:
        super().__init__(text)
        self.again = again


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Secrets go to the address that was set up and to no other."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Refuse."""


_opener = urllib.request.build_opener(_NoRedirects)


def access_token(mailbox: Mailbox, *, now: datetime) -> str:
    """Return an access token for a mailbox, the kept one while it lasts.

    Raises
    ------
    OAuthError
        The provider refuses, cannot be reached, or something is not set up.
    """
    with _turn:  # reading and sending would otherwise ask at the same time
        secrets = _secrets(mailbox)
        if kept := _kept(secrets, now):
            return kept
        answer = _ask(token_url(mailbox), _request(mailbox, secrets))
        return _keep(mailbox, answer, now=now)


def settings_of(mailbox: Mailbox) -> Mapping[str, Any]:
    """Return where and how a mailbox gets tokens: its settings for reading, else those for sending."""
    ways = (mailbox.inbound, mailbox.outbound)
    return next((way for way in ways if way.get("auth") == "xoauth2"), mailbox.inbound)


def token_url(mailbox: Mailbox) -> str:
    """Return the address that gives tokens.

    Raises
    ------
    OAuthError
        None is set up, or secrets would travel in the clear.
    """
    way = settings_of(mailbox)
    tenant = urllib.parse.quote(str(way.get("tenant") or "common"), safe="")
    known = {
        "google": "https://oauth2.googleapis.com/token",
        "microsoft": f"https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
    }
    url = str(way.get("token_url") or known.get(str(way.get("provider")), ""))
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return url
    raise OAuthError(_("Give the address for tokens; it begins with https://."), again=False)


def _secrets(mailbox: Mailbox) -> dict[str, str]:
    sealed = Mailbox.objects.filter(pk=mailbox.pk).values_list("secret", flat=True).first()
    try:
        return unseal(sealed if sealed is not None else mailbox.secret)
    except Unreadable as error:
        text = _("The secrets were kept under another secret key. Connect the mailbox anew.")
        raise OAuthError(text, again=False) from error


def _kept(secrets: Mapping[str, str], now: datetime) -> str:
    token, until = secrets.get("access_token", ""), secrets.get("access_until", "")
    if not token:
        return ""
    if not until:  # given by hand, without a way to another one
        return "" if secrets.get("refresh_token") else token
    return token if datetime.fromisoformat(until) - SPARE > now else ""


def _request(mailbox: Mailbox, secrets: Mapping[str, str]) -> dict[str, str]:
    if not secrets.get("refresh_token"):
        raise OAuthError(_("There is no permission to sign in yet. Connect the mailbox anew."), again=False)
    way = settings_of(mailbox)
    asked = {
        "grant_type": "refresh_token",
        "refresh_token": secrets["refresh_token"],
        "client_id": str(way.get("client_id") or secrets.get("client_id", "")),
        "client_secret": secrets.get("client_secret", ""),
        "scope": str(way.get("scope") or SCOPES.get(str(way.get("provider")), "")),
    }
    return {name: value for name, value in asked.items() if value}


def _ask(url: str, asked: Mapping[str, str]) -> dict[str, Any]:
    body = urllib.parse.urlencode(asked).encode()
    request = urllib.request.Request(url, data=body, headers={"Accept": "application/json"})
    try:
        with _opener.open(request, timeout=TIMEOUT_S) as answer:
            return _read(answer.read(LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(error.code, error.read(LARGEST_ANSWER)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        host = urllib.parse.urlsplit(url).hostname
        text = _("%(host)s gave no token: %(reason)s.") % {"host": host, "reason": reason}
        raise OAuthError(text, again=True) from error


def _read(said: bytes) -> dict[str, Any]:
    found = json.loads(said)
    if not isinstance(found, dict) or not isinstance(found.get("access_token"), str):
        raise ValueError(_("the answer holds no access token"))
    return found


def _refused(status: int, said: bytes) -> OAuthError:
    try:
        told = json.loads(said)
        code = str(told.get("error", ""))[:80] if isinstance(told, dict) else ""
    except ValueError:
        code = ""
    words = f"{status} {code}".strip()
    if status >= 500 or status == 429:
        return OAuthError(
            _("The provider gives no token now. It said: %(words)s") % {"words": words}, again=True
        )
    if code == "invalid_grant":
        text = _("The permission was withdrawn or has run out (%(words)s). Connect the mailbox anew.")
        return OAuthError(text % {"words": words}, again=False)
    text = _("The provider refuses to give a token (%(words)s). Check client id and secret.")
    return OAuthError(text % {"words": words}, again=False)


@transaction.atomic
def _keep(mailbox: Mailbox, answer: Mapping[str, Any], *, now: datetime) -> str:
    """Keep a token, and the new refresh token where the provider gives one, beside what else is sealed."""
    token = str(answer["access_token"])
    lasts = answer.get("expires_in")
    seconds = int(lasts) if isinstance(lasts, (int, str)) and str(lasts).isdecimal() else USUAL_S
    row = Mailbox.objects.select_for_update().filter(pk=mailbox.pk).first()
    if row is None:
        return token
    new = {"access_token": token, "access_until": (now + timedelta(seconds=seconds)).isoformat()}
    if answer.get("refresh_token"):
        new["refresh_token"] = str(answer["refresh_token"])
    row.secret = mailbox.secret = seal({**unseal(row.secret), **new})
    row.save(update_fields=["secret"])
    return token
