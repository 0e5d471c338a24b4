"""`Comparison`: all that a significance is made of, kept apart.

What learning adds to the fluctuations of a count is known badly in each cut alone, and better in
all of them together (`anomalon.search.events.pooling`): whoever knows it better finishes the
comparison again.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats import observed_significance, scaled_significance
from anomalon.stats.fits import profiled_significance

__all__ = ["Comparison", "Learned"]

Floats = NDArray[np.floating[Any]]

# A significance below this is zero, and of two such the ratio is that of the errors.
_RESOLVED = 1e-6


@dataclass(frozen=True)
class Learned:
    """What learning from data adds to the variance of a count.

    Both are estimated without bias and are therefore below zero at times. Only their sum is a
    variance, so only the sum is not let below zero: two that are cut off there each would be too
    large on average, and Z too small.

    Args:
        folds: sum_{k != l} Cov(D_k, D_l) / sum_k Var(D_k) of the folds' excesses D: they have
            learned from each other.
        scatter: Variance of the mean count of the members from training alone, over its Poisson
            variance.
    """

    folds: float = 0.0
    scatter: float = 0.0


@dataclass(frozen=True, eq=False)
class Comparison:
    """A count and what was expected, in effective events, with each candidate function.

    Args:
        n: The count.
        expected: Background expected, the function that fits best first, shape (function,).
        fit: Its standard deviation from the fit, shape (function,).
        apart: Variance of what has to do with neither fit nor learning, shape (function,).
        cost: What each function costs as a nuisance (`anomalon.stats.fits.envelope`), shape
            (function,).
        unit: Effective events per event.
        correlation: `Learned.folds` as this cut alone tells it; None if folds have not learned from
            each other, or there is no telling.
        scatter: `Learned.scatter` as this cut alone tells it; None for a single member.
        noise: Standard deviation of `correlation` if folds have learned nothing from each other.
        peak: Signed significance of a peak fitted beside each candidate, from event statistics
            alone, shape (function,); None if the count alone tells.
    """

    n: float
    expected: Floats
    fit: Floats
    apart: Floats
    cost: Floats
    unit: float
    correlation: float | None = None
    scatter: float | None = None
    noise: float = 1.0
    peak: Floats | None = None

    @property
    def has_learned(self) -> bool:
        """Whether learning adds anything to the variance that is known at all."""
        return not (self.correlation is None and self.scatter is None)

    @property
    def alone(self) -> Learned:
        """What this cut tells by itself."""
        return Learned(self.correlation or 0.0, self.scatter or 0.0)

    def learned(self, known: Learned) -> Floats:
        """Variance of the count from learning, shape (function,).

        No correlation is above one: there a classifier is that is linear in its training events.
        """
        folds = min(known.folds, 1.0) * (self.expected + self.fit**2)
        return np.maximum(folds + known.scatter * self.expected, 0.0)

    def sigma_ensemble(self, known: Learned) -> float:
        """Uncertainty of the count from the scatter of the members, best function, in events."""
        total, scatter = self.learned(known)[0], known.scatter * self.expected[0]
        return sqrt(float(np.clip(scatter, 0.0, total))) / self.unit

    def sigma_folds(self, known: Learned) -> float:
        """That from folds that fluctuate together: the rest of the variance from learning."""
        total = float(self.learned(known)[0]) / self.unit**2
        return sqrt(max(total - self.sigma_ensemble(known) ** 2, 0.0))

    def z(self, known: Learned) -> float:
        """The significance, signed, with the function profiled."""
        more = self.apart + self.learned(known)
        sigma = np.sqrt(self.fit**2 + more)
        each = np.asarray(scaled_significance(self.n, self.expected, 1.0, sigma))
        if self.peak is not None:
            each = each + self._beyond_the_count(self.peak, more)
        return profiled_significance(each, self.cost)[0]

    def _beyond_the_count(self, peak: Floats, more: Floats) -> Floats:
        """What a peak adds to the significance of the count, shape (function,).

        Both by their asymptotic formula, so that the count keeps its own at few events. What
        learning and closure take of the count's significance, they take of the peak's.
        """
        alone, left = (
            np.asarray(observed_significance(self.n, self.expected, np.sqrt(self.fit**2 + added)))
            for added in (0.0, more)
        )
        own = self.expected + self.fit**2
        small = np.sqrt(own / (own + more))
        known = np.abs(alone) > _RESOLVED
        share = np.where(known, left / np.where(known, alone, 1.0), small)
        return np.asarray(peak * share - left)
