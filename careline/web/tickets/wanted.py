"""Which conversations a list shows: read from its address, written back into addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from careline.core.conditions import Condition
from careline.tickets.fields import FIELDS
from careline.tickets.queries import can_ask

# Fields that an address names plainly, ?status=3&status=4; everything else goes into ?where= as a condition.
PLAIN = (
    "status",
    "category",
    "assignee",
    "team",
    "priority",
    "reason",
    "tag",
    "channel",
    "customer",
    "organisation",
)
NOBODY = "none"
# What a figure of another page says about the conversations it counts.
FIGURE = ("figure", "team", "agent", "hour")
MOST_WORDS = 8
Values = tuple[str, ...]


@dataclass(frozen=True)
class Wanted:
    """A view with what was added to it: filters, words, order and place."""

    view: str = ""
    plain: tuple[tuple[str, Values], ...] = ()
    words: str = ""
    where: str = ""
    figure: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    after: str = ""
    before: str = ""

    def pairs(self, **over: str) -> list[tuple[str, str]]:
        """Return the parts of the address, with some of them changed; empty ones are left out."""
        single = {"view": self.view, "q": self.words, "where": self.where, "sort": self.sort}
        single |= {"after": self.after, "before": self.before} | over
        many = [(key, value) for key, values in self.plain for value in values]
        return [*((key, value) for key, value in single.items() if value), *self.figure, *many]

    def query(self, **over: str) -> str:
        """Return the part of an address behind the question mark."""
        return urlencode(self.pairs(**over))

    def start(self) -> Wanted:
        """Return the same list from its first page."""
        return replace(self, after="", before="")

    def without(self, key: str) -> Wanted:
        """Return the list without one of its filters."""
        if key == "q":
            return replace(self.start(), words="")
        if key == "figure":
            return replace(self.start(), figure=())
        if key.startswith("where"):
            return replace(self.start(), where=_less(self.where, int(key.removeprefix("where") or 0)))
        return replace(self.start(), plain=tuple(pair for pair in self.plain if pair[0] != key))

    @property
    def filtered(self) -> bool:
        """Say whether anything was added to the view."""
        return bool(self.plain or self.words or self.where or self.figure)

    def condition(self) -> Condition:
        """Return what was added to the view as one condition."""
        tests: list[Condition] = [_test(key, values) for key, values in self.plain]
        return {"all": [*tests, *self.word_tests(), *self.where_tests()]}

    def word_tests(self) -> list[Condition]:
        """Return one test for each word that the subject must hold."""
        words = self.words.split()[:MOST_WORDS]
        return [{"field": "subject", "op": "contains", "value": word} for word in words]

    def where_tests(self) -> list[Condition]:
        """Return the tests of the free condition, one for each chip."""
        return _parts(self.where)


def read(given: QueryDict) -> Wanted:
    """Read an address; what cannot be understood is left out."""
    figure = tuple((key, str(given[key])[:40]) for key in FIGURE if given.get("figure") and given.get(key))
    taken = {key for key, _value in figure}
    plain = ((key, _known(key, given.getlist(key))) for key in PLAIN if key not in taken)
    return Wanted(
        view=given.get("view", "")[:40],
        plain=tuple((key, values) for key, values in plain if values),
        words=given.get("q", "").replace("\x00", "").strip()[:200],
        where=_checked(given.get("where", "")),
        figure=figure,
        sort=given.get("sort", "")[:20],
        after=given.get("after", "")[:100],
        before=given.get("before", "")[:100],
    )


def read_text(text: str) -> Wanted:
    """Read the part of an address behind the question mark."""
    return read(QueryDict(text[:2000]))


def _known(key: str, values: Sequence[str]) -> Values:
    kept = [value for value in values[:50] if _means_something(key, value)]
    return tuple(dict.fromkeys(kept))


def _means_something(key: str, value: str) -> bool:
    if key in {"category", "channel"}:
        return value.isalpha() and len(value) <= 12
    special = {"assignee": ("me", NOBODY), "team": ("my_teams", NOBODY), "reason": (NOBODY,)}
    return value in special.get(key, ()) or (value.isdecimal() and len(value) <= 18)


def _test(key: str, values: Values) -> Condition:
    typed = [_typed(key, value) for value in values]
    operator = "has_any" if FIELDS[key].kind == "many" else "in"
    return {"field": key, "op": operator, "value": typed}


def _typed(key: str, value: str) -> Any:
    if value == NOBODY:
        return None
    return int(value) if value.isdecimal() else value


def _checked(text: str) -> str:
    # A database may refuse the character zero, which means nothing anyway.
    if not text or len(text) > 2000 or "\\u0000" in text:
        return ""
    try:
        tree = json.loads(text)
        usable = isinstance(tree, Mapping) and bool(tree) and can_ask(tree)
    except (ValueError, RecursionError):
        return ""
    return json.dumps(tree, separators=(",", ":")) if usable else ""


def _parts(text: str) -> list[Condition]:
    if not text:
        return []
    tree = json.loads(text)
    return list(tree["all"]) if set(tree) == {"all"} else [tree]


def _less(text: str, at: int) -> str:
    rest = [part for number, part in enumerate(_parts(text)) if number != at]
    return json.dumps({"all": rest}, separators=(",", ":")) if rest else ""
