"""Means and widths of features that come piece by piece, and which of them are constant."""

from collections.abc import Callable, Set
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Moments", "mean_and_width"]

Floats = NDArray[np.float64]

Moments = Callable[[Floats], Floats]
"""From where they are counted from to sums of weights, of weighted differences, and of their
squares, shape (3, …), over all events."""

_NEAR = 1e-6
_SINGLE = 1e-6  # a few roundings of a float32, in units of the mean
_DOUBLE = 1e-12  # and of a mean of many float64


def mean_and_width(
    moments: Moments, zero: Floats, dtypes: Set[np.dtype[Any]]
) -> tuple[Floats, Floats]:
    """Means, and standard deviations; one for the width of a constant.

    What looks narrow beside its mean, or beside one, is gone through again: a difference of two
    large sums is no width. A constant is what is narrower than the rounding of its values, in
    whatever units they are.

    Args:
        moments: Goes through all events.
        zero: Zeros, in the shape of what is measured.
        dtypes: Of the values as they are given; known when `moments` has been called.
    """
    total, first, second = moments(zero)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(total > 0, first / total, 0.0)
        width = np.sqrt(np.maximum(second / total - mean**2, 0.0))
    narrow = (total > 0) & ~(width > _NEAR * (1 + np.abs(mean)))
    if narrow.any():
        _, first, second = moments(mean)
        with np.errstate(invalid="ignore", divide="ignore"):
            away = first / total
            again = np.sqrt(np.maximum(second / total - away**2, 0.0))
        width = np.where(narrow, again, width)
    least = _DOUBLE if dtypes <= {np.dtype(np.float64)} else _SINGLE
    return mean, np.where(width > least * np.abs(mean), width, 1.0)
