"""Reactions that can take several events follow once for each subject, at the end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from careline.config import reactions
from careline.core import events
from careline.core.models import Event

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
told: list[list[int]] = []


def on_boxes(several: list[Event]) -> None:
    told.append([event.subject_id for event in several])


@events.takes_several(on_boxes)
def on_box(event: Event) -> None:
    told.append([event.subject_id])


@pytest.fixture(autouse=True)
def wired() -> Iterator[None]:
    told.clear()
    events.wire(at_once={"box.opened": [on_box], "box.shut": [on_box]}, queued={})
    yield
    events.wire(at_once=reactions.AT_ONCE, queued=reactions.QUEUED)


def happens(kind: str, box: int) -> None:
    events.record(kind, subject=("box", box), actor=None, at=NOON)


def test_a_reaction_follows_each_event_at_once_by_itself() -> None:
    happens("box.opened", 1)
    happens("box.shut", 1)
    assert told == [[1], [1]]


def test_together_a_reaction_follows_once_for_each_subject_at_the_end() -> None:
    with events.together():
        happens("box.opened", 1)
        happens("box.opened", 2)
        with events.together():
            happens("box.shut", 1)
        assert told == []
    assert told == [[1, 1], [2]]


def _fail_after(kind: str, box: int) -> None:
    with events.together():
        happens(kind, box)
        raise ZeroDivisionError


def test_nothing_follows_what_has_failed() -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_after("box.opened", 1)
    assert told == []
    happens("box.opened", 3)
    assert told == [[3]]
