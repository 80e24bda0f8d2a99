"""Building conditions on screen: what is shown comes back as it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from careline.core.conditions import BadCondition, Condition, Field
from careline.web.conditions_form import Builder
from careline.web.lengths import BadLength, parse_length, say_length


def of(key: str) -> Any:
    return lambda row: getattr(row, key)


COLOURS = [(1, "red"), (2, "green"), (3, "blue")]
FIELDS = {
    "team": Field("team", "Team", "choice", "team_id", of("team"), lambda: COLOURS),
    "priority": Field("priority", "Priority", "number", "priority", of("priority"), lambda: COLOURS),
    "tag": Field("tag", "Tag", "many", "tags", of("tags"), lambda: COLOURS),
    "vip": Field("vip", "Important", "flag", "vip", of("vip")),
    "subject": Field("subject", "Subject", "text", "subject", of("subject")),
    "opened_at": Field("opened_at", "Opened", "instant", "opened_at", of("opened_at")),
    "customer": Field("customer", "Customer", "choice", "customer_id", of("customer")),
}
one = st.sampled_from([1, 2, 3])
several = st.lists(one, min_size=2, max_size=3, unique=True)


def a_test(key: str, operator: str, value: Any = None) -> Condition:
    return {"field": key, "op": operator} | ({} if value is None else {"value": value})


tests = st.one_of(
    st.builds(a_test, st.just("team"), st.sampled_from(["is", "is_not"]), one),
    st.builds(a_test, st.just("team"), st.sampled_from(["in", "not_in"]), several),
    st.builds(a_test, st.just("priority"), st.sampled_from(["at_least", "at_most", "is"]), one),
    st.builds(a_test, st.just("tag"), st.sampled_from(["has", "has_not"]), one),
    st.builds(a_test, st.just("tag"), st.just("has_any"), several),
    several.map(lambda value: {"not": a_test("tag", "has_any", value)}),
    st.builds(a_test, st.just("tag"), st.sampled_from(["empty", "not_empty"])),
    st.builds(a_test, st.just("vip"), st.just("is"), st.booleans()),
    st.builds(a_test, st.just("subject"), st.just("contains"), st.text("abc", min_size=1)),
    st.builds(a_test, st.just("opened_at"), st.just("within_last_s"), st.integers(60, 10**7)),
)


def posted(builder: Builder) -> QueryDict:
    """What a browser would send of the piece."""
    data = QueryDict(mutable=True)
    data["condition-mode"] = builder.mode
    for group in builder.drawn():
        data[f"{group['name']}-mode"] = group["mode"]
        for row in group["rows"]:
            name = row["name"]
            data[f"{name}-field"] = data[f"{name}-was"] = row["key"]
            data[f"{name}-op"] = row["operator"]
            if "options" in row:
                data.setlist(f"{name}-value", [value for value, _label, chosen in row["options"] if chosen])
            elif row["control"] != "none":
                data[f"{name}-value"] = row["value"]
    return data


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    groups=st.lists(st.lists(tests, min_size=2, max_size=3), min_size=1, max_size=3),
    outer=st.sampled_from(["all", "any"]),
    inner=st.sampled_from(["all", "any"]),
)
def test_a_condition_comes_back_as_it_was_shown(
    groups: list[list[Condition]], outer: str, inner: str
) -> None:
    made: list[Condition] = [{inner: group} for group in groups]
    condition = made[0] if len(made) == 1 else {outer: made}
    shown = Builder(FIELDS).show(condition)
    assert shown.kept is None
    assert _sorted(Builder(FIELDS).read(posted(shown)).condition()) == _sorted(condition)


def _sorted(node: Any) -> Any:
    """A list of values means the same in any order."""
    if isinstance(node, dict):
        return {
            key: sorted(value) if key == "value" and isinstance(value, list) else _sorted(value)
            for key, value in node.items()
        }
    return [_sorted(one) for one in node] if isinstance(node, list) else node


def test_everybody_is_the_empty_condition() -> None:
    assert Builder(FIELDS).show({}).condition() == {}
    assert Builder(FIELDS).show({}).words() == "Everybody"


def test_what_is_nested_deeper_is_kept_as_it_is() -> None:
    deep = {"all": [{"any": [{"all": [a_test("vip", "is", True), a_test("team", "is", 1)]}]}]}
    builder = Builder(FIELDS).show(deep)
    assert builder.condition() == deep
    assert builder.words() == "a rule of 2 conditions"


def test_a_field_nobody_can_choose_from_is_not_offered() -> None:
    assert "customer" not in dict(Builder(FIELDS).field_choices())
    more = {"customer": lambda: [(7, "Ada")]}
    assert "customer" in dict(Builder(FIELDS, choices=more).field_choices())


def test_another_field_forgets_the_values_of_the_one_before() -> None:
    data = QueryDict(mutable=True)
    data.update({"condition-0-mode": "all", "condition-0-0-field": "tag", "condition-0-0-was": "subject"})
    data["condition-0-0-value"] = "lamp"
    assert Builder(FIELDS).read(data).groups[0].rows[0].values == []


@pytest.mark.parametrize(
    ("key", "operator", "value", "sentence"),
    [
        ("", "", "", "Choose what to look at"),
        ("team", "is", "", "Say what to compare with"),
        ("team", "is", "99", "no longer there"),
        ("opened_at", "within_last_s", "soon", "Write a length"),
        ("opened_at", "after", "yesterday", "is not a date"),
    ],
)
def test_a_line_that_is_not_complete_says_what_is_missing(
    key: str, operator: str, value: str, sentence: str
) -> None:
    data = QueryDict(mutable=True)
    data.update({"condition-0-mode": "all", "condition-0-0-field": key, "condition-0-0-was": key})
    data.update({"condition-0-0-op": operator, "condition-0-0-value": value})
    builder = Builder(FIELDS).read(data)
    with pytest.raises(BadCondition):
        builder.condition()
    assert sentence in builder.groups[0].rows[0].error


def test_words_read_as_a_sentence() -> None:
    condition = {
        "any": [
            {"all": [a_test("team", "in", [1, 2]), a_test("vip", "is", True)]},
            a_test("subject", "contains", "lamp"),
        ]
    }
    said = Builder(FIELDS).show(condition).words()
    assert said == "(Team is red or green and Important is yes) or (Subject contains “lamp”)"


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [
        ("4 h", 14_400),
        ("90", 5_400),
        ("1:30", 5_400),
        ("2 d", 57_600),
        ("1 h 30 min", 5_400),
        ("0,5 Std", 1_800),
        ("45s", 45),
    ],
)
def test_lengths_are_read_as_people_write_them(typed: str, seconds: int) -> None:
    assert parse_length(typed, day_s=28_800) == seconds


@given(st.integers(1, 10**7), st.sampled_from([0, 28_800, 86_400]))
def test_a_length_that_was_written_is_read_again(seconds: int, day_s: int) -> None:
    assert parse_length(say_length(seconds, day_s=day_s), day_s=day_s) == seconds


@pytest.mark.parametrize("typed", ["", "soon", "4 parsecs", "4 h or so"])
def test_what_is_no_length_is_refused(typed: str) -> None:
    with pytest.raises(BadLength):
        parse_length(typed)
