"""Who a mail is really from."""

from __future__ import annotations

import re
from collections.abc import Collection

from careline.calc.mail.addresses import addresses, normal
from careline.calc.mail.shapes import Address, Mail

_NO_REPLY = re.compile(
    r"^(?:no|do|dont|do-not|donot|not)?[._-]?(?:not)?[._-]?(?:no)?repl(?:y|ies)(?:[._+-]|@|\d)|^bounces?[+@.-]",
    re.I,
)
_VIA = re.compile(r"\s+(?:via|über|vía|por meio de|tramite)\s+.{1,100}$|^['\"]|['\"](?=\s+via)", re.I)


def customer_of(mail: Mail, own_addresses: Collection[str] = ()) -> Address:
    """Return the address that stands for the customer.

    Reply-To wins over From, except where a list or a no-reply sender wrote it; Google groups name the true
    sender in X-Original-Sender. Otherwise the first valid of From, Reply-To, Return-Path, Sender.

    Parameters
    ----------
    mail : Mail
        A parsed message.
    own_addresses : collection of str
        Our mailboxes, which are never a customer while another choice exists.

    Returns
    -------
    Address
        Empty when the mail names nobody.
    """
    ours = {normal(one) for one in own_addresses}
    original = next(iter(addresses(mail.header("x-original-sender").encode("utf-8", "ignore"))), Address())
    if original.address and normal(original.address) not in ours and _is_list(mail):
        return Address(_VIA.sub("", mail.from_.name).strip("'\" "), original.address)
    answer = next((one for one in mail.reply_to if _valid(one, ours) and not is_no_reply(one.address)), None)
    if answer is not None and not _is_list(mail):
        return Address(answer.name or mail.from_.name, answer.address)
    returned = Address(mail.from_.name, mail.return_path or "")
    choices = (mail.from_, *mail.reply_to, returned, mail.sender)
    return next(
        (one for one in choices if _valid(one, ours)),
        next((one for one in choices if one.address), Address()),
    )


def is_no_reply(address: str) -> bool:
    """Tell whether an address says that nobody reads it."""
    return bool(_NO_REPLY.match(address))


def _valid(one: Address, ours: Collection[str]) -> bool:
    local, at, domain = one.address.rpartition("@")
    return bool(local and at and domain) and normal(one.address) not in ours


def _is_list(mail: Mail) -> bool:
    return any(mail.header(name) for name in ("list-id", "list-post", "mailing-list", "x-google-group-id"))
