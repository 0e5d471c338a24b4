"""Splits along the identity of events: a pure function of the event and a seed."""

import numpy as np
from numpy.typing import NDArray

from anomalon.core.event_random import bits, uniform
from anomalon.core.seed import Seed

__all__ = ["folds", "share"]


def folds(event: NDArray[np.int64], k: int, seed: Seed) -> NDArray[np.int64]:
    """The fold in 0 … k - 1 of each event, shape (event,).

    Example:
        >>> folds(np.array([7, 8, 7, -1]), 5, Seed(0)).tolist()
        [3, 4, 3, 0]
    """
    return (bits(event, seed) % np.uint64(k)).astype(np.int64)


def share(event: NDArray[np.int64], fraction: float, seed: Seed) -> NDArray[np.bool_]:
    """True for a random `fraction` of the events, shape (event,)."""
    return np.asarray(uniform(event, seed) < fraction)  # exact at 0 and at 1
