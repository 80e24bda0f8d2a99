"""What parts/condition.html draws of a condition that is being built, and how it reads as a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from careline.core.conditions import Condition, Field, Fields
from careline.web.lengths import say_length

PREFIX = "condition"
MOST_GROUPS, MOST_ROWS = 5, 20
Choice = tuple[Any, str]
Choices = Mapping[str, Callable[[], Sequence[Choice]]]

# What is offered for each kind of field: the operator on screen, and its words. One operator on screen may be
# several in the language ("is" with two values is "in").
OPERATORS: dict[str, tuple[tuple[str, str | Promise], ...]] = {
    "choice": (
        ("is", gettext_lazy("is")),
        ("is_not", gettext_lazy("is not")),
        ("empty", gettext_lazy("is empty")),
        ("not_empty", gettext_lazy("is set")),
    ),
    "number": (
        ("is", gettext_lazy("is")),
        ("is_not", gettext_lazy("is not")),
        ("at_least", gettext_lazy("is at least")),
        ("at_most", gettext_lazy("is at most")),
    ),
    "text": (
        ("contains", gettext_lazy("contains")),
        ("starts_with", gettext_lazy("begins with")),
        ("is", gettext_lazy("is")),
        ("empty", gettext_lazy("is empty")),
        ("not_empty", gettext_lazy("is set")),
    ),
    "many": (
        ("has", gettext_lazy("is one of")),
        ("has_not", gettext_lazy("is none of")),
        ("empty", gettext_lazy("is empty")),
        ("not_empty", gettext_lazy("is set")),
    ),
    "flag": (("is", gettext_lazy("is")),),
    "instant": (
        ("within_last_s", gettext_lazy("in the last")),
        ("older_than_s", gettext_lazy("more than this long ago")),
        ("after", gettext_lazy("after")),
        ("before", gettext_lazy("before")),
        ("empty", gettext_lazy("is empty")),
        ("not_empty", gettext_lazy("is set")),
    ),
}
BARE = {"empty", "not_empty", "past"}
LENGTHS = {"within_last_s", "older_than_s", "within_next_s"}
DATES = {"after", "before"}
SEVERAL = {("choice", "is"), ("choice", "is_not"), ("many", "has"), ("many", "has_not")}
# The language's operators by what stands for them on screen.
SPOKEN = {"in": "is", "not_in": "is_not", "has_any": "has"}


@dataclass
class Row:
    """One test as it stands on screen; values are texts, as they are sent."""

    key: str = ""
    operator: str = ""
    values: list[str] = field(default_factory=list)
    error: str = ""


@dataclass
class Group:
    """Some tests of which all or any must hold."""

    mode: str = "all"
    rows: list[Row] = field(default_factory=list)


class Drawing:
    """A condition on screen: its groups, what each of them may be made of, and its words.

    `choices` adds what a field may be compared with where the field itself does not say; `known` keeps what
    was read of them, for a page that draws several conditions.
    """

    def __init__(
        self,
        fields: Fields,
        *,
        choices: Choices | None = None,
        day_s: float = 86_400,
        known: dict[str, list[Choice]] | None = None,
    ) -> None:
        more = choices or {}
        self.fields = {key: one for key, one in fields.items() if _can_ask(one, more)}
        self.mode = "any"
        self.groups: list[Group] = []
        self.kept: Condition | None = None  # a condition too deep to draw, kept as it is
        self._all_fields = fields
        self._choices = more
        self._known = {} if known is None else known
        self._day_s = day_s

    def choices_of(self, key: str) -> list[Choice]:
        """Return what a field may be compared with; nothing where it is typed."""
        if key not in self._known:
            asked = self.fields[key]
            offered = self._choices.get(key) or asked.choices
            # A rule looks at conversations, not at who reads it.
            found = [pair for pair in offered() if pair[0] not in ("me", "my_teams")] if offered else []
            self._known[key] = found
        return self._known[key]

    def drawn(self) -> list[dict[str, Any]]:
        """Return the groups as parts/condition.html draws them."""
        return [
            {
                "name": f"{PREFIX}-{number}",
                "number": number,
                "mode": group.mode,
                "rows": [self._drawn_row(number, place, row) for place, row in enumerate(group.rows)],
            }
            for number, group in enumerate(self.groups)
        ]

    def _drawn_row(self, number: int, place: int, row: Row) -> dict[str, Any]:
        asked = self.fields.get(row.key)
        return {
            "name": f"{PREFIX}-{number}-{place}",
            "place": f"{number}:{place}",
            "key": row.key,
            "operator": row.operator,
            "operators": OPERATORS[asked.kind] if asked else (),
            "error": row.error,
            **(self._drawn_value(asked, row) if asked else {"control": "none"}),
        }

    def _drawn_value(self, asked: Field, row: Row) -> dict[str, Any]:
        value = row.values[0] if row.values else ""
        if row.operator in BARE:
            return {"control": "none"}
        if row.operator in LENGTHS:
            return {"control": "length", "value": _length_text(value, self._day_s)}
        if row.operator in DATES:
            return {"control": "date", "value": _date_text(value)}
        if asked.kind == "flag":
            options = [("true", _("yes"), value != "false"), ("false", _("no"), value == "false")]
            return {"control": "one", "options": options}
        offered = self.choices_of(asked.key)
        if not offered:
            return {"control": "number" if asked.kind == "number" else "text", "value": value}
        options = [(str(one), label, str(one) in row.values) for one, label in offered]
        control = "many" if (asked.kind, row.operator) in SEVERAL else "one"
        return {"control": control, "options": options, "may_be_empty": True}

    def field_choices(self) -> list[tuple[str, str]]:
        """Return what can be asked about, by name."""
        return [(key, str(one.label)) for key, one in self.fields.items()]

    def words(self) -> str:
        """Return the condition as a sentence without a full stop."""
        if self.kept is not None:
            return ngettext(
                "a rule of %(count)s condition", "a rule of %(count)s conditions", _size(self.kept)
            ) % {"count": _size(self.kept)}
        said = [self._group_words(group) for group in self.groups if group.rows]
        if not said:
            return _("Everybody")
        if len(said) == 1:
            return said[0]
        return _glue(self.mode).join(f"({one})" for one in said)

    def _group_words(self, group: Group) -> str:
        return _glue(group.mode).join(self._row_words(row) for row in group.rows)

    def _row_words(self, row: Row) -> str:
        asked = self.fields.get(row.key)
        if asked is None:
            return "…"
        said = str(dict(OPERATORS[asked.kind])[row.operator])
        return f"{asked.label} {said} {self._values_words(asked, row)}".strip()

    def _values_words(self, asked: Field, row: Row) -> str:
        if row.operator in BARE or not row.values:
            return ""
        if row.operator in LENGTHS:
            return _length_text(row.values[0], self._day_s)
        if row.operator in DATES:
            return _date_text(row.values[0])
        if asked.kind == "flag":
            return _("yes") if row.values[0] == "true" else _("no")
        names = {str(value): label for value, label in self.choices_of(asked.key)}
        if names:
            return _(" or ").join(names.get(value, f"#{value}") for value in row.values)
        return f"“{row.values[0]}”"


def _can_ask(one: Field, more: Choices) -> bool:
    return one.kind != "choice" or one.choices is not None or one.key in more


def _glue(mode: str) -> str:
    return _(" and ") if mode == "all" else _(" or ")


def _size(node: Any) -> int:
    if isinstance(node, list):
        return sum(map(_size, node))
    if "field" in node:
        return 1
    return sum(_size(inner) for inner in node.values())


def _date_text(value: str) -> str:
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return value
    return (timezone.localtime(found) if found.tzinfo else found).date().isoformat()


def _length_text(value: str, day_s: float) -> str:
    try:
        return say_length(float(value), day_s=day_s)
    except ValueError:
        return value
