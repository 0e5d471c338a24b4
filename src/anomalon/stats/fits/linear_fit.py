"""Maximum likelihood of sums of templates, for many spectra at once.

The expectation in a bin is mu_i = sum_j x_j t_ji, with x_j >= 0 or with factors of either sign that
leave mu_i >= 0; a signal adds a template whose factor may be negative. The Poisson likelihood is
concave in x, so there is one maximum. With bounds it is where the conditions of Karush, Kuhn and
Tucker hold: dlnL/dx_j = 0 for x_j > 0, and <= 0 for x_j = 0.

Every Newton step solves its quadratic model exactly under x_j >= 0, with active sets as Lawson and
Hanson (Solving Least Squares Problems, 1974, chapter 23), from the active set of the step before.
Steps that go too far are halved. So factors reach zero, and leave it, within a step.

A template with a negative factor could make the expectation of an empty bin negative. So empty bins
stand for a few events, fewer in every round, down to 1e-7: ln L of the result is as close to the
maximum as that, for each bin whose expectation is zero there.

Nothing that is done for one spectrum depends on the others.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.fits.newton import Solution
from anomalon.stats.numerics.poisson import likelihood_rise
from anomalon.stats.numerics.quadrature import compiled
from anomalon.stats.numerics.small_matrices import (
    cholesky,
    copy,
    dot,
    inverse_transposed,
    solve,
    weighted,
)
from anomalon.stats.spectra.shapes import SumOfTemplates

__all__ = ["maximise", "maximise_with_signal"]

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

_MOST_STEPS = 200
_MOST_HALVINGS = 60
_GAIN = 1e-9  # of -2 ln L still to be had; the step that would gain it is taken, so less is left
_WALLS = (1e-1, 1e-3, 1e-5, 1e-7)  # events, for which empty bins stand
_LEAST = 0.01  # events, which free factors leave in a bin for its information
_RIDGE = 1e-12  # of the diagonal, for templates that hardly differ in the filled bins
_ROUNDING = 1e-11  # of the terms of a derivative that cancel


def maximise(counts: Floats, shape: SumOfTemplates) -> Solution:
    """Fit a sum of templates to every spectrum.

    Args:
        counts: Shape (toy, bin), not negative; at least n bins with events in each.
        shape: The templates.
    """
    n = shape.templates.shape[1]
    signals = np.empty((1, 0, len(shape.templates)))
    found = _solve_all(counts, shape, signals, np.full((len(counts), n), np.nan))
    return Solution(found.parameters[:, 0], found.root[:, 0], found.converged[:, 0])


def maximise_with_signal(
    counts: Floats, shape: SumOfTemplates, signals: Floats, start: Floats
) -> Solution:
    """Fit a sum of templates and one signal to every spectrum, for every signal.

    Args:
        counts: Shape (toy, bin).
        shape: The templates.
        signals: Signal events in each bin for a strength of one, shape (mass, bin).
        start: Parameters without signal, shape (toy, n).

    Returns:
        As for `maximise`, with a second axis (mass,) after (toy,) and n + 1 parameters.
    """
    return _solve_all(counts, shape, signals[:, None], start)


def _solve_all(counts: Floats, shape: SumOfTemplates, signals: Floats, start: Floats) -> Solution:
    """In units in which every template holds one event, and back."""
    size = shape.templates.sum(axis=0)
    parameters, root, converged = _fit_all(
        np.ascontiguousarray(counts, dtype=np.float64),
        np.ascontiguousarray((shape.templates / size).T),
        np.ascontiguousarray(signals),
        np.ascontiguousarray(start * size),
        len(size) if shape.bounded else 0,
    )
    unit = np.append(size, np.ones(signals.shape[1]))
    return Solution(parameters / unit, root / unit[:, None], converged)


@compiled
def _fit_all(
    counts: Floats, templates: Floats, signals: Floats, start: Floats, bounded: int
) -> tuple[Floats, Floats, Flags]:
    """Parameters, roots and convergence, one spectrum and signal after the other.

    Only the first `bounded` factors must not be negative.
    """
    toys, (n, bins) = len(counts), templates.shape
    masses, total = len(signals), n + signals.shape[1]
    parameters = np.full((toys, masses, total), np.nan)
    root = np.full((toys, masses, total, total), np.nan)
    converged = np.zeros((toys, masses), dtype=np.bool_)
    x, rows = np.empty(total), np.empty((total, bins))
    for j in range(n):
        copy(templates[j], rows[j])
    for toy in range(toys):
        for mass in range(masses):
            for j in range(n, total):
                copy(signals[mass, j - n], rows[j])
            begun = not np.isnan(start[toy, 0])
            for j in range(total):
                x[j] = 0.0 if j >= n else start[toy, j] if begun else _sum(counts[toy]) / n
            found = _climb(counts[toy], rows, bounded, x)
            if found and _roots(rows, bounded, n, x, root[toy, mass]):
                converged[toy, mass] = True
                copy(x, parameters[toy, mass])
    return parameters, root, converged


@compiled
def _climb(counts: Floats, rows: Floats, bounded: int, x: Floats) -> bool:
    """Move `x` to the maximum, along ever steeper walls if a factor may empty a bin."""
    least = np.inf
    for i in range(len(counts)):
        least = min(least, counts[i])
    for wall in _WALLS:
        certain = len(rows) == bounded or least > 0.0
        found = _newton(counts, 0.0 if certain else wall, rows, bounded, x)
        if certain or not found:
            break
    return found


@compiled
def _newton(seen: Floats, wall: float, rows: Floats, n: int, x: Floats) -> bool:
    """The same for a likelihood that rules out expectations below zero by itself."""
    total, bins = rows.shape
    counts, mu, trial, score = np.empty(bins), np.empty(bins), np.empty(bins), np.empty(total)
    pull, weight = np.empty(bins), np.empty(bins)
    information, z = np.empty((total, total)), np.empty(total)
    step, there = np.empty(total), np.empty(total)
    for i in range(bins):
        counts[i] = max(seen[i], wall)
    allowed = 1e-9 + 1e-14 * _sum(counts)  # rounding
    _expect(rows, x, mu)
    for _ in range(_MOST_STEPS):
        for i in range(bins):
            pull[i] = counts[i] / mu[i] - 1.0
            weight[i] = counts[i] / mu[i] / mu[i]
        for j in range(total):
            score[j] = dot(rows[j], pull)
        weighted(rows, weight, information)
        if not _best_step(information, score, n, x, z):
            return False
        for j in range(total):
            step[j] = z[j] - x[j]
        gain = dot(score, step)
        size = 1.0
        for _ in range(_MOST_HALVINGS):
            for j in range(total):
                there[j] = x[j] + size * step[j]
            _expect(rows, there, trial)
            if likelihood_rise(counts, mu, trial) <= allowed:
                break
            size *= 0.5
        else:
            return False
        for j in range(total):
            x[j] = z[j] if size == 1.0 else there[j]
        copy(trial, mu)
        if gain < _GAIN:
            return True
    return False


@compiled
def _sum(counts: Floats) -> float:
    total = 0.0
    for i in range(len(counts)):
        total += counts[i]
    return total


@compiled
def _expect(rows: Floats, x: Floats, mu: Floats) -> None:
    mu[:] = 0.0
    for j in range(len(rows)):
        for i in range(len(mu)):
            mu[i] += x[j] * rows[j, i]


@compiled
def _best_step(information: Floats, score: Floats, n: int, x: Floats, z: Floats) -> bool:
    """Put the maximum of score.(z - x) - (z - x).information.(z - x)/2 with z_j >= 0 into `z`.

    Only the first `n` factors must not be negative.
    """
    total = len(x)
    full, response, size = np.empty((total, total)), np.empty(total), np.empty(total)
    for j in range(total):
        for k in range(j + 1):
            full[j, k] = full[k, j] = information[j, k]
        full[j, j] *= 1.0 + _RIDGE
    for j in range(total):
        response[j] = score[j] + dot(full[j], x)
    copy(x, z)
    free = np.ones(total, dtype=np.bool_)
    for j in range(n):
        free[j] = x[j] > 0.0
    entered = total  # none
    for _ in range(20 * total):
        if not _to_the_best_of_free(full, response, n, free, z, entered):
            return False
        entered, steepest = total, 0.0
        for j in range(n):
            if not free[j]:
                slope = response[j] - dot(full[j], z)
                size[j] = abs(response[j]) + dot(np.abs(full[j]), np.abs(z))
                if slope > max(_ROUNDING * size[j], steepest):
                    entered, steepest = j, slope
        if entered == total:
            return True
        free[entered] = True
    return False


@compiled
def _to_the_best_of_free(
    full: Floats, response: Floats, n: int, free: Flags, z: Floats, entered: int
) -> bool:
    """Move `z` to the maximum over the free factors, which become fixed where they meet zero."""
    while True:
        index = np.flatnonzero(free)
        part, lower = np.empty((len(index), len(index))), np.zeros((len(index), len(index)))
        best = response[index]
        for j in range(len(index)):
            for k in range(j + 1):
                part[j, k] = full[index[j], index[k]]
        if not cholesky(part, lower):
            return False
        solve(lower, best)
        share, first = 1.0, -1
        for j in range(len(index)):
            now = z[index[j]]
            if index[j] < n and best[j] <= 0.0 and now / (now - best[j] + 1e-300) < share:
                share, first = now / (now - best[j] + 1e-300), index[j]
        for j in range(len(index)):
            z[index[j]] += share * (best[j] - z[index[j]])
        if first < 0:
            return True
        z[first] = 0.0
        free[first] = False
        if first == entered:  # by rounding alone
            return True


@compiled
def _roots(rows: Floats, bounded: int, n: int, x: Floats, root: Floats) -> bool:
    """The root of the covariance, from the expected information of the factors that may move.

    A negative signal is left out of the expectation, and free factors leave at least a little: a
    bin that they have eaten up would pass as measured without error.
    """
    mu = np.zeros(rows.shape[1])
    for j in range(len(x)):
        if j < n or x[j] > 0.0:
            for i in range(len(mu)):
                mu[i] += x[j] * rows[j, i]
    for i in range(len(mu)):
        mu[i] = 1.0 / (max(mu[i], _LEAST) if bounded == 0 else mu[i])
    free = np.empty(len(x), dtype=np.bool_)
    for j in range(len(x)):
        free[j] = x[j] > 0.0 or j >= bounded
    index = np.flatnonzero(free)
    part, lower = np.empty((len(index), len(index))), np.zeros((len(index), len(index)))
    inner = np.empty((len(index), len(index)))
    weighted(rows[index], mu, part)
    if not cholesky(part, lower):
        return False
    inverse_transposed(lower, inner)
    root[:] = 0.0
    for j in range(len(index)):
        for k in range(len(index)):
            root[index[j], k] = inner[j, k]
    return True
