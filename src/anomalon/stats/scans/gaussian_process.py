"""Global p-values without pseudo-experiments: the maximum of a Gaussian process.

Where counts are large, the significance Z(m) of a scan is a Gaussian process of unit variance, and
its correlation follows from the background fit alone (`anomalon.stats.scans.mass_scan`). What is
left is the probability that its maximum exceeds z, which needs no fits (Ananiev and Read,
arXiv:2206.12328, take the covariance from Asimov data sets).

Sampled with a trick for rare events (Adler, Blanchet and Liu, Ann. Appl. Probab. 22 (2012) 1167):
choose a mass, draw there above z, draw the rest given that, and count how many masses are above z.
The relative error does not grow with z, so that p = 1e-9 takes no more samples than p = 0.1.
"""

from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.seed import Seed
from anomalon.stats.numerics.pvalues import log_p_from_z, p_from_z, z_from_log_p
from anomalon.stats.numerics.value import Value

__all__ = ["global_p_gaussian", "sample_scans"]

Floats = NDArray[np.floating[Any]]

_CHUNK = 2000


def global_p_gaussian(
    correlation: ArrayLike, z: ArrayLike, *, n: int = 10_000, seed: Seed | int = 0
) -> Value:
    """Probability that a Gaussian process of unit variance exceeds `z` anywhere.

    Unbiased for any number of samples, and independent of the step of the scan once that is well
    below the width of the signal. With the score-test scan's correlation this is the global
    p-value of a mass scan in the limit of large counts; at low counts, take pseudo-experiments.

    Args:
        correlation: Of the significances, shape (mass, mass), with ones on the diagonal.
        z: Local significance of the largest excess; or many, shape (level,), for which the same
            random numbers are used, so that the p-values are those of as many calls.
        n: Number of samples.
        seed: Of the samples.

    Returns:
        p-value and its sampling uncertainty; arrays of shape (level,) for many.

    Raises:
        BadLayout: If the matrix is not square, symmetric and with ones on the diagonal, or `z` has
            more than one axis.
        BadValue: If it has negative eigenvalues, or there are less than two samples.

    Example:
        Three independent masses, 1 - (1 - p)^3:

        >>> p = global_p_gaussian(np.eye(3), 3.0)
        >>> round(float(p), 4), round(1 - (1 - 0.0013499) ** 3, 4)
        (0.004, 0.004)
    """
    if n < 2:
        raise BadValue(f"global_p_gaussian: n: expected at least 2 samples, got {n}.")
    levels = np.asarray(z, dtype=np.float64)
    if levels.ndim > 1:
        raise BadLayout(f"global_p_gaussian: z: expected one axis at most, got {levels.shape}.")
    matrix = _checked(correlation)
    root = _root(matrix)
    masses = len(matrix)
    shares = np.empty((levels.size, n))
    for chunk, first in enumerate(range(0, n, _CHUNK)):
        size = min(_CHUNK, n - first)
        rng = Seed.of(seed).child("gaussian process", chunk=chunk).generator()
        chosen = rng.integers(masses, size=size)
        log_share = np.log(rng.uniform(size=size, low=1e-300))
        free = rng.standard_normal((size, root.shape[1])) @ root.T
        for row, level in zip(shares, levels.flat, strict=True):
            row[first : first + size] = 1.0 / _above(level, free, matrix, chosen, log_share)
    scale = masses * p_from_z(levels)
    value = scale * shares.mean(axis=1).reshape(levels.shape)
    error = scale * shares.std(axis=1, ddof=1).reshape(levels.shape) / np.sqrt(n)
    if levels.ndim == 0:
        return Value(float(value), float(error))
    return Value(cast(Any, value), cast(Any, error))


def _above(
    level: float, free: Floats, matrix: Floats, chosen: NDArray[np.int64], log_share: Floats
) -> NDArray[np.int64]:
    """At how many masses each scan is above the level, given that it is at its chosen mass."""
    # above the level at the chosen mass, by the inverse of the tail
    drawn = z_from_log_p(log_p_from_z(level) + log_share)
    rows = np.arange(len(free))
    scan = free + matrix[chosen] * (drawn - free[rows, chosen])[:, None]
    scan[rows, chosen] = np.maximum(drawn, level)
    return np.asarray((scan >= level).sum(axis=1))


def sample_scans(correlation: ArrayLike, n: int, seed: Seed | int = 0) -> Floats:
    """Scans of a Gaussian process of unit variance, shape (n, mass): toys without fits.

    Args:
        correlation: Shape (mass, mass), with ones on the diagonal.
        n: Number of scans.
        seed: Of the samples.
    """
    root = _root(_checked(correlation))
    rng = Seed.of(seed).child("gaussian scans").generator()
    return np.asarray(rng.standard_normal((n, root.shape[1])) @ root.T)


def _checked(correlation: ArrayLike) -> Floats:
    matrix = np.asarray(correlation, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not len(matrix):
        raise BadLayout(f"correlation: expected shape (mass, mass), got {matrix.shape}.")
    check.finite(matrix, "correlation")
    off = max(np.abs(matrix - matrix.T).max(), np.abs(np.diagonal(matrix) - 1).max())
    if off > 1e-6:
        raise BadLayout(
            "correlation: expected a symmetric matrix with ones on the diagonal, got one that is "
            f"off by {off:.2g}. Divide the covariance by the standard deviations."
        )
    return matrix


def _root(matrix: Floats) -> Floats:
    """A matrix whose square root @ root.T is the correlation, without directions of no variance."""
    value, vector = np.linalg.eigh(matrix)
    if value[0] < -1e-6 * value[-1]:
        raise BadValue(
            f"correlation: expected no negative eigenvalues, got {value[0]:.3g}: it is the "
            "correlation of nothing."
        )
    keep = value > 1e-12 * value[-1]
    return np.asarray(vector[:, keep] * np.sqrt(value[keep]))
