"""Do the features tell the mass? Measured inside the side bands, where no signal is expected.

A classifier of signal region against side bands learns everything that differs between them. What a
decorrelation of each feature leaves (correlations that drift with the mass, features that make up
the mass together, the mass itself) it finds as well as a signal, and a cut then makes an excess.

So a classifier of the search's own kind is asked to tell the *inner* halves of both side bands from
the *outer* ones. It never sees the signal region. Each side counts half in both classes, so that
what drifts linearly cancels, as it does in the search; and for a drift with the square of the mass
the contrast is that of signal region and side bands: over bands of width w the mean of (m - c)^2
differs by w^2 in both. A signal that leaks into the side bands moves the area under the curve by
at most half of its share of the events there.

The score of each event comes from a model that did not see it. With A the area under its curve and

    d = sqrt(2) Phi^-1(A)

the distance of two normal distributions that have this area (Green and Swets, Signal Detection
Theory and Psychophysics, 1966), a cut that leaves a share eps of the outer events leaves
Phi(Phi^-1(eps) + d) of the inner ones. Its relative excess is the non-closure.

Folds that learn from each other fluctuate together: for scores that are linear in the training
events the variance of A is twice that of independent folds (`cross_training`), for trees it was
measured to be 1.2 to 1.7 times. The error given here has the factor of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from anomalon.core.errors import TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn import Classifiers, Ensemble
from anomalon.search.result import MassLeak
from anomalon.stats import evaluate

__all__ = ["FoldLeak", "combined", "fold_leak"]

Floats = NDArray[np.floating[Any]]

# More members raise the area where there is something to find, but hardly (0.075 to 0.081 in d).
_MEMBERS = 2
# The derivative of d by A at A = 1/2 is sqrt(4 pi).
_PER_AREA = float(np.sqrt(4 * np.pi))
_NEARLY_ONE = 1 - 1e-9
# From this p-value on an area counts as chance, and costs nothing. What remains if it was none is
# at most as large as the uncertainty of a count (measured, see docs/explanation/statistics.md).
_DOUBTFUL = 0.1


@dataclass(frozen=True)
class FoldLeak:
    """The same in one fold.

    Args:
        auc: Area under the curve.
        variance: Of it, if the features do not tell the mass and the models are given.
        n: Events.
    """

    auc: float
    variance: float
    n: int


def fold_leak(
    seen: Sample,
    unseen: Sample,
    window: Window,
    classifier: Classifiers,
    subsample: float,
    seed: Seed,
) -> FoldLeak | None:
    """Train on some events and judge on others; None if a half of a side band is empty.

    Args:
        seen: Events for the training, features as the search sees them.
        unseen: Those of the fold.
        window: Signal region and side bands.
        classifier: What the search uses.
        subsample: Share of the events that each member is trained on.
        seed: Random numbers of the training.
    """
    kinds = len(classifier) if isinstance(classifier, tuple) else 1
    ensemble = Ensemble(classifier, max(_MEMBERS, kinds), subsample)
    try:
        inner, outer = _halves(seen, window)
        scorer = ensemble.fit(inner, outer, seed=seed)
        inner, outer = _halves(unseen, window)
    except TooFewEvents:
        return None
    auc = evaluate(scorer.score(outer), scorer.score(inner), outer.weight, inner.weight).auc.value
    # Mann and Whitney: the variance of a mean of ranks, which are uniform, in each class.
    variance = sum(float((s.weight**2).sum() / s.weight.sum() ** 2) for s in (inner, outer)) / 12
    return FoldLeak(auc, variance, len(inner) + len(outer))


def combined(folds: Sequence[FoldLeak | None]) -> MassLeak | None:
    """The mean over the folds; None if one of them has no answer."""
    given = [fold for fold in folds if fold is not None]
    if len(given) < len(folds) or not given:
        return None
    share = np.array([fold.n for fold in given]) / sum(fold.n for fold in given)
    auc = float(share @ [fold.auc for fold in given])
    together = 2.0  # folds that learn from each other, see above
    error = float(np.sqrt(together * share**2 @ [fold.variance for fold in given]))
    p = float(ndtr((0.5 - auc) / error))
    d = np.sqrt(2) * ndtri(np.clip(auc, 0.5, _NEARLY_ONE))
    beyond = float(np.sqrt(max(d**2 - (_PER_AREA * error) ** 2, 0.0)))
    return MassLeak(auc, error, p, beyond if p < _DOUBTFUL else 0.0)


def _halves(events: Sample, window: Window) -> tuple[Sample, Sample]:
    """The inner halves of both side bands and the outer ones, each side with half of the weight.

    Raises:
        TooFewEvents: If one of the four has no events.
    """
    lower, upper = (window.sideband_low + window.low) / 2, (window.high + window.sideband_high) / 2
    m = events.mass
    below, above = window.in_low_sideband(m), window.in_high_sideband(m)
    inner = _balanced(events, (below & (m >= lower), above & (m < upper)))
    outer = _balanced(events, (below & (m < lower), above & (m >= upper)))
    return inner, outer


def _balanced(events: Sample, sides: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> Sample:
    weight = events.weight.copy()
    for side in sides:
        total = weight[side].sum()
        if not total > 0:
            raise TooFewEvents(f"half of a side band has no events in {events.source}.")
        weight[side] /= total
    return events.with_weight(weight)[sides[0] | sides[1]]
