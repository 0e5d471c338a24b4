"""Cuts: from the scores of an ensemble to a weight between 0 and 1 for each event.

Every member cuts at its own threshold, fold by fold, on events that the model did not see. The mean
over members, the share of members that select an event, is the event's selection weight; the sum of
the weights is the mean of the members' counts. An event that few members pick counts little, and so
does its fluctuation.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray

from anomalon.background.base import BackgroundEstimator
from anomalon.background.template import Closure, Template
from anomalon.core.errors import BadValue
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.core.window import Window
from anomalon.features.axes import Axes, axes_among
from anomalon.learn import Ensemble
from anomalon.learn.classify.split import folds
from anomalon.search.events.fold_training import FoldTraining
from anomalon.search.events.mass_leak import Halves, combined, fold_leak
from anomalon.search.events.method import Method
from anomalon.search.results.window import MassLeak, TemplateFacts
from anomalon.stats.cuts import selection_weights

__all__ = ["MemberScores", "Selection", "score_members", "select"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class MemberScores:
    """Scores that are safe to use: each from a model that never saw the event.

    Args:
        score: Of each member for each event.
        fold: Which fold the event is in, i.e. which model of the member gave the score.
        saw: Which members of which fold's ensemble were shown the event. To be used for the other
            folds: the ensemble of its own fold saw none of it.
        subsample: Share of the other folds' events that each member was shown.
        mass_leak: What the features, as the members see them, tell of the mass; None if nothing
            depends on it.
        n_sets: Different sets of events that members were shown, in turns; 0: one for each member.
        own_inside: Whether each member was shown events of its own in the signal region, and only
            those outside in turns.
        flat: Degree of the polynomials in ln(mass) that made the scores flat outside of the signal
            region, on these very events; 0 if nothing did.
        template: What members were shown for background; None if nothing was trained.
    """

    score: Float[np.ndarray, "member event"]
    fold: Int[np.ndarray, " event"]
    saw: Bool[np.ndarray, "fold member event"]
    subsample: float
    mass_leak: MassLeak | None = None
    n_sets: int = 0
    own_inside: bool = False
    flat: int = 0
    template: TemplateFacts | None = None


@dataclass(frozen=True, eq=False)
class Selection:
    """Which events pass a cut.

    Args:
        efficiency: Background efficiency asked for.
        members: Weight in [0, 1] that each member gives each event. It is 0 or 1 but for the
            events at the threshold.
        flat: As in `MemberScores`: the share that passes has lost so many degrees of freedom
            outside of the signal region, and what follows inside is uncertain by as many.
    """

    efficiency: float
    members: Float[np.ndarray, "member event"]
    flat: int = 0

    @property
    def weight(self) -> Float[np.ndarray, " event"]:
        """Share of members that select each event."""
        return np.asarray(self.members.mean(axis=0))


def score_members(
    events: Sample,
    window: Window,
    simulation: Sample | None,
    method: Method,
    seed: Seed,
) -> MemberScores:
    """Score every event with an ensemble that was made without it or any copy of it.

    Everything that learns is inside the fold: the decorrelation, the template and the classifiers
    see the other folds only. The decorrelation of one fold is fitted on all of the others, signal
    region included, because it can only be trusted where it was fitted: extrapolated from the side
    bands into the signal region it is off by a statistical error that all folds share, and that a
    classifier finds and reports as an excess (measured: +6 % of events, mean Z = +1.0, in a window
    with few side-band events). A resonance is too narrow and too small to bend the polynomials.

    Args:
        events: All events, also those far from the window; without labels.
        window: Signal region and side bands.
        simulation: For background methods that need one.
        method: Template method, classifiers and decorrelation; of at least 2 folds.
        seed: Random numbers of this window.

    Raises:
        BadValue: If there are fewer folds.
    """
    n_folds, n_members = method.n_folds, method.n_members
    background = method.background
    if n_folds < 2:
        raise BadValue(f"folds: expected at least 2, got {n_folds}.")
    fold = folds(events.event, n_folds, seed.child("folds"))
    score = np.zeros((n_members, len(events)))
    saw = np.zeros((n_folds, n_members, len(events)), dtype=bool)
    halves, leaks = Halves.of(events, window), []
    shown: list[_Shown] = []
    for k in range(n_folds):
        here = fold == k
        model = simulation
        if model is not None:
            model = model[folds(model.event, n_folds, seed.child("folds")) != k]
        training = _training((events[~here], events[here], model), window, method, seed, k)
        templates = training.templates()
        shown += map(_Shown.of, templates)
        score[:, here] = training.member_scores(templates)
        saw[k] = training.shows(events)
        if background.needs_flat_features:
            own = seed.child("mass leak", fold=k)
            views = training.views(templates[0])
            leaks.append(fold_leak(*views, halves, method.classifier, own))
    leak = combined(leaks) if background.needs_flat_features else None
    return MemberScores(
        score,
        fold,
        saw,
        method.subsample,
        mass_leak=leak,
        n_sets=training.n_sets,
        own_inside=not background.learns_inside,
        template=_facts(shown),
    )


def _training(
    parts: tuple[Sample, Sample, Sample | None],
    window: Window,
    method: Method,
    seed: Seed,
    k: int,
) -> FoldTraining:
    """Fold k: what it is trained on, its own events and the simulation, all decorrelated."""
    seen, unseen, model = parts
    flatten, decorrelate, background = None, method.decorrelate, method.background
    if decorrelate is not None:
        flatten = decorrelate.fit(_known(seen, model, background))
        seen, unseen = flatten(seen), flatten(unseen)
        model = None if model is None else flatten(model)
    known = _known(seen, model, background)
    axes = Axes.fit(axes_among(method.axes, seen.names), known, flatten, decorrelate)
    ensemble = Ensemble(method.classifier, method.n_members, method.subsample)
    what = (seen, unseen, window, model, background, ensemble, axes, seed, k)
    return FoldTraining(*what, flat=flatten is not None)


def _known(seen: Sample, model: Sample | None, background: BackgroundEstimator) -> Sample:
    """What a decorrelation is fitted on: events of both kinds in the same way."""
    if model is None or not background.simulation_is_background:
        return seen
    return Sample.concatenate([seen, model.with_weight(model.weight * _unit(seen) / _unit(model))])


def _unit(sample: Sample) -> float:
    """What an event weighs: as many of this weight fluctuate as these events do together."""
    total = float(sample.weight.sum())
    return float((sample.weight**2).sum()) / total if total > 0 else 1.0


@dataclass(frozen=True)
class _Shown:
    """What is remembered of a template when its events are forgotten."""

    why: str
    n: int
    n_effective: float
    closure: Closure | None

    @classmethod
    def of(cls, template: Template) -> "_Shown":
        return cls(template.why, len(template.sample), template.n_effective, template.closure)


def _facts(shown: Sequence[_Shown]) -> TemplateFacts:
    known = [s.closure for s in shown if s.closure is not None and s.closure.known]
    return TemplateFacts(
        shown[0].why,
        shown[0].n,
        min(s.n_effective for s in shown),
        float(np.mean([c.area for c in known])) if known else None,
        float(np.mean([c.uncertainty for c in known])) if known else None,
    )


def select(
    scores: MemberScores, events: Sample, window: Window, efficiencies: Sequence[float]
) -> tuple[Selection, ...]:
    """Cut every member in every fold so that these shares of the side bands pass.

    The threshold comes from the held-out side-band events of the same fold, by rank, so that it is
    unbiased also where only a handful of them pass.
    """
    reference = window.in_sidebands(events.mass)
    passed = np.zeros((len(efficiencies), *scores.score.shape))
    for k in np.unique(scores.fold):
        here = scores.fold == k
        known = here & reference
        for member, score in enumerate(scores.score):
            passed[:, member, here] = selection_weights(
                score[known],
                events.weight[known],
                score[here],
                efficiencies,
                is_reference=reference[here],
                weight=events.weight[here],
            )
    return tuple(
        Selection(e, members, scores.flat) for e, members in zip(efficiencies, passed, strict=True)
    )
