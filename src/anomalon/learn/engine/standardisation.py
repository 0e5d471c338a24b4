"""`Standardisation`: features with mean zero and standard deviation one, as networks like them."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core.shown import Shown

__all__ = ["Standardisation"]

Floats = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Standardisation(Shown):
    """Weighted mean and standard deviation of the training events, per feature."""

    mean: Floats
    std: Floats

    @classmethod
    def of(cls, x: Floats, weight: Floats) -> "Standardisation":
        """Measured on x of shape (event, feature); a constant feature keeps its scale."""
        mean = np.average(x, axis=0, weights=weight)
        std = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=weight))
        return cls(mean, np.where(std > 0, std, 1.0))

    def __call__(self, x: Floats) -> NDArray[np.float32]:
        """Of shape (event, feature), float32; within ±10,000."""
        # Far beyond any training event a network only has to stay finite.
        z = (x.astype(np.float64) - self.mean) / self.std
        return np.clip(z, -1e4, 1e4).astype(np.float32)
