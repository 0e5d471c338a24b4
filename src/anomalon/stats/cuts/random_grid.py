"""`RandomGrid`: cut points where the signal is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadValue
from anomalon.core.seed import Seed
from anomalon.stats.cuts.cut import CutEvents

__all__ = ["ONE_SIDED", "RandomGrid"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class RandomGrid:
    """Which cuts are tried.

    Args:
        n_points: How many; None for one per signal event that cuts are chosen on.
        directions: One for all or one per feature: ">" keeps events at or above the cut, "<" at
            or below, "<>" between two cuts, from two signal events.
        steps: Boxes joined by "or"; more than one is a staircase.

    Raises:
        BadValue: If there is no cut, or no box.
    """

    n_points: int | None = None
    directions: Sequence[str] | str = ">"
    steps: int = 1

    def __post_init__(self) -> None:
        if self.steps < 1 or (self.n_points is not None and self.n_points < 1):
            raise BadValue(
                f"cuts: expected steps >= 1 and n_points >= 1, got {self.steps} and "
                f"{self.n_points}."
            )

    def points(
        self, signal: CutEvents, sides: tuple[str, ...], seed: Seed
    ) -> tuple[Floats, Floats]:
        """Cut points at signal events: low and high, shape (point, box, feature) each.

        Args:
            signal: Events, drawn in proportion to their weights.
            sides: What is kept of each feature, of `directions`.
            seed: Which events.
        """
        rng = seed.generator()
        n = len(signal.x) if self.n_points is None else self.n_points
        p = None if signal.weight is None else signal.weight / signal.weight.sum()
        plain = self.steps == 1 and "<>" not in sides
        if plain and self.n_points is None:
            drawn = np.arange(n)[:, None, None]
        else:
            drawn = rng.choice(len(signal.x), (n, self.steps, 2), p=p)
        ends = signal.x[drawn].astype(np.float64)  # (point, box, 1 or 2, feature)
        low, high = ends[:, :, 0].copy(), ends[:, :, 0].copy()
        for j, side in enumerate(sides):
            if side == "<>":
                low[..., j], high[..., j] = ends[..., j].min(axis=2), ends[..., j].max(axis=2)
            elif side == ">":
                high[..., j] = np.inf
            else:
                low[..., j] = -np.inf
        return low, high


ONE_SIDED = RandomGrid()
"""At or above each signal event."""
