"""The diphoton function."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.spectra.shapes.scaled import Scaled

__all__ = ["Diphoton"]

Floats = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True)
class Diphoton(Scaled):
    """The diphoton function, f = e^b0 (1 - x^(1/3))^b1 x^(b2 + b3 ln x + b4 ln^2 x), x = m/sqrt(s).

    ATLAS, arXiv:1606.03833, eq. 1 (their b is b1, their a_k are b2, b3, …). With two parameters
    it is the power law x^b2, as for `Dijet`.

    Args:
        n: Number of parameters, 1 to 5, with the normalisation.
        sqrt_s: Centre-of-mass energy in GeV.
    """

    n: int = 3

    kind: ClassVar[str] = "diphoton"
    formula: ClassVar[str] = "f(x) = e^b₀ (1 − x^⅓)^b₁ x^(b₂ + b₃ ln x + b₄ ln²x), x = m/√s"
    n_most: ClassVar[int] = 5

    def functions(self, x: Floats) -> list[Floats]:
        """1, ln(1 - x^(1/3)), ln x, ln^2 x, ln^3 x."""
        log = np.log(x)
        return [np.ones_like(x), np.log(-np.expm1(log / 3)), log, log**2, log**3]
