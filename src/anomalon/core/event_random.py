"""Random numbers that belong to an event: a pure function of its identity and a seed.

Every copy of an event (an oversampled template, a bootstrap, an overlap between regions) gets the
same number, and so does an event that no training has seen. Nothing depends on order or on size.
"""

import numpy as np
from numpy.typing import NDArray

from anomalon.core.seed import Seed

__all__ = ["bits", "mixed", "uniform"]


def bits(event: NDArray[np.int64], seed: Seed) -> NDArray[np.uint64]:
    """64 well-mixed bits per event."""
    return mixed(event.astype(np.int64).view(np.uint64) ^ np.uint64(seed.integer(2**64)))


def mixed(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele et al., OOPSLA 2014): every bit depends on all bits."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


def uniform(event: NDArray[np.int64], seed: Seed) -> NDArray[np.float64]:
    """A number in [0, 1) per event.

    Example:
        >>> uniform(np.array([7, 8, 7]), Seed(0)).round(3).tolist()
        [0.814, 0.152, 0.814]
    """
    # 53 bits make every double in [0, 1) that is a multiple of 2^-53 once.
    return (bits(event, seed) >> np.uint64(11)).astype(np.float64) * 2.0**-53
