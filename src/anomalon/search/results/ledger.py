"""The ledger: every place where an excess could have been seen, and what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from anomalon.search.results.correlated_trials import CorrelatedTrials
from anomalon.search.results.naming import window_names
from anomalon.search.results.window import WindowResult
from anomalon.stats import combine_trials, empirical_p, sidak, z_from_p
from anomalon.stats.scans import LocalPTest, local_p_test

__all__ = [
    "NO_FEATURES",
    "GlobalP",
    "PGlobalSource",
    "Trial",
    "TrialToys",
    "best_of",
    "counted",
    "global_p",
    "labelled",
    "ledger",
    "place_of",
    "repeat_choice",
]

Floats = NDArray[np.floating[Any]]


NO_FEATURES = "none"
"""The features of a trial without a cut, which looks at none."""

PGlobalSource = Literal[
    "sidak", "correlated trials", "pseudo-experiments", "number of pseudo-experiments"
]
"""Where a global p-value comes from: Sidak's bound for independent trials, the correlation of the
trials through the events that they share, the share of pseudo-experiments that are as significant,
or the bound 1/(n + 1) if none of n is."""


@dataclass(frozen=True)
class Trial:
    """One line of the ledger: a place where an excess could have been seen.

    Args:
        window, features: As readers name them, with the method if there are several. Without a cut
            no feature is looked at: `features` is then "none".
        efficiency: Background efficiency of the cut; 1 without one.
        p_local, z_local: What was found.
        result: Which of the results of the scan it is from, and
        cut: which of the cuts of that; None in files of before these were written.
    """

    window: str
    features: str
    efficiency: float
    p_local: float
    z_local: float
    result: int | None = None
    cut: int | None = None


@dataclass(frozen=True, eq=False)
class TrialToys:
    """Pseudo-experiments without signal in which the whole search was repeated, training included.

    Args:
        p_local: Local p-value of each trial of the ledger, shape (toy, trial); NaN where it failed.
        smallest: The smallest of each pseudo-experiment in which a trial has an answer, shape
            (toy with an answer,): the others say nothing.
        k: How many of them are as small as that of the data.
        p: (k + 1)/(n + 1), the data counting as one of them.
        low, high: Clopper-Pearson interval of k/n at 68 %.
        n_effective: How many independent trials would be as bad, at the local p-value that 5 % of
            the pseudo-experiments beat.
        p_sidak: Probability of local p-values in the pseudo-experiments being as small as they are,
            if they are right, as Sidak's bound takes them (`anomalon.stats.scans.local_p_test`);
            NaN if unknown.
        n_tested: Pseudo-experiments with an answer in every trial that the data answer, or in that
            with the fewest.
    """

    p_local: Floats
    smallest: Floats
    k: int
    p: float
    low: float
    high: float
    n_effective: float
    p_sidak: float = float("nan")
    n_tested: int = 0

    @property
    def n(self) -> int:
        """How many pseudo-experiments have an answer."""
        return len(self.smallest)

    @property
    def enough(self) -> bool:
        """Whether they would have noticed local p-values that are wrong."""
        return self.n_tested >= LocalPTest.LEAST

    @property
    def confirm(self) -> bool:
        """Whether local p-values can be taken at their word."""
        return self.enough and self.p_sidak >= LocalPTest.LEVEL


def counted(windows: Sequence[WindowResult]) -> NDArray[np.bool_]:
    """Which of all cuts, window by window, are trials of their own, shape (cut,).

    The spectrum without a cut is the same whatever the features, so it counts once for each signal
    region, with the first feature set.
    """
    seen = set()
    own = []
    for window in windows:
        for cut in window.cuts:
            place = (window.window.low, window.window.high)
            own.append(cut.efficiency < 1 or place not in seen)
        seen.add(place)
    return np.array(own, dtype=np.bool_)


def labelled(results: Sequence[WindowResult]) -> list[WindowResult]:
    """The same results, with a label where the plain name is that of another window, too."""
    names = window_names([result.window for result in results])
    return [
        result if name == result.window_name else replace(result, label=name)
        for result, name in zip(results, names, strict=True)
    ]


def ledger(windows: Sequence[WindowResult]) -> tuple[Trial, ...]:
    """One trial for each window, feature set and working point, in order; see `counted`."""
    cuts = [(i, j, w, cut) for i, w in enumerate(windows) for j, cut in enumerate(w.cuts)]
    return tuple(
        Trial(
            window=w.window_name,
            features=w.selection_name if cut.efficiency < 1 else NO_FEATURES,
            efficiency=cut.efficiency,
            p_local=cut.p_local,
            z_local=cut.z_local,
            result=i,
            cut=j,
        )
        for (i, j, w, cut), own in zip(cuts, counted(windows), strict=True)
        if own
    )


def place_of(trial: Trial, windows: Sequence[WindowResult]) -> tuple[int, int] | None:
    """Which result and which of its cuts a trial is; None if there is no such.

    A trial of an older file does not know it, and is found by what readers call it.
    """
    if trial.result is not None and trial.cut is not None:
        there = trial.result < len(windows) and trial.cut < len(windows[trial.result].cuts)
        return (trial.result, trial.cut) if there else None
    for i, window in enumerate(windows):
        named = trial.features == window.selection_name or trial.efficiency >= 1
        if trial.window == window.window_name and named:
            for j, cut in enumerate(window.cuts):
                if cut.efficiency == trial.efficiency:
                    return i, j
    return None


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
    of_data = np.array([t.p_local for t in trials])
    answered = np.isfinite(p_local).any(axis=1)
    if not answered.any():
        return TrialToys(p_local, np.array([]), 0, 1.0, 0.0, 1.0, float("nan"))
    combined = combine_trials(of_data, p_local[answered])
    found = combined.global_p
    asked = p_local[:, np.isfinite(of_data)]
    return TrialToys(
        p_local=p_local,
        smallest=combined.smallest,
        k=found.k,
        p=found.p,
        low=found.low,
        high=found.high,
        n_effective=combined.n_effective,
        p_sidak=local_p_test(asked).p_value,
        n_tested=int(np.isfinite(asked).sum(axis=0).min()),
    )


@dataclass(frozen=True)
class GlobalP:
    """What a local p-value is worth after all trials.

    Args:
        p: The probability, or None if there is no trial to ask about.
        source: Where it comes from.
    """

    p: float | None
    source: PGlobalSource

    @property
    def is_bound(self) -> bool:
        """Whether it is only an upper bound."""
        return self.source not in ("pseudo-experiments", "correlated trials")

    @property
    def z(self) -> float | None:
        """The same in standard deviations."""
        return None if self.p is None else float(z_from_p(self.p))


def global_p(
    trials: Sequence[Trial],
    toys: TrialToys | None,
    trial: Trial | None = None,
    correlated: CorrelatedTrials | None = None,
) -> GlobalP:
    """Global p-value of a trial.

    The share of pseudo-experiments that do as well, if any does. Without pseudo-experiments, what
    follows from the correlation of the trials, or Sidak's bound for as many independent ones if
    that is not known. If there are pseudo-experiments and none does as well, an upper bound: what
    their number can exclude, 1/(n + 1); or the former, if that is smaller and there are enough
    pseudo-experiments to contradict it, and they do not. For it takes the local p-value at its
    word; if pseudo-experiments have local p-values that are too small, it is wrong, and few would
    not show it.

    Args:
        trials: All of them.
        toys: Pseudo-experiments in which they were repeated, if there are any.
        trial: The one in question; the best if None.
        correlated: How the trials are correlated, if that is known.
    """
    trial = best_of(trials) if trial is None else trial
    if trial is None:
        return GlobalP(None, "sidak")
    cheap = _without_toys(trials, trial, correlated)
    if toys is None or cheap.p is None:
        return cheap
    found = empirical_p(-trial.p_local, -toys.smallest)
    if found.k > 0:
        return GlobalP(found.p, "pseudo-experiments")
    if cheap.p < found.p and toys.confirm:
        return cheap
    return GlobalP(found.p, "number of pseudo-experiments")


def _without_toys(
    trials: Sequence[Trial], trial: Trial, correlated: CorrelatedTrials | None
) -> GlobalP:
    if correlated is not None:
        return GlobalP(correlated.p(trial.p_local), "correlated trials")
    n = sum(1 for t in trials if np.isfinite(t.p_local))
    return GlobalP(float(sidak(trial.p_local, n)), "sidak")
