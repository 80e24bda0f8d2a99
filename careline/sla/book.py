"""All promises as they stood at any time: read once a process, and again when anything was changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from careline.calc import clocks, hours
from careline.core import conditions
from careline.sla.models import PolicyVersion
from careline.tickets.fields import FIELDS

# What may decide which promise holds: what a conversation is, not how its clocks and counters stand.
DECIDING = (
    "priority", "team", "reason", "tag", "customer", "organisation", "vip", "channel", "language",
    "brand", "subject", "status", "category", "assignee", "opened_at",
)  # fmt: skip
POLICY_FIELDS: conditions.Fields = {key: FIELDS[key] for key in DECIDING if key in FIELDS}

NOTHING = clocks.Terms(policy_id=0, policy_version=0, calendar=hours.always(), targets={})


@dataclass(eq=False)
class Rule:
    """One version of one policy: whom it covers and what it promises."""

    policy_id: int
    version: int
    valid_from: datetime
    open_too: bool
    body: dict[str, Any]
    calendar: hours.Calendar
    usable: bool = True
    _terms: dict[int, clocks.Terms] = field(default_factory=dict)

    @property
    def active(self) -> bool:
        """Say whether it promises anything to conversations that choose now."""
        return bool(self.body.get("active", True)) and self.usable

    @property
    def condition(self) -> conditions.Condition:
        """Whom it covers; empty means everybody."""
        found: conditions.Condition = self.body.get("condition") or {}
        return found

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands in the order of policies."""
        return self.body.get("position", 0), self.policy_id

    def covers(self, row: Any, at: datetime) -> bool:
        """Say whether a conversation that looks like `row` at `at` is promised this."""
        if not self.condition:
            return True
        return conditions.matches(self.condition, POLICY_FIELDS, row, conditions.Asker(now=at))

    def terms(self, priority: int) -> clocks.Terms:
        """Return what it promises at this priority."""
        found = self._terms.get(priority)
        if found is None:
            found = self._terms[priority] = _terms(self, priority)
        return found


def _terms(rule: Rule, priority: int) -> clocks.Terms:
    body = rule.body
    targets = {
        metric: float(by_priority[str(priority)])
        for metric, by_priority in body.get("targets", {}).items()
        if by_priority.get(str(priority))
    }
    pauses = body.get("pauses")
    return clocks.Terms(
        policy_id=rule.policy_id,
        policy_version=rule.version,
        calendar=rule.calendar,
        targets=targets,
        pauses={metric: frozenset(held) for metric, held in pauses.items()}
        if pauses is not None
        else clocks.DEFAULT_PAUSES,
        reopen_window_s=body.get("reopen_window_s", 7 * 86_400),
        bot_counts=body.get("bot_counts", False),
        warn_share=body.get("warn_share", 0.75),
        warn_before_s=body.get("warn_before_s"),
    )


class Book:
    """Every version of every policy."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = list(rules)
        self._versions: dict[int, list[Rule]] = {}
        for rule in sorted(self._rules, key=lambda rule: (rule.valid_from, rule.version)):
            self._versions.setdefault(rule.policy_id, []).append(rule)
        everything = [rule for versions in self._versions.values() for rule in versions]
        self._by_version = {(rule.policy_id, rule.version): rule for rule in everything}
        # When promises to conversations that are open already have changed.
        self.edits = sorted({rule.valid_from for rule in everything if rule.open_too})
        self.asks = frozenset(name for rule in everything for name in _asked(rule.condition))

    def with_rules(self, rules: Iterable[Rule]) -> Book:
        """Return a book in which these hold too, to see what would be."""
        return Book([*self._rules, *rules])

    def in_force(self, *, opened_at: datetime, at: datetime) -> list[Rule]:
        """Return the rules, in order, for a conversation opened at `opened_at`, as seen at `at`.

        A change reaches conversations opened after it, and older ones if that was chosen.
        """
        found = []
        for versions in self._versions.values():
            usable = [r for r in versions if r.valid_from <= at and (r.open_too or r.valid_from <= opened_at)]
            if usable:
                found.append(usable[-1])
        return sorted(found, key=lambda rule: rule.place)

    def choose(self, row: Any, *, at: datetime) -> Rule | None:
        """Return the first rule that covers the conversation as it looks in `row`, None when none does."""
        for rule in self.in_force(opened_at=row.opened_at, at=at):
            if rule.active and rule.covers(row, at):
                return rule
        return None

    def rule(self, policy_id: int | None, version: int | None) -> Rule | None:
        """Return one version of one policy."""
        if policy_id is None or version is None:
            return None
        return self._by_version.get((policy_id, version))

    def terms(self, policy_id: int | None, version: int | None, priority: int) -> clocks.Terms:
        """Return what was promised; a version that is gone promised nothing."""
        rule = self.rule(policy_id, version)
        return NOTHING if rule is None else rule.terms(priority)


def _asked(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        if "field" in node:
            yield node["field"]
        for inner in node.values():
            yield from _asked(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _asked(inner)


_kept: dict[str, Book] = {}
_calendars: dict[str, hours.Calendar] = {}


def stamp() -> str:
    """Return a word that changes with every change of a promise."""
    return PolicyVersion.objects.order_by("-id").values_list("token", flat=True).first() or ""


def book(token: str | None = None) -> Book:
    """Return the promises as they stand now; `token` is the present stamp where the caller has it."""
    token = stamp() if token is None else token
    found = _kept.get(token)
    if found is None:
        found = Book(rule_of(version) for version in PolicyVersion.objects.all())
        _kept.clear()
        _kept[token] = found
    return found


def rule_of(version: PolicyVersion) -> Rule:
    """Read one version."""
    rule = Rule(
        policy_id=version.policy_id,
        version=version.version,
        valid_from=version.valid_from,
        open_too=version.open_too,
        body=version.body,
        calendar=calendar_of(version.body["calendar"]),
    )
    rule.usable = _is_usable(rule.condition)
    return rule


def _is_usable(condition: conditions.Condition) -> bool:
    # A field may be gone since the condition was written; better no promise than a broken mail intake.
    try:
        conditions.check(condition, POLICY_FIELDS)
    except conditions.BadCondition:
        return False
    return True


def calendar_of(exported: dict[str, Any]) -> hours.Calendar:
    """Read a calendar; equal ones are one object, which remembers the spans it has worked out."""
    key = json.dumps(exported, sort_keys=True)
    found = _calendars.get(key)
    if found is None:
        if len(_calendars) > 200:
            _calendars.clear()
        found = _calendars[key] = hours.from_json(exported)
    return found
