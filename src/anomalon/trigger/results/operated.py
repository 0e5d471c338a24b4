"""`Operated`: what one model does at its threshold, training by training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.shown import Shown
from anomalon.detection.results.found import Plane
from anomalon.trigger.rates.curves import BinnedEfficiency, RateCurve
from anomalon.trigger.rates.stability import BinnedRate

__all__ = ["At", "Held", "Item", "Kept", "Operated", "OperatingPoint"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class OperatingPoint:
    """The threshold of one training, and the rate that it has on the test background.

    Args:
        threshold: Events with at least this score fire; NaN if there is none.
        low: The score at which the rate is one standard deviation above the asked one.
        high: The score at which it is one below.
        hz: Rate that counts, in Hz.
        sigma: Its statistical uncertainty, without what is unseen (see `error`).
        n_effective: Effective events behind it.
        unseen: What heavier events that happen to be below may add, in Hz.
        total_hz: Rate of all that fire.
        total_sigma: Its statistical uncertainty.
        closed: Share of the halvings in which the rate of the other half is as asked, within one
            standard deviation; NaN if none can be made.
        n_halvings: How many could be made.
        least_hz: The rate from which on the events support a threshold; infinity if they never do.
        reached: Whether the rate is the asked one within one event; not if many share one score.
        why: Why there is no threshold, "" if there is one.
    """

    threshold: float
    low: float = float("nan")
    high: float = float("nan")
    hz: float = float("nan")
    sigma: float = float("nan")
    n_effective: float = float("nan")
    unseen: float = float("nan")
    total_hz: float = float("nan")
    total_sigma: float = float("nan")
    closed: float = float("nan")
    n_halvings: int = 0
    least_hz: float = float("nan")
    reached: bool = False
    why: str = ""

    @property
    def error(self) -> float:
        """Of the rate, in Hz: the statistical one and what is unseen, in quadrature."""
        return float(np.hypot(self.sigma, self.unseen))

    @property
    def supported(self) -> bool:
        """Whether there is a threshold, and heavy events are far enough below it."""
        return not self.why and self.unseen <= 2 * self.sigma


@dataclass(frozen=True, eq=False)
class Kept:
    """The share of some events that a model keeps.

    Args:
        name: Of the events.
        n: How many reach this trigger.
        share: Of each training, shape (training,); NaN without a threshold.
        low: Lower end of the 68 % interval of the median training, of the events alone.
        high: Its upper end.
        tighter: Share of the median training where the rate is one standard deviation smaller.
        looser: The same where it is larger.
        menu: Share that the present menu keeps; NaN if none is known.
        pure: Share that the model keeps and the menu does not, of each training, shape (training,).
    """

    name: str
    n: int
    share: Floats
    low: float
    high: float
    tighter: float
    looser: float
    menu: float
    pure: Floats

    @property
    def median(self) -> float:
        """Over the trainings that have a threshold; NaN if none has."""
        return _median(self.share)

    @property
    def median_pure(self) -> float:
        """The same of what the menu does not keep."""
        return _median(self.pure)

    @property
    def gain(self) -> float:
        """What the model adds to the menu, as a share of what that keeps; NaN if unknown."""
        return self.median_pure / self.menu if self.menu > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class At:
    """Efficiency against a quantity of the event, at the threshold of the median training.

    Args:
        events: Name of the events.
        quantity: "leading_pt", "met", "multiplicity" or a column.
        found: In bins of it.
    """

    events: str
    quantity: str
    found: BinnedEfficiency


@dataclass(frozen=True, eq=False)
class Held:
    """The rate against a column of the background, at the threshold of the median training.

    Args:
        column: "n_pv", "run" or "lumi".
        found: In bins of it.
    """

    column: str
    found: BinnedRate


@dataclass(frozen=True)
class Item:
    """An item of the menu beside the chosen model, on the test background.

    Args:
        name: Its column.
        hz: Its rate, in Hz.
        sigma: Its statistical uncertainty.
        shared_hz: Rate of what both have.
        shared_sigma: Its statistical uncertainty.
    """

    name: str
    hz: float
    sigma: float
    shared_hz: float
    shared_sigma: float


@dataclass(frozen=True, eq=False, repr=False)
class Operated(Shown):
    """What one model does.

    Args:
        name: Of the model.
        kind: Of its detector.
        settings: As Python writes them.
        baseline: Whether it is a trivial one.
        emphasis: Of each sample that it learned from.
        points: One for each training.
        signals: What it keeps of each signal.
        samples: What it keeps of each other sample.
        leading_pt: Spearman's correlation of the score with the leading pT on the test background,
            of each training, shape (training,).
        same: Mean share of the rate of one training that another one has too; NaN of one training.
        plane: Leading pT against the rank of the score, median training.
        curves: Signal efficiency against rate, one for each signal, median training.
        turn_ons: Efficiencies against quantities.
        held: Rates against columns.
        seen: Share of the test background that it was fitted on, which has to be none.
        model_note: Why it was not saved, "" if it was.
    """

    name: str
    kind: str
    settings: str
    baseline: bool
    emphasis: Mapping[str, float]
    points: tuple[OperatingPoint, ...]
    signals: tuple[Kept, ...]
    samples: tuple[Kept, ...]
    leading_pt: Floats
    same: float
    plane: Plane | None = None
    curves: tuple[RateCurve, ...] = ()
    turn_ons: tuple[At, ...] = field(default=())
    held: tuple[Held, ...] = field(default=())
    seen: float = 0.0
    model_note: str = ""

    @property
    def mean_kept(self) -> Floats:
        """Mean over signals of the share that is kept, shape (training,)."""
        if not self.signals:
            return np.full(len(self.points), np.nan)
        return np.asarray(np.mean([kept.share for kept in self.signals], axis=0))

    @property
    def operating(self) -> tuple[OperatingPoint, ...]:
        """The trainings that have a threshold."""
        return tuple(point for point in self.points if not point.why)

    @property
    def median_training(self) -> int:
        """The one in the middle of `mean_kept`, or of the total rate without signals."""
        by = self.mean_kept
        if np.isnan(by).all():
            by = np.array([point.total_hz for point in self.points])
        known = np.flatnonzero(~np.isnan(by))
        if not len(known):
            return 0
        return int(known[np.argsort(by[known], kind="stable")[(len(known) - 1) // 2]])

    @property
    def point(self) -> OperatingPoint:
        """That of the median training."""
        return self.points[self.median_training]


def _median(values: Floats) -> float:
    known = np.sort(values[~np.isnan(values)])  # the lower one of two: a training, not a mean
    return float(known[(len(known) - 1) // 2]) if len(known) else float("nan")
