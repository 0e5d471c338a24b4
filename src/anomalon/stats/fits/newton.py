"""Maximum likelihood of smooth spectra, with or without a signal, for many spectra at once.

The expectation in a bin is mu_i = sum_q w_iq exp(sum_j c_iqj b_j) + sum_k s_k t_ki: the log-linear
background, summed over the quadrature nodes of the bin, and signals of fixed form t_k with free
strengths s_k.

Every spectrum starts from weighted least squares of the logarithms of its counts. Newton steps
follow: without signal with the expected information sum_i dmu_i dmu_i' / mu_i, which is the second
derivative of -ln L up to the curvature of ln mu within a bin, and positive definite; with signal
with the observed information, and with the expected one for empty bins, or for all, wherever that
does not lead downhill. Steps that go too far are halved, and no step may make an expectation
negative: where empty bins pull a signal below zero, the maximum is at an expectation of zero.

Nothing that is done for one spectrum depends on the others: fitted alone or among ten thousand,
it gets the same numbers to the last bit. The columns are orthonormalised (QR) over the bins, which
keeps the information well conditioned for any number of parameters.

The loops are compiled by numba and written for one spectrum; `tests/stats/test_newton.py` has the
same in plain NumPy. They go element by element: what NumPy would do with whole arrays takes numba
longer to compile, and the first search after an installation waits for it.
"""

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.numerics.poisson import likelihood_rise
from anomalon.stats.numerics.quadrature import compiled, contracting, exponentials
from anomalon.stats.numerics.small_matrices import (
    cholesky,
    copy,
    dot,
    inverse_transposed,
    solve,
    weighted,
)

__all__ = ["Solution", "maximise", "maximise_with_signal"]

Floats = NDArray[np.floating[Any]]

_MOST_STEPS = 200
_MOST_HALVINGS = 40
_GAIN = 1e-6  # of -2 ln L still to be had; the step that would gain it is taken, so less is left
_ROUGHLY = 1e-2  # the same, for the start with one node per bin
_GUARDED_GAIN = 1e-7  # the same, towards an expectation of zero; that step is not taken
_CREEPING = 1e-4  # of -ln L, in the last half of the steps
_NO_BIN, _EMPTY_BINS = -1.0, 0.0  # counts up to which bins are guarded
_EMPTY = 0.1  # stands for the count of an empty bin where a logarithm is needed
_SMALLEST = 1e-280


@dataclass(frozen=True, eq=False)
class Solution:
    """Where the maximum is.

    Args:
        parameters: Shape (toy, n); NaN where there is no maximum. With signals, their strengths
            come last.
        root: Shape (toy, n, n): root @ root.T is the inverse of the expected information.
        converged: Shape (toy,).
    """

    parameters: Floats
    root: Floats
    converged: NDArray[np.bool_]


def maximise(counts: Floats, columns: Floats, weights: Floats) -> Solution:
    """Fit a background to every spectrum.

    Args:
        counts: Shape (toy, bin), not negative; at least n bins with events in each.
        columns: The shape's functions at the nodes, shape (bin, node, n).
        weights: Quadrature weights, shape (bin, node).
    """
    n = columns.shape[-1]
    templates = np.empty((1, 0, len(weights)))
    start = np.full((len(counts), n), np.nan)
    solution = _solve_all(counts, columns, weights, templates, start)
    return Solution(solution[0][:, 0], solution[1][:, 0], solution[2][:, 0])


def maximise_with_signal(
    counts: Floats, columns: Floats, weights: Floats, templates: Floats, start: Floats
) -> Solution:
    """Fit a background and one signal to every spectrum, for every template of the signal.

    Args:
        counts: Shape (toy, bin).
        columns: The shape's functions at the nodes, shape (bin, node, n).
        weights: Quadrature weights, shape (bin, node).
        templates: Signal events in each bin for a strength of one, shape (mass, bin).
        start: Parameters of the background without signal, shape (toy, n).

    Returns:
        As for `maximise`, with a second axis (mass,) after (toy,) and n + 1 parameters.
    """
    return Solution(*_solve_all(counts, columns, weights, templates[:, None], start))


def _solve_all(
    counts: Floats, columns: Floats, weights: Floats, templates: Floats, start: Floats
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Amplitudes in an orthonormal basis, found by the kernels, and back to parameters."""
    n, k = columns.shape[-1], templates.shape[1]
    basis, inverse = np.eye(n + k), np.eye(n + k)
    width = weights.sum(axis=1)
    mean = np.matmul((weights / width[:, None])[:, None], columns)[:, 0]  # (bin, n)
    inverse[:n, :n] = np.linalg.qr(mean, mode="r")
    basis[:n, :n] = np.linalg.solve(inverse[:n, :n], np.eye(n))
    toys, masses = len(counts), len(templates)
    parameters = np.full((toys, masses, n + k), np.nan)
    root = np.full((toys, masses, n + k, n + k), np.nan)
    converged = np.zeros((toys, masses), dtype=np.bool_)
    _fit_all(
        np.ascontiguousarray(counts, dtype=np.float64),
        np.ascontiguousarray(np.moveaxis(columns @ basis[:n, :n], -1, 0).swapaxes(1, 2)),
        np.ascontiguousarray(weights.T),
        np.ascontiguousarray((mean @ basis[:n, :n]).T)[:, None],
        width[None],
        np.ascontiguousarray(templates),
        np.ascontiguousarray(start),
        basis,
        inverse,
        parameters,
        root,
        converged,
    )
    return parameters, root, converged


@compiled
def _fit_all(
    counts: Floats,
    columns: Floats,
    weights: Floats,
    mean: Floats,
    width: Floats,
    templates: Floats,
    start: Floats,
    basis: Floats,
    inverse: Floats,
    parameters: Floats,
    root: Floats,
    converged: NDArray[np.bool_],
) -> None:
    """Put in parameters, roots and convergence, one spectrum and template after the other."""
    toys, masses, n = root.shape[:3]
    a, lower, inner = np.empty(n), np.empty((n, n)), np.empty((n, n))
    for toy in range(toys):
        for mass in range(masses):
            a[:] = 0.0
            found = True
            if np.isnan(start[toy, 0]):
                found = _start(counts[toy], mean[:, 0], width[0], a, lower)
                _climb(counts[toy], mean, width, templates[mass], a, lower, _ROUGHLY)
            else:
                for j in range(start.shape[1]):
                    a[j] = dot(inverse[j, : start.shape[1]], start[toy])
            if found and _climb(counts[toy], columns, weights, templates[mass], a, lower, _GAIN):
                converged[toy, mass] = True
                inverse_transposed(lower, inner)
                for j in range(n):
                    parameters[toy, mass, j] = dot(basis[j], a)
                    for k in range(n):
                        root[toy, mass, j, k] = dot(basis[j], inner[:, k])


@compiled
def _start(counts: Floats, mean: Floats, width: Floats, a: Floats, lower: Floats) -> bool:
    """Put weighted least squares of the logarithms of the counts into `a`."""
    n, bins = mean.shape
    mu, response = np.empty(bins), np.empty(bins)
    for i in range(bins):
        mu[i] = max(counts[i], _EMPTY)
        response[i] = mu[i] * log(mu[i] / width[i]) + counts[i] - mu[i]
    information = np.empty((n, n))
    weighted(mean, mu, information)
    for j in range(n):
        a[j] = dot(mean[j], response)
    if not cholesky(information, lower):
        return False
    solve(lower, a)
    return True


@compiled
def _climb(
    counts: Floats,
    columns: Floats,
    weights: Floats,
    templates: Floats,
    a: Floats,
    lower: Floats,
    enough: float,
) -> bool:
    """Move `a` to the maximum and put the root of the information there into `lower`."""
    n, nodes, bins = columns.shape
    signals = len(templates)
    mu, trial_mu, background = np.empty(bins), np.empty(bins), np.empty(bins)
    slope = np.empty((n + signals, bins))
    for j in range(signals):
        copy(templates[j], slope[n + j])
    step, trial = np.empty(n + signals), np.empty(n + signals)
    information = np.empty((n + signals, n + signals))
    at_nodes = np.empty((2, nodes * bins))
    allowed = 1e-7  # rounding
    for i in range(bins):
        allowed += 1e-12 * counts[i]
    _expect(columns, weights, a, at_nodes, background, slope, mu)
    lately = 0.0
    for number in range(_MOST_STEPS):
        if number == _MOST_STEPS // 2:
            lately = 0.0
        if signals:
            _score(counts, mu, slope, step)
            _observed(counts, mu, background, slope, n, _NO_BIN, information)
            if cholesky(information, lower):
                gain = solve(lower, step)
                for j in range(len(a)):
                    trial[j] = a[j] + step[j]
                _expect(columns, weights, trial, at_nodes, background, slope, trial_mu)
                rise = likelihood_rise(counts, mu, trial_mu)
                if rise <= allowed:
                    lately += rise
                    copy(trial, a)
                    mu, trial_mu = trial_mu, mu
                    if gain < enough:
                        return _curvature(mu, a, slope, n, information, lower)
                    continue
                _expect(columns, weights, a, at_nodes, background, slope, mu)
        _score(counts, mu, slope, step)
        found = False
        if signals:
            _observed(counts, mu, background, slope, n, _EMPTY_BINS, information)
            found = cholesky(information, lower)
        if not found:
            _expected(mu, slope, information)
            if not cholesky(information, lower):
                return False
        gain = solve(lower, step)
        if signals and gain < _GUARDED_GAIN:  # the step might lead below an expectation of zero
            return _curvature(mu, a, slope, n, information, lower)
        if not signals and gain < enough:
            for j in range(len(a)):
                a[j] += step[j]
            return True
        size = 1.0
        for _ in range(_MOST_HALVINGS):
            for j in range(len(a)):
                trial[j] = a[j] + size * step[j]
            _expect(columns, weights, trial, at_nodes, background, slope, trial_mu)
            rise = likelihood_rise(counts, mu, trial_mu)
            if rise <= allowed:
                lately += rise
                break
            size *= 0.9 if size == 1.0 else 0.5  # 0.9: towards an expectation of zero
        else:
            return False
        copy(trial, a)
        mu, trial_mu = trial_mu, mu
    # creeping along an expectation of zero, where nothing is to be had any more
    if signals and lately > -_CREEPING:
        return _curvature(mu, a, slope, n, information, lower)
    return False


@compiled
def _curvature(
    mu: Floats, a: Floats, slope: Floats, n: int, information: Floats, lower: Floats
) -> bool:
    """The root of the expected information, with negative signals left out of the expectation.

    A bin whose expectation a negative signal has eaten up would pass as measured without error.
    """
    for i in range(len(mu)):
        for j in range(n, len(a)):
            mu[i] -= min(a[j], 0.0) * slope[j, i]
    _expected(mu, slope, information)
    return cholesky(information, lower)


@contracting
def _expect(
    columns: Floats,
    weights: Floats,
    a: Floats,
    at_nodes: Floats,
    background: Floats,
    slope: Floats,
    mu: Floats,
) -> None:
    """The expectations, and the derivatives by the amplitudes of the background."""
    n, nodes, bins = columns.shape
    exponent = at_nodes[0]
    exponent[:] = 0.0
    for j in range(n):
        column = columns[j].ravel()
        for i in range(nodes * bins):
            exponent[i] += a[j] * column[i]
    exponentials(exponent, at_nodes[1])
    background[:] = _SMALLEST
    slope[:n] = 0.0
    for q in range(nodes):
        node = exponent[q * bins : (q + 1) * bins]
        for i in range(bins):
            node[i] *= weights[q, i]
            background[i] += node[i]
        for j in range(n):
            for i in range(bins):
                slope[j, i] += node[i] * columns[j, q, i]
    copy(background, mu)
    for j in range(n, len(a)):
        for i in range(bins):
            mu[i] += a[j] * slope[j, i]


@compiled
def _score(counts: Floats, mu: Floats, slope: Floats, score: Floats) -> None:
    """The derivatives of ln L."""
    pull = np.empty(len(mu))
    for i in range(len(mu)):
        pull[i] = counts[i] / mu[i] - 1.0
    for j in range(len(slope)):
        score[j] = dot(slope[j], pull)


@compiled
def _expected(mu: Floats, slope: Floats, information: Floats) -> None:
    """The lower triangle of the expected information."""
    weight = np.empty(len(mu))
    for i in range(len(mu)):
        weight[i] = 1.0 / mu[i]
    weighted(slope, weight, information)


@compiled
def _observed(
    counts: Floats,
    mu: Floats,
    background: Floats,
    slope: Floats,
    n: int,
    guarded: float,
    information: Floats,
) -> None:
    """The lower triangle of the observed information, ln mu_background taken as linear in a bin.

    Bins with counts up to `guarded` get the expected one instead. It is the larger, the less they
    expect, and keeps steps away from an expectation of zero, where empty bins have their maximum.
    """
    weight, bend = np.empty(len(mu)), np.empty(len(mu))
    for i in range(len(mu)):
        if counts[i] <= guarded:
            weight[i], bend[i] = 1.0 / mu[i], 0.0
        else:
            ratio = counts[i] / mu[i]
            weight[i], bend[i] = ratio / mu[i], (1.0 - ratio) / background[i]
    weighted(slope, weight, information)
    bent = np.empty((n, n))  # only the background has second derivatives
    weighted(slope[:n], bend, bent)
    for j in range(n):
        for k in range(j + 1):
            information[j, k] += bent[j, k]
