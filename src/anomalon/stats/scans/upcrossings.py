"""The look-elsewhere effect from upcrossings: how often a scan rises through a low level.

A scan Z(m) that exceeds a high level has crossed it upwards, or has begun above it. Crossings of a
low level are frequent enough to be counted, in the data or in few pseudo-experiments, and those of
a high one follow: Gross and Vitells, Eur. Phys. J. C 70 (2010) 525, arXiv:1005.1891. The result is
a bound on the global p-value, tight where it is small.

Z is the signed root of the likelihood ratio for an excess; levels are in standard deviations.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadValue
from anomalon.stats.numerics.pvalues import log_p_from_z, p_from_z

__all__ = [
    "count_upcrossings",
    "expected_upcrossings",
    "global_p_upcrossings",
    "rice_upcrossings",
    "trial_factor",
]

Floats = NDArray[np.floating[Any]]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(24)


def trial_factor(z: ArrayLike, upcrossings: ArrayLike, z0: ArrayLike = 0.0) -> Floats:
    """Global over local p-value of the largest excess of a scan, by Gross and Vitells.

    1 + N(z0) exp(-(z^2 - z0^2)/2)/p(z), where p(z) is the one-sided local p-value. It grows about
    linearly with z. The global p-value may come out above 1 at low z, where the bound says nothing;
    `global_p_upcrossings` cuts it off there.

    Args:
        z: Local significance of the largest excess.
        upcrossings: Mean number of upcrossings of the level `z0` in the whole range.
        z0: The level at which they were counted, low: 0 to 1.

    Raises:
        BadValue: If a number of upcrossings is negative or NaN.

    Example:
        Two upcrossings of 0.5 standard deviations (A. L. Read's example):

        >>> float(trial_factor(5.0, 2, 0.5).round(2))
        30.46
    """
    z, z0 = np.asarray(z, dtype=np.float64), np.asarray(z0, dtype=np.float64)
    n = _not_negative(upcrossings)
    with np.errstate(over="ignore"):
        return np.asarray(1.0 + n * np.exp((z0**2 - z**2) / 2 - log_p_from_z(z)))[()]


def global_p_upcrossings(z: ArrayLike, upcrossings: ArrayLike, z0: ArrayLike = 0.0) -> Floats:
    """Bound on the p-value of an excess of `z` anywhere in the range: eq. 3 of Gross and Vitells.

    Args:
        z: Local significance of the largest excess.
        upcrossings: Mean number of upcrossings of the level `z0` in the whole range.
        z0: The level at which they were counted.

    Returns:
        p-value, at most 1.

    Example:
        >>> float(global_p_upcrossings(5.0, 2, 0.5).round(8))
        8.73e-06
    """
    z, z0 = np.asarray(z, dtype=np.float64), np.asarray(z0, dtype=np.float64)
    crossing = _not_negative(upcrossings) * np.exp((z0**2 - z**2) / 2)
    return np.asarray(np.minimum(p_from_z(z) + crossing, 1.0))[()]


def count_upcrossings(z: ArrayLike, z0: float = 0.0) -> NDArray[np.int64]:
    """How often scans rise through a level.

    A scan that begins above the level has not crossed it. Points without a number (failed fits) are
    skipped.

    Args:
        z: Signed significance at increasing masses, shape (…, mass).
        z0: The level.

    Returns:
        Shape (…).

    Example:
        >>> int(count_upcrossings([1.0, -0.5, 0.2, np.nan, 0.1, -1.0, 2.0]))
        2
    """
    z = np.asarray(z, dtype=np.float64)
    if z.ndim < 1:
        raise BadLayout("count_upcrossings: expected a scan of shape (…, mass), got one number.")
    rows = z.reshape(-1, z.shape[-1])
    # a point without a number repeats the last one before it
    at = np.maximum.accumulate(np.where(np.isnan(rows), 0, np.arange(z.shape[-1])), axis=1)
    filled = np.take_along_axis(rows, at, axis=1)
    crossed = (filled[:, :-1] < z0) & (filled[:, 1:] >= z0)
    return np.asarray(crossed.sum(axis=1).reshape(z.shape[:-1]), dtype=np.int64)[()]


def rice_upcrossings(length: ArrayLike, resolution: ArrayLike, z0: ArrayLike = 0.0) -> Floats:
    """Mean upcrossings for a Gaussian signal over a flat background: Rice's formula.

    The scan with a matched filter of width sigma is a Gaussian process with the correlation
    exp(-d^2/(4 sigma^2)), so that N(z0) = L/(2 pi sqrt(2) sigma) exp(-z0^2/2). The trial factor is
    then about 0.28 z L/sigma: the rule of thumb "range over resolution", at 3.5 sigma.

    Args:
        length: Range of the scan in GeV; if the resolution changes, the integral of dm/sigma(m),
            with `resolution` = 1.
        resolution: Standard deviation of the signal in GeV.
        z0: The level.

    Example:
        >>> float(trial_factor(3.5, rice_upcrossings(1000.0, 20.0)).round(0))
        54.0
    """
    z0 = np.asarray(z0, dtype=np.float64)
    ratio = np.asarray(length, dtype=np.float64) / np.asarray(resolution, dtype=np.float64)
    if not np.all(ratio >= 0):
        raise BadValue(
            f"rice_upcrossings: expected a length >= 0 and a resolution > 0, got {length!r} and "
            f"{resolution!r}."
        )
    return np.asarray(ratio / (2 * np.pi * np.sqrt(2.0)) * np.exp(-(z0**2) / 2))[()]


def expected_upcrossings(correlation: ArrayLike, z0: float = 0.0) -> float:
    """Mean upcrossings of a Gaussian process that is known at the points of a scan.

    Between neighbours of correlation r, P(Z1 < z0 <= Z2) is the integral of
    exp(-z0^2/(1 + cos a))/(2 pi) over a from 0 to arccos(r) (Plackett's identity).

    Args:
        correlation: Of the significances at increasing masses, shape (mass, mass); that of
            `score_test_scan`, for instance.
        z0: The level.

    Example:
        Independent points cross zero upwards in a quarter of the cases:

        >>> round(expected_upcrossings(np.eye(5)), 12)
        1.0
    """
    correlation = np.asarray(correlation, dtype=np.float64)
    if correlation.ndim != 2 or correlation.shape[0] != correlation.shape[1]:
        raise BadLayout(
            "expected_upcrossings: expected correlations of shape (mass, mass), got "
            f"{correlation.shape}."
        )
    reach = np.arccos(np.clip(np.diagonal(correlation, 1), -1.0, 1.0)) / 2
    angle = reach[:, None] * (1.0 + _NODES)
    return float((reach[:, None] * _WEIGHTS * _crossing(angle, z0)).sum())


def _crossing(angle: Floats, z0: float) -> Floats:
    cosine = np.maximum(1.0 + np.cos(angle), 1e-300)
    return np.asarray(np.exp(-(z0**2) / cosine) / (2 * np.pi))


def _not_negative(upcrossings: ArrayLike) -> Floats:
    n = np.asarray(upcrossings, dtype=np.float64)
    if not np.all(n >= 0):
        raise BadValue(f"upcrossings: expected numbers >= 0, got {upcrossings!r}.")
    return n
