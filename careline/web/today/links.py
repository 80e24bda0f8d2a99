"""Addresses of the lists that figures open."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from careline.insights import queries as insights


def figure_url(key: str, *, team: str = "", agent: int | None = None, hour: datetime | None = None) -> str:
    """Return the list of the conversations that a figure counts."""
    query = insights.query_of(key, team=team, agent=agent, hour=hour)
    return f"{reverse('tickets:inbox')}?{query}"


def promises_url(metric: str, **more: str) -> str:
    """Return the list of the promises that a share counts."""
    query = urlencode({name: value for name, value in more.items() if value})
    return reverse("today:promises", args=[metric]) + (f"?{query}" if query else "")


def page_url(name: str) -> str:
    """Return the address of a page, empty where it does not exist."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
