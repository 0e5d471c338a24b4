"""`OutlierExposure`: a classifier that has learned to tell background from changed background.

Hendrycks, Mazeika, Dietterich, arXiv:1812.04606. The changed events are `surrogates` of the same
background: overlaid, exchanged, hardened … The score is the logarithm of the ratio of the two
densities: that of background, relative to what a mixture of changes makes likely.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import TooFewEvents
from anomalon.core.events import Events
from anomalon.core.sample import Sample
from anomalon.core.seed import Seed
from anomalon.detectors.base import Detector, Scores, State, Task, flattened
from anomalon.detectors.jet_surrogates import JET_SURROGATES
from anomalon.detectors.surrogates import SURROGATES, surrogates, surrogates_for
from anomalon.features.event_summary import EventSummary
from anomalon.features.inputs import Encoded, FittedInputs, Inputs
from anomalon.learn.classify.base import Classifier
from anomalon.learn.classify.boosted_trees import BoostedTrees
from anomalon.learn.engine.storage import parts_apart, parts_together
from anomalon.learn.models.arrays import below

__all__ = ["OutlierExposure"]

_SOME = 1000  # events of either kind whose scores say whether anything was learned


@final
@dataclass(frozen=True)
class OutlierExposure(Detector):
    """A classifier of background against surrogate anomalies.

    Args:
        classifier: Which classifier.
        changes: Names of `anomalon.detectors.SURROGATES`, or of `JET_SURROGATES` for jets; all of
            these if none are given.
        inputs: How events become numbers.
        most: It learns from so many background events at most, and as many surrogates.

    Raises:
        BadValue: If there is no such change.
    """

    kind: ClassVar[str] = "outlier_exposure"
    cites: ClassVar[tuple[str, ...]] = ("Hendrycks:2018exposure",)

    classifier: Classifier = field(
        default_factory=lambda: BoostedTrees(n_trees=300, min_leaf=50, random_thresholds=False)
    )
    changes: tuple[str, ...] = ()
    inputs: Inputs = field(default_factory=EventSummary)
    most: int = 500_000

    def __post_init__(self) -> None:
        check.fields(self, self.kind, most=(100, check.MOST), classifier=Classifier)
        names = check.several(self.changes, f"{self.kind}.changes", 100)
        for name in names:
            check.one_of(name, f"{self.kind}.changes", (*SURROGATES, *JET_SURROGATES))
        object.__setattr__(self, "changes", names)

    @property
    def most_events(self) -> int | None:
        """Those that are learned from."""
        return self.most

    def _fit(self, task: Task) -> State:
        seed = task.seed
        anomalous, changed_weight = self._changed(task.pieces, task.inputs, len(task.rows), seed)
        names = tuple(f"x{j}" for j in range(anomalous.shape[1]))
        x = flattened(task.rows.seen)
        signal_like, background_like = (
            Sample(x=rows, names=names, weight=weight, event=first + np.arange(len(rows)))
            for rows, weight, first in (
                (anomalous, changed_weight, 0),
                (x, np.asarray(task.rows.weight, np.float64), len(anomalous)),
            )
        )
        scorer = self.classifier.fit(signal_like, background_like, seed=seed.child("classifier"))
        scores = [scorer.score(s[:_SOME]) for s in (signal_like, background_like)]
        if not np.ptp(np.concatenate(scores)):
            raise TooFewEvents(
                f"{self.kind}: the classifier tells nothing apart: {len(x)} background events and "
                f"{len(anomalous)} changed ones have one score. Give more events, or a "
                "`classifier` that learns from fewer: leaves of boosted trees have at least "
                "`min_leaf` of them."
            )
        headers, arrays = parts_apart([scorer])
        text = np.frombuffer(json.dumps(headers).encode(), np.uint8)
        return {"header": text, **{f"part/{name}": a for name, a in arrays.items()}}

    def _changed(
        self, pieces: Iterable[Events], inputs: FittedInputs, n: int, seed: Seed
    ) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """Rows of surrogates, in equal parts, as many as there is background; their weights."""
        rows, weights, wanted = [], [], n
        for i, events in enumerate(pieces):
            own = seed.child("changes", piece=i)
            counted = _as_often_as_they_weigh(events[events.weight > 0], own)
            names = self.changes or surrogates_for(counted)
            there = surrogates(counted, seed=own, names=names)
            some = min(wanted, len(counted))
            at = np.arange(some) * len(counted) // max(some, 1)  # all, or evenly spaced
            turn = np.arange(some) % len(names)
            rows += [flattened(inputs(c[at[turn == k]])) for k, c in enumerate(there.values())]
            weights.append(np.full(some, counted.weight.mean() if some else 0.0))
            wanted -= some
            if not wanted:
                break
        if not rows:
            return np.zeros((0, 1), np.float32), np.zeros(0)
        return np.concatenate(rows), np.concatenate(weights)

    def _ready(self, state: State, inputs: FittedInputs) -> Scores:
        del inputs
        headers = json.loads(np.asarray(state["header"]).tobytes())
        (scorer,) = parts_together(headers, below(state, "part/"))

        def score(seen: Encoded) -> NDArray[np.float64]:
            x = flattened(seen)
            names = tuple(f"x{j}" for j in range(x.shape[1]))
            p = np.clip(scorer.score(Sample(x=x, names=names)), 1e-12, 1 - 1e-12)
            return np.asarray(np.log(p / (1 - p)))

        return score


def _as_often_as_they_weigh(events: Events, seed: Seed) -> Events:
    """As many events, of one weight: each as often as its share of all, but for less than one."""
    weight = events.weight
    if not len(events) or (weight == weight[0]).all():
        return events
    rng = seed.child("weights").generator()
    at = (np.arange(len(events)) + rng.uniform()) * (weight.sum() / len(events))
    drawn = np.minimum(np.searchsorted(np.cumsum(weight), at, side="right"), len(events) - 1)
    taken = events[rng.permutation(drawn)]
    return replace(taken, weight=np.full(len(events), weight.mean()))
