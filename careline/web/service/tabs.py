"""The tabs over the pages about service levels."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _


def service_tabs(active: str) -> list[dict[str, Any]]:
    """Return service levels and opening hours, with the one that is open marked."""
    pages = (("service", _("Service levels")), ("hours", _("Opening hours")))
    return [
        {"label": label, "url": reverse(f"service:{name}"), "active": name == active} for name, label in pages
    ]
