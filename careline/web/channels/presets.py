"""What is known of providers, so that nobody has to look up servers and ports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Preset:
    """One kind of mailbox: its name, what to know before, and what the form begins with."""

    key: str
    label: str | Promise
    text: str | Promise
    icon: str
    hint: str | Promise = ""
    initial: dict[str, Any] = field(default_factory=dict)


_IMAP = {"kind": "imap", "imap_port": 993, "imap_security": "tls", "folder": "INBOX"}
_SMTP = {"smtp_port": 587, "smtp_security": "starttls", "smtp_login": True}
PRESETS = (
    Preset(
        key="google",
        label=_("Gmail or Google Workspace"),
        text=_("Fetched by IMAP, with an app password or with OAuth."),
        icon="mail",
        hint=_(
            "Google takes app passwords only: they are made in the Google account, under Security, once "
            "two-step verification is on."
        ),
        initial={**_IMAP, **_SMTP, "imap_host": "imap.gmail.com", "smtp_host": "smtp.gmail.com"},
    ),
    Preset(
        key="microsoft",
        label=_("Microsoft 365"),
        text=_("Fetched by IMAP, with OAuth."),
        icon="building",
        hint=_(
            "Microsoft takes no passwords here. Register an application in Entra ID with the permissions "
            "IMAP.AccessAsUser.All and SMTP.Send, and allow authenticated SMTP for the mailbox."
        ),
        initial={
            **_IMAP,
            **_SMTP,
            "imap_host": "outlook.office365.com",
            "smtp_host": "smtp.office365.com",
            "auth": "xoauth2",
            "verp": False,  # the server takes no other sender than the mailbox itself
        },
    ),
    Preset(
        key="other",
        label=_("Another provider"),
        text=_("Fetched by IMAP from any server, with user and password."),
        icon="world",
        initial={**_IMAP, **_SMTP},
    ),
    Preset(
        key="delivery",
        label=_("Our own mail server"),
        text=_("It delivers the mail here, by SMTP or LMTP. Nothing is fetched."),
        icon="server",
        initial={"kind": "smtp", "smtp_port": 25, "smtp_security": "none", "smtp_login": False},
    ),
)
BY_KEY = {preset.key: preset for preset in PRESETS}
