"""The conversation as it is read: messages, what happened in between, quotations folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from careline.calc.mail.signature import signature_start
from careline.core import access
from careline.tickets.queries import Entry
from careline.web.tickets import happened
from careline.web.tickets.delivery import Sending, sendings_of
from careline.web.tickets.happened import Happened

if TYPE_CHECKING:
    from careline.core.models import User
    from careline.tickets.models import Attachment, Message, Ticket

AT_FIRST = 30  # messages shown when a conversation is opened
MORE = 50  # messages added by "Earlier messages"
FEW = 3  # changes in a row that are shown one by one
PREVIEWED = {"image/png", "image/jpeg", "image/gif", "image/webp"}
LARGEST_PREVIEW = 5_000_000
# What every message says by itself is not told a second time between the messages.
QUIET = {"mail.sent", "mail.failed", "mail.retried", "mail.bounced", "ticket.opened"}


@dataclass(frozen=True)
class Spoken:
    """One message, ready to be shown."""

    pk: int
    said: str  # in, out, note
    name: str
    at: datetime
    text: str
    label: str
    address: str = ""
    via: str = ""
    copies: str = ""
    quoted: str = ""
    quoted_label: str = ""
    frame_url: str = ""
    outside: int = 0  # outside images that are held back
    flags: Sequence[str] = ()
    files: Sequence[Mapping[str, Any]] = ()
    raw_url: str = ""
    delivery: Sending | None = None
    here: bool = False
    kind: str = "message"


@dataclass(frozen=True)
class Folded:
    """Automatic mail: there, but out of the way."""

    pk: int
    icon: str
    title: str
    text: str
    at: datetime
    files: Sequence[Mapping[str, Any]] = ()
    kind: str = "folded"


@dataclass(frozen=True)
class Group:
    """Many changes in a row, folded into one line."""

    title: str
    at: datetime
    items: Sequence[Happened] = field(default_factory=list)
    id: str = ""
    kind: str = "group"


Item = Spoken | Folded | Group | Happened


@dataclass(frozen=True)
class Talk:
    """Part of a conversation, and the message before which there is more (0: there is no more)."""

    items: list[Item]
    before: int = 0


@dataclass(frozen=True)
class Place:
    """Up to which message and which change a page has shown a conversation."""

    message: int
    event: int

    def __str__(self) -> str:
        return f"{self.message}.{self.event}"


def read_place(text: str) -> Place | None:
    """Read a place as the page sent it back; None when it is not one."""
    message, _dot, event = text.partition(".")
    if not (message.isdecimal() and event.isdecimal() and len(text) < 40):
        return None
    return Place(int(message), int(event))


def place_of(entries: Sequence[Entry]) -> Place:
    """Return the place at the end of a conversation."""
    messages = [entry.message.pk for entry in entries if entry.message]
    told = [entry.event.pk for entry in entries if entry.event]
    return Place(max(messages, default=0), max(told, default=0))


def since(entries: Sequence[Entry], place: Place) -> list[Entry]:
    """Return what came after a place."""
    return [entry for entry in entries if _is_after(entry, place)]


def _is_after(entry: Entry, place: Place) -> bool:
    if entry.message:
        return entry.message.pk > place.message
    return entry.event is not None and entry.event.pk > place.event


def part_of(entries: Sequence[Entry], *, before: int = 0) -> tuple[list[Entry], int]:
    """Return the newest messages, or those before one of them, with the changes around them."""
    end = next((at for at, e in enumerate(entries) if e.message and e.message.pk == before), len(entries))
    shown = [at for at, entry in enumerate(entries[:end]) if entry.message]
    most = MORE if before else AT_FIRST
    if len(shown) <= most:
        return list(entries[:end]), 0
    first = shown[-most]
    found = entries[first].message
    return list(entries[first:end]), found.pk if found else 0


class Speaker:
    """Turns entries into what the page shows, for one reader of one conversation."""

    def __init__(self, ticket: Ticket, user: User, entries: Sequence[Entry]) -> None:
        self._ticket = ticket
        self._may_raw = access.may(user, "health.see")
        ours = [entry.message for entry in entries if entry.message and entry.message.kind == "out"]
        self._deliveries = sendings_of(ticket.pk, user, [message.pk for message in ours])

    def items(self, entries: Sequence[Entry], *, here: int = 0) -> list[Item]:
        """Return messages and lines in order; changes in a row are folded when they are many."""
        return list(self._items(entries, here))

    def _items(self, entries: Sequence[Entry], here: int) -> Iterator[Item]:
        row: list[Happened] = []
        for entry in entries:
            if entry.message:
                yield from _folded(row)
                row = []
                yield self._message(entry, entry.message, here)
            elif entry.kind not in QUIET:
                row.append(happened.say(entry).inline)
        yield from _folded(row)

    def _message(self, entry: Entry, message: Message, here: int) -> Spoken | Folded:
        if message.automatic in {"bounce", "auto_reply", "loop"}:
            return self._automatic(message)
        name = _name(entry, message)
        shown, quoted = _texts(message)
        return Spoken(
            pk=message.pk,
            said=message.kind,
            name=name,
            at=message.at,
            text=shown,
            label=f"{_kind_word(message.kind)}, {name}",
            address=message.address,
            via=_via(message),
            copies=_copies(message),
            quoted="" if message.html else quoted,
            quoted_label=_folded_word(quoted),
            frame_url=self._frame(message),
            outside=(message.html + message.quoted_html).count("data-remote-src="),
            flags=message.flags,
            files=self._files(message, hide_inline=bool(message.html)),
            raw_url=self._raw(message),
            delivery=self._deliveries.get(message.pk),
            here=message.pk == here,
        )

    def _automatic(self, message: Message) -> Folded:
        who = message.address or _("a machine")
        titles = {
            "bounce": ("mail-exclamation", _("A mail came back: %(who)s")),
            "auto_reply": ("robot", _("Automatic reply from %(who)s")),
            "loop": ("robot", _("Machine mail from %(who)s")),
        }
        icon, title = titles[message.automatic]
        text = message.text or message.subject
        return Folded(
            message.pk, icon, title % {"who": who}, text, message.at, self._files(message, hide_inline=True)
        )

    def _frame(self, message: Message) -> str:
        if not message.html:
            return ""
        return reverse("tickets:message_body", args=[self._ticket.pk, message.pk])

    def _raw(self, message: Message) -> str:
        if not self._may_raw or message.kind != "in" or message.channel != "email":
            return ""
        return reverse("tickets:message_raw", args=[self._ticket.pk, message.pk])

    def _files(self, message: Message, *, hide_inline: bool) -> list[dict[str, Any]]:
        shown = [one for one in message.attachments.all() if not (hide_inline and one.inline)]
        return [self._file(one) for one in shown]

    def _file(self, one: Attachment) -> dict[str, Any]:
        url = reverse("tickets:file", args=[self._ticket.pk, one.pk])
        image = one.type in PREVIEWED and one.size <= LARGEST_PREVIEW
        return {"name": one.name, "url": url, "size": one.size, "image": f"{url}?show=1" if image else ""}


def _folded(row: Sequence[Happened]) -> Iterator[Happened | Group]:
    if len(row) <= FEW:
        yield from row
        return
    title = ngettext("%(count)s change", "%(count)s changes", len(row)) % {"count": len(row)}
    yield Group(title, row[-1].at, row, f"g{row[0].id}")


def _name(entry: Entry, message: Message) -> str:
    if message.kind == "in":
        known = message.person.name if message.person else ""
        return known or message.address or _("The customer")
    return entry.actor.name if entry.actor else "Careline"


def _kind_word(kind: str) -> str:
    return {"note": _("Internal note"), "out": _("Reply")}.get(kind) or _("Message")


def _texts(message: Message) -> tuple[str, str]:
    """Return what is read, and what is folded away below it."""
    whole, visible = message.text.strip(), message.visible_text.strip()
    if not visible or visible == whole:
        return whole, ""
    rest = whole.removeprefix(visible) if whole.startswith(visible) else whole
    return visible, rest.strip()


def _folded_word(rest: str) -> str:
    lines = rest.splitlines()
    if lines and not signature_start(lines) and not any(line.startswith(">") for line in lines):
        return _("Signature")
    return _("Quoted text")


def _via(message: Message) -> str:
    words = {"web": _("by web form"), "phone": _("by phone"), "chat": _("by chat"), "import": _("imported")}
    return words.get(message.channel, "")


def _copies(message: Message) -> str:
    parts = [(_("Cc"), message.cc), (_("Bcc"), message.bcc)]
    said = [f"{label}: {', '.join(one['address'] for one in people)}" for label, people in parts if people]
    return " · ".join(said)
