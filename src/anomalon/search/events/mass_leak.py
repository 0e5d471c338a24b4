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

Data may begin inside a side band, or end. Where next to nothing of a band lies beyond its middle,
it is halved where half of its events are.

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
The error given here has the factor of two. Folds in which a half of a band has no events are left
out; the error is that of the others. Whether what is left can tell anything is asked where the
answer is used (`anomalon.search.results.checks`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit, ndtr, ndtri
from scipy.stats import norm

from anomalon.core.errors import TooFewEvents
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn import BoostedTrees, Classifiers, Ensemble
from anomalon.learn.classify.split import folds
from anomalon.search.results.window import MassLeak

__all__ = ["FoldLeak", "Halves", "combined", "cut_leak", "fold_leak", "score_leak"]

Floats = NDArray[np.floating[Any]]

_TREES = BoostedTrees(n_trees=12, learning_rate=0.2, n_leaves=15, random_thresholds=False)
# From this p-value on a distance counts as chance, and costs nothing. What remains if it was none
# is at most as large as the uncertainty of a count (docs/explanation/statistics.md).
_DOUBTFUL = 0.1
_FARTHEST = 10.0  # distance of halves that are told apart without error
_LEAST = 1e-9  # probability that still has a logarithm
_FOLDS_TOGETHER = 2.0  # variance of folds that learn from each other, see above
# The histograms of a score: bins by their share of the events below, finer where cuts are; folds.
_SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
_EVEN = 5.0  # events of even odds in each half and bin, so that empty bins say nothing
_N_FOLDS = 5
# A band is halved in the middle if either half has so many effective events, and this share of all.
_ENOUGH, _SHARE = 10.0, 0.05


@dataclass(frozen=True)
class Halves:
    """Where the side bands of a window are halved.

    Args:
        window: The window.
        lower, upper: The boundaries in GeV; what lies between is inside.
    """

    window: Window
    lower: float
    upper: float

    @staticmethod
    def of(events: Sample, window: Window) -> "Halves":
        """In the middle of each band, or at the weighted median of the masses in it."""
        low = events[window.in_low_sideband(events.mass)]
        high = events[window.in_high_sideband(events.mass)]
        return Halves(
            window,
            _boundary(low, (window.sideband_low + window.low) / 2),
            _boundary(high, (window.high + window.sideband_high) / 2),
        )

    def split(self, events: Sample) -> tuple[Sample, Sample]:
        """The inner halves of both side bands and the outer ones, each side with half the weight.

        Raises:
            TooFewEvents: If one of the four has no events.
        """
        m = events.mass
        below, above = self.window.in_low_sideband(m), self.window.in_high_sideband(m)
        inner = _balanced(events, (below & (m >= self.lower), above & (m < self.upper)))
        outer = _balanced(events, (below & (m < self.lower), above & (m >= self.upper)))
        return inner, outer


def _boundary(band: Sample, middle: float) -> float:
    halves = [band.weight[half] for half in (band.mass < middle, band.mass >= middle)]
    smaller = min(halves, key=np.sum)
    total, squares = float(smaller.sum()), float((smaller**2).sum())
    if total**2 >= _ENOUGH * squares > 0 and total >= _SHARE * float(band.weight.sum()):
        return middle
    order = np.argsort(band.mass, kind="stable")
    below = np.cumsum(band.weight[order])
    if not len(below) or not below[-1] > 0:
        return middle
    at = int(np.searchsorted(below, below[-1] / 2))
    # with equal masses at the median: rather some events on either side than none below
    above = band.mass[band.mass > band.mass.min()]
    return float(max(band.mass[order][at], above.min() if len(above) else middle))


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
    seen: Sample, unseen: Sample, where: Halves, classifier: Classifiers, seed: Seed
) -> FoldLeak | None:
    """Train on some events and judge on others; None if a half of a side band is empty.

    Args:
        seen: Events for the training, features as the search sees them.
        unseen: Those of the fold.
        where: The side bands are halved.
        classifier: What the search uses.
        seed: Random numbers of the training.
    """
    given = classifier if isinstance(classifier, tuple) else (classifier,)
    kinds = (_TREES, *(one for one in given if not isinstance(one, BoostedTrees)))
    try:
        scorer = Ensemble(kinds, len(kinds)).fit(*where.split(seen), seed=seed)
        halves = where.split(unseen)
    except TooFewEvents:
        return None
    return _apart(halves, scorer.score)


def score_leak(events: Sample, window: Window, seed: Seed) -> MassLeak:
    """What a score tells of the mass.

    Args:
        events: With the score, as it is cut on, for their only feature.
        window: Its side bands are halved.
        seed: Random numbers of the folds.
    """
    where, fold = Halves.of(events, window), folds(events.event, _N_FOLDS, seed.child("folds"))
    found: list[FoldLeak | None] = []
    for k in range(_N_FOLDS):
        try:
            inner, outer = where.split(events[fold != k])
            halves = where.split(events[fold == k])
        except TooFewEvents:
            found.append(None)
        else:
            found.append(_apart(halves, _Ratio.of(inner, outer).score))
    return combined(found)


def cut_leak(events: Sample, window: Window, passed: NDArray[np.bool_]) -> MassLeak:
    """What a cut tells of the mass.

    Args:
        events: All of them.
        window: Its side bands are halved.
        passed: Which events pass, shape (event,).
    """
    try:
        halves = Halves.of(events, window).split(events.with_x(passed[:, None] * 1.0, ("passed",)))
    except TooFewEvents:
        return MassLeak.unknown()
    share = [half.weight / half.weight.sum() for half in halves]
    variance = sum(float((w**2).sum()) for w in share)
    least = variance / 4  # half an event
    passing = np.clip([float(w @ h.x[:, 0]) for w, h in zip(share, halves, strict=True)],
                      least, 1 - least)  # fmt: skip
    mean = float(passing.mean())
    error = np.sqrt(mean * (1 - mean) * variance) / norm.pdf(ndtri(mean))
    return _leak(float(ndtri(passing[0]) - ndtri(passing[1])), float(error))


@dataclass(frozen=True, eq=False)
class _Ratio:
    """The probability of the inner halves for a score, from histograms.

    Args:
        edges: Between the bins, shape (bin - 1,).
        inner: Probability in each, shape (bin,).
    """

    edges: Floats
    inner: Floats

    @staticmethod
    def of(inner: Sample, outer: Sample) -> "_Ratio":
        """From the bins of `_SHARES`, each with a few events of even odds added."""
        both = Sample.concatenate([inner, outer])
        edges = np.unique(np.quantile(both.x[:, 0], _SHARES))
        counts = []
        for half in (inner, outer):
            at = np.searchsorted(edges, half.x[:, 0], side="right")
            share = np.bincount(at, half.weight / half.weight.sum(), len(edges) + 1)
            counts.append(share * len(both) / 2 + _EVEN)
        return _Ratio(edges, counts[0] / (counts[0] + counts[1]))

    def score(self, events: Sample) -> Floats:
        """The probability for each event, shape (event,)."""
        return np.asarray(self.inner[np.searchsorted(self.edges, events.x[:, 0], side="right")])


def _apart(halves: tuple[Sample, Sample], probability: Callable[[Sample], Floats]) -> FoldLeak:
    """How far apart a classifier puts the two halves."""
    share = [half.weight / half.weight.sum() for half in halves]
    score = [logit(np.clip(probability(half), _LEAST, 1 - _LEAST)) for half in halves]
    means = [float(w @ s) for w, s in zip(share, score, strict=True)]
    spread = np.mean([w @ (s - m) ** 2 for w, s, m in zip(share, score, means, strict=True)])
    apart = means[0] - means[1]
    # without a single split all scores are the same; told apart by one value, there is no spread
    flat = np.ptp(np.concatenate(score)) == 0
    distance = 0.0 if flat else apart / max(np.sqrt(spread), abs(apart) / _FARTHEST)
    variance = sum(float((w**2).sum()) for w in share)
    return FoldLeak(float(distance), variance, sum(len(half) for half in halves))


def combined(folds: Sequence[FoldLeak | None]) -> MassLeak:
    """The mean over the folds that have an answer; unknown if none has."""
    given = [fold for fold in folds if fold is not None]
    if not given:
        return MassLeak.unknown()
    share = np.array([fold.n for fold in given]) / sum(fold.n for fold in given)
    distance = float(share @ [fold.distance for fold in given])
    error = float(np.sqrt(_FOLDS_TOGETHER * share**2 @ [fold.variance for fold in given]))
    return _leak(distance, error)


def _leak(distance: float, error: float) -> MassLeak:
    p = float(ndtr(-distance / error))
    beyond = float(np.sqrt(max(distance**2 - error**2, 0.0)))
    return MassLeak(distance, error, p, beyond if p < _DOUBTFUL else 0.0)


def _balanced(events: Sample, sides: tuple[NDArray[np.bool_], NDArray[np.bool_]]) -> Sample:
    weight = events.weight.copy()
    for side in sides:
        total = weight[side].sum()
        if not total > 0:
            raise TooFewEvents(f"half of a side band has no events in {events.source}.")
        weight[side] /= total
    return events.with_weight(weight)[sides[0] | sides[1]]
