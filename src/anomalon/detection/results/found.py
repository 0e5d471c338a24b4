"""`Found`: what one detector has done; and `AnomalousEvent`: an event that it points at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.detection.results.against_signal import AgainstSignal

__all__ = [
    "MOST_DISPLAYS",
    "AnomalousEvent",
    "FeatureQuality",
    "Found",
    "Plane",
    "ScoreHistogram",
]

Floats = NDArray[np.floating[Any]]

MOST_DISPLAYS = 24
"""So many of the most anomalous events are drawn; all are listed."""


@dataclass(frozen=True)
class FeatureQuality:
    """How well a feature comes back, in standard deviations that it has in the background.

    1 is what the mean of the feature would give: nothing was learned.

    Args:
        kind: Of objects; "event" for numbers of the whole event.
        feature: Its name, as the detector sees it.
        mean_absolute: Mean absolute difference.
        rms: Root mean square difference.
    """

    kind: str
    feature: str
    mean_absolute: float
    rms: float


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """Distributions of a score (first training), each of area one; shares of events per bin.

    Args:
        edges: Shape (bin + 1,); the outermost bins take what lies beyond.
        background: Of the test background, shape (bin,).
        signals: Of each signal, shape (bin,).
    """

    edges: Floats
    background: Floats
    signals: tuple[Floats, ...]


@dataclass(frozen=True, eq=False)
class Plane:
    """The test background in a quantity and the rank of its score.

    Args:
        quantity: "ht" or "leading_pt", in GeV.
        edges: Of the quantity, shape (bin + 1,).
        ranks: Edges of the rank, 1 being the most anomalous event, shape (rank + 1,).
        counts: Events, shape (bin, rank).
    """

    quantity: str
    edges: Floats
    ranks: Floats
    counts: Floats


@dataclass(frozen=True, eq=False)
class Found:
    """What one detector has done.

    Args:
        name: Of the detector.
        kind: Of the detector.
        settings: As Python writes them.
        baseline: Whether it is a trivial one, which all others have to beat.
        trainings: How many.
        seen: Share of the test background that it was fitted on, which has to be none.
        signals: How well it finds each signal; none without truth.
        histogram: Distributions of its score.
        correlations: Spearman's, of the score with simple quantities by their name, on the test
            background.
        planes: Its score against some of them.
        reconstruction: How well features come back; none if it does not give events back.
        warning: What is wrong with its settings, "" if nothing.
        model_note: Why it was not saved, "" if it was.
        beside: Statistical uncertainty of the difference of its mean AUC from that of each trivial
            baseline, on the same events, by its name (median training).
    """

    name: str
    kind: str
    settings: str
    baseline: bool
    trainings: int
    seen: float
    signals: tuple[AgainstSignal, ...]
    histogram: ScoreHistogram
    correlations: Mapping[str, float] = field(default_factory=dict)
    planes: tuple[Plane, ...] = ()
    reconstruction: tuple[FeatureQuality, ...] = ()
    warning: str = ""
    model_note: str = ""
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def mean_auc(self) -> Floats:
        """Mean over signals, shape (training,); NaN without signals."""
        if not self.signals:
            return np.full(self.trainings, np.nan)
        return np.asarray(np.mean([s.auc for s in self.signals], axis=0))

    @property
    def median_training(self) -> int:
        """The one with the median of `mean_auc`; the lower one of two."""
        return int(np.argsort(self.mean_auc, kind="stable")[(self.trainings - 1) // 2])

    @property
    def mean_auc_sigma(self) -> float:
        """Statistical uncertainty of the mean; signals share the background, so none averages out.

        That of the trainings is in the spread of `mean_auc`.
        """
        return float(np.mean([s.auc_sigma for s in self.signals])) if self.signals else float("nan")


@dataclass(frozen=True, eq=False)
class AnomalousEvent:
    """One of the most anomalous events, with what a display needs.

    Args:
        file: Where it is.
        event: Its identity there: the column `event`, or its row.
        score: Of the first training of the detector that was asked.
        fpr: Share of the weight of the test background with at least this score.
        names: Of the filled slots.
        kinds: What they hold.
        features: Of an object.
        objects: Shape (object, feature).
        jet: Which jet of the event it is, from 1 in the order of the file; None if it is no jet.
    """

    file: str
    event: int
    score: float
    fpr: float
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    features: tuple[str, ...]
    objects: Floats
    jet: int | None = None

    @property
    def called(self) -> str:
        """The event, and which jet of it."""
        return str(self.event) if self.jet is None else f"{self.event}, jet {self.jet}"
