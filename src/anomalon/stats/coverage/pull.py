"""Pulls: are estimates unbiased, and their uncertainties right?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.shown import Shown
from anomalon.stats.coverage.toys import Outcome, average, tables, too_many, usable

__all__ = ["Pulls", "pulls"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Pulls(Shown, Outcome):
    """Mean and width of (estimate - truth)/uncertainty, for each true strength.

    Args:
        truth: Shape (strength,).
        mean: Shape (strength,), as all that follow.
        mean_error: Its standard deviation.
        width: Standard deviation of the pulls.
        width_error: Its standard deviation, from the fourth moment.
        n: Pseudo-experiments that gave a number.
        n_failed: Those that did not.
    """

    truth: Floats
    mean: Floats
    mean_error: Floats
    width: Floats
    width_error: Floats
    n: NDArray[np.int64]
    n_failed: NDArray[np.int64]

    @property
    def ok(self) -> bool:
        """Whether |mean| and |width - 1| are at most 0.1, within two standard deviations."""
        biased = np.abs(self.mean) - 2 * self.mean_error > 0.1
        wrong = np.abs(self.width - 1) - 2 * self.width_error > 0.1
        return not (biased.any() or wrong.any() or too_many(self.n_failed, self.n))


def pulls(estimate: ArrayLike, uncertainty: ArrayLike, truth: ArrayLike) -> Pulls:
    """Mean and width of the pulls of many pseudo-experiments.

    Args:
        estimate: Shape (toy,), or (strength, toy); NaN for a failed one.
        uncertainty: Same shape.
        truth: A number, or shape (strength,).

    Raises:
        BadLayout: If the shapes do not fit.
        TooFewEvents: If fewer than 10 pseudo-experiments at some strength gave a number.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> pulls(rng.normal(3.0, 2.0, 1000), np.full(1000, 2.0), 3.0).ok
        True
    """
    (estimates, uncertainties), truths = tables([estimate, uncertainty], truth, "pulls")
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = (estimates - truths[:, None]) / uncertainties
    good, n = usable(pull, "pulls")
    mean = average(pull, good)
    off = np.where(good, pull - mean[:, None], np.nan)
    variance = np.nansum(off**2, axis=1) / (n - 1)
    kurtosis = average(off**4, good) / variance**2
    error = np.sqrt(variance * np.maximum(kurtosis - 1, 0.0) / (4 * n))
    width = np.sqrt(variance)
    return Pulls(truths, mean, width / np.sqrt(n), width, error, n, good.shape[1] - n)
