"""What can happen to mailboxes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from careline.calc.mail.addresses import normal
from careline.channels.keys import Unreadable, seal, unseal
from careline.channels.models import Mailbox, Outgoing
from careline.channels.outgoing_mail import is_address
from careline.core import access, events
from careline.core.models import Brand, User

NEEDS = "setup.channels"
KINDS = ("imap", "smtp")
SECURITY = ("tls", "starttls", "none")
AUTH = ("", "none", "password", "xoauth2")
QUOTES = ("none", "last", "full")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.-]{0,251}[a-z0-9_])?|[0-9a-f:]{2,45}", re.I)
_MORE = frozenset(
    {"aliases", "brand", "team", "from_name", "signature", "quote_history", "acknowledge"}
    | {"join_by_subject_h", "trusted_authserv", "active"}
)
_UNTOLD = ("signature",)  # too long for the log: that it changed is enough


class MailboxRefused(Exception):
    """A mailbox cannot be kept so; the message says why, and `field` says what to change."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class AddressTaken(MailboxRefused):
    """Another mailbox has this address."""


@transaction.atomic
def save_mailbox(
    *,
    mailbox: Mailbox | None,
    name: str,
    address: str,
    inbound: Mapping[str, Any],
    outbound: Mapping[str, Any],
    secrets: Mapping[str, str],
    actor: User | None,
    now: datetime,
    **more: Any,
) -> Mailbox:
    """Set up a mailbox, or change one; a password that is left empty stays as it was.

    Raises
    ------
    MailboxRefused
        Address, server, port or choice cannot be right; AddressTaken when another mailbox has the address.
    """
    if actor is not None:
        access.require(actor, NEEDS)
    if unknown := set(more) - _MORE:
        raise TypeError(f"a mailbox has no {', '.join(sorted(unknown))}")
    box = Mailbox.objects.select_for_update().get(pk=mailbox.pk) if mailbox else Mailbox()
    before = _facts(box) if box.pk else {}
    box.name, box.address = name.strip() or address.strip(), _own_address(box, address)
    box.inbound, box.outbound = clean_inbound(inbound), clean_outbound(outbound)
    for key, value in _clean_more(more).items():
        setattr(box, key, value)
    if not box.pk and "brand" not in more:
        box.brand = Brand.objects.order_by("pk").first()
    _refuse_old_secret(box, before, secrets)
    renewed = _keep_secrets(box, secrets)
    anew = _forget_cursor(box, before)
    box.save(update_fields=_kept(box, anew) if box.pk else None)
    _record(box, before, renewed, actor=actor, now=now)
    return box


def _own_address(box: Mailbox, address: str) -> str:
    address = normal(address)
    if not is_address(address):
        raise MailboxRefused("address", _("Write the address as name@example.com."))
    others = Mailbox.objects.exclude(pk=box.pk)
    if others.filter(address=address).exists() or any(address in one.aliases for one in others):
        raise AddressTaken("address", _("Another mailbox has this address."))
    return address


def clean_inbound(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return how we read, checked.

    Raises
    ------
    MailboxRefused
        Something in it cannot be right.
    """
    kind = str(given.get("kind") or "smtp")
    if kind not in KINDS:
        raise MailboxRefused("kind", _("Choose how mail comes in."))
    if kind == "smtp":
        return {"kind": "smtp"}
    read = _way(given, "imap")
    return {"kind": "imap", **read, "folder": str(given.get("folder") or "INBOX").strip()[:200]}


def clean_outbound(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return how we send, checked; nothing when this mailbox does not send.

    Raises
    ------
    MailboxRefused
        Something in it cannot be right.
    """
    if not str(given.get("host") or "").strip():
        return {}
    flags = {key: bool(given[key]) for key in ("plus", "verp") if key in given}
    return {**_way(given, "smtp"), **flags}


def _way(given: Mapping[str, Any], way: str) -> dict[str, Any]:
    host = str(given.get("host") or "").strip()
    if not _HOST.fullmatch(host):
        raise MailboxRefused(f"{way}_host", _("Write the name of the server, such as mail.example.com."))
    security = str(given.get("security") or "tls")
    auth = str(given.get("auth") or "")
    if security not in SECURITY or auth not in AUTH:
        raise MailboxRefused(f"{way}_security", _("Choose one of the kinds of encryption."))
    kept = {"host": host, "port": _port(given.get("port"), way), "security": security}
    kept |= {"user": str(given.get("user") or "").strip()[:320], "auth": auth}
    extra = ("provider", "tenant", "client_id", "token_url", "scope")
    return kept | {key: str(given[key])[:320] for key in extra if given.get(key)}


def _port(given: Any, way: str) -> int:
    try:
        port = int(given)
    except (TypeError, ValueError):
        port = 0
    if not 0 < port < 65536:
        raise MailboxRefused(f"{way}_port", _("A port is a number from 1 to 65535."))
    return port


def _clean_more(more: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(more)
    if found.get("quote_history", "last") not in QUOTES:
        raise MailboxRefused("quote_history", _("Choose how much of the conversation is quoted."))
    if "aliases" in found:
        found["aliases"] = list(dict.fromkeys(normal(one) for one in found["aliases"]))
        wrong = [one for one in found["aliases"] if not is_address(one)]
        if wrong:
            raise MailboxRefused("aliases", _("“%(address)s” is no address.") % {"address": wrong[0]})
    return found


def _refuse_old_secret(box: Mailbox, before: Mapping[str, Any], given: Mapping[str, str]) -> None:
    """Refuse to send a kept password to another server than the one it was given for."""
    if not box.secret or any(given.values()):
        return
    for way, now in (("inbound", box.inbound), ("outbound", box.outbound)):
        old = before.get(way, {})
        moved = any(now.get(key) != old.get(key) for key in ("host", "token_url", "tenant"))
        if old and moved and now.get("user"):
            raise MailboxRefused("password", _("The server is another one now. Type the password again."))


def _keep_secrets(box: Mailbox, given: Mapping[str, str]) -> bool:
    """Seal the secrets that were given over those that are kept; say whether any is new."""
    new = {key: value for key, value in given.items() if value}
    if not new:
        return False
    try:
        kept = unseal(box.secret)
    except Unreadable:
        kept = {}
    if kept | new == kept:
        return False
    # A token that was got with the old permission says nothing about the new one.
    passing = {} if "access_token" in new else {"access_token", "access_until"}
    box.secret = seal({key: value for key, value in (kept | new).items() if key not in passing})
    return True


def _forget_cursor(box: Mailbox, before: Mapping[str, Any]) -> bool:
    """Begin to read anew where another folder is read now; what is known already is not taken in twice."""
    old = before.get("inbound", {})
    anew = any(old.get(key) != box.inbound.get(key) for key in ("host", "user", "folder"))
    if anew:
        box.uid_validity, box.last_uid = None, 0
    box.problem = ""
    return anew


def _kept(box: Mailbox, anew: bool) -> list[str]:
    """Return the columns that a person changes: the reader moves its cursor meanwhile."""
    cursor = {"uid_validity", "last_uid", "checked_at"} - ({"uid_validity", "last_uid"} if anew else set())
    columns = {column.name for column in box._meta.concrete_fields if not column.primary_key}
    return sorted(columns - cursor)


def _facts(box: Mailbox) -> dict[str, Any]:
    keys = ("name", "address", "aliases", "active", "from_name", "signature", "quote_history", "acknowledge")
    more = ("join_by_subject_h", "trusted_authserv", "inbound", "outbound", "team_id", "brand_id")
    return {key: getattr(box, key) for key in (*keys, *more)}


def _record(
    box: Mailbox, before: Mapping[str, Any], renewed: bool, *, actor: User | None, now: datetime
) -> None:
    after = _facts(box)
    changed: dict[str, Any] = {
        key: True if key in _UNTOLD else {"old": before.get(key), "new": after[key]}
        for key in after
        if before.get(key) != after[key]
    }
    if renewed:
        changed["password"] = True
    if changed:
        facts = {"changed": changed, "new": not before}
        events.record("mailbox.changed", subject=("mailbox", box.pk), actor=actor, at=now, **facts)


@transaction.atomic
def pause_mailbox(*, mailbox: Mailbox, actor: User | None, now: datetime) -> Mailbox:
    """Stop reading and sending; what waits to be sent goes on waiting."""
    return _set_active(mailbox, False, actor=actor, now=now)


@transaction.atomic
def activate_mailbox(*, mailbox: Mailbox, actor: User | None, now: datetime) -> Mailbox:
    """Read and send again; what waited is sent now."""
    Outgoing.objects.filter(mailbox=mailbox, state=Outgoing.State.READY).update(send_at=now)
    return _set_active(mailbox, True, actor=actor, now=now)


def _set_active(mailbox: Mailbox, active: bool, *, actor: User | None, now: datetime) -> Mailbox:
    if actor is not None:
        access.require(actor, NEEDS)
    before = _facts(mailbox)
    mailbox.active = active
    mailbox.save(update_fields=["active"])
    _record(mailbox, before, False, actor=actor, now=now)
    return mailbox
