"""Which epochs of a training to keep, judged on validation events or not at all."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.learn.base import Floats

__all__ = ["BestEpochs", "argos", "cross_entropy"]


class BestEpochs:
    """Keeps the parameters of the best epochs while a training runs.

    Args:
        n: Epochs to keep.
        patience: Epochs without a new best one after which the training is over; 0: never.
    """

    def __init__(self, n: int, patience: int) -> None:
        self._n, self._patience = n, patience
        self._kept: list[tuple[float, int, Any]] = []
        self._best, self._best_epoch, self._epoch = -np.inf, -1, -1

    def offer(self, merit: float, params: Any) -> None:
        """The parameters after one more epoch and their merit (higher is better)."""
        if self.over:
            return
        self._epoch += 1
        if merit > self._best:
            self._best, self._best_epoch = merit, self._epoch
        self._kept.append((merit, self._epoch, params))
        self._kept.sort(key=lambda kept: kept[:2], reverse=True)
        del self._kept[self._n :]

    @property
    def over(self) -> bool:
        """Whether patience has run out."""
        return 0 < self._patience <= self._epoch - self._best_epoch

    @property
    def params(self) -> list[Any]:
        """The parameters of the best epochs, best first."""
        return [params for _, _, params in self._kept]


def cross_entropy(logit: Floats, y: NDArray[np.int8], weight: Floats) -> float:
    """Weighted mean binary cross entropy.

    Example:
        >>> round(cross_entropy(np.zeros(2), np.array([0, 1], np.int8), np.ones(2)), 4)
        0.6931
    """
    logit = logit.astype(np.float64)
    return float(np.average(np.logaddexp(0, logit) - y * logit, weights=weight))


def argos(score: Floats, y: NDArray[np.int8], weight: Floats) -> float:
    """The ARGOS merit max(tpr / sqrt(fpr) - sqrt(fpr)) of data against reference.

    arXiv:2511.14832. It is blind to truth, yet follows the significance improvement where the
    cross entropy no longer does (S/B below 0.5 %). Thresholds are considered down to the fpr at
    which the passing reference events still have a statistical error below 20 %.

    Args:
        score: Higher is more like data, shape (event,).
        y: 1 data, 0 reference, shape (event,).
        weight: Non-negative, shape (event,).

    Returns:
        The merit; 0 for scores without any information, and if no threshold qualifies.
    """
    order = np.argsort(-score, kind="stable")
    score, y, weight = score[order], y[order], weight[order].astype(np.float64)
    reference = np.where(y == 0, weight, 0)
    data = np.where(y == 1, weight, 0)
    b, b2 = np.cumsum(reference), np.cumsum(reference**2)
    # Equal scores pass together, and sum w^2 / (sum w)^2 < 0.2^2 is the statistical error.
    usable = np.append(score[1:] != score[:-1], True) & (b2 < 0.04 * b**2)
    if not usable.any() or not data.any():
        return 0.0
    fpr, tpr = b[usable] / b[-1], np.cumsum(data)[usable] / data.sum()
    return float(np.max(tpr / np.sqrt(fpr) - np.sqrt(fpr)))
