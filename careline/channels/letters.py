"""What our mails say: a reply with signature and quoted history, and "we have your mail"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import css_inline
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from careline.calc.mail import tokens
from careline.calc.mail.shapes import Address
from careline.calc.mail.subjects import numbered_subject
from careline.calc.mail.threading import references_for
from careline.channels import keys, senders
from careline.channels.models import Mailbox, MailId, Outgoing
from careline.channels.outgoing_mail import Letter, MailFile, names
from careline.core import files
from careline.core import settings as choices

if TYPE_CHECKING:
    from careline.tickets.models import Message, Ticket

MOST_QUOTED = 20  # messages, when the whole history is quoted
LONGEST_QUOTE = 50_000
_LINK = re.compile(r"https?://[^\s<>\"']{2,2000}")
_ANSWER = re.compile(r"^\s*(?:re|aw|sv|vs|antw|odp)\s*(?:\[\d+\])?\s*:", re.I)
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


@dataclass(frozen=True, slots=True)
class Quote:
    """One earlier message, as it stands under ours."""

    head: str
    text: str


def reply_letter(outgoing: Outgoing, mailbox: Mailbox) -> Letter:
    """Return the mail of an agent's reply."""
    message = outgoing.message
    assert message is not None
    ticket = message.ticket
    with override(language_of(ticket)), timezone.override(_zone()):
        foot = [mailbox.signature or _brand_signature(ticket), *_own_signature(message)]
        quotes = list(_quotes(message, mailbox.quote_history))
        text = _as_text(message.text, foot, quotes)
        html = _as_html(ticket, message.html or to_html(message.text), foot, quotes)
    sent_to = {one.lower() for one in outgoing.recipients}
    cc = tuple(one for one in names(message.cc) if one.address.lower() in sent_to)
    main = (message.address or senders.address_to_answer(message)).lower()
    to = _people([one for one in outgoing.recipients if one.lower() == main], ticket)
    answered, chain = _thread(ticket, outgoing, to)
    sender = sender_of(mailbox, ticket)
    return Letter(
        mail_id=outgoing.mail_id,
        at=message.at,
        sender=sender,
        to=to or cc or (sender,),
        cc=cc if to else (),
        subject=subject_of(ticket, message.subject, answers=bool(answered)),
        text=text,
        html=html,
        reply_to=reply_address(mailbox, ticket.pk),
        in_reply_to=answered,
        references=chain,
        files=tuple(_files(message)),
    )


def acknowledgement_letter(outgoing: Outgoing, mailbox: Mailbox) -> Letter:
    """Return the mail that says that we have theirs."""
    ticket = outgoing.ticket
    assert ticket is not None
    with override(language_of(ticket)):
        text = _acknowledgement(ticket)
        foot = [mailbox.signature or _brand_signature(ticket)]
        plain, html = _as_text(text, foot, []), _as_html(ticket, to_html(text), foot, [])
    to = _people(outgoing.recipients, ticket)
    answered, chain = _thread(ticket, outgoing, to)
    return Letter(
        mail_id=outgoing.mail_id,
        at=outgoing.created_at,
        sender=sender_of(mailbox, ticket),
        to=to,
        subject=subject_of(ticket, "", answers=True),
        text=plain,
        html=html,
        reply_to=reply_address(mailbox, ticket.pk),
        in_reply_to=answered,
        references=chain,
        automatic="auto-replied",
    )


def _acknowledgement(ticket: Ticket) -> str:
    return "\n\n".join(
        (
            _("Hello,"),
            _("we have your message, and somebody will answer it. Its number is #%(number)s.")
            % {"number": ticket.pk},
            _("If you want to add something, answer this mail. You need not write again otherwise."),
        )
    )


def sender_of(mailbox: Mailbox, ticket: Ticket | None = None) -> Address:
    """Return the name and address that a mail comes from."""
    brand = (ticket.brand if ticket else None) or mailbox.brand
    return Address(mailbox.from_name or (brand.name if brand else mailbox.name), mailbox.address)


def reply_address(mailbox: Mailbox, ticket: int) -> str:
    """Return the signed address that answers come back to; the mailbox's own where it takes no such ones."""
    if not mailbox.outbound.get("plus", True):
        return ""
    local, _at, domain = mailbox.address.rpartition("@")
    return tokens.reply_address(ticket, secret=keys.signing_key(), domain=domain, local=local)


def bounce_address(mailbox: Mailbox, mail: int) -> str:
    """Return the envelope sender of one mail, so that its failure names it (VERP)."""
    if not mailbox.outbound.get("verp", mailbox.outbound.get("plus", True)):
        return mailbox.address
    local, _at, domain = mailbox.address.rpartition("@")
    return tokens.bounce_address(mail, secret=keys.signing_key(), domain=domain, local=local)


def subject_of(ticket: Ticket, subject: str, *, answers: bool) -> str:
    """Return the subject with the number of the conversation in it, once."""
    bare = subject or ticket.subject
    if answers and not _ANSWER.match(bare):
        bare = f"Re: {bare}"
    token = (ticket.brand.token if ticket.brand else "") or "Careline"
    return numbered_subject(bare, ticket.pk, token)


def language_of(ticket: Ticket) -> str:
    """Return the language that we write to this customer in."""
    known = ticket.language or ticket.customer.language or choices.get("operation.language")
    return str(known)


def _zone() -> ZoneInfo:
    return ZoneInfo(choices.get("operation.time_zone"))


def _brand_signature(ticket: Ticket) -> str:
    return ticket.brand.signature if ticket.brand else ""


def _own_signature(message: Message) -> list[str]:
    return [message.author.signature] if message.author and message.author.signature else []


def _people(addresses: Sequence[str], ticket: Ticket) -> tuple[Address, ...]:
    known = {row.value: ticket.customer.name for row in ticket.customer.addresses.all()}
    return tuple(Address(known.get(one.lower(), ""), one) for one in addresses)


def _thread(ticket: Ticket, outgoing: Outgoing, to: Sequence[Address]) -> tuple[str, tuple[str, ...]]:
    """Return the id that the mail answers, and the ids of the conversation so far."""
    rows = MailId.objects.filter(ticket=ticket).exclude(mail_id=outgoing.mail_id)
    if outgoing.message:
        rows = rows.filter(message__at__lte=outgoing.message.at).exclude(message=outgoing.message_id)
    said = list(
        rows.filter(message__isnull=False)
        .order_by("message__at", "pk")
        .values_list("mail_id", "message__kind", "message__address")
    )
    theirs = {one.address.lower() for one in to}
    incoming = [(mail_id, address) for mail_id, kind, address in said if kind == "in"]
    answered = next((mail_id for mail_id, address in reversed(incoming) if address.lower() in theirs), "")
    answered = answered or (incoming[-1][0] if incoming else "")
    chain = [mail_id for mail_id, _kind, _address in said]
    if answered:  # what is answered comes last, whatever came in between (RFC 5322 3.6.4)
        chain = [*(one for one in chain if one != answered), answered]
    return answered, references_for(chain)


def _quotes(message: Message, how: str) -> Iterator[Quote]:
    """Yield the earlier messages that the mailbox wants to stand under a reply, newest first."""
    if how not in ("last", "full"):
        return
    earlier = message.ticket.messages.filter(at__lte=message.at, automatic__in=["none", "list"])
    earlier = earlier.exclude(pk=message.pk).select_related("author", "person").order_by("-at", "-pk")
    rows = earlier.filter(kind="in")[:1] if how == "last" else earlier.exclude(kind="note")[:MOST_QUOTED]
    left = LONGEST_QUOTE
    for row in rows:
        text = (row.visible_text or row.text).strip()[:left]
        left -= len(text)
        if text:
            yield Quote(_said_by(row), text)


def _said_by(message: Message) -> str:
    name = (message.author.name if message.author else "") or (message.person.name if message.person else "")
    when = date_format(timezone.localtime(message.at), "DATETIME_FORMAT")
    return _("On %(when)s, %(name)s wrote:") % {"when": when, "name": name or message.address}


def _as_text(text: str, foot: Sequence[str], quotes: Sequence[Quote]) -> str:
    parts = [text.rstrip()]
    signature = "\n".join(one.strip() for one in foot if one.strip())
    if signature:
        parts.append(f"-- \n{signature}")
    for quote in quotes:
        lines = "\n".join(f"> {line}".rstrip() for line in quote.text.splitlines())
        parts.append(f"{quote.head}\n{lines}")
    return "\n\n".join(parts) + "\n"


def _as_html(ticket: Ticket, body: str, foot: Sequence[str], quotes: Sequence[Quote]) -> str:
    page = render_to_string(
        "mail/letter.html",
        {
            "body": mark_safe(body),  # escaped by to_html, or sanitised when it was written
            "signature": [to_html(one) for one in foot if one.strip()],
            "quotes": [(quote.head, to_html(quote.text)) for quote in quotes],
            "marker": tokens.body_marker(ticket.pk, secret=keys.signing_key()),
            "language": language_of(ticket),
        },
    )
    return _INLINER.inline(page)


def to_html(text: str) -> SafeString:
    """Return plain text as HTML that looks the same: paragraphs, line breaks, links that work."""
    paragraphs = re.split(r"\n[ \t]*\n+", text.replace("\r\n", "\n").strip("\n"))
    said = ("<p>" + "<br>\n".join(_linked(line) for line in one.split("\n")) + "</p>" for one in paragraphs)
    return mark_safe("\n".join(said))


def _linked(line: str) -> str:
    pieces, at = [], 0
    for found in _LINK.finditer(line):
        url = found[0].rstrip(".,;:!?)]}")
        pieces += [escape(line[at : found.start()]), f'<a href="{escape(url)}">{escape(url)}</a>']
        at = found.start() + len(url)
    pieces.append(escape(line[at:]))
    return "".join(pieces).replace("  ", "&nbsp; ")


def _files(message: Message) -> Iterator[MailFile]:
    for row in message.attachments.select_related("file").order_by("pk"):
        content = files.read(row.file)
        yield MailFile(row.name, row.type, content, row.content_id if row.inline else "")


def reply_id(ticket: int, message: int, domain: str) -> str:
    """Return the signed Message-ID of what we say in a conversation."""
    return tokens.message_id(ticket, message, secret=keys.signing_key(), domain=domain)
