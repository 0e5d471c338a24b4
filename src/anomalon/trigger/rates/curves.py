"""Efficiency against rate (a ROC curve in Hz), and at a fixed threshold against something else."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.core.shown import Shown
from anomalon.stats.counts.intervals import clopper_pearson
from anomalon.trigger.rates.rate import chosen, in_hz, last_of_equals, rising

__all__ = ["BinnedEfficiency", "RateCurve", "efficiency", "efficiency_in_bins", "rate_curve"]

Floats = NDArray[np.float64]

_POINTS = 120


@dataclass(frozen=True, eq=False, repr=False)
class RateCurve(Shown):
    """Signal efficiency as a function of the background rate; shape (point,) each.

    Args:
        hz: Rates that count, rising.
        efficiency: Of the signal, at the lowest threshold whose rate is no larger.
        n_effective: Background events behind each rate.
    """

    hz: Floats
    efficiency: Floats
    n_effective: Floats


def rate_curve(
    scores: ArrayLike, weights: ArrayLike, signal: ArrayLike, signal_weights: ArrayLike = 1.0, *,
    incoming: float | None = None, others: ArrayLike | None = None,
) -> RateCurve:  # fmt: skip
    """The ROC curve in Hz, from the rate of the first effective event to that of all.

    Args:
        scores: Of background, higher is more anomalous, shape (event,).
        weights: What each event stands for, shape (event,); in Hz without `incoming`.
        signal: Scores of signal events, shape (signal,).
        signal_weights: Their weights, or one for all.
        incoming: Rate in Hz of what all background events together stand for.
        others: Background that others have already, which does not count.

    Raises:
        DataError: If lengths or numbers are impossible.
    """
    given, found = (
        check.real(values, f"rate_curve: {what}")
        for what, values in (("scores", scores), ("signal", signal))
    )
    for what, values in (("scores", given), ("signal", found)):
        check.length(values, values.size, f"rate_curve: {what}")
        check.finite(values, f"rate_curve: {what}")
    hz = in_hz(weights, len(given), incoming, "rate_curve")
    if others is not None:
        hz = np.where(chosen(others, len(given), "rate_curve: others"), 0.0, hz)
    share = in_hz(signal_weights, len(found), 1.0, "rate_curve: signal")
    order = np.argsort(-given, kind="stable")
    last = last_of_equals(given[order])
    total, square = np.cumsum(hz[order])[last], np.cumsum(hz[order] ** 2)[last]
    if not total[-1] > 0:
        raise BadValue("rate_curve: expected events that count, got none: others have all of them.")
    grid = np.geomspace(total[total > 0][0], total[-1], _POINTS)
    at = np.searchsorted(total, grid * (1 + 1e-12), side="right") - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        n_effective = np.where(square[at] > 0, total[at] ** 2 / square[at], 0.0)
    rising = np.argsort(found, kind="stable")
    above = np.concatenate([np.cumsum(share[rising][::-1])[::-1], [0.0]])
    passed = above[np.searchsorted(found[rising], given[order][last][at], side="left")]
    return RateCurve(grid, np.clip(passed, 0.0, 1.0), n_effective)


def efficiency(passed: ArrayLike, weights: ArrayLike = 1.0) -> tuple[float, float, float]:
    """Share of the weight that passes, and the ends of its central 68 % interval.

    Clopper and Pearson's, for as many events of one weight as say the same: exact for equal
    weights.

    Raises:
        DataError: If lengths or numbers are impossible.
    """
    n = np.size(np.asarray(passed))
    keep = chosen(passed, n, "efficiency: passed")
    weight = in_hz(weights, n, 1.0, "efficiency")
    share = min(float(weight[keep].sum()), 1.0)
    n_effective = 1.0 / float((weight**2).sum())
    low, high = clopper_pearson(min(share * n_effective, n_effective), n_effective)
    return share, float(low), float(high)


@dataclass(frozen=True, eq=False, repr=False)
class BinnedEfficiency(Shown):
    """Efficiency in bins of a quantity.

    Args:
        edges: Of the bins, shape (bin + 1,).
        value: Share of the weight that passes, shape (bin,); NaN where no event is.
        low, high: Ends of the 68 % intervals, shape (bin,).
        n: Events with a weight in each bin, shape (bin,).
    """

    edges: Floats
    value: Floats
    low: Floats
    high: Floats
    n: NDArray[np.int64]


def efficiency_in_bins(
    passed: ArrayLike, values: ArrayLike, edges: ArrayLike, weights: ArrayLike = 1.0
) -> BinnedEfficiency:
    """Efficiency against a quantity; the last bin takes its upper edge, nothing lies beyond.

    Args:
        passed: Which events are selected, shape (event,).
        values: The quantity, shape (event,).
        edges: Rising, shape (bin + 1,).
        weights: Of the events, or one for all.

    Raises:
        BadValue: If there are no bins.
        DataError: If lengths or numbers are impossible.
    """
    at, ends = check.real(values, "efficiency_in_bins: values"), rising(edges, "efficiency_in_bins")
    n = np.size(np.asarray(passed))
    keep = chosen(passed, n, "efficiency_in_bins: passed")
    check.length(at, n, "efficiency_in_bins: values")
    check.finite(at, "efficiency_in_bins: values")
    weight = in_hz(weights, n, 1.0, "efficiency_in_bins")
    index = np.searchsorted(ends, at, side="right") - 1
    index = np.where(at == ends[-1], len(ends) - 2, index)
    value, low, high = np.full((3, len(ends) - 1), np.nan)
    filled = np.zeros(len(ends) - 1, np.int64)
    for i in range(len(ends) - 1):
        here = (index == i) & (weight > 0)
        filled[i] = int(here.sum())
        if filled[i]:
            value[i], low[i], high[i] = efficiency(keep[here], weight[here])
    return BinnedEfficiency(ends, value, low, high, filled)
