"""Building a condition on screen: groups of tests, each with any or all, for whatever a screen filters by.

A screen makes a `Builder` from a condition or from what was posted, draws parts/condition.html, and reads
`builder.condition()` when it saves. Without JavaScript the buttons post the whole form with `condition-do`,
and the screen draws itself again; with htmx only the piece is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from careline.core.conditions import BadCondition, Condition, Field, check
from careline.web.conditions_drawn import (
    BARE,
    DATES,
    LENGTHS,
    MOST_GROUPS,
    MOST_ROWS,
    OPERATORS,
    PREFIX,
    SPOKEN,
    Drawing,
    Group,
    Row,
)
from careline.web.lengths import BadLength, parse_length


class CannotShow(Exception):
    """The condition is deeper than the builder draws."""


class Builder(Drawing):
    """A condition while it is being built."""

    # Coming in

    def show(self, condition: Condition) -> Builder:
        """Take over a condition of the language."""
        try:
            self._read(condition)
        except CannotShow:
            self.groups, self.kept = [], condition
        return self

    def read(self, data: QueryDict) -> Builder:
        """Take over what was posted, and do what its button asks."""
        self.mode = _mode(data.get(f"{PREFIX}-mode"), "any")
        for number in range(MOST_GROUPS):
            if f"{PREFIX}-{number}-mode" in data:
                self.groups.append(self._posted_group(data, number))
        self._do(data.get(f"{PREFIX}-do", ""))
        return self

    def _posted_group(self, data: QueryDict, number: int) -> Group:
        group = Group(_mode(data.get(f"{PREFIX}-{number}-mode"), "all"))
        for place in range(MOST_ROWS):
            name = f"{PREFIX}-{number}-{place}"
            if f"{name}-field" in data:
                key = data.get(f"{name}-field", "")
                row = Row(key, data.get(f"{name}-op", ""), data.getlist(f"{name}-value"))
                if data.get(f"{name}-was", key) != key:
                    row.operator, row.values = "", []  # another field: its values are others too
                group.rows.append(self._completed(row))
        return group

    def _completed(self, row: Row) -> Row:
        if row.key not in self.fields:
            row.key = ""
            return row
        offered = [name for name, _words in OPERATORS[self.fields[row.key].kind]]
        if row.operator not in offered:
            row.operator, row.values = offered[0], row.values
        return row

    def _do(self, asked: str) -> None:
        what, _colon, where = asked.partition(":")
        if what == "group" and len(self.groups) < MOST_GROUPS:
            self.groups.append(Group(rows=[Row()]))
        elif what == "clear":
            self.groups, self.kept = [], None
        elif what in ("add", "remove"):
            group, _colon, place = where.partition(":")
            self._do_in_group(what, int(group or 0), int(place or 0))

    def _do_in_group(self, what: str, number: int, place: int) -> None:
        if number >= len(self.groups):
            return
        group = self.groups[number]
        if what == "add" and len(group.rows) < MOST_ROWS:
            group.rows.append(Row())
        elif what == "remove" and place < len(group.rows):
            del group.rows[place]
        if not group.rows:
            del self.groups[number]

    def _read(self, condition: Condition) -> None:
        if not condition:
            return
        key, children = _joined(condition)
        if all(_is_test(child) for child in children):
            self.groups = [Group(key, [self._row_of(child) for child in children])]
            return
        self.mode = key
        for child in children:
            inner, tests = _joined(child)
            if not all(_is_test(one) for one in tests):
                raise CannotShow
            self.groups.append(Group(inner, [self._row_of(one) for one in tests]))

    def _row_of(self, test: Condition) -> Row:
        negated = "not" in test
        test = test["not"] if negated else test
        key, operator, value = test["field"], test["op"], test.get("value")
        if key not in self.fields or (negated and operator != "has_any"):
            raise CannotShow
        spoken = "has_not" if negated else SPOKEN.get(operator, operator)
        if spoken not in dict(OPERATORS[self.fields[key].kind]):
            raise CannotShow
        return Row(key, spoken, _texts(spoken, value))

    # Going out

    def condition(self) -> Condition:
        """Return the condition as it stands.

        Raises
        ------
        BadCondition
            A test is not complete; its row says what is missing.
        """
        if self.kept is not None:
            return self.kept
        groups = [self._group_out(group) for group in self.groups if group.rows]
        if any(row.error for group in self.groups for row in group.rows):
            raise BadCondition(_("Complete the conditions that are marked."))
        found = groups[0] if len(groups) == 1 else {self.mode: groups} if groups else {}
        check(found, self._all_fields)
        return found

    def _group_out(self, group: Group) -> Condition:
        tests = [self._test_out(row) for row in group.rows]
        return tests[0] if len(tests) == 1 else {group.mode: tests}

    def _test_out(self, row: Row) -> Condition:
        row.error = ""
        if not row.key:
            row.error = _("Choose what to look at, or take this line away.")
            return {}
        if row.operator in BARE:
            return {"field": row.key, "op": row.operator}
        try:
            return _in_language(row.key, row.operator, self._values_out(row))
        except (ValueError, BadLength) as error:
            row.error = str(error)
            return {}

    def _values_out(self, row: Row) -> list[Any]:
        given = [value for value in row.values if value.strip()]
        if not given:
            raise ValueError(_("Say what to compare with."))
        if row.operator in LENGTHS:
            return [parse_length(given[0], day_s=self._day_s)]
        if row.operator in DATES:
            return [_start_of_day(given[0])]
        asked = self.fields[row.key]
        if asked.kind == "flag":
            return [given[0] == "true"]
        return self._chosen(asked, given)

    def _chosen(self, asked: Field, given: list[str]) -> list[Any]:
        offered = {str(value): value for value, _label in self.choices_of(asked.key)}
        if offered:
            found = [offered[one] for one in given if one in offered]
            if not found:
                raise ValueError(_("What was chosen is no longer there. Choose again."))
            return found
        if asked.kind == "number":
            return [_number(given[0])]
        return [given[0].strip()]


def _mode(given: str | None, usual: str) -> str:
    return given if given in ("all", "any") else usual


def _joined(condition: Condition) -> tuple[str, Sequence[Condition]]:
    """Return how a tree joins its children, and those; a lone test is a group of one."""
    if _is_test(condition):
        return "all", [condition]
    key, inner = next(iter(condition.items()))
    if key == "not" or not inner:
        raise CannotShow
    return key, inner


def _is_test(node: Condition) -> bool:
    return "field" in node or ("not" in node and "field" in node["not"])


def _texts(operator: str, value: Any) -> list[str]:
    if operator in BARE:
        return []
    if operator in DATES:
        return [str(value)]
    values = value if isinstance(value, list) else [value]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in values]


def _in_language(key: str, operator: str, values: list[Any]) -> Condition:
    several = len(values) > 1
    if operator == "has_not" and several:
        return {"not": {"field": key, "op": "has_any", "value": values}}
    if several and operator in ("is", "is_not", "has"):
        many = {"is": "in", "is_not": "not_in", "has": "has_any"}[operator]
        return {"field": key, "op": many, "value": values}
    return {"field": key, "op": operator, "value": values[0]}


def _number(text: str) -> int | float:
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        raise ValueError(_("“%(text)s” is not a number.") % {"text": text}) from None
    return int(found) if found.is_integer() else found


def _start_of_day(text: str) -> str:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_("“%(text)s” is not a date.") % {"text": text}) from None
    zone = timezone.get_current_timezone()
    local = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(str(zone)))
    return local.astimezone(UTC).isoformat()
