"""The tabs over the pages about mail."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from careline.channels import queries
from careline.core import access
from careline.web.door import Request


def mail_tabs(request: Request, active: str) -> list[dict[str, Any]]:
    """Return the pages that this person may open, with how much on them needs somebody."""
    tabs = []
    if access.may(request.user, "setup.channels"):
        tabs.append(_tab("mailboxes", _("Mailboxes"), active))
    if access.may(request.user, "health.see"):
        held = queries.intake_counts().quarantined
        failed = queries.outgoing_counts(request.now).failed
        tabs.append(_tab("quarantine", _("Quarantine"), active, held))
        tabs.append(_tab("outbox", _("Outbox"), active, failed))
    return tabs


def _tab(name: str, label: str, active: str, count: int | None = None) -> dict[str, Any]:
    tab: dict[str, Any] = {"label": label, "url": reverse(f"channels:{name}"), "active": name == active}
    if count:
        tab |= {"count": count, "state": "late"}
    return tab
