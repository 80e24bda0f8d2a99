"""Conditions in words: what stands on a filter chip, and under "Why?" of a view."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from careline.core.conditions import WITHOUT_VALUE, Condition, Field
from careline.tickets.fields import FIELDS
from careline.web.templatetags.parts import duration


@dataclass(frozen=True)
class Said:
    """One test in words: the field, and what is asked of it."""

    field: str
    words: str


class Speaker:
    """Says conditions; reads the names of statuses, teams and people once."""

    def __init__(self) -> None:
        self._names: dict[str, dict[Any, str]] = {}

    def say(self, node: Condition) -> Said:
        """Return one part of a condition in words."""
        if "field" not in node:
            return Said("", self._group(node))
        field = FIELDS[node["field"]]
        return Said(str(field.label), self._test(field, node["op"], node.get("value")))

    def sentence(self, node: Condition) -> str:
        """Return a whole condition as one sentence without a full stop."""
        said = self.say(node)
        return f"{said.field} {said.words}".strip() if node else _("everything")

    def _group(self, node: Condition) -> str:
        if not node:
            return _("everything")
        key, inner = next(iter(node.items()))
        if key == "not":
            return _("not (%(what)s)") % {"what": self.sentence(inner)}
        glue = _(" and ") if key == "all" else _(" or ")
        parts = [self._bracketed(child) for child in inner]
        return glue.join(parts) or (_("everything") if key == "all" else _("nothing"))

    def _bracketed(self, node: Condition) -> str:
        said = self.sentence(node)
        inner = next(iter(node.values())) if node and "field" not in node else []
        return f"({said})" if isinstance(inner, list) and len(inner) > 1 else said

    def _test(self, field: Field, operator: str, value: Any) -> str:
        if operator in WITHOUT_VALUE:
            return _WITHOUT[operator]()
        if field.kind == "flag":
            return _("yes") if value else _("no")
        if field.kind == "instant":
            return _instant(operator, value)
        values = value if isinstance(value, list) else [value]
        return _WITH[operator]() % {"what": self._listed(field, values)}

    def _listed(self, field: Field, values: list[Any]) -> str:
        names = [self._name(field, value) for value in values]
        return _(" or ").join(names)

    def _name(self, field: Field, value: Any) -> str:
        if value is None:
            return _("nobody") if field.key == "assignee" else _("none")
        if field.choices is None:
            return f"“{value}”" if field.kind == "text" else str(value)
        if field.key not in self._names:
            self._names[field.key] = dict(field.choices())
        return self._names[field.key].get(value, f"#{value}")


_WITHOUT = {
    "empty": lambda: _("is empty"),
    "not_empty": lambda: _("is set"),
    "past": lambda: _("has passed"),
}
_WITH = {
    "is": lambda: _("is %(what)s"),
    "in": lambda: _("is %(what)s"),
    "has": lambda: _("is %(what)s"),
    "has_any": lambda: _("is %(what)s"),
    "is_not": lambda: _("is not %(what)s"),
    "not_in": lambda: _("is not %(what)s"),
    "has_not": lambda: _("is not %(what)s"),
    "at_least": lambda: _("is at least %(what)s"),
    "at_most": lambda: _("is at most %(what)s"),
    "contains": lambda: _("contains %(what)s"),
    "starts_with": lambda: _("begins with %(what)s"),
}
_SPANS = {
    "older_than_s": lambda: _("more than %(what)s ago"),
    "within_last_s": lambda: _("in the last %(what)s"),
    "within_next_s": lambda: _("in the next %(what)s"),
}


def _instant(operator: str, value: Any) -> str:
    if operator in _SPANS:
        return _SPANS[operator]() % {"what": duration(float(value))}
    local = timezone.localtime(datetime.fromisoformat(str(value)))
    said = f"{date_format(local, 'DATE_FORMAT')}, {date_format(local, 'TIME_FORMAT')}"
    return (_("before %(what)s") if operator == "before" else _("after %(what)s")) % {"what": said}
