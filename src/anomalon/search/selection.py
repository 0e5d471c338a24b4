"""Cuts: from the scores of an ensemble to a weight between 0 and 1 for each event.

Every member cuts at its own threshold, fold by fold, on events that the model did not see. The mean
over members, the share of members that select an event, is the event's selection weight; the sum of
the weights is the mean of the members' counts. An event that few members pick counts little, and so
does its fluctuation.
"""

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn import Classifier, Ensemble, KFold
from anomalon.learn.ensemble import EnsembleScorer
from anomalon.learn.k_fold import KFoldScorer
from anomalon.stats import selection_weights

__all__ = ["MemberScores", "Selection", "score_members", "select"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class MemberScores:
    """Scores that are safe to use: each from a model that never saw the event.

    Args:
        score: Shape (member, event).
        fold: Which model of the member gave it, shape (member, event).
    """

    score: Floats
    fold: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Selection:
    """Which events pass a cut.

    Args:
        efficiency: Background efficiency asked for.
        members: Weight in [0, 1] that each member gives each event, shape (member, event). It is 0
            or 1 but for the events at the threshold.
    """

    efficiency: float
    members: Floats

    @property
    def weight(self) -> Floats:
        """Share of members that select each event, shape (event,)."""
        return np.asarray(self.members.mean(axis=0))


def score_members(
    classifier: Classifier,
    signal_region: Sample,
    template: Sample,
    events: Sample,
    *,
    n_members: int,
    n_folds: int,
    seed: Seed,
) -> MemberScores:
    """Train members x folds and score all `events` (also those far from the window) out of fold."""
    method = Ensemble(KFold(classifier, n_folds), n_members)
    scorer = cast(EnsembleScorer, method.fit(signal_region, template, seed=seed))
    members = [cast(KFoldScorer, member) for member in scorer.members]
    return MemberScores(
        score=np.stack([member.score(events) for member in members]),
        fold=np.stack([member.fold_of(events) for member in members]),
    )


def select(scores: MemberScores, events: Sample, window: Window, efficiency: float) -> Selection:
    """Cut every member in every fold so that this share of the side bands passes.

    The threshold comes from the held-out side-band events of the same fold, by rank, so that it is
    unbiased also where only a handful of them pass.
    """
    reference = window.in_sidebands(events.mass)
    passed = np.zeros_like(scores.score)
    for member, (score, fold) in enumerate(zip(scores.score, scores.fold, strict=True)):
        for k in np.unique(fold):
            here = fold == k
            known = here & reference
            passed[member, here] = selection_weights(
                score[known], events.weight[known], score[here], efficiency
            )
    return Selection(efficiency, passed)
