"""The map language: which column is what. Refuses, in a sentence, a map that makes no sense."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from careline.config.importing.values import Taken

SHIPPED = Path(__file__).parent / "maps"
LARGEST = 200_000  # bytes of a map
TOP = {
    "source",
    "kind",
    "encoding",
    "delimiter",
    "nothing",
    "times",
    "agents",
    "ticket",
    "messages",
    "changes",
}
TICKET = {
    "id", "subject", "text", "opened_at", "channel", "language", "customer", "status", "priority",
    "team", "assignee", "reason", "tags", "solved_at", "closed_at",
}  # fmt: skip
CUSTOMER = {"id", "name", "email", "phone", "organisation"}
MESSAGE = {"id", "at", "kind", "text", "author"}
CHANGE = {"at", "status", "priority", "team", "assignee", "reason", "by"}
VALUE = {"from", "text", "table", "keep", "default"}
PRIORITIES = {"low": 1, "normal": 2, "high": 3, "urgent": 4}


class BadMap(Exception):
    """A map cannot be used; the message says what is wrong with it."""


@dataclass(frozen=True)
class Part:
    """A section that makes messages or changes: of a list inside the row, or of each row itself."""

    values: Mapping[str, Taken]
    each: str = ""  # path of the list; empty: every row is one
    only: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Map:
    """A checked map."""

    name: str
    source: str
    kind: str  # csv, jsonl, or empty: by the name of the file
    encoding: str
    delimiter: str
    formats: tuple[str, ...]
    zone: str
    agent_name: str  # words with {id}
    ticket: Mapping[str, Taken]
    customer: Mapping[str, Taken]
    messages: Part | None
    changes: Part | None

    @property
    def grouped(self) -> bool:
        """Say whether several rows make one ticket."""
        return any(part is not None and not part.each for part in (self.messages, self.changes))

    def columns(self) -> dict[str, str]:
        """Return the columns a flat file must have, each with what it is used for."""
        sections = {"ticket": self.ticket, "customer": self.customer}
        sections |= {name: part.values for name, part in self._parts() if not part.each}
        found = {
            path.removeprefix("^"): f"{section}.{key}"
            for section, values in sections.items()
            for key, value in values.items()
            for path in value.paths()
            if not path.startswith("$")
        }
        for name, part in self._parts():
            found |= dict.fromkeys(part.only if not part.each else (), f"{name}.only")
        return found

    def _parts(self) -> list[tuple[str, Part]]:
        named = (("messages", self.messages), ("changes", self.changes))
        return [(name, part) for name, part in named if part is not None]


def shipped() -> list[str]:
    """Return the names of the maps that come with Careline."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def find(name: str) -> Path:
    """Return where a map is: a file, or a shipped one by its name.

    Raises
    ------
    BadMap
        Neither.
    """
    path = Path(name)
    if path.is_file():
        return path
    own = SHIPPED / f"{name.removesuffix('.yaml')}.yaml"
    if "/" not in name and own.is_file():
        return own
    raise BadMap(f"There is no map {name}. Give a file, or one of: {', '.join(shipped())}.")


def load(name: str) -> Map:
    """Read and check a map.

    Raises
    ------
    BadMap
        It cannot be found, read or used.
    """
    path = find(name)
    if path.stat().st_size > LARGEST:
        raise BadMap(f"{path.name} is too large for a map.")
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise BadMap(f"{path.name} is not YAML: {' '.join(str(error).split())}") from error
    return read(tree, name=path.name)


def read(tree: Any, *, name: str) -> Map:
    """Check a map that is loaded already.

    Raises
    ------
    BadMap
        A word is unknown, missing, or holds something else than it should.
    """
    top = _group(tree, name)
    _known(top, TOP, name)
    source = top.get("source")
    if not isinstance(source, str) or not 0 < len(source.strip()) <= 40:
        raise BadMap(f"{name}: source says where the tickets come from, in at most 40 letters.")
    ticket = dict(_group(top.get("ticket", {}), "ticket"))
    customer = _group(ticket.pop("customer", {}), "customer")
    nothing = frozenset(str(one) for one in _list(top.get("nothing", []), "nothing"))
    times = _group(top.get("times", {}), "times")
    _known(times, {"formats", "zone"}, "times")
    made = Map(
        name=name,
        source=source.strip(),
        kind=_one_of(top.get("kind", ""), ("", "csv", "jsonl"), "kind"),
        encoding=_encoding(top.get("encoding", "utf-8")),
        delimiter=_delimiter(top.get("delimiter", ",")),
        formats=tuple(str(one) for one in _list(times.get("formats", ["iso"]), "times.formats")),
        zone=_zone(times.get("zone", "UTC")),
        agent_name=_agent_name(top.get("agents", {})),
        ticket=_values(ticket, TICKET, "ticket", nothing),
        customer=_values(customer, CUSTOMER, "customer", nothing),
        messages=_part(top.get("messages"), MESSAGE, "messages", nothing),
        changes=_part(top.get("changes"), CHANGE, "changes", nothing),
    )
    _complete(made)
    return made


def _complete(made: Map) -> None:
    if "id" not in made.ticket:
        raise BadMap(
            f"{made.name}: ticket.id is missing; without it, a second run would import everything again."
        )
    if not made.customer.keys() & {"id", "email", "phone"}:
        raise BadMap(f"{made.name}: ticket.customer needs an id, an email or a phone.")
    if "opened_at" not in made.ticket and made.messages is None and made.changes is None:
        raise BadMap(f"{made.name}: ticket.opened_at is missing, and there are no messages to take it from.")
    for part, section in ((made.messages, "messages"), (made.changes, "changes")):
        if part is not None and "at" not in part.values:
            raise BadMap(f"{made.name}: {section}.at is missing.")
    _check_tables(made)


def _check_tables(made: Map) -> None:
    for part in (made.ticket, made.changes.values if made.changes else {}):
        for meaning in _meanings(part.get("priority")):
            priority_of(meaning)
    for meaning in _meanings(made.messages.values.get("kind") if made.messages else None):
        _one_of(meaning, ("in", "out", "note"), "messages.kind")


def _meanings(value: Taken | None) -> list[Any]:
    if value is None:
        return []
    return [*(value.table or {}).values(), *([value.default] if value.default is not None else [])]


def priority_of(value: Any) -> int:
    """Return a priority from 1 to 4, given as number or word.

    Raises
    ------
    BadMap
        It is neither.
    """
    said = str(value).strip().lower()
    number = PRIORITIES.get(said) or (int(said) if said in {"1", "2", "3", "4"} else 0)
    if not number:
        raise BadMap(f"{value!r} is no priority; use low, normal, high or urgent, or 1 to 4.")
    return number


def _part(tree: Any, allowed: set[str], section: str, nothing: frozenset[str]) -> Part | None:
    if tree is None:
        return None
    group = dict(_group(tree, section))
    each, only = group.pop("each", ""), _group(group.pop("only", {}), f"{section}.only")
    if not isinstance(each, str):
        raise BadMap(f"{section}.each is the path of a list in the row.")
    chosen = {
        str(path): frozenset(str(one) for one in (wanted if isinstance(wanted, list) else [wanted]))
        for path, wanted in only.items()
    }
    return Part(values=_values(group, allowed, section, nothing), each=each, only=chosen)


def _values(
    group: Mapping[str, Any], allowed: set[str], section: str, nothing: frozenset[str]
) -> dict[str, Taken]:
    _known(group, allowed, section)
    return {key: _value(tree, f"{section}.{key}", nothing) for key, tree in group.items()}


def _value(tree: Any, where: str, nothing: frozenset[str]) -> Taken:
    if isinstance(tree, str):
        return Taken(path=tree, nothing=nothing)
    group = _group(tree, where)
    _known(group, VALUE, where)
    path, words, table = group.get("from", ""), group.get("text", ""), group.get("table")
    if bool(path) == bool(words) or not isinstance(path, str) or not isinstance(words, str):
        raise BadMap(f"{where} needs either from: (a column) or text: (words with {{columns}}).")
    if table is not None:
        # YAML reads yes, no, on and off as true and false.
        table = {
            str(k).lower() if isinstance(k, bool) else str(k): v for k, v in _group(table, where).items()
        }
    return Taken(
        path=path,
        words=words,
        table=table,
        keep=group.get("keep") is True,
        default=group.get("default"),
        nothing=nothing,
    )


def _known(group: Mapping[str, Any], allowed: set[str], where: str) -> None:
    for key in group:
        if key not in allowed:
            near = difflib.get_close_matches(str(key), allowed, n=1)
            hint = f" Do you mean {near[0]}?" if near else f" It may hold: {', '.join(sorted(allowed))}."
            raise BadMap(f"{where} has no {key!r}.{hint}")


def _group(tree: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(tree, Mapping):
        raise BadMap(f"{where} holds names with values.")
    return tree


def _list(tree: Any, where: str) -> Sequence[Any]:
    if not isinstance(tree, list):
        raise BadMap(f"{where} holds a list.")
    return tree


def _one_of(value: Any, allowed: tuple[str, ...], where: str) -> str:
    if value not in allowed:
        raise BadMap(f"{where} is one of {', '.join(filter(None, allowed))}; found {value!r}.")
    return str(value)


def _encoding(value: Any) -> str:
    try:
        "".encode(str(value))
    except LookupError as error:
        raise BadMap(f"encoding {value!r} is unknown.") from error
    if str(value).lower().startswith(("utf-16", "utf-32", "utf_16", "utf_32")):
        raise BadMap(f"Files in {value} cannot be read line by line. Save the file as UTF-8.")
    return str(value)


def _delimiter(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 1 or value in '\r\n"':
        raise BadMap("delimiter is the one character between columns.")
    return value


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadMap(f"times.zone {value!r} is not a time zone such as Europe/Berlin.") from error


def _agent_name(tree: Any) -> str:
    group = _group(tree, "agents")
    _known(group, {"name"}, "agents")
    return str(group.get("name", "{id}"))
