"""Coverage: how often do intervals contain the truth?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.core.shown import Shown
from anomalon.stats.counts.intervals import ONE_SIGMA, clopper_pearson
from anomalon.stats.coverage.toys import SURE, Outcome, tables, too_many, usable

__all__ = ["Coverage", "interval_coverage"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Coverage(Shown, Outcome):
    """How often intervals contain the truth.

    Args:
        truth: Shape (strength,).
        level: What the intervals promise.
        share: How many contain the truth, shape (strength,).
        low: Lower end of the Clopper-Pearson interval of `share`, at 99.73 %.
        high: Its upper end.
        n: Pseudo-experiments that gave an interval.
        n_failed: Those that did not.
    """

    truth: Floats
    level: float
    share: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]
    n_failed: NDArray[np.int64]

    @property
    def too_low(self) -> NDArray[np.bool_]:
        """Where fewer contain the truth than promised, by more than a fluctuation."""
        return np.asarray(self.high < self.level)

    @property
    def too_high(self) -> NDArray[np.bool_]:
        """Where more do: a waste, but no false claim."""
        return np.asarray(self.low > self.level)

    @property
    def ok(self) -> bool:
        """Whether no strength is covered less than promised."""
        return not (self.too_low.any() or too_many(self.n_failed, self.n))


def interval_coverage(
    low: ArrayLike, high: ArrayLike, truth: ArrayLike, level: float = ONE_SIGMA
) -> Coverage:
    """How many of the intervals of many pseudo-experiments contain the truth.

    Args:
        low: Lower ends, shape (toy,) or (strength, toy); -inf for an upper limit, NaN for failed.
        high: Upper ends, same shape.
        truth: A number, or shape (strength,).
        level: What the intervals promise.

    Raises:
        BadLayout: If the shapes do not fit.
        BadValue: If the level is not in (0, 1).
        TooFewEvents: If fewer than 10 pseudo-experiments at some strength gave an interval.
    """
    if not 0 < level < 1:
        raise BadValue(f"interval_coverage: expected a level in (0, 1), got {level}.")
    (low, high), truth = tables([low, high], truth, "interval_coverage")
    valid = ~(np.isnan(low) | np.isnan(high))
    good, n = usable(np.where(valid, 0.0, np.nan), "interval_coverage")
    inside = good & (low <= truth[:, None]) & (truth[:, None] <= high)
    k = inside.sum(axis=1)
    at_least, at_most = clopper_pearson(k, n, SURE)
    return Coverage(truth, level, k / n, at_least, at_most, n, good.shape[1] - n)
