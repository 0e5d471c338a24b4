"""CLs of a weighted sum of a few Poisson counts, from its exact distribution; compiled by numba.

A resonance reaches into several bins, and in each of them background and signal are mixed in
another proportion. What sees it best, where background is known, is the likelihood ratio: the sum
of the counts k_i with weights proportional to ln(1 + s_i/b_i) (Read, J. Phys. G 28 (2002) 2693).
With weights that are whole numbers the distribution of the sum needs no pseudo-experiments: it is
a compound Poisson distribution, which has a recursion (Panjer, ASTIN Bulletin 12 (1981) 22),

    P(t) = (1/t) sum_i w_i lambda_i P(t - w_i),   P(0) = exp(-sum_i lambda_i).

Rounding the weights makes another statistic of it, hardly worse, and no approximation. Without any
event in the bins that have a weight, the limit is 3.00 events over the share of the signal there.

What is not known of background and signal is averaged over: probabilities are means over
`variations` (Cousins and Highland, Nucl. Instrum. Meth. A 320 (1992) 331).
"""

from math import exp, log
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from anomalon.stats.numerics.quadrature import compiled

__all__ = ["WeightedCount", "expected_limits", "log_cls", "observed_limit", "whole_weights"]

Floats = NDArray[np.floating[Any]]
Integers = NDArray[np.int64]

_LARGEST = 50  # weight: the others are rounded to its multiples of 2 %
_MOST_STEPS = 100
_PRECISE = 1e-9


class WeightedCount(NamedTuple):
    """A weighted sum, and what is expected of its counts.

    Args:
        weight: Whole numbers above zero, shape (bin,).
        background: Effective events expected, for each variation, shape (variation, bin).
        signal: The same for a signal of strength one.
        probability: Of the variations, shape (variation,).
    """

    weight: Integers
    background: Floats
    signal: Floats
    probability: Floats


def whole_weights(background: Floats, signal: Floats) -> Integers:
    """Weights of the bins as whole numbers up to 50, zero where the signal hardly is; (bin,).

    Args:
        background: Effective events expected, shape (bin,).
        signal: Effective events of a signal that is about to be excluded, shape (bin,).
    """
    ratio = np.log1p(signal / np.maximum(background, 1e-12 * max(signal.max(), 1e-300)))
    largest = ratio.max()
    if not largest > 0:
        return np.zeros(len(ratio), dtype=np.int64)
    return np.asarray(np.round(_LARGEST * ratio / largest), dtype=np.int64)


def observed_limit(total: int, count: WeightedCount, log_alpha: float) -> float:
    """The strength at which CLs of a sum of `total` is alpha."""
    return float(_limit(total, count, log_alpha))


def log_cls(strength: float, total: int, count: WeightedCount) -> float:
    """The logarithm of CLs of a sum of `total`."""
    return float(_log_cls(strength, total, count, _log_at_most(total, 0.0, count)))


def expected_limits(count: WeightedCount, log_alpha: float, n_sigma: Floats) -> Floats:
    """The limits at the quantiles of the sum without signal, shape (n_sigma,)."""
    distribution = _distribution(count)
    totals = np.searchsorted(distribution, special.ndtr(n_sigma) * (1 - 1e-12))
    totals = np.minimum(totals, len(distribution) - 1)
    limit_of = {int(t): _limit(int(t), count, log_alpha) for t in np.unique(totals)}
    return np.array([limit_of[int(t)] for t in totals])


def _distribution(count: WeightedCount) -> Floats:
    """P(sum <= t) without signal, for t from 0 to where nothing is left."""
    mean = float((count.weight * count.background).sum(axis=1).max())
    variance = float((count.weight**2 * count.background).sum(axis=1).max())
    most = int(mean + 12.0 * np.sqrt(variance) + 20.0 * count.weight.max())
    mass = np.zeros(most + 1)
    for probability, background in zip(count.probability, count.background, strict=True):
        mass += probability * _masses(most, count.weight, background)
    return np.cumsum(mass)


@compiled
def _masses(most: int, weight: Integers, mean: Floats) -> Floats:
    """P(sum = t) for t = 0 … most."""
    mass = np.zeros(most + 1)
    mass[0] = exp(-mean.sum())
    for t in range(1, most + 1):
        value = 0.0
        for i in range(len(weight)):
            if weight[i] <= t:
                value += weight[i] * mean[i] * mass[t - weight[i]]
        mass[t] = value / t
    return mass


@compiled
def _log_at_most(total: int, strength: float, count: WeightedCount) -> float:
    """The logarithm of P(sum <= total), averaged over the variations."""
    value = 0.0
    for k in range(len(count.probability)):
        mean = count.background[k] + strength * count.signal[k]
        value += count.probability[k] * _masses(total, count.weight, mean).sum()
    return log(value) if value > 0.0 else -np.inf


@compiled
def _log_cls(strength: float, total: int, count: WeightedCount, without: float) -> float:
    return _log_at_most(total, strength, count) - without


@compiled
def _limit(total: int, count: WeightedCount, log_alpha: float) -> float:
    """By regula falsi (Illinois): ln CLs falls with the strength, and is concave."""
    size = (count.signal[0] * (count.weight > 0)).sum()
    if size <= 0.0:
        return np.inf
    without = _log_at_most(total, 0.0, count)
    low, at_low = 0.0, -log_alpha
    high = -log_alpha / size
    at_high = _log_cls(high, total, count, without) - log_alpha
    for _ in range(_MOST_STEPS):
        if at_high <= 0.0:
            break
        low, at_low, high = high, at_high, 2.0 * high
        at_high = _log_cls(high, total, count, without) - log_alpha
    side = 0
    for _ in range(_MOST_STEPS):
        if high - low <= _PRECISE * high:
            break
        share = at_low / (at_low - at_high) if np.isfinite(at_high) else 0.5
        middle = low + share * (high - low)
        value = _log_cls(middle, total, count, without) - log_alpha
        if value > 0.0:
            low, at_low = middle, value
            if side == 1:
                at_high *= 0.5
            side = 1
        else:
            high, at_high = middle, value
            if side == -1:
                at_low *= 0.5
            side = -1
        if abs(value) < 1e-12:
            return float(middle)
    return float(0.5 * (low + high))
