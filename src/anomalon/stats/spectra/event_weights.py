"""How much an event weighs in each bin of a weighted spectrum.

A sum of weights n with the variance v = sum w^2 behaves like n/s Poisson events of weight s = v/n
(Bohm and Zech, arXiv:1309.1287). Slices of a simulation, and prescales, give other weights to other
masses, so s belongs to the bin. Taken from the bin alone it would follow the fluctuations of the
bin wherever weights are mixed: bins that happen to be low would count more, fits would come out low
(by half of their uncertainty and more in a spectrum of few events), and empty bins would have none.

So neighbours are put together as far as their weights agree. How well that can be asked is measured
on the spectrum itself: with N = n^2/v effective events, ln s of a bin has the standard deviation
c/sqrt(N), where c is 0 for events of one weight, and taken as 1 or more for a mixture.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["event_weights"]

Floats = NDArray[np.floating[Any]]

_PRECISE = 0.025  # relative error of a weight from which on no more neighbours are asked
_ROUGH = 0.15  # that of the blocks which are compared: ln s is then nearly Gaussian
_SURE = 3.0  # standard deviations beyond which weights are different
_SAME = 1e-6  # relative difference of weights that is rounding
_LEAST_MIXED, _MOST_MIXED = 1.0, 3.0  # c, if it is not 0; beyond, neighbours differ because they do
_MEDIAN_CHI2 = 0.4549  # of one degree of freedom


def event_weights(counts: Floats, variance: Floats) -> Floats:
    """The effective weight of an event in each bin, shape (bin,).

    Neighbouring bins are merged until their weight is known to 15 %, and these blocks with as many
    of their neighbours as have the same weight within three standard deviations, until it is known
    to 2.5 %. In spectra whose bins hold events of one weight each, every bin keeps its own. Empty
    bins get the larger one of their neighbours.

    Args:
        counts: Sums of weights, not negative, shape (bin,).
        variance: Sums of squares, above zero where there is a count, shape (bin,).

    Returns:
        Weights above zero; ones if all bins are empty.

    Example:
        >>> event_weights(np.array([50.0, 30.0, 0.0, 40.0]), np.array([5.0, 3.0, 0.0, 400.0]))
        array([ 0.1,  0.1, 10. , 10. ])
    """
    filled = np.flatnonzero(counts > 0)
    if not len(filled):
        return np.ones(len(counts))
    n, v = counts[filled], variance[filled]
    mixed = _mixed(n, v)
    block = _blocks(n, v, (mixed / _ROUGH) ** 2)
    total, squares = (np.bincount(block, values).astype(np.float64) for values in (n, v))
    weights = [_of_block(total, squares, i, mixed) for i in range(block[-1] + 1)]
    return _also_empty(np.array(weights)[block], filled, len(counts))


def _mixed(n: Floats, v: Floats) -> float:
    """The coefficient c, from the differences of neighbours: a median, which steps do not move."""
    if len(n) < 3:
        return 0.0
    squares = np.diff(np.log(v / n)) ** 2
    squares = np.where(squares > _SAME**2, squares, 0.0)
    of_one = v / n**2
    typical = np.quantile(squares / (of_one[1:] + of_one[:-1]), 0.5, method="lower")
    if typical == 0:
        return 0.0
    return float(np.clip(np.sqrt(typical / _MEDIAN_CHI2), _LEAST_MIXED, _MOST_MIXED))


def _blocks(n: Floats, v: Floats, enough: float) -> NDArray[np.int64]:
    """Numbers of blocks of neighbouring bins with `enough` effective events, shape (bin,)."""
    block = np.zeros(len(n), dtype=np.int64)
    total, squares = float(n[0]), float(v[0])
    for i in range(1, len(n)):
        if total**2 >= enough * squares:
            block[i], total, squares = block[i - 1] + 1, 0.0, 0.0
        else:
            block[i] = block[i - 1]
        total, squares = total + float(n[i]), squares + float(v[i])
    if total**2 < enough * squares and block[-1] > 0:
        block[block == block[-1]] -= 1
    return block


def _of_block(n: Floats, v: Floats, i: int, mixed: float) -> float:
    """The weight in block `i` and the neighbours that agree with it."""
    total, squares = float(n[i]), float(v[i])
    enough = (mixed / _PRECISE) ** 2
    ends = {-1: i, 1: i}
    going = [-1, 1]
    while going and total**2 < enough * squares:
        for side in tuple(going):
            j = ends[side] + side
            if not 0 <= j < len(n) or _differ(n[j], v[j], total, squares, mixed):
                going.remove(side)
                continue
            ends[side] = j
            total, squares = total + float(n[j]), squares + float(v[j])
    return squares / total


def _differ(n: float, v: float, total: float, squares: float, mixed: float) -> bool:
    """Whether the weights v/n and squares/total are different."""
    error = mixed * np.sqrt(v / n**2 + squares / total**2)
    return bool(abs(np.log(v / n * total / squares)) > _SAME + _SURE * error)


def _also_empty(weights: Floats, filled: NDArray[np.intp], n_bins: int) -> Floats:
    """Weights in all bins, from those in the filled ones."""
    after = np.searchsorted(filled, np.arange(n_bins))
    last = len(filled) - 1
    own = np.append(filled, -1)[after] == np.arange(n_bins)
    neighbours = np.maximum(weights[np.maximum(after - 1, 0)], weights[np.minimum(after, last)])
    return np.where(own, weights[np.minimum(after, last)], neighbours)
