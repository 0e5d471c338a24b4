"""Shared values at given mass: cumulative probabilities that follow the mass smoothly.

For a feature whose values repeat, the normal score at mass m comes from its rank r (`ties`),

    z = Phi^-1( F(r | m) ),    F(r | m) = P(rank <= r at mass m).

F is fitted at fixed ranks, the *knots*: the edges of each shared value, and quantiles between
them. There its logit is a polynomial in log(m) by maximum likelihood, so that P(b-tag) may rise
and a multiplicity grow. Between knots F is linear in r, which is exact within a shared value.
(Quantiles as polynomials, right for continuous features, have kinks where a probability passes
them.) F rises with r but for statistical noise where hardly any event is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, ndtri

from anomalon.features.ties import Ranks

__all__ = ["ConditionalRanks", "Constant", "fit_conditional_ranks"]

Floats = NDArray[np.floating[Any]]

# Curvature of a logit, per squared standard deviation of log(mass), that is likely beforehand: a
# probability of which a few events at the edge are all that is known must not turn around there.
_CURVATURE = 0.3
_MAX_ITERATIONS, _LONGEST_STEP = 50, 2.0


@dataclass(frozen=True, eq=False)
class ConditionalRanks:
    """The fitted map of one feature.

    Args:
        ranks: Of the fitted sample.
        knots: Ranks between 0 and 1, both left out, shape (knot,).
        coefficients: Of logit F at the knots in powers of standardised log(mass), shape (power,
            knot).
        z_max: Largest normal score that is given.
    """

    ranks: Ranks
    knots: Floats
    coefficients: Floats
    z_max: float

    def __call__(self, x: Floats, t: Floats, u: Floats) -> Floats:
        """Normal scores, shape (event,).

        Args:
            x: The feature, shape (event,).
            t: Standardised log(mass), shape (event,).
            u: Uniform in [0, 1), shape (event,).
        """
        r = self.ranks(x, u)
        knots = np.concatenate([[0.0], self.knots, [1.0]])
        above = np.searchsorted(self.knots, r, side="right")
        low, high = self._probability(above, t), self._probability(above + 1, t)
        share = (r - knots[above]) / (knots[above + 1] - knots[above])
        probability = low + np.maximum(high - low, 0.0) * share
        return np.asarray(np.clip(ndtri(probability), -self.z_max, self.z_max))

    def inverse(self, score: Floats, t: Floats) -> Floats:
        """The feature with this normal score at this mass, shape (event,)."""
        p = ndtr(score)
        knots = np.concatenate([[0.0], self.knots, [1.0]])
        above, low = np.zeros(len(p), np.intp), np.zeros(len(p))
        high = np.ones(len(p))
        for knot in range(len(self.knots) + 1):
            edges = self._probability(np.full(len(p), knot), t)
            next_edges = self._probability(np.full(len(p), knot + 1), t)
            here = edges <= p
            above, low = np.where(here, knot, above), np.where(here, edges, low)
            high = np.where(here, next_edges, high)
        width = high - low
        share = np.divide(p - low, width, out=np.full(len(p), 0.5), where=width > 0)
        r = knots[above] + np.clip(share, 0, 1) * (knots[above + 1] - knots[above])
        return self.ranks.inverse(r)

    def _probability(self, knot: NDArray[np.intp], t: Floats) -> Floats:
        """F of each event at its knot; 0 at the first, which is before the fitted ones, 1 after."""
        if not len(self.knots):
            return np.asarray(knot > 0, dtype=np.float64)
        fitted = np.clip(knot - 1, 0, len(self.knots) - 1)
        value = self.coefficients[-1][fitted]
        for power in self.coefficients[-2::-1]:
            value = value * t + power[fitted]
        inner = np.where(knot == 0, 0.0, expit(value))
        return np.where(knot > len(self.knots), 1.0, inner)


@dataclass(frozen=True)
class Constant:
    """A feature that is the same in all events: it says nothing, and noise would not help.

    Args:
        value: What it is.
    """

    value: float

    def __call__(self, x: Floats, t: Floats, u: Floats) -> Floats:  # noqa: ARG002 - nor do these
        """Zeros, shape (event,)."""
        return np.zeros(len(x))

    def inverse(self, score: Floats, t: Floats) -> Floats:  # noqa: ARG002 - nor do these
        """The value, shape (event,)."""
        return np.full(len(score), self.value)


def fit_conditional_ranks(
    ranks: Ranks,
    slices: Sequence[Floats],
    basis: Floats,
    targets: Floats,
    n_wide: int,
    z_max: float,
) -> ConditionalRanks:
    """Fit F(r | m) to the ranks in slices of mass.

    Args:
        ranks: Of all events.
        slices: Ranks of the events of each slice, in order of mass.
        basis: Powers of standardised log(mass) of each slice, shape (slice, power).
        targets: Probabilities at which knots are wanted, at every mass, shape (quantile,).
        n_wide: Wide slices, made of the given ones, whose quantiles at these become knots.
        z_max: Largest normal score that is to be given.
    """
    wide = [np.concatenate(list(part)) for part in _grouped(slices, n_wide)]
    knots = ranks.with_edges(np.unique([np.quantile(r, targets) for r in wide]))
    knots = knots[(knots > 0) & (knots < 1)]
    passed = np.array([np.searchsorted(np.sort(r), knots, side="left") for r in slices], np.float64)
    n = np.array([len(r) for r in slices], np.float64)
    return ConditionalRanks(ranks, knots, _logistic(passed, n, basis), z_max)


def _grouped(slices: Sequence[Floats], n: int) -> list[Sequence[Floats]]:
    edges = np.linspace(0, len(slices), n + 1).round().astype(int)
    return [slices[a:b] for a, b in pairwise(edges)]


def _logistic(passed: Floats, n: Floats, basis: Floats) -> Floats:
    """Maximum likelihood of binomial counts with logit p = polynomial, for many at a time.

    Args:
        passed: Successes, shape (slice, knot).
        n: Trials, shape (slice,).
        basis: Shape (slice, power).

    Returns:
        Coefficients, shape (power, knot).
    """
    n_powers, n_knots = basis.shape[1], passed.shape[1]
    mean = passed.sum(axis=0) / n.sum()
    # One event more in every slice that is like the average: no probability is 0 or 1.
    passed, n = passed + mean, n[:, None] + 1
    penalty = np.where(np.arange(n_powers) < 2, 0.0, _CURVATURE**-2)
    coefficients = np.zeros((n_powers, n_knots))
    coefficients[0] = logit(mean)
    for _ in range(_MAX_ITERATIONS):
        p = expit(basis @ coefficients)
        gradient = basis.T @ (passed - n * p) - penalty[:, None] * coefficients
        information = np.einsum("sk,si,sj->kij", n * p * (1 - p), basis, basis, optimize=True)
        information += np.diag(penalty + 1e-9)
        step = np.linalg.solve(information, gradient.T[:, :, None])[:, :, 0].T
        size = np.abs(basis @ step).max(axis=0)
        # Newton's step is too long where a probability is nearly 0 or 1.
        coefficients += step * np.minimum(1.0, _LONGEST_STEP / np.maximum(size, 1e-12))
        if size.max(initial=0.0) < 1e-6:
            break
    return coefficients
