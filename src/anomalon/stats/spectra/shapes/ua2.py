"""The UA2 function."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.stats.spectra.shapes.base import LogLinear

__all__ = ["UA2"]

Floats = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True)
class UA2(LogLinear):
    """The UA2 function, f = e^b0 x^-b1 exp(-b2 x - b3 x^2), x = m/sqrt(s).

    UA2, Z. Phys. C 49 (1991) 17, and later the alternative in many dijet searches.

    Args:
        n: Number of parameters, 1 to 4, with the normalisation.
        sqrt_s: Centre-of-mass energy in GeV.
    """

    n: int = 4
    sqrt_s: float = 13_000.0

    kind: ClassVar[str] = "ua2"
    formula: ClassVar[str] = "f(x) = e^b₀ x^−b₁ exp(−b₂ x − b₃ x²), x = m/√s"
    n_most: ClassVar[int] = 4

    def columns(self, mass: ArrayLike) -> Floats:
        """1, -ln x, -x, -x^2."""
        x = np.asarray(mass, dtype=np.float64) / self.sqrt_s
        return np.stack([np.ones_like(x), -np.log(x), -x, -(x**2)][: self.n], axis=-1)
