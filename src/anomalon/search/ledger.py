"""The ledger: every place where an excess could have been seen, and what that costs."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.search.result import Trial, TrialToys, WindowResult
from anomalon.stats import combine_trials, sidak

__all__ = ["NO_FEATURES", "best_of", "counted", "global_p", "ledger", "repeat_choice"]

Floats = NDArray[np.floating[Any]]


NO_FEATURES = "none"
"""The features of a trial without a cut, which looks at none."""


def counted(windows: Sequence[WindowResult]) -> NDArray[np.bool_]:
    """Which of all cuts, window by window, are trials of their own, shape (cut,).

    The spectrum without a cut is the same whatever the features, so it counts once for each signal
    region, with the first feature set.
    """
    seen = set()
    own = []
    for window in windows:
        for cut in window.cuts:
            place = (window.window["low"], window.window["high"])
            own.append(cut.efficiency < 1 or place not in seen)
        seen.add(place)
    return np.array(own, dtype=np.bool_)


def ledger(windows: Sequence[WindowResult]) -> tuple[Trial, ...]:
    """One trial for each window, feature set and working point, in order; see `counted`."""
    cuts = [(window, cut) for window in windows for cut in window.cuts]
    return tuple(
        Trial(
            window=f"{w.window['low']:g}-{w.window['high']:g}",
            features=", ".join(w.features) if cut.efficiency < 1 else NO_FEATURES,
            efficiency=cut.efficiency,
            p_local=cut.p_local,
            z_local=cut.z_local,
        )
        for (w, cut), own in zip(cuts, counted(windows), strict=True)
        if own
    )


def best_of(trials: Sequence[Trial]) -> Trial | None:
    """The trial with the smallest local p-value; None if none has one."""
    valid = [t for t in trials if np.isfinite(t.p_local)]
    return min(valid, key=lambda t: t.p_local) if valid else None


def repeat_choice(trials: Sequence[Trial], p_local: Floats) -> TrialToys | None:
    """The best trial beside the best of each pseudo-experiment; None if there are none of either.

    Args:
        trials: Those of the data.
        p_local: Local p-values of the same trials in pseudo-experiments, shape (toy, trial).
    """
    if len(p_local) == 0 or best_of(trials) is None:
        return None
    combined = combine_trials([t.p_local for t in trials], p_local)
    found = combined.global_p
    return TrialToys(
        p_local=p_local,
        smallest=combined.smallest,
        k=found.k,
        p=found.p,
        low=found.low,
        high=found.high,
        n_effective=combined.n_effective,
    )


def global_p(trials: Sequence[Trial], toys: TrialToys | None) -> tuple[float | None, bool]:
    """Global p-value of the best trial, and whether it is only an upper bound.

    The share of pseudo-experiments that do as well, if any does. Else what is smaller of two
    bounds: what their number can exclude, 1/(n + 1), and Sidak's for as many independent trials.
    """
    best = best_of(trials)
    if best is None:
        return None, True
    n_valid = sum(1 for t in trials if np.isfinite(t.p_local))
    bound = float(sidak(best.p_local, n_valid))
    if toys is None:
        return bound, True
    return (toys.p, False) if toys.k > 0 else (min(toys.p, bound), True)
