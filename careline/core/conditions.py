"""One language to match rows: views, policies, rules, samples and report filters all speak it.

A condition is a JSON tree: ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": {...}}`` or a test
``{"field": "priority", "op": "at_least", "value": 3}``. The empty tree ``{}`` matches everything. It compiles
to a database query (`to_q`) and to a predicate over one row (`matches`); a property test holds them equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils.functional import Promise

Kind = Literal["choice", "number", "text", "instant", "many", "flag"]
Condition = Mapping[str, Any]
DEEPEST = 8
MOST_TESTS = 100
LARGEST = 2**63  # what a database can hold
YEARS = range(1900, 9000)  # of instants that every time zone can show
LONGEST_S = 1_000 * 366 * 86_400

OPERATORS: dict[str, tuple[str, ...]] = {
    "choice": ("is", "is_not", "in", "not_in", "empty", "not_empty"),
    "number": ("is", "is_not", "in", "not_in", "at_least", "at_most"),
    "text": ("is", "contains", "starts_with", "empty", "not_empty"),
    "instant": (
        "before",
        "after",
        "older_than_s",
        "within_last_s",
        "within_next_s",
        "past",
        "empty",
        "not_empty",
    ),
    "many": ("has", "has_not", "has_any", "empty", "not_empty"),
    "flag": ("is",),
}
WITHOUT_VALUE = {"empty", "not_empty", "past"}


class BadCondition(Exception):
    """The tree cannot be understood; the message says where and why."""


@dataclass(frozen=True)
class Field:
    """One thing that a condition may test: where the database keeps it, and how one row shows it."""

    key: str
    label: str | Promise
    kind: Kind
    path: str  # ORM path of the column
    of: Callable[[Any], Any]  # the value on one row; for "many" a collection
    choices: Callable[[], list[tuple[Any, str]]] | None = None
    # For "many": the rows that join the two, the column that names our row, the one that holds the value.
    links: Callable[[], tuple[QuerySet[Any], str, str]] | None = None


Fields = Mapping[str, Field]


@dataclass(frozen=True)
class Asker:
    """Who asks and when: gives meaning to the values "me", "my_teams" and to times."""

    now: datetime
    user_id: int | None = None
    team_ids: tuple[int, ...] = ()


def check(condition: Condition, fields: Fields) -> None:
    """Refuse a tree that cannot be compiled.

    Raises
    ------
    BadCondition
        A field, operator or value is unknown, or the tree is too deep or too large.
    """
    if _check(condition, fields, depth=0) > MOST_TESTS:
        raise BadCondition(f"A condition holds at most {MOST_TESTS} tests.")


def _check(node: Any, fields: Fields, depth: int) -> int:
    if not isinstance(node, Mapping):
        raise BadCondition("A condition is an object with all, any, not, or a field.")
    if depth > DEEPEST:
        raise BadCondition(f"A condition nests at most {DEEPEST} levels.")
    if not node:
        return 0
    if "field" in node:
        _check_test(node, fields)
        return 1
    if len(node) != 1 or next(iter(node)) not in {"all", "any", "not"}:
        raise BadCondition(f"Use one of all, any, not or a field; found {', '.join(map(str, node))}.")
    key, inner = next(iter(node.items()))
    if key == "not":
        return _check(inner, fields, depth + 1)
    if not isinstance(inner, list):
        raise BadCondition(f"{key} holds a list of conditions.")
    return sum(_check(child, fields, depth + 1) for child in inner)


def _check_test(node: Condition, fields: Fields) -> None:
    field = fields.get(node["field"]) if isinstance(node["field"], str) else None
    if field is None:
        raise BadCondition(f"There is no field {node['field']!r}.")
    operator = node.get("op")
    if operator not in OPERATORS[field.kind]:
        raise BadCondition(f"{field.key} cannot be tested with {operator!r}.")
    if operator in WITHOUT_VALUE:
        return
    if "value" not in node:
        raise BadCondition(f"{field.key} {operator} needs a value.")
    _check_value(field, operator, node["value"])


def _check_value(field: Field, operator: str, value: Any) -> None:
    many = operator in {"in", "not_in", "has_any"}
    if many != isinstance(value, list):
        raise BadCondition(f"{field.key} {operator} needs {'a list' if many else 'one value'}.")
    values = value if many else [value]
    _check_plain(field, operator, values)
    if field.kind == "instant" and operator in {"before", "after"}:
        _instant(value)
    elif field.kind == "instant" or field.kind == "number":
        _numbers(field, values, most=LONGEST_S if field.kind == "instant" else LARGEST)
    elif field.kind == "flag" and not isinstance(value, bool):
        raise BadCondition(f"{field.key} is true or false.")


def _check_plain(field: Field, operator: str, values: list[Any]) -> None:
    """Refuse what no database can hold."""
    if not all(isinstance(v, str | int | float | bool) or v is None for v in values):
        raise BadCondition(f"{field.key} {operator} holds a value of the wrong kind.")
    if any(isinstance(v, int | float) and not abs(v) < LARGEST for v in values):
        raise BadCondition(f"{field.key} {operator} holds a number that is too large.")
    if not all(map(_is_writable, values)):
        raise BadCondition(f"{field.key} {operator} holds a character that no database keeps.")


def _is_writable(value: Any) -> bool:
    """Say whether a text holds neither the character zero nor half a character."""
    if not isinstance(value, str):
        return True
    return "\x00" not in value and not any("\ud800" <= char <= "\udfff" for char in value)


def _numbers(field: Field, values: list[Any], *, most: int) -> None:
    if any(isinstance(v, bool) or not isinstance(v, int | float) for v in values):
        raise BadCondition(f"{field.key} is compared with numbers.")
    if any(abs(v) > most for v in values):
        raise BadCondition(f"{field.key} is compared with a number that is too large.")


def _instant(value: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise BadCondition(f"{value!r} is not a time such as 2026-01-31T09:00+00:00.") from error
    if at.tzinfo is None:
        raise BadCondition(f"{value!r} needs a time zone, such as +00:00.")
    if at.year not in YEARS:
        raise BadCondition(f"{value!r} is out of all time.")
    return at


def to_q(condition: Condition, fields: Fields, asker: Asker) -> Q:
    """Compile a checked tree to a database filter."""
    if not condition:
        return Q()
    if "field" in condition:
        return _test_q(fields[condition["field"]], condition["op"], condition.get("value"), asker)
    key, inner = next(iter(condition.items()))
    if key == "not":
        return ~to_q(inner, fields, asker) if _tests(inner) else _trivial(condition)
    parts = [to_q(child, fields, asker) if _tests(child) else _trivial(child) for child in inner]
    if not parts:
        return Q() if key == "all" else Q(pk__in=[])
    out = parts[0]
    for part in parts[1:]:
        out = (out & part) if key == "all" else (out | part)
    return out


EVERYTHING = ~Q(pk__in=[])


def _tests(node: Condition) -> bool:
    """Say whether a tree holds any test at all."""
    if "field" in node:
        return True
    return any(_tests(c) if isinstance(c, Mapping) else any(_tests(x) for x in c) for c in node.values())


def _trivial(node: Condition) -> Q:
    return EVERYTHING if _truth(node) else Q(pk__in=[])


def _truth(node: Condition) -> bool:
    if not node:
        return True
    key, inner = next(iter(node.items()))
    if key == "not":
        return not _truth(inner)
    return all(map(_truth, inner)) if key == "all" else any(map(_truth, inner))


def _values(value: Any, asker: Asker) -> list[Any]:
    out: list[Any] = []
    for one in value if isinstance(value, list) else [value]:
        if one == "me":
            out.append(asker.user_id)
        elif one == "my_teams":
            out.extend(asker.team_ids)
        else:
            out.append(one)
    return out


def _test_q(field: Field, operator: str, value: Any, asker: Asker) -> Q:
    if field.kind == "instant":
        return _instant_q(field.path, operator, value, asker.now)
    if field.kind == "text":
        return text_q(field.path, operator, value)
    if field.kind == "many":
        return _many_q(field, operator, value, asker)
    if operator in {"empty", "not_empty"}:
        return Q(**{f"{field.path}__isnull": operator == "empty"})
    if operator in {"at_least", "at_most"}:
        return Q(**{f"{field.path}__{'gte' if operator == 'at_least' else 'lte'}": value})
    inside = _inside(field.path, _values(value, asker))
    return ~inside if operator in {"is_not", "not_in"} else inside


def _inside(path: str, values: list[Any]) -> Q:
    out = Q(**{f"{path}__in": [v for v in values if v is not None and v == _whole(v)]})
    if None in values:
        out |= Q(**{f"{path}__isnull": True})
    for value in values:
        if value is not None and value != _whole(value):
            # A column of whole numbers would cut the fraction off and find what is not equal.
            out |= Q(**{f"{path}__gte": value, f"{path}__lte": value})
    return out


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) else value


def _many_q(field: Field, operator: str, value: Any, asker: Asker) -> Q:
    """Look in the table that joins: a join in the query would repeat rows, and let one tag answer for all."""
    if field.links is None:
        raise BadCondition(f"{field.key} does not say how it is kept.")
    links, owner, held = field.links()
    if operator not in {"empty", "not_empty"}:
        links = links.filter(**{f"{held}__in": _values(value, asker)})
    inside = Q(pk__in=links.values(owner))
    return ~inside if operator in {"has_not", "empty"} else inside


def text_q(path: str, operator: str, value: Any) -> Q:
    """Compile one test of a text: is, contains, starts_with (in any case), empty, not_empty."""
    if operator in {"empty", "not_empty"}:
        none = Q(**{path: ""})
        return none if operator == "empty" else ~none
    text = str(value)
    if connection.vendor == "sqlite" and not text.isascii():
        # SQLite takes only plain letters for the same in both cases: "Ü" would not find "ü".
        pattern = {"is": r"^{}\Z", "contains": "{}", "starts_with": "^{}"}[operator]
        return Q(**{f"{path}__iregex": pattern.format(re.escape(text))})
    lookup = {"is": "iexact", "contains": "icontains", "starts_with": "istartswith"}[operator]
    return Q(**{f"{path}__{lookup}": text})


def _instant_q(path: str, operator: str, value: Any, now: datetime) -> Q:
    if operator in {"empty", "not_empty"}:
        return Q(**{f"{path}__isnull": operator == "empty"})
    low, high = _window(operator, value, now)
    out = Q(**{f"{path}__isnull": False})
    if low is not None:
        out &= Q(**{f"{path}__gt": low})
    if high is not None:
        out &= Q(**{f"{path}__lte": high})
    return out


def _window(operator: str, value: Any, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the half-open window (low, high] in which the instant must lie."""
    if operator == "before":
        return None, _instant(value)
    if operator == "after":
        return _instant(value), None
    if operator == "past":
        return None, now
    span = timedelta(seconds=float(value))
    if operator == "older_than_s":
        return None, now - span
    return (now - span, now) if operator == "within_last_s" else (now, now + span)


def matches(condition: Condition, fields: Fields, row: Any, asker: Asker) -> bool:
    """Say whether one row matches a checked tree."""
    if not condition:
        return True
    if "field" in condition:
        field = fields[condition["field"]]
        return _test_row(field, condition["op"], condition.get("value"), field.of(row), asker)
    key, inner = next(iter(condition.items()))
    if key == "not":
        return not matches(inner, fields, row, asker)
    every = (matches(child, fields, row, asker) for child in inner)
    return all(every) if key == "all" else any(every)


def _test_row(field: Field, operator: str, value: Any, have: Any, asker: Asker) -> bool:
    if field.kind == "instant":
        return _instant_row(operator, value, have, asker.now)
    if field.kind == "text":
        return _text_row(operator, value, have or "")
    if field.kind == "many":
        return _many_row(operator, value, list(have), asker)
    if operator in {"empty", "not_empty"}:
        return (have is None) == (operator == "empty")
    if operator in {"at_least", "at_most"}:
        return have is not None and (have >= value if operator == "at_least" else have <= value)
    return (have in _values(value, asker)) != (operator in {"is_not", "not_in"})


def _many_row(operator: str, value: Any, have: list[Any], asker: Asker) -> bool:
    if operator in {"empty", "not_empty"}:
        return (not have) == (operator == "empty")
    return bool(set(have) & set(_values(value, asker))) != (operator == "has_not")


def _text_row(operator: str, value: Any, have: str) -> bool:
    if operator in {"empty", "not_empty"}:
        return (have == "") == (operator == "empty")
    left, right = have.lower(), str(value).lower()
    return {"is": left == right, "contains": right in left, "starts_with": left.startswith(right)}[operator]


def _instant_row(operator: str, value: Any, have: datetime | None, now: datetime) -> bool:
    if operator in {"empty", "not_empty"}:
        return (have is None) == (operator == "empty")
    if have is None:
        return False
    low, high = _window(operator, value, now)
    return (low is None or have > low) and (high is None or have <= high)
