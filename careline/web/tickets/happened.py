"""What happened to a conversation, in words: one line for each event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

if TYPE_CHECKING:
    from careline.tickets.queries import Entry

Words = tuple[str, str]  # icon, text
Data = dict[str, Any]


@dataclass(frozen=True)
class Happened:
    """One line of history."""

    icon: str
    who: str
    text: str
    at: datetime
    old: str = ""
    new: str = ""
    id: str = ""
    kind: str = "happened"

    @property
    def inline(self) -> Happened:
        """Return the same with old and new inside the text, for lines between messages."""
        change = f"{self.old} → {self.new}" if self.old and self.new else self.new or self.old
        return replace(self, text=f"{self.text} {change}".strip())


def say(entry: Entry) -> Happened:
    """Say one entry in words; an unknown kind by its name."""
    if entry.message:
        icon, text = _SAID[entry.kind]()
        return Happened(icon, _speaker(entry), text, entry.at)
    data: Data = entry.event.data if entry.event else {}
    words = _WORDS.get(entry.kind)
    icon, text = words(data) if words else ("activity", entry.kind)
    if data.get("undoes"):
        icon, text = "arrow-back-up", _("took back: %(what)s") % {"what": text}
    who, new = _actor(entry, data), entry.new or _emptied(entry)
    if _took(entry, data):
        text, new = _("took it"), ""
    mark = f"e{entry.event.pk}" if entry.event else ""
    return Happened(icon, who, text, entry.at, entry.old, new, mark)


def _took(entry: Entry, data: Data) -> bool:
    """Tell whether somebody assigned it to themselves."""
    own = entry.actor is not None and entry.actor.pk == data.get("new")
    return own and entry.kind == "ticket.assigned" and not data.get("undoes")


def _speaker(entry: Entry) -> str:
    if entry.actor:
        return entry.actor.name
    said = entry.message
    return (said.person.name if said and said.person else "") or _("The customer")


def _actor(entry: Entry, data: Data) -> str:
    if entry.actor:
        return entry.actor.name
    return _("The customer") if data.get("by_customer") else "Careline"


def _emptied(entry: Entry) -> str:
    """Say what it is now where it is nothing."""
    words: dict[str, Callable[[], str]] = {
        "ticket.assigned": lambda: _("nobody"),
        "ticket.team_changed": lambda: _("no team"),
        "ticket.reason_changed": lambda: _("none"),
    }
    word = words.get(entry.kind)
    return word() if word and entry.old else ""


def _fixed(icon: str, text: Callable[[], str]) -> Callable[[Data], Words]:
    return lambda _data: (icon, text())


def _opened(data: Data) -> Words:
    if data.get("follows"):
        return "edit", _("opened this, following #%(number)s") % {"number": data["follows"]}
    return "edit", _("opened this")


def _merged(data: Data) -> Words:
    return "arrow-merge", _("merged it into #%(number)s") % {"number": data.get("into", "")}


_SAID: dict[str, Callable[[], Words]] = {
    "in": lambda: ("mail", _("wrote")),
    "out": lambda: ("send", _("replied")),
    "note": lambda: ("note", _("wrote an internal note")),
}
_WORDS: dict[str, Callable[[Data], Words]] = {
    "ticket.opened": _opened,
    "ticket.status_changed": _fixed("circle-half-2", lambda: pgettext("history", "set the status:")),
    "ticket.priority_changed": _fixed("flag", lambda: pgettext("history", "set the priority:")),
    "ticket.assigned": _fixed("user-check", lambda: pgettext("history", "assigned it:")),
    "ticket.team_changed": _fixed("users-group", lambda: pgettext("history", "moved it:")),
    "ticket.reason_changed": _fixed("tree", lambda: pgettext("history", "set the contact reason:")),
    "ticket.tagged": _fixed("tag", lambda: _("added the tag")),
    "ticket.untagged": _fixed("tag", lambda: _("took away the tag")),
    "ticket.subject_changed": _fixed("pencil", lambda: pgettext("history", "changed the subject:")),
    "ticket.customer_changed": _fixed("user", lambda: pgettext("history", "gave it to another customer:")),
    "ticket.no_reply_needed": _fixed("mood-smile", lambda: _("said that no reply is needed")),
    "ticket.joined": _fixed("user-plus", lambda: pgettext("history", "brought in:")),
    "ticket.merged": _merged,
    "ticket.unmerged": _fixed(
        "arrow-back-up", lambda: _("took it out of the conversation it was merged into")
    ),
    "clock.warned": _fixed("clock-exclamation", lambda: _("warned that a promise is at risk")),
    "clock.breached": _fixed("alert-circle", lambda: _("noted that a promise is broken")),
    "mail.sent": _fixed("send-2", lambda: _("handed our mail to the mail server")),
    "mail.failed": _fixed("mail-exclamation", lambda: _("could not send our mail")),
    "mail.bounced": _fixed("mail-exclamation", lambda: _("noted that our mail came back")),
    "mail.retried": _fixed("refresh", lambda: _("tried our mail again")),
    "mail.discarded": _fixed("ban", lambda: _("decided not to send our mail")),
    "mail.restored": _fixed("arrow-back-up", lambda: _("decided to send our mail after all")),
}
