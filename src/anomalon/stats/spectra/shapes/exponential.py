"""The exponential of a polynomial."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.stats.spectra.shapes.base import LogLinear

__all__ = ["Exponential"]

Floats = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True)
class Exponential(LogLinear):
    """The exponential of a polynomial, f = exp(b0 + b1 u + … + b_(n-1) u^(n-1)), u = m/unit.

    Args:
        n: Number of parameters, 1 to 4, with the normalisation: a polynomial of order n - 1.
        unit: Mass in GeV in which the polynomial counts.
    """

    n: int = 2
    unit: float = 1000.0

    kind: ClassVar[str] = "exponential"
    formula: ClassVar[str] = "f(u) = exp(b₀ + b₁ u + b₂ u² + b₃ u³), u = m/unit"
    n_most: ClassVar[int] = 4

    def columns(self, mass: ArrayLike) -> Floats:
        """1, u, u^2, u^3."""
        return np.vander(
            np.ravel(np.asarray(mass, dtype=np.float64) / self.unit), self.n, increasing=True
        ).reshape(*np.shape(mass), self.n)
