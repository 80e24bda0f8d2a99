"""This domain by itself: what follows on the floors above is tested there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from careline.config.reactions import AT_ONCE, QUEUED
from careline.core import events


@pytest.fixture(autouse=True)
def nothing_follows() -> Iterator[None]:
    """Let no clock start and no mail go out."""
    events.wire(at_once={}, queued={})
    yield
    events.wire(at_once=AT_ONCE, queued=QUEUED)
