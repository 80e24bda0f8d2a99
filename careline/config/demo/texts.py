"""The words of customers and agents: what was written by hand in texts/, and what chance makes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from careline.config.demo.company import LOAD
from careline.config.demo.words import read

LANGUAGES = ("en", "de")
PRIORITIES = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
SLOTS = frozenset(
    [
        "product",
        "order",
        "amount",
        "date",
        "due",
        "city",
        "street",
        "carrier",
        "tracking",
        "colour",
        "qty",
        "code",
        "days",
        "first",
        "last",
        "custno",
        "email",
        "topic",
        "opening",
        "answer",
        "mood_word",
    ]
)
SLOT = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Phrases:
    """What is said about one problem in one language."""

    subjects: tuple[str, ...]
    openings: tuple[str, ...]
    answers: tuple[str, ...]
    attach: str  # kind of paper that goes with the answer, or empty


@dataclass(frozen=True)
class Scenario:
    """One problem customers have with lamps, parcels and bills."""

    key: str
    team: str
    reason: str
    weight: float
    priority: int
    needs: str  # what the agent may have to ask for: photo, order, address, details
    checks: str  # whom the agent may have to ask: carrier, warehouse, bank, workshop
    tags: tuple[str, ...]
    mood: str  # how all of them write, or empty
    surge: str  # the trouble that brings it: strike, outage, recall
    silent: float  # share that is closed without an answer
    picture: bool
    recall: bool  # about the recalled product
    phrases: dict[str, Phrases]


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return all problems, in a fixed order."""
    return tuple(_scenario(team, entry) for team in LOAD for entry in read(team))


@cache
def common() -> dict[str, Any]:
    """Return what every conversation is made of, by language."""
    found: dict[str, Any] = read("common")
    _check("common", found)
    return found


def _scenario(team: str, entry: dict[str, Any]) -> Scenario:
    _check(entry["key"], entry)
    return Scenario(
        key=entry["key"],
        team=team,
        reason=entry["reason"],
        weight=entry["weight"] * LOAD[team],
        priority=PRIORITIES[entry.get("priority", "normal")],
        needs=entry.get("needs", ""),
        checks=entry.get("checks", ""),
        tags=tuple(entry.get("tags", ())),
        mood=entry.get("mood", ""),
        surge=entry.get("surge", ""),
        silent={False: 0.0, True: 0.8, "half": 0.5}[entry.get("silent", False)],
        picture=entry.get("files", False),
        recall=entry.get("recall", False),
        phrases={language: _phrases(entry[language]) for language in LANGUAGES},
    )


def _phrases(entry: dict[str, Any]) -> Phrases:
    return Phrases(
        tuple(entry["subjects"]), tuple(entry["openings"]), tuple(entry["answers"]), entry.get("attach", "")
    )


def _check(name: str, entry: Any) -> None:
    """Raise ValueError when a text holds a slot that nobody fills."""
    for text in _strings(entry):
        for slot in SLOT.findall(text):
            if slot not in SLOTS:
                raise ValueError(f"{name}: nobody fills {slot!r}")


def _strings(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, dict | list):
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from _strings(part)
