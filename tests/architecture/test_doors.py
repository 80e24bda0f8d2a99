"""Every screen says who may open it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, path

from careline.core.access import PERMISSIONS
from careline.web.door import needs, open_to_all, signed_in

# django-allauth guards its own pages: what must be signed in, is.
GUARDED_ELSEWHERE = ("allauth.",)


def screens(patterns: Iterable[Any], front: str = "") -> Iterator[tuple[str, Any]]:
    """Return the address and the view of every screen."""
    for pattern in patterns:
        where = front + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from screens(pattern.url_patterns, where)
        elif isinstance(pattern, URLPattern):
            yield where, pattern.callback


def unguarded(patterns: Iterable[Any]) -> list[str]:
    """Return the screens that nobody guards, or that ask for a permission that does not exist."""
    return [
        f"/{where}"
        for where, view in screens(patterns)
        if not is_known(getattr(view, "door", "")) and not view.__module__.startswith(GUARDED_ELSEWHERE)
    ]


def is_known(door: str) -> bool:
    """Tell whether a door is one of the three kinds."""
    return door in PERMISSIONS or door == "signed in" or door.startswith("open: ")


def test_every_screen_says_who_may_open_it() -> None:
    assert unguarded(get_resolver().url_patterns) == []


def test_a_screen_without_a_door_is_found() -> None:
    def view() -> Any:
        def answer(request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        return answer

    patterns = [
        path("a/", view()),
        path("b/", signed_in(view())),
        path("c/", open_to_all("it is a test")(view())),
        path("d/", needs("tickets.see")(view())),
        path("e/", needs("tickets.eat")(view())),
    ]
    assert unguarded(patterns) == ["/a/", "/e/"]
