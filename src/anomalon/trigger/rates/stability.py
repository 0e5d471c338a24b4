"""Rate against pile-up, run or anything else: is it the same everywhere?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from anomalon.core import check
from anomalon.core.shown import Shown
from anomalon.trigger.rates.rate import chosen, in_hz, rising

__all__ = ["BinnedRate", "rate_in_bins"]

Floats = NDArray[np.float64]

_FEWEST = 5.0  # expected effective events in a bin that takes part in the test of constancy


@dataclass(frozen=True, eq=False, repr=False)
class BinnedRate(Shown):
    """The rate that there would be if all events were like those of a bin.

    Args:
        edges: Of the bins, shape (bin + 1,).
        hz: Incoming rate times the share that passes in the bin, shape (bin,); NaN without events.
        sigma: Statistical uncertainty, in Hz.
        n_effective: Effective events that pass, shape (bin,).
        chi2: Of a constant, over bins in which it would give at least five effective events.
        n_bins: How many these are.
    """

    edges: Floats
    hz: Floats
    sigma: Floats
    n_effective: Floats
    chi2: float
    n_bins: int

    @property
    def p_constant(self) -> float:
        """Probability of such a chi2 or a larger one if the rate is constant; NaN of one bin."""
        return float(chi2.sf(self.chi2, self.n_bins - 1)) if self.n_bins > 1 else float("nan")


def rate_in_bins(
    passed: ArrayLike,
    weights: ArrayLike,
    values: ArrayLike,
    edges: ArrayLike,
    *,
    incoming: float | None = None,
) -> BinnedRate:
    """The rate in bins of a quantity of the events: their pile-up, their run, their time.

    Args:
        passed: Which events are selected, shape (event,).
        weights: What each event stands for, shape (event,); in Hz without `incoming`.
        values: The quantity, shape (event,).
        edges: Rising, shape (bin + 1,); the last bin takes its upper edge.
        incoming: Rate in Hz of what all events together stand for.

    Raises:
        BadValue: If there are no bins.
        DataError: If lengths or numbers are impossible.
    """
    at, ends = check.real(values, "rate_in_bins: values"), rising(edges, "rate_in_bins")
    n = np.size(np.asarray(passed))
    keep = chosen(passed, n, "rate_in_bins: passed")
    check.length(at, n, "rate_in_bins: values")
    check.finite(at, "rate_in_bins: values")
    hz = in_hz(weights, n, incoming, "rate_in_bins")
    total = float(hz.sum())

    def binned(w: Floats) -> Floats:
        return np.histogram(at, ends, weights=w)[0].astype(np.float64)

    every, fired, square = binned(hz), binned(hz * keep), binned(hz**2 * keep)
    rest = binned(hz**2 * ~keep)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = fired / every
        variance = ((1 - share) ** 2 * square + share**2 * rest) / every**2
        n_effective = np.nan_to_num(fired**2 / square)
    rate, sigma = total * share, total * np.sqrt(variance)
    found, used = _away_from_constant(share, every, square + rest, square, fired)
    return BinnedRate(ends, rate, sigma, n_effective, found, used)


def _away_from_constant(
    share: Floats, every: Floats, squares: Floats, passed_squares: Floats, fired: Floats
) -> tuple[float, int]:
    """The chi2 of one share for all bins, and how many bins it is of.

    Variances are those that the bins would have then: one in which nothing passes counts as well.
    """
    there = every > 0
    if not there.any():
        return 0.0, 0
    p = float(fired.sum() / every.sum())
    q = float(passed_squares.sum() / squares.sum())  # share of the squares that passes
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = squares * ((1 - p) ** 2 * q + p**2 * (1 - q)) / every**2
        expected = (p * every) ** 2 / (q * squares)
    used = there & (variance > 0) & (np.nan_to_num(expected) >= _FEWEST)
    return float(((share[used] - p) ** 2 / variance[used]).sum()), int(used.sum())
