"""Merits of a classifier on validation events: what judges its epochs."""

import numpy as np
from numpy.typing import NDArray

from anomalon.learn.classify.base import Floats

__all__ = ["argos", "cross_entropy"]


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
