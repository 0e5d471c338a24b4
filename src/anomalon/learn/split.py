"""Splits along the identity of events: a pure function of the event and a seed.

Every copy of an event (an oversampled template, a bootstrap, an overlap between regions) gets the
same number, and so does an event that no training has seen. Nothing depends on order or on size.
"""

import numpy as np
from numpy.typing import NDArray

from anomalon.core.seed import Seed

__all__ = ["folds", "share"]


def _hash(event: NDArray[np.int64], seed: Seed) -> NDArray[np.uint64]:
    """64 well-mixed bits per event: the finaliser of splitmix64 (Steele et al., OOPSLA 2014)."""
    z = event.astype(np.int64).view(np.uint64) ^ np.uint64(seed.integer(2**64))
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def folds(event: NDArray[np.int64], k: int, seed: Seed) -> NDArray[np.int64]:
    """The fold in 0 … k - 1 of each event, shape (event,).

    Example:
        >>> folds(np.array([7, 8, 7, -1]), 5, Seed(0)).tolist()
        [3, 4, 3, 0]
    """
    return (_hash(event, seed) % np.uint64(k)).astype(np.int64)


def share(event: NDArray[np.int64], fraction: float, seed: Seed) -> NDArray[np.bool_]:
    """True for a random `fraction` of the events, shape (event,)."""
    # 53 bits make every double in [0, 1) once; the comparison is exact.
    uniform = (_hash(event, seed) >> np.uint64(11)).astype(np.float64) * 2.0**-53
    return np.asarray(uniform < fraction)
