"""Going through long lists of mail by the number of the last one seen."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from careline.web.door import Request


def number(request: Request, name: str) -> int | None:
    """Return a number from the address of the page, or None."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 19 else None


def paged(url_name: str, which: str, next_before: int | None) -> dict[str, Any]:
    """Return where the next page is, for the template."""
    if next_before is None:
        return {"older_url": ""}
    return {"older_url": f"{reverse(url_name)}?list={which}&before={next_before}"}
