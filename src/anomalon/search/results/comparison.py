"""`Comparison`: all that a significance is made of, kept apart.

The correlation of the folds is known badly in each cut alone, and well in all of them together
(`anomalon.search.events.pooling`): whoever knows it better finishes the comparison again.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats import scaled_significance
from anomalon.stats.fits import profiled_significance

__all__ = ["Comparison"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Comparison:
    """A count and what was expected, in effective events, with each candidate function.

    Args:
        n: The count.
        expected: Background expected, the function that fits best first, shape (function,).
        fit: Its standard deviation from the fit, shape (function,).
        apart: Variance of what has nothing to do with the fit, ensemble and closure, shape
            (function,).
        cost: What each function costs as a nuisance (`anomalon.stats.fits.envelope`), shape
            (function,).
        unit: Effective events per event.
        correlation: sum_{k != l} Cov(D_k, D_l) / sum_k Var(D_k) of the folds' excesses D as this
            cut alone tells it, without bias and therefore sometimes below zero; None if folds have
            not learned from each other, or there is no telling.
    """

    n: float
    expected: Floats
    fit: Floats
    apart: Floats
    cost: Floats
    unit: float
    correlation: float | None = None

    def folds(self, correlation: float) -> Floats:
        """Variance of the count because folds fluctuate together, shape (function,).

        Above one is no correlation: there a classifier is that is linear in its training events.
        """
        return np.asarray(np.clip(correlation, 0, 1) * (self.expected + self.fit**2))

    def sigma_folds(self, correlation: float) -> float:
        """Its square root for the best function, in events."""
        return sqrt(float(self.folds(correlation)[0])) / self.unit

    def z(self, correlation: float) -> float:
        """The significance, signed, with the function profiled."""
        sigma = np.sqrt(self.fit**2 + self.apart + self.folds(correlation))
        each = scaled_significance(self.n, self.expected, 1.0, sigma)
        return profiled_significance(np.asarray(each), self.cost)[0]
