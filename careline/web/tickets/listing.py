"""The list that an address asks for: its view, its condition, its order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from careline.core.conditions import BadCondition, Condition, check
from careline.insights import queries as insights
from careline.tickets import queries
from careline.tickets.fields import FIELDS
from careline.tickets.queries import Counted, Page
from careline.web.tickets.wanted import Wanted
from careline.web.tickets.words import Speaker

if TYPE_CHECKING:
    from careline.core.models import User
    from careline.insights.queries import Chosen
    from careline.tickets.models import View

USUAL = "-changed_at"
NOTHING: Condition = {"any": []}
STATES = {"at-risk": "risk", "breached": "late"}


@dataclass(frozen=True)
class Listing:
    """A list of conversations as somebody asked for it."""

    wanted: Wanted
    views: Sequence[Counted]
    chosen: Counted | None
    condition: Condition
    order: str
    figure: Chosen | None = None

    @property
    def view(self) -> View | None:
        """Return the saved view that the list begins from."""
        return self.chosen.view if self.chosen else None

    @property
    def name(self) -> str:
        """Return what the list is called."""
        if self.figure:
            return self.figure.label
        return self.chosen.name if self.chosen else _("Conversations")

    @property
    def query(self) -> str:
        """Return the list as the part of an address behind the question mark, without its place."""
        return self.wanted.start().query(view=view_key(self.view) if self.view else "")

    @property
    def url(self) -> str:
        """Return the address of the first page."""
        return f"{reverse('tickets:inbox')}?{self.query}"

    def page(self, user: User, now: datetime, most: int = 50) -> Page:
        """Return the page that was asked for; the first one when the place is not understood."""
        place = {"after": self.wanted.after, "before": self.wanted.before}
        try:
            return queries.page_of(user, self.condition, order=self.order, most=most, now=now, **place)
        except queries.BadMark:
            return queries.page_of(user, self.condition, order=self.order, most=most, now=now)

    def neighbours(self, user: User, mark: str, now: datetime) -> tuple[Any, Any]:
        """Return the conversations ahead of and behind a place in the list, None at its ends."""
        try:
            ahead = queries.page_of(user, self.condition, order=self.order, before=mark, most=1, now=now)
            behind = queries.page_of(user, self.condition, order=self.order, after=mark, most=1, now=now)
        except queries.BadMark:
            return None, None
        return next(iter(ahead.tickets), None), next(iter(behind.tickets), None)


def listing(user: User, wanted: Wanted, now: datetime, *, count: bool = False) -> Listing:
    """Work out the list that somebody asks for."""
    views = queries.views_for(user, now=now, count=count)
    chosen = _chosen(views, wanted)
    figure = insights.chosen_figure(dict(wanted.figure), user=user, now=now) if wanted.figure else None
    base = _sound(chosen.view.condition) if chosen else {}
    parts = [base, figure.condition if figure else {}, wanted.condition()]
    condition = {"all": parts} if wanted.filtered else base
    asked = (wanted.sort, chosen.view.order if chosen else "", figure.order if figure else "", USUAL)
    order = next(one for one in asked if one in queries.ORDERS)
    return Listing(wanted, views, chosen, condition, order, figure)


def _chosen(views: Sequence[Counted], wanted: Wanted) -> Counted | None:
    for one in views:
        if wanted.view and wanted.view in (str(one.view.pk), one.view.key):
            return one
    # Filters without a view, as links from other pages have them, look at everything.
    return None if wanted.filtered else next(iter(views), None)


def _sound(condition: Condition) -> Condition:
    try:
        check(condition, FIELDS)
    except BadCondition:
        return NOTHING
    return condition


def view_key(view: View) -> str:
    """Return how an address names a view: by the key of a shipped one, else by number."""
    return view.key or str(view.pk)


def view_url(view: View) -> str:
    """Return the address of a view."""
    return f"{reverse('tickets:inbox')}?view={view_key(view)}"


def tabs_of(here: Listing) -> list[dict[str, Any]]:
    """Return the views as tabs with their counts."""
    return [
        {
            "label": one.name,
            "url": view_url(one.view),
            "active": here.chosen is one,
            "count": _count(one),
            "state": STATES.get(one.view.key or "") if one.count else None,
        }
        for one in here.views
    ]


def _count(one: Counted) -> str | None:
    if one.count is None:
        return None
    return f"{one.count - 1}+" if one.more else str(one.count)


def chips_of(here: Listing) -> list[dict[str, str]]:
    """Return what was added to the view, in words, each with the address of the list without it."""
    speaker, wanted = Speaker(), here.wanted
    tests = list(wanted.condition()["all"])
    plain, tests = tests[: len(wanted.plain)], tests[len(wanted.plain) :]
    chips = [
        _chip(here, key, speaker.say(test)) for (key, _values), test in zip(wanted.plain, plain, strict=True)
    ]
    if wanted.words:
        words = {"field": _("Subject"), "words": f"“{wanted.words}”", "remove_url": _less(here, "q")}
        chips.append(words)
    free = [_chip(here, f"where{at}", speaker.say(test)) for at, test in enumerate(wanted.where_tests())]
    if here.figure:
        chips.insert(0, {"field": "", "words": here.figure.label, "remove_url": _less(here, "figure")})
    return chips + free


def _chip(here: Listing, key: str, said: Any) -> dict[str, str]:
    return {"field": said.field, "words": said.words, "remove_url": _less(here, key)}


def _less(here: Listing, key: str) -> str:
    rest = here.wanted.without(key)
    return f"{reverse('tickets:inbox')}?{rest.query()}"
