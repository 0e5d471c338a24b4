"""The dijet function."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.spectra.shapes.scaled import Scaled

__all__ = ["Dijet"]

Floats = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True)
class Dijet(Scaled):
    """The dijet function, f = e^b0 (1 - x)^b1 x^-(b2 + b3 ln x + b4 ln^2 x), x = m/sqrt(s).

    The standard of ATLAS (arXiv:1910.08447, eq. 1) and CMS (arXiv:1911.03947, eq. 5) dijet
    searches. With two parameters it is the power law x^-b2, which describes dijets far better than
    (1 - x)^b1 alone.

    Args:
        n: Number of parameters, 1 to 5, with the normalisation.
        sqrt_s: Centre-of-mass energy in GeV.
    """

    n: int = 3

    kind: ClassVar[str] = "dijet"
    formula: ClassVar[str] = "f(x) = e^b₀ (1 − x)^b₁ x^−(b₂ + b₃ ln x + b₄ ln²x), x = m/√s"
    cites: ClassVar[tuple[str, ...]] = ("ATLAS:2019fgd",)
    n_most: ClassVar[int] = 5

    def functions(self, x: Floats) -> list[Floats]:
        """1, ln(1 - x), -ln x, -ln^2 x, -ln^3 x."""
        log = np.log(x)
        return [np.ones_like(x), np.log1p(-x), -log, -(log**2), -(log**3)]
