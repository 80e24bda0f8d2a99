"""What follows from what: every wired reaction is there, and can be found again by its name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from django.utils.module_loading import import_string

from careline.config import reactions, schedule
from careline.core import events

WIRED = [
    (kind, reaction)
    for table in (reactions.AT_ONCE, reactions.QUEUED)
    for kind, several in table.items()
    for reaction in several
]


def problems_with(reaction: Callable[..., Any]) -> list[str]:
    """Return what keeps a reaction from being called, or from being found by its stored name."""
    found = []
    name = events.name_of(reaction)
    if not reaction.__name__.startswith("on_"):
        found.append(f"{name} is not called on_something")
    if len(inspect.signature(reaction).parameters) != 1:
        found.append(f"{name} takes more than the event")
    try:
        if import_string(name) is not reaction:
            found.append(f"{name} is another one")
    except ImportError:
        found.append(f"{name} cannot be found by its name")
    return found


def test_every_wired_reaction_takes_an_event_and_has_a_name_that_lasts() -> None:
    assert [problem for _, reaction in WIRED for problem in problems_with(reaction)] == []


def test_no_reaction_is_wired_twice_to_the_same_kind() -> None:
    assert len(set(WIRED)) == len(WIRED)


def test_a_reaction_made_on_the_spot_is_found_out() -> None:
    assert any("cannot be found" in problem for problem in problems_with(lambda event: None))


def test_every_schedule_and_tick_can_be_called() -> None:
    for _line, work in schedule.SCHEDULES.values():
        assert not inspect.signature(work).parameters
    for tick in schedule.TICKS.values():
        assert callable(tick)
