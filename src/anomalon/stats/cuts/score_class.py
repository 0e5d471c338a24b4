"""The scores of one class of events, sorted once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import TooFewEvents

__all__ = ["ScoreClass", "one_class"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class ScoreClass:
    """Scores of one class in increasing order, and their weights."""

    scores: Floats
    weight: Floats

    @property
    def share(self) -> Floats:
        """Weights with a sum of one."""
        return np.asarray(self.weight / self.weight.sum())

    @property
    def n_effective(self) -> float:
        """Events of equal weight with the same relative fluctuations: (sum w)^2/sum w^2."""
        return float(1.0 / (self.share**2).sum())

    def below(self, scores: Floats) -> Floats:
        """Weight below each score, and half of the weight at it."""
        total = np.concatenate([[0.0], np.cumsum(self.weight)])
        total /= total[-1]
        left = total[np.searchsorted(self.scores, scores, side="left")]
        right = total[np.searchsorted(self.scores, scores, side="right")]
        return np.asarray((left + right) / 2)

    def variance(self, efficiency: float, threshold: float) -> float:
        """Variance of the efficiency of scores >= `threshold`.

        At least that of one event, also where all or none are selected.
        """
        first = np.searchsorted(self.scores, threshold)
        square = self.share**2
        failed, passed = square[:first].sum(), square[first:].sum()
        variance = (1 - efficiency) ** 2 * passed + efficiency**2 * failed
        return max(float(variance), 1.0 / self.n_effective**2)


def one_class(scores: ArrayLike, weight: ArrayLike | None, what: str) -> ScoreClass:
    """Scores of one class, checked and sorted."""
    scores = np.asarray(scores, dtype=np.float64)
    weight = np.ones(scores.size) if weight is None else np.asarray(weight, dtype=np.float64)
    check.length(scores, scores.size, f"{what} scores")
    check.length(weight, len(scores), f"{what} weight")
    check.finite(scores, f"{what} scores")
    check.finite(weight, f"{what} weight")
    check.non_negative(weight, f"{what} weight")
    if not weight.sum() > 0:
        raise TooFewEvents(f"evaluate: expected {what} events with weights above zero, got none.")
    order = np.argsort(scores, kind="stable")
    return ScoreClass(scores[order], weight[order])
