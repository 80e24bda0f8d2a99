"""Policies in words: whom they cover, and what they promise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from careline.customers import queries as customers
from careline.sla.book import POLICY_FIELDS
from careline.sla.words import METRIC_WORDS
from careline.web.conditions_drawn import Choice, Choices
from careline.web.conditions_form import Builder
from careline.web.lengths import say_length

if TYPE_CHECKING:
    from careline.core.conditions import Condition
    from careline.sla.models import Policy

Known = dict[str, list[Choice]]
METRICS = ("first_reply", "next_reply", "periodic_update", "resolution")
PRIORITIES = (
    ("4", gettext_lazy("Urgent")),
    ("3", gettext_lazy("High")),
    ("2", gettext_lazy("Normal")),
    ("1", gettext_lazy("Low")),
)


def builder(known: Known | None = None) -> Builder:
    """Return an empty builder over what a policy may look at; `known` keeps the names it reads."""
    more: Choices = {
        "organisation": customers.organisation_choices,
        "language": lambda: list(settings.LANGUAGES),
    }
    return Builder(POLICY_FIELDS, choices=more, known=known)


def covers(condition: Condition, known: Known | None = None) -> str:
    """Say whom a policy covers."""
    return builder(known).show(condition).words()


def promised(policy: Policy) -> list[dict[str, Any]]:
    """Return what a policy promises: each metric with its shortest and longest time."""
    found = []
    for metric in METRICS:
        times = sorted(set(policy.targets.get(metric, {}).values()))
        if times:
            found.append({"label": METRIC_WORDS[metric], "text": _range(times)})
    return found


def _range(times: list[int]) -> str:
    said = [say_length(seconds, day_s=0) for seconds in times]
    return said[0] if len(said) == 1 else f"{said[0]} – {said[-1]}"


def flat_targets(targets: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return the promised times under the names of their fields."""
    return {
        f"t-{metric}-{priority}": seconds
        for metric, by in targets.items()
        for priority, seconds in by.items()
    }
