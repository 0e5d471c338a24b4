"""One fold of a window: templates and classifiers from the other folds, scores for its own events.

A template that is trained carries what it learned from one event into the scores of all others, as
a classifier does. So each member of the ensemble gets a template of its own, fitted on the events
that the member is shown: how scores follow an event is then seen in the members, whichever way they
follow it, and the covariance of the folds (`cross_training`) holds both. Where
templates take long to train, some members share one (`n_templates`), and are shown the same events:
all of them, or those outside the signal region, if the template learns there alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import NDArray

from anomalon.background import BackgroundEstimator, BackgroundTask, Template
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.axes import Axes
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
        axes: Further columns that members see beside the features.
        of_window: Random numbers of the window.
        fold: Number of the fold.
        flat: Whether features are decorrelated from the mass.
    """

    seen: Sample
    unseen: Sample
    window: Window
    simulation: Sample | None
    background: BackgroundEstimator
    ensemble: Ensemble
    axes: Axes
    of_window: Seed
    fold: int
    flat: bool

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
            return self.background.fit_many([BackgroundTask(*what, own, flat=self.flat)])
        return self.background.fit_many(
            [
                BackgroundTask(*what, own.child(member=i), shown, self.flat)
                for i, shown in enumerate(self.shows(self.seen)[: self.n_sets])
            ]
        )

    def member_scores(self, templates: Sequence[Template]) -> Float[np.ndarray, "member event"]:
        """Scores of the events of the fold."""
        scorers = [t.scorer for t in templates if t.scorer is not None]
        if scorers:
            own = [s.score(t.view(self.unseen)) for s, t in zip(scorers, templates, strict=True)]
            return np.stack([own[i % len(own)] for i in range(self.ensemble.n)])
        views = [self.views(template) for template in templates]
        references = [self._reference(template) for template in templates]
        inside = self.window.in_signal_region(self.seen.mass)
        if not self.background.learns:
            ((seen, unseen),), (reference,) = views, references
            fitted = self.ensemble.fit(seen[inside], reference, seed=self.seed)
            return cast(EnsembleScorer, fitted).member_scores(unseen)
        shown = self.shows(self.seen)
        turns = [i % self.n_sets for i in range(self.ensemble.n)]
        pairs = [
            (views[turn][0][inside & shown[i]], references[turn]) for i, turn in enumerate(turns)
        ]
        members = self.ensemble.fit_members(pairs, seed=self.seed)
        return np.stack([m.score(views[turn][1]) for m, turn in zip(members, turns, strict=True)])

    def views(self, template: Template) -> tuple[Sample, Sample]:
        """The events of the other folds and those of the fold, as members see them."""
        if self._has_axes(template):
            return self._with_axes
        return template.view(self.seen), template.view(self.unseen)

    def _reference(self, template: Template) -> Sample:
        return self.axes(template.sample) if self._has_axes(template) else template.sample

    def _has_axes(self, template: Template) -> bool:
        """Whether events are where the axes were made for, at known masses."""
        known = template.transform is None and template.sample.has_mass
        return known and template.scorer is None

    @cached_property
    def _with_axes(self) -> tuple[Sample, Sample]:
        """Once for all members."""
        return self.axes(self.seen), self.axes(self.unseen)

    @property
    def n_sets(self) -> int:
        """Different sets of events that members are shown, in turns."""
        n, background = self.ensemble.n, self.background
        return min(n, background.n_templates) if background.learns and background.n_templates else n

    def shows(self, events: Sample) -> Bool[np.ndarray, "member event"]:
        """Which events each member is shown if they are not of the fold."""
        own = self.ensemble.shows(events.event, seed=self.seed)
        in_turns = own[np.arange(self.ensemble.n) % self.n_sets]
        if self.background.learns_inside:
            return in_turns
        return np.where(self.window.in_signal_region(events.mass), own, in_turns)
