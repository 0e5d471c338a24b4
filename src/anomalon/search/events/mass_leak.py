"""Do the features tell the mass? Measured inside the side bands, where no signal is expected.

A classifier of signal region against side bands learns everything that differs between them. What a
decorrelation of each feature leaves (correlations that drift with the mass, features that make up
the mass together, the mass itself) it finds as well as a signal, and a cut then makes an excess.

So a classifier is asked to tell the *inner* halves of both side bands from
the *outer* ones. It never sees the signal region. Each side counts half in both classes, so that
what drifts linearly cancels, as it does in the search; and for a drift with the square of the mass
the contrast is that of signal region and side bands: over bands of width w the mean of (m - c)^2
differs by w^2 in both. A signal that leaks into the side bands is a small share of the events
there.

The score of each event comes from a model that did not see it. With s = ln(p/(1 - p)) the logarithm
of the ratio of densities that the classifier has learned, and two normal distributions in mind,

    d = (mean of s inside - mean of s outside) / standard deviation of s

is their distance: a cut that leaves a share eps of the outer events leaves Phi(Phi^-1(eps) + d) of
the inner ones. Its relative excess is the non-closure. (The difference of means is the score
statistic of what was learned. The area under the curve, by ranks, gives the same d if both are
normal, but where few events know the mass well, as at the edge of a shared value, ranks drown them:
two equal booleans whose probability rises with the mass, 2e5 events, 27 standard deviations become
14.)

The trees are few, see all events and look for the best thresholds, whatever the search's own are
like. That costs a twentieth of the search, and of what drifts sharply with the mass, which is what
makes an excess, they see most (those equal booleans, 2e4 events: 3.9 standard deviations; two
members with random thresholds, on halves: 0.9). Classifiers of other kinds than trees are asked as
well.

Folds that learn from each other fluctuate together: for scores that are linear in the training
events the variance of d is twice that of independent folds (`cross_training`). For these trees it
was measured to be 1.8 to 2.0 times (features without drift, 6e3 and 2e4 events, 2 to 4 of them).
The error given here has the factor of two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, ndtr

from anomalon.core.errors import TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn import BoostedTrees, Classifiers, Ensemble
from anomalon.search.results.window import MassLeak

__all__ = ["FoldLeak", "combined", "fold_leak"]

Floats = NDArray[np.floating[Any]]

_TREES = BoostedTrees(n_trees=12, learning_rate=0.2, n_leaves=15, random_thresholds=False)
# From this p-value on a distance counts as chance, and costs nothing. What remains if it was none
# is at most as large as the uncertainty of a count (docs/explanation/statistics.md).
_DOUBTFUL = 0.1
_FARTHEST = 10.0  # distance of halves that are told apart without error
_LEAST = 1e-9  # probability that still has a logarithm
_FOLDS_TOGETHER = 2.0  # variance of folds that learn from each other, see above


@dataclass(frozen=True)
class FoldLeak:
    """The same in one fold.

    Args:
        distance: Of the mean scores in standard deviations.
        variance: Of it, if the features do not tell the mass and the models are given.
        n: Events.
    """

    distance: float
    variance: float
    n: int


def fold_leak(
    seen: Sample, unseen: Sample, window: Window, classifier: Classifiers, seed: Seed
) -> FoldLeak | None:
    """Train on some events and judge on others; None if a half of a side band is empty.

    Args:
        seen: Events for the training, features as the search sees them.
        unseen: Those of the fold.
        window: Signal region and side bands.
        classifier: What the search uses.
        seed: Random numbers of the training.
    """
    given = classifier if isinstance(classifier, tuple) else (classifier,)
    kinds = (_TREES, *(one for one in given if not isinstance(one, BoostedTrees)))
    try:
        scorer = Ensemble(kinds, len(kinds)).fit(*_halves(seen, window), seed=seed)
        halves = _halves(unseen, window)
    except TooFewEvents:
        return None
    share = [half.weight / half.weight.sum() for half in halves]
    score = [logit(np.clip(scorer.score(half), _LEAST, 1 - _LEAST)) for half in halves]
    means = [float(w @ s) for w, s in zip(share, score, strict=True)]
    spread = np.mean([w @ (s - m) ** 2 for w, s, m in zip(share, score, means, strict=True)])
    apart = means[0] - means[1]
    # without a single split all scores are the same; told apart by one value, there is no spread
    flat = np.ptp(np.concatenate(score)) == 0
    distance = 0.0 if flat else apart / max(np.sqrt(spread), abs(apart) / _FARTHEST)
    variance = sum(float((w**2).sum()) for w in share)
    return FoldLeak(float(distance), variance, sum(len(half) for half in halves))


def combined(folds: Sequence[FoldLeak | None]) -> MassLeak | None:
    """The mean over the folds; None if one of them has no answer."""
    given = [fold for fold in folds if fold is not None]
    if len(given) < len(folds) or not given:
        return None
    share = np.array([fold.n for fold in given]) / sum(fold.n for fold in given)
    distance = float(share @ [fold.distance for fold in given])
    error = float(np.sqrt(_FOLDS_TOGETHER * share**2 @ [fold.variance for fold in given]))
    p = float(ndtr(-distance / error))
    beyond = float(np.sqrt(max(distance**2 - error**2, 0.0)))
    return MassLeak(distance, error, p, beyond if p < _DOUBTFUL else 0.0)


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
