"""What a local significance is worth among trials that share events, without pseudo-experiments."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from anomalon.core.seed import Seed
from anomalon.stats import p_from_z, sidak, z_from_p
from anomalon.stats.scans import global_p_gaussian, sample_scans

__all__ = ["CorrelatedTrials"]

Floats = NDArray[np.floating[Any]]

_Z = np.arange(0.0, 8.01, 0.5)
_SAMPLES = 10_000
_COMMON = 0.3  # global p-values above it are counted in plain samples
_MOST = 1000  # trials, whose correlation is a million numbers


@dataclass(frozen=True, eq=False)
class CorrelatedTrials:
    """How many independent trials would be as likely to exceed a local significance.

    The significances of all trials are taken for normal, with the correlation that follows from the
    events that they share; the probability that the largest exceeds z is 1 - (1 - p(z))^N(z). N
    grows with z: far out, even strongly correlated trials count one by one.

    Args:
        z: Local significances, shape (point,).
        n_effective: N there, shape (point,).
        n_trials: How many there are.
    """

    z: Floats
    n_effective: Floats
    n_trials: int

    @classmethod
    def of(cls, correlation: Floats, seed: Seed) -> Self | None:
        """From the correlation of the trials; None if there are too many to say.

        Args:
            correlation: Shape (trial, trial).
            seed: Of the samples.
        """
        n = len(correlation)
        if not 0 < n <= _MOST:
            return None
        largest = sample_scans(correlation, _SAMPLES, seed.child("common")).max(axis=1)
        common = (largest[:, None] > _Z).mean(axis=0)
        rare = global_p_gaussian(correlation, _Z, n=_SAMPLES, seed=seed.child("rare"))
        p = np.where(common > _COMMON, common, np.asarray(rare.value))
        p = np.clip(p, p_from_z(_Z), 1 - 0.5 / _SAMPLES)
        of = np.log1p(-p) / np.log1p(-np.asarray(p_from_z(_Z)))
        return cls(_Z, np.clip(np.maximum.accumulate(of), 1.0, n), n)

    def p(self, p_local: float) -> float:
        """Probability that the best of all trials has a p-value as small.

        Beyond the last point that of independent trials, which is an upper bound.
        """
        return float(sidak(p_local, self.n_at(p_local)))

    def n_at(self, p_local: float) -> float:
        """N where a trial has this p-value."""
        z = float(z_from_p(p_local))
        return self.n_trials if z > self.z[-1] else float(np.interp(z, self.z, self.n_effective))
