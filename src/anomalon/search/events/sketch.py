"""How a cut's excess follows each event, so short that all cuts of a search can be compared.

The excess D of a cut over its expectation follows event e with c(e) w(e): w is the share of the
members that select it, c one in the signal region, and in the side bands what makes the variance
of the sum that of the fit. Where a peak was fitted, c is how its strength follows the count of the
bin. Two cuts, of whatever window, feature set or method, share events, and

    Cov(D_t, D_u) = sum_e c_t(e) w_t(e) c_u(e) w_u(e).

The vectors are as long as the data. An event falls into one of a thousand boxes with a sign, both
decided by its identity alone, and each box holds the sum: scalar products of such sketches are
those of the vectors, without bias and with an error of 1/sqrt(boxes) (count sketch: Charikar, Chen,
Farach-Colton, Theor. Comput. Sci. 312 (2004) 3).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.event_random import bits
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.search.events.selection import Selection
from anomalon.search.results.correlated_trials import CorrelatedTrials
from anomalon.search.results.cut import CutResult
from anomalon.search.results.fitted import FittedPeak

__all__ = ["correlated", "correlation", "nothing", "sketch"]

Floats = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]

_BOXES = 1024
_STEPS = 100_000  # of a component, as a whole number: short in a file
_SEED = Seed(0).child("sketch")


def sketch(events: Sample, window: Window, selection: Selection, cut: CutResult) -> Ints:
    """The sketch of a cut, of unit length times a constant; empty if it has no answer.

    Args:
        events: All of the window.
        window: Signal region and side bands.
        selection: What the cut selects of them.
        cut: What was found.
    """
    if not cut.ok:
        return nothing()
    weight, peak = selection.weight * events.weight, cut.fit.peak
    follows = weight * (
        _of_count(events, window, weight, cut)
        if peak is None
        else _of_peak(events, peak, cut.fit.edges)
    )
    some = np.flatnonzero(follows)
    random = bits(events.event[some], _SEED)
    sign = 1.0 - 2.0 * (random >> np.uint64(63)).astype(np.float64)
    box = (random % np.uint64(_BOXES)).astype(np.int64)
    held = np.bincount(box, sign * follows[some], _BOXES)
    length = float(np.linalg.norm(held))
    return nothing() if length == 0 else np.rint(held / length * _STEPS).astype(np.int64)


def _of_count(events: Sample, window: Window, weight: Floats, cut: CutResult) -> Floats:
    """The c(e) of a count over its expectation."""
    side = window.in_sidebands(events.mass)
    outside = float(np.sqrt((weight[side] ** 2).sum()))
    fit = float(np.hypot(cut.sigma.fit, cut.sigma.function)) / outside if outside > 0 else 0.0
    return np.where(window.in_signal_region(events.mass), 1.0, np.where(side, -fit, 0.0))


def _of_peak(events: Sample, peak: FittedPeak, edges: Floats) -> Floats:
    """The c(e) of the strength of a peak, 0 outside of the spectrum."""
    known = np.concatenate([[0.0], peak.influence, [0.0]])
    return np.asarray(known[np.searchsorted(edges, events.mass, side="right")])


def nothing() -> Ints:
    """The sketch of a cut without an answer."""
    return np.array([], dtype=np.int64)


def correlation(sketches: Sequence[Ints]) -> Floats:
    """Correlation of the excesses of all cuts, shape (cut, cut); of none that is empty."""
    held = np.array(sketches, dtype=np.float64)
    held /= np.linalg.norm(held, axis=1, keepdims=True)
    found = held @ held.T
    np.fill_diagonal(found, 1.0)
    return np.asarray(found)


def correlated(sketches: Sequence[Ints], seed: Seed) -> CorrelatedTrials | None:
    """What all trials of a search that have an answer have in common."""
    answered = [one for one in sketches if len(one)]
    if not answered:
        return None
    return CorrelatedTrials.of(correlation(answered), seed.child("correlated trials"))
