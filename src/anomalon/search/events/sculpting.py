"""Does a cut make a bump? The share of events that pass, against the mass."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.search.results.cut import PassFraction

__all__ = ["pass_fraction"]

Floats = NDArray[np.floating[Any]]
_MIN_PASSED = 10.0


@dataclass(frozen=True)
class _Bin:
    """Sums over the events of a mass bin: weights, their squares, and the same of what passes."""

    low: float
    high: float
    in_signal_region: bool
    n: float
    n_squared: float
    passed: float
    passed_squared: float

    def with_next(self, other: "_Bin") -> "_Bin":
        """Both bins in one."""
        return _Bin(
            self.low,
            other.high,
            self.in_signal_region,
            self.n + other.n,
            self.n_squared + other.n_squared,
            self.passed + other.passed,
            self.passed_squared + other.passed_squared,
        )


def pass_fraction(events: Sample, window: Window, weight: Floats, edges: Floats) -> PassFraction:
    """The share of passing events in each bin, and chi2 of a constant one.

    A signal would raise the share inside the signal region, so the chi2 is over the bins outside.
    Neighbouring bins are merged until each expects 10 passing events.

    Args:
        events: All events in the fitted range.
        window: Its signal region is left out of the chi2.
        weight: Selection weight of each event in [0, 1], shape (event,).
        edges: Mass bins in GeV.
    """
    bins = _merged(events, window, weight, edges)
    outside = [b for b in bins if not b.in_signal_region]
    total = sum(b.n for b in outside)
    if total <= 0:
        return PassFraction.unknown()
    mean = sum(b.passed for b in outside) / total
    # Given the events of a bin, its number of passing ones is a sum of independent weights.
    variance = sum(b.passed_squared for b in outside) / total - mean**2
    filled = [b for b in bins if b.n > 0]
    share = [b.passed / b.n for b in filled]
    sigma = [float(np.sqrt(max(variance, 0.0) * b.n_squared) / b.n) for b in filled]
    pulls = [
        (f - mean) / s
        for b, f, s in zip(filled, share, sigma, strict=True)
        if not b.in_signal_region and s > 0
    ]
    ndf = sum(not b.in_signal_region for b in filled) - 1
    judged = ndf >= 1 and variance > 0
    return PassFraction(
        mass=np.array([(b.low + b.high) / 2 for b in filled]),
        fraction=np.array(share),
        sigma=np.array(sigma),
        in_signal_region=np.array([b.in_signal_region for b in filled], dtype=np.bool_),
        chi2=float(sum(pull**2 for pull in pulls)) if judged else None,
        ndf=ndf if judged else None,
    )


def _merged(events: Sample, window: Window, weight: Floats, edges: Floats) -> list[_Bin]:
    w = events.weight
    columns = [
        np.histogram(events.mass, edges, weights=each)[0].astype(np.float64)
        for each in (w, w**2, w * weight, w * weight**2)
    ]
    share = columns[2].sum() / max(columns[0].sum(), 1e-300)
    inside = window.in_signal_region((edges[:-1] + edges[1:]) / 2)
    rows = zip(edges[:-1].tolist(), edges[1:].tolist(), inside.tolist(), *columns, strict=True)
    bins: list[_Bin] = []
    for low, high, is_inside, *sums in rows:
        here = _Bin(low, high, is_inside, *map(float, sums))
        last = bins[-1] if bins else None
        if (
            last is not None
            and last.in_signal_region == here.in_signal_region
            and share * last.n < _MIN_PASSED
        ):
            bins[-1] = last.with_next(here)
        else:
            bins.append(here)
    # A last bin that is still too small joins its neighbour.
    if len(bins) > 1 and share * bins[-1].n < _MIN_PASSED:
        *others, last, small = bins
        if last.in_signal_region == small.in_signal_region:
            return [*others, last.with_next(small)]
    return bins
