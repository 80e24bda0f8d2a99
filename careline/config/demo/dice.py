"""Cheap draws: a numpy Generator asked in bulk, handed out one by one."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import TypeVar

import numpy as np

T = TypeVar("T")
BULK = 65_536


class Dice:
    """One stream of randomness; asking numpy for single numbers would take half of the whole time."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._uniform: list[float] = []
        self._normal: list[float] = []

    def share(self) -> float:
        """Return a number in [0, 1)."""
        if not self._uniform:
            self._uniform = self._rng.random(BULK).tolist()
        return self._uniform.pop()

    def chance(self, share: float) -> bool:
        """Return True in this share of cases."""
        return self.share() < share

    def pick(self, things: Sequence[T]) -> T:
        """Return one of them."""
        return things[int(self.share() * len(things))]

    def whole(self, low: int, high: int) -> int:
        """Return a whole number in low..high, both included."""
        return low + int(self.share() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """Return a number in [low, high)."""
        return low + self.share() * (high - low)

    def around(self, median: float, spread: float) -> float:
        """Return a lognormal number with this median; a spread of 0.5 is moderate, 1.2 has a long tail."""
        if not self._normal:
            self._normal = self._rng.standard_normal(BULK).tolist()
        return median * exp(spread * self._normal.pop())
