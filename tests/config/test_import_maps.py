"""The map language: what it understands, and how it says what it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from careline.config.importing import mapping
from careline.config.importing.values import Entry, Taken, Unusable, times

GOOD: dict[str, Any] = {
    "source": "old desk",
    "ticket": {"id": "number", "customer": {"email": "from"}, "opened_at": "created"},
}
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def changed(**over: Any) -> dict[str, Any]:
    return {**GOOD, **over}


def ticket(**over: Any) -> dict[str, Any]:
    return changed(ticket={**GOOD["ticket"], **over})


def test_a_short_map_is_enough() -> None:
    made = mapping.read(GOOD, name="m.yaml")
    assert made.columns() == {
        "number": "ticket.id",
        "created": "ticket.opened_at",
        "from": "customer.email",
    }
    assert not made.grouped


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        ([], "m.yaml holds names with values"),
        (changed(source=""), "source says where the tickets come from"),
        (changed(tickets={}), "m.yaml has no 'tickets'. Do you mean ticket?"),
        (ticket(subjct="a"), "ticket has no 'subjct'. Do you mean subject?"),
        (changed(ticket={"customer": {"id": "a"}, "opened_at": "b"}), "ticket.id is missing"),
        (changed(ticket={"id": "a", "opened_at": "b"}), "ticket.customer needs an id, an email or a phone"),
        (changed(ticket={"id": "a", "customer": {"id": "b"}}), "ticket.opened_at is missing"),
        (ticket(priority={"from": "p", "table": {"a": "hot"}}), "'hot' is no priority"),
        (ticket(team={"table": {}}), "ticket.team needs either from: (a column) or text:"),
        (ticket(team={"from": "a", "text": "b"}), "ticket.team needs either from:"),
        (changed(kind="xml"), "kind is one of csv, jsonl; found 'xml'"),
        (changed(encoding="utf-99"), "encoding 'utf-99' is unknown"),
        (changed(encoding="utf-16"), "Save the file as UTF-8"),
        (changed(delimiter="||"), "delimiter is the one character"),
        (changed(times={"zone": "Mars/Olympus"}), "is not a time zone such as Europe/Berlin"),
        (changed(times={"zone": "../../etc/passwd"}), "is not a time zone such as Europe/Berlin"),
        (changed(nothing="?"), "nothing holds a list"),
        (changed(messages={"text": "a"}), "messages.at is missing"),
        (changed(changes={"status": "a"}), "changes.at is missing"),
        (
            changed(messages={"at": "a", "kind": {"from": "k", "table": {"x": "inn"}}}),
            "messages.kind is one of in, out",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(tree: Any, sentence: str) -> None:
    with pytest.raises(mapping.BadMap) as refused:
        mapping.read(tree, name="m.yaml")
    assert sentence in str(refused.value)


def test_broken_yaml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("a: [")
    with pytest.raises(mapping.BadMap, match="is not YAML"):
        mapping.load(str(path))


def test_yaml_makes_no_objects(tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text("a: !!python/object/apply:os.system [echo]")
    with pytest.raises(mapping.BadMap, match="is not YAML"):
        mapping.load(str(path))


@pytest.mark.parametrize("name", mapping.shipped())
def test_the_shipped_maps_are_good(name: str) -> None:
    assert mapping.load(name).source == name


ROW = {"a": {"b": ["x", {"c": 3}]}, "plain.name": "dotted", "empty": " ", "n": 7, "yes": True, "mark": "?"}


@pytest.mark.parametrize(
    ("taken", "value"),
    [
        (Taken(path="a.b.0"), "x"),
        (Taken(path="a.b.1.c"), 3),
        (Taken(path="a.b.-1.c"), 3),
        (Taken(path="a.b.9"), None),
        (Taken(path="a.z.q"), None),
        (Taken(path="plain.name"), "dotted"),
        (Taken(path="empty"), None),
        (Taken(path="empty", default="nobody"), "nobody"),
        (Taken(path="mark", nothing=frozenset("?")), None),
        (Taken(words="No {n}: {a.b.0}"), "No 7: x"),
        (Taken(words="{plain.name:3}"), "dot"),
        (Taken(words="{empty} / {empty}"), None),
        (Taken(words="{plain.name} / {empty}"), "dotted / "),
        (Taken(path="n", table={"7": "seven"}), "seven"),
        (Taken(path="yes", table={"true": "on"}), "on"),
        (Taken(path="n", table={}, keep=True), 7),
        (Taken(path="^outer"), "around"),
        (Taken(path="$known"), "worked out"),
    ],
)
def test_how_a_value_is_taken(taken: Taken, value: Any) -> None:
    assert taken.of(Entry(ROW, outer={"outer": "around"}, known={"known": "worked out"})) == value


def test_a_value_that_the_table_does_not_know_is_told() -> None:
    with pytest.raises(Unusable, match="the value '7' is not in the table for n"):
        Taken(path="n", table={"8": "eight"}).of(Entry(ROW))


@pytest.mark.parametrize(
    ("given", "formats", "zone", "expected"),
    [
        ("2026-01-05T09:00:00", ["iso"], "Europe/Riga", "2026-01-05T07:00:00"),
        ("2026-01-05T09:00:00+05:30", ["iso"], "Europe/Riga", "2026-01-05T03:30:00"),
        ("2026-01-05 09:00Z", ["iso"], "Europe/Riga", "2026-01-05T09:00:00"),
        (1_767_600_000, ["unix"], "Europe/Riga", "2026-01-05T08:00:00"),
        ("1767600000.5", ["unix"], "UTC", "2026-01-05T08:00:00.500000"),
        (1_767_600_000_000, ["unix"], "UTC", "2026-01-05T08:00:00"),
        ("5.1.2026 9:00", ["iso", "%d.%m.%Y %H:%M"], "Europe/Berlin", "2026-01-05T08:00:00"),
        # Clocks went back at 03:00 that night: the first of the two half past twos is meant.
        ("2025-10-26T02:30:00", ["iso"], "Europe/Berlin", "2025-10-26T00:30:00"),
    ],
)
def test_how_times_are_read(given: Any, formats: list[str], zone: str, expected: str) -> None:
    read = times(formats=formats, zone=zone, now=NOW).read(given)
    assert read == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_the_words_of_the_language_are_described() -> None:
    page = (Path(__file__).parents[2] / "docs" / "import.md").read_text()
    for words in (
        mapping.TOP,
        mapping.TICKET,
        mapping.CUSTOMER,
        mapping.MESSAGE,
        mapping.CHANGE,
        mapping.VALUE,
    ):
        for word in words:
            assert f"`{word}`" in page, word
    for block in page.split("```yaml")[1:]:
        mapping.read(yaml.safe_load(block.split("```")[0]), name="docs/import.md")
