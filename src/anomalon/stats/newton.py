"""Maximum likelihood of log-linear shapes for many Poisson spectra at once.

mu_i = sum_q w_iq exp(sum_j c_iqj b_j), summed over the quadrature nodes of a bin. The Newton step
uses the expected information, sum_i dmu_i dmu_i' / mu_i, which is positive definite, so every
step goes downhill; it is halved where it goes too far. For one node per bin this is the classic
IRLS of generalised linear models, and the likelihood is convex; the nodes' spread within a bin
changes that only in the last digits.

The columns are orthonormalised in the metric of the data (QR), so that the information is close
to the unit matrix for any number of parameters.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Solution", "maximise"]

Floats = NDArray[np.floating[Any]]

_CHUNK = 96  # toys at a time: their work arrays stay in the processor's cache
_STEPS = 100
_HALVINGS = 40
_DECREMENT = 1e-9  # of -2 ln L still to gain; steps converge faster than linearly
_SMALLEST = 1e-280


@dataclass(frozen=True, eq=False)
class Solution:
    """Where the maximum is.

    Args:
        parameters: Shape (toy, n).
        root: Shape (toy, n, n): root @ root.T is the inverse of the expected information.
        converged: Shape (toy,).
        steps: Newton steps taken, shape (toy,).
    """

    parameters: Floats
    root: Floats
    converged: NDArray[np.bool_]
    steps: NDArray[np.int64]


def maximise(counts: Floats, columns: Floats, weights: Floats) -> Solution:
    """Fit every spectrum.

    Args:
        counts: Shape (toy, bin), not negative; at least n bins with events in each.
        columns: The shape's functions at the nodes, shape (bin, node, n).
        weights: Quadrature weights, shape (bin, node).
    """
    toys, n = len(counts), columns.shape[-1]
    basis = _basis(counts, columns, weights)
    # (bin, n, node): orthonormal columns; a row of ones on top sums the nodes to mu itself
    nodes = np.swapaxes(columns @ basis, 1, 2)
    design = np.concatenate([np.ones_like(nodes[:, :1]), nodes], axis=1)
    log_weights = np.log(weights)
    amplitudes = np.empty((toys, n))
    information = np.empty((toys, n, n))
    converged = np.zeros(toys, dtype=bool)
    steps = np.zeros(toys, dtype=np.int64)
    for start in range(0, toys, _CHUNK):
        part = slice(start, start + _CHUNK)
        fitter = _Chunk(counts[part].T, design, log_weights)
        amplitudes[part], information[part], converged[part], steps[part] = fitter.run()
    root = _inverse_root(information)
    return Solution(amplitudes @ basis.T, basis @ root, converged, steps)


def _basis(counts: Floats, columns: Floats, weights: Floats) -> Floats:
    """R^-1 of the QR decomposition of the bin-averaged columns, weighted by the mean counts."""
    mean = np.einsum("bqj,bq->bj", columns, weights) / weights.sum(axis=1, keepdims=True)
    weight = np.sqrt(np.maximum(counts.mean(axis=0), 0.1))
    r = np.linalg.qr(mean * weight[:, None], mode="r")
    return np.linalg.solve(r, np.eye(len(r)))


def _inverse_root(information: Floats) -> Floats:
    """L with L L' the inverse of each matrix; NaN where there is none."""
    try:
        lower = np.linalg.cholesky(information)
    except np.linalg.LinAlgError:
        if len(information) == 1:
            return np.full_like(information, np.nan)
        return np.concatenate([_inverse_root(one[None]) for one in information])
    return np.swapaxes(np.linalg.inv(lower), -1, -2)


class _Chunk:
    """The Newton iteration of a few toys; toys are the last axis, contiguous."""

    def __init__(self, counts: Floats, design: Floats, log_weights: Floats) -> None:
        self.counts = np.ascontiguousarray(counts)
        self.design = design
        self.log_weights = log_weights
        bins, rows, nodes = design.shape
        self.flat = np.swapaxes(design[:, 1:], 1, 2).reshape(bins * nodes, rows - 1)

    def start(self) -> Floats:
        """One weighted least-squares step from the counts themselves, shape (n, toy)."""
        mu = np.maximum(self.counts, 0.1)
        width = np.exp(self.log_weights).sum(axis=1)[:, None]
        share = np.exp(self.log_weights) / width
        mean = np.einsum("bjq,bq->jb", self.design[:, 1:], share)
        response = mu * np.log(mu / width) + self.counts - mu
        information = np.einsum("jb,kb,bt->tjk", mean, mean, mu, optimize=True)
        return np.linalg.solve(information, (mean @ response).T[..., None])[..., 0].T

    def model(self, a: Floats) -> tuple[Floats, Floats]:
        """mu, shape (bin, toy), and its derivatives, shape (bin, n, toy)."""
        bins, _, nodes = self.design.shape
        exponent = (self.flat @ a).reshape(bins, nodes, -1)
        exponent += self.log_weights[..., None]
        np.minimum(exponent, 700.0, out=exponent)  # a step this far off is halved anyway
        np.exp(exponent, out=exponent)
        both = np.matmul(self.design, exponent)
        return np.maximum(both[:, 0], _SMALLEST), both[:, 1:]

    def run(self) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.int64]]:
        """Amplitudes (toy, n), information (toy, n, n), convergence and number of steps."""
        a = self.start()
        toys = a.shape[1]
        converged = np.zeros(toys, dtype=bool)
        steps = np.zeros(toys, dtype=np.int64)
        mu, slope = self.model(a)
        information = _information(mu, slope)
        active = np.arange(toys)
        for _ in range(_STEPS):
            counts = self.counts[:, active]
            now = information[active]
            gradient = np.einsum("bjt,bt->tj", slope, counts / mu - 1.0)
            step, solved = _solve(now, gradient)
            gain = np.einsum("tj,tj->t", step, gradient)
            active, step, counts = active[solved], step[solved].T, counts[:, solved]
            mu, gain = mu[:, solved], gain[solved]
            moved, mu, slope = self._descend(a[:, active], step, counts, mu)
            a[:, active] = moved
            information[active] = _information(mu, slope)
            steps[active] += 1
            done = gain < _DECREMENT
            converged[active[done]] = True
            active, mu, slope = active[~done], mu[:, ~done], slope[..., ~done]
            if not len(active):
                break
        return a.T, information, converged, steps

    def _descend(
        self, a: Floats, step: Floats, counts: Floats, mu: Floats
    ) -> tuple[Floats, Floats, Floats]:
        """The next amplitudes, with the step halved where the likelihood would fall."""
        size = np.ones(a.shape[1])
        tried, slope = self.model(a + step)
        for _ in range(_HALVINGS):
            rise = (tried - mu - counts * np.log(tried / mu)).sum(axis=0)
            worse = ~(rise <= 1e-7 + 1e-12 * counts.sum(axis=0))
            if not worse.any():
                break
            size[worse] /= 2
            again = self.model(a[:, worse] + size[worse] * step[:, worse])
            tried[:, worse], slope[..., worse] = again
        return a + size * step, tried, slope


def _information(mu: Floats, slope: Floats) -> Floats:
    scaled = np.moveaxis(slope / np.sqrt(mu)[:, None], -1, 0)  # (toy, bin, n)
    return np.asarray(np.matmul(np.swapaxes(scaled, 1, 2), scaled))


def _solve(information: Floats, gradient: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """The Newton step of each toy, and whether there is one."""
    try:
        step = np.linalg.solve(information, gradient[..., None])[..., 0]
    except np.linalg.LinAlgError:
        good = np.linalg.matrix_rank(information) == information.shape[-1]
        step = np.zeros_like(gradient)
        step[good] = np.linalg.solve(information[good], gradient[good][..., None])[..., 0]
        return step, good
    return step, np.isfinite(step).all(axis=-1)
