"""A continuous feature at given mass: quantiles that follow the mass smoothly."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["ConditionalQuantileMap", "fit_conditional_quantiles"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class ConditionalQuantileMap:
    """The fitted map of one continuous feature.

    Args:
        z: Normal scores of the quantiles, shape (quantile,).
        coefficients: Of the quantiles in powers of standardised log(mass), shape (power, quantile).
    """

    z: Floats
    coefficients: Floats

    def __call__(self, x: Floats, t: Floats, u: Floats) -> Floats:  # noqa: ARG002 - no ties
        """Normal scores, shape (event,).

        Args:
            x: The feature, shape (event,).
            t: Standardised log(mass), shape (event,).
            u: What places events among those that share their value.
        """
        return _normal_score(x, t, self.coefficients, self.z)

    def inverse(self, score: Floats, t: Floats) -> Floats:
        """The feature with this normal score at this mass, shape (event,)."""
        step = self.z[1] - self.z[0]
        lower = np.clip(((score - self.z[0]) // step).astype(np.intp), 0, len(self.z) - 2)
        low, high = (_quantile(self.coefficients, k, t) for k in (lower, lower + 1))
        share = np.clip((score - self.z[lower]) / step, -1.0, 2.0)
        return np.asarray(low + share * np.maximum(high - low, 0.0))


def fit_conditional_quantiles(
    slices: Sequence[Floats], basis: Floats, targets: Floats, z: Floats
) -> list[ConditionalQuantileMap]:
    """Fit the quantiles of features in slices of mass by polynomials in log(mass).

    Args:
        slices: Features of the events of each slice, shape (event, feature).
        basis: Powers of standardised log(mass) of each slice, shape (slice, power).
        targets: Probabilities of the quantiles, shape (quantile,).
        z: Their normal scores, shape (quantile,).

    Returns:
        One map for each feature.
    """
    # (slice, quantile, feature)
    q = np.stack([np.quantile(x, targets, axis=0) for x in slices])
    coefficients = np.linalg.lstsq(basis, q.reshape(len(slices), -1), rcond=None)[0]
    coefficients = coefficients.reshape(basis.shape[1], *q.shape[1:])
    return [ConditionalQuantileMap(z, coefficients[:, :, j]) for j in range(q.shape[2])]


def _normal_score(x: Floats, t: Floats, coefficients: Floats, z: Floats) -> Floats:
    """Interpolate each x between the two quantiles that hold it at its own mass.

    Found by bisection, so that 6 of 61 polynomials are evaluated for each event.
    """
    lower = np.zeros(len(x), dtype=np.intp)
    upper = np.full(len(x), len(z) - 1, dtype=np.intp)
    for _ in range(int(np.ceil(np.log2(len(z) - 1)))):
        middle = (lower + upper) // 2
        below = _quantile(coefficients, middle, t) < x
        lower, upper = np.where(below, middle, lower), np.where(below, upper, middle)
        upper = np.maximum(upper, lower + 1)
    low, high = (_quantile(coefficients, k, t) for k in (lower, upper))
    width = high - low
    share = np.divide(x - low, width, out=np.full(len(x), 0.5), where=width > 0)
    # A linear tail in a feature with a long one would run away: at most one step beyond.
    return np.asarray(z[lower] + np.clip(share, -1.0, 2.0) * (z[1] - z[0]))


def _quantile(coefficients: Floats, k: NDArray[np.intp], t: Floats) -> Floats:
    """Quantile k of each event at its own mass."""
    value = coefficients[-1][k]
    for power in coefficients[-2::-1]:
        value = value * t + power[k]
    return np.asarray(value)
