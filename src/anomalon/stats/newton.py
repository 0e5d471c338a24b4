"""Maximum likelihood of log-linear shapes for many Poisson spectra at once.

The expectation in a bin is mu_i = sum_q w_iq exp(sum_j c_iqj b_j), summed over the quadrature
nodes of the bin. First the nodes are replaced by one, at the mean of the columns (for toys, the
mean under the fit of their average): a generalised linear model with a convex likelihood, solved by
iteratively reweighted least squares. From there one or two Newton steps on the exact mu_i remain,
with the expected information sum_i dmu_i dmu_i' / mu_i. It is positive definite, so every step goes
downhill; steps that go too far are halved.

The columns are orthonormalised in the metric of the data (QR), which makes the information close
to a multiple of the unit matrix for any number of parameters.

The loops are compiled by numba and written for one spectrum; `tests/stats/test_newton.py` has the
same in plain NumPy.
"""

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.quadrature import compiled

__all__ = ["Solution", "maximise"]

Floats = NDArray[np.floating[Any]]

_MOST_STEPS = 100
_MOST_HALVINGS = 40
_GAIN = 1e-8  # of -2 ln L still to be had; the step that would gain it is taken
_EMPTY = 0.1  # stands for the count of an empty bin where a logarithm is needed
_LARGEST = 600.0  # exponent; a step that goes there goes too far anyway
_SMALLEST = 1e-280


@dataclass(frozen=True, eq=False)
class Solution:
    """Where the maximum is.

    Args:
        parameters: Shape (toy, n); NaN where there is no maximum.
        root: Shape (toy, n, n): root @ root.T is the inverse of the expected information.
        converged: Shape (toy,).
    """

    parameters: Floats
    root: Floats
    converged: NDArray[np.bool_]


def maximise(counts: Floats, columns: Floats, weights: Floats) -> Solution:
    """Fit every spectrum.

    Args:
        counts: Shape (toy, bin), not negative; at least n bins with events in each.
        columns: The shape's functions at the nodes, shape (bin, node, n).
        weights: Quadrature weights, shape (bin, node).
    """
    counts = np.ascontiguousarray(counts, dtype=np.float64)
    width = weights.sum(axis=1)
    mean = np.matmul((weights / width[:, None])[:, None], columns)  # (bin, 1, n)
    basis = _basis(mean[:, 0], counts.mean(axis=0))
    exact = np.ascontiguousarray(columns @ basis), np.ascontiguousarray(weights)
    one_node = np.ascontiguousarray(mean @ basis), width[:, None]
    if len(counts) > 1:
        one_node = _one_node(counts.mean(axis=0), *one_node, *exact)
    amplitudes, root, converged = _fit_all(counts, *one_node, *exact)
    return Solution(amplitudes @ basis.T, basis @ root, converged)


def _one_node(
    counts: Floats, mean: Floats, width: Floats, columns: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """The one-node model that is exact to first order around the fit of these counts."""
    amplitudes, _, converged = _fit_all(counts[None], mean, width, columns, weights)
    if not converged[0]:
        return mean, width
    mu, slope = np.empty(len(mean)), np.empty_like(mean[:, 0])
    _expect(columns, weights, amplitudes[0], mu, slope)
    mean = slope / mu[:, None]
    return mean[:, None], (mu * np.exp(-(mean @ amplitudes[0])))[:, None]


def _basis(columns: Floats, counts: Floats) -> Floats:
    """R^-1 of the QR decomposition of the columns, weighted by the counts."""
    r = np.linalg.qr(columns * np.sqrt(np.maximum(counts, _EMPTY))[:, None], mode="r")
    return np.linalg.solve(r, np.eye(len(r)))


@compiled
def _fit_all(
    counts: Floats, mean: Floats, width: Floats, columns: Floats, weights: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Amplitudes, roots and convergence, one spectrum after the other."""
    toys, n = len(counts), columns.shape[-1]
    amplitudes = np.full((toys, n), np.nan)
    root = np.full((toys, n, n), np.nan)
    converged = np.zeros(toys, dtype=np.bool_)
    lower = np.empty((n, n))
    for toy in range(toys):
        a = amplitudes[toy]
        if _start(counts[toy], mean, width, a, lower):
            _climb(counts[toy], mean, width, a, lower)
            converged[toy] = _climb(counts[toy], columns, weights, a, lower)
        if converged[toy]:
            _inverse_transposed(lower, root[toy])
        else:
            a[:] = np.nan
    return amplitudes, root, converged


@compiled
def _start(counts: Floats, columns: Floats, width: Floats, a: Floats, lower: Floats) -> bool:
    """Put weighted least squares of the logarithms of the counts into `a`."""
    bins, _, n = columns.shape
    information = np.zeros((n, n))
    a[:] = 0.0
    for i in range(bins):
        mu = max(counts[i], _EMPTY)
        response = mu * log(mu / width[i, 0]) + counts[i] - mu
        for j in range(n):
            a[j] += columns[i, 0, j] * response
            for k in range(j + 1):
                information[j, k] += columns[i, 0, j] * columns[i, 0, k] * mu
    if not _cholesky(information, lower):
        return False
    _solve(lower, a)
    return True


@compiled
def _climb(counts: Floats, columns: Floats, weights: Floats, a: Floats, lower: Floats) -> bool:
    """Move `a` to the maximum and put the root of the information there into `lower`."""
    bins, _, n = columns.shape
    mu, trial_mu = np.empty(bins), np.empty(bins)
    slope = np.empty((bins, n))
    step = np.empty(n)
    information = np.empty((n, n))
    trial = np.empty(n)
    allowed = 1e-7  # rounding
    for i in range(bins):
        allowed += 1e-12 * counts[i]
    _expect(columns, weights, a, mu, slope)
    for _ in range(_MOST_STEPS):
        _derivatives(counts, mu, slope, step, information)
        if not _cholesky(information, lower):
            return False
        gain = _solve(lower, step)
        size = 1.0
        for _ in range(_MOST_HALVINGS):
            for j in range(n):
                trial[j] = a[j] + size * step[j]
            if gain < _GAIN:
                break
            _expect(columns, weights, trial, trial_mu, slope)
            if _rise(counts, mu, trial_mu) <= allowed:
                break
            size *= 0.5
        else:
            return False
        for j in range(n):
            a[j] = trial[j]
        if gain < _GAIN:
            return True
        mu, trial_mu = trial_mu, mu
    return False


@compiled
def _expect(columns: Floats, weights: Floats, a: Floats, mu: Floats, slope: Floats) -> None:
    """The expectations and their derivatives by the amplitudes."""
    bins, nodes, n = columns.shape
    for i in range(bins):
        total = 0.0
        for j in range(n):
            slope[i, j] = 0.0
        for q in range(nodes):
            exponent = 0.0
            for j in range(n):
                exponent += columns[i, q, j] * a[j]
            events = weights[i, q] * exp(min(exponent, _LARGEST))
            total += events
            for j in range(n):
                slope[i, j] += events * columns[i, q, j]
        mu[i] = max(total, _SMALLEST)


@compiled
def _derivatives(
    counts: Floats, mu: Floats, slope: Floats, score: Floats, information: Floats
) -> None:
    """The score, and the lower triangle of the expected information."""
    bins, n = slope.shape
    for j in range(n):
        score[j] = 0.0
        for k in range(j + 1):
            information[j, k] = 0.0
    for i in range(bins):
        pull = counts[i] / mu[i] - 1.0
        for j in range(n):
            score[j] += slope[i, j] * pull
            relative = slope[i, j] / mu[i]
            for k in range(j + 1):
                information[j, k] += relative * slope[i, k]


@compiled
def _rise(counts: Floats, mu: Floats, trial: Floats) -> float:
    """How much -ln L is larger at `trial` than at `mu`."""
    rise = 0.0
    for i in range(len(mu)):
        rise += trial[i] - mu[i]
        if counts[i] > 0:
            rise -= counts[i] * log(trial[i] / mu[i])
    return rise


@compiled
def _cholesky(matrix: Floats, lower: Floats) -> bool:
    """The Cholesky factor of a matrix from its lower triangle; False if there is none."""
    n = len(matrix)
    for j in range(n):
        for k in range(j + 1):
            total = matrix[j, k]
            for i in range(k):
                total -= lower[j, i] * lower[k, i]
            if j > k:
                lower[j, k] = total / lower[k, k]
            elif total > 1e-14 * matrix[j, j]:
                lower[j, j] = sqrt(total)
            else:
                lower[j, j] = np.nan
                return False
    return True


@compiled
def _solve(lower: Floats, vector: Floats) -> float:
    """Solve lower lower' x = vector in place; returns vector' x."""
    n = len(vector)
    gain = 0.0
    for j in range(n):
        for k in range(j):
            vector[j] -= lower[j, k] * vector[k]
        vector[j] /= lower[j, j]
        gain += vector[j] ** 2
    for j in range(n - 1, -1, -1):
        for k in range(j + 1, n):
            vector[j] -= lower[k, j] * vector[k]
        vector[j] /= lower[j, j]
    return gain


@compiled
def _inverse_transposed(lower: Floats, root: Floats) -> None:
    """The transposed inverse of `lower`, whose square is the inverse of lower lower'."""
    n = len(lower)
    unit = np.empty(n)
    for column in range(n):
        for j in range(n):
            unit[j] = 1.0 if j == column else 0.0
            for k in range(j):
                unit[j] -= lower[j, k] * unit[k]
            unit[j] /= lower[j, j]
            root[column, j] = unit[j]
