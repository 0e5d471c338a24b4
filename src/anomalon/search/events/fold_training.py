"""One fold of a window: templates and classifiers from the other folds, scores for its own events.

A template that is trained carries what it learned from one event into the scores of all others, as
a classifier does. So each member of the ensemble gets a template of its own, fitted on the events
that the member is shown: how scores follow an event is then seen in the members, whichever way they
follow it, and the covariance of the folds (`cross_training`) holds both. Where
templates take long to train, some members share one, and are shown the same events (`n_templates`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from anomalon.background import BackgroundEstimator, BackgroundTask, Template
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.learn import Ensemble
from anomalon.learn.classify.ensemble import EnsembleScorer

__all__ = ["FoldTraining"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class FoldTraining:
    """What the models of one fold are made of, and what they are for.

    Args:
        seen: Events of the other folds, without labels.
        unseen: Those of the fold.
        window: Signal region and side bands.
        simulation: That of the other folds, for background methods that need one.
        background: Template method.
        ensemble: The members.
        of_window: Random numbers of the window.
        fold: Number of the fold.
    """

    seen: Sample
    unseen: Sample
    window: Window
    simulation: Sample | None
    background: BackgroundEstimator
    ensemble: Ensemble
    of_window: Seed
    fold: int

    @property
    def seed(self) -> Seed:
        """Random numbers of the members: what they are shown, and their trainings."""
        return self.of_window.child("classifier", fold=self.fold)

    def templates(self) -> list[Template]:
        """One for each member, or for those that take turns, if they are learned; else one for all.

        Fold by fold, because the events of all folds and their templates at once would need a
        multiple of the memory.
        """
        own = self.of_window.child("background", fold=self.fold)
        what = (self.seen, self.window, self.simulation)
        if not self.background.learns:
            return self.background.fit_many([BackgroundTask(*what, own)])
        return self.background.fit_many(
            [
                BackgroundTask(*what, own.child(member=i), shown)
                for i, shown in enumerate(self.shows(self.seen)[: self.n_sets])
            ]
        )

    def member_scores(self, templates: Sequence[Template]) -> Float[np.ndarray, "member event"]:
        """Scores of the events of the fold."""
        views = (template.view(self.unseen) for template in templates)
        scorers = [t.scorer for t in templates if t.scorer is not None]
        if scorers:
            scores = [s.score(view) for s, view in zip(scorers, views, strict=True)]
            return np.stack([scores[i % len(scores)] for i in range(self.ensemble.n)])
        inside = self.window.in_signal_region(self.seen.mass)
        if not self.background.learns:
            (template,) = templates
            region = template.view(self.seen[inside])
            fitted = self.ensemble.fit(region, template.sample, seed=self.seed)
            return cast(EnsembleScorer, fitted).member_scores(template.view(self.unseen))
        shown = self.shows(self.seen)
        pairs = [
            (template.view(self.seen[inside & shown[i]]), template.sample)
            for i, template in enumerate(templates)
        ]
        turns = [i % self.n_sets for i in range(self.ensemble.n)]
        members = self.ensemble.fit_members([pairs[turn] for turn in turns], seed=self.seed)
        seen = list(views)
        return np.stack([m.score(seen[turn]) for m, turn in zip(members, turns, strict=True)])

    @property
    def n_sets(self) -> int:
        """Different sets of events that members are shown, in turns."""
        n, background = self.ensemble.n, self.background
        return min(n, background.n_templates) if background.learns and background.n_templates else n

    def shows(self, events: Sample) -> Bool[np.ndarray, "member event"]:
        """Which events each member is shown if they are not of the fold."""
        shown = self.ensemble.shows(events.event, seed=self.seed)
        return shown[np.arange(self.ensemble.n) % self.n_sets]
