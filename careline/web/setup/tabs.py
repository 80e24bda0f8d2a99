"""The tabs over the pages about people."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _


def people_tabs(active: str) -> list[dict[str, Any]]:
    """Return users, teams and roles, with the one that is open marked."""
    pages = (("users", _("Users")), ("teams", _("Teams")), ("roles", _("Roles")))
    return [
        {"label": label, "url": reverse(f"setup:{name}"), "active": name == active} for name, label in pages
    ]
