"""The dijet function."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.stats.shapes.base import LogLinear

__all__ = ["Dijet"]

Floats = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True)
class Dijet(LogLinear):
    """The dijet function, f = e^b0 (1 - x)^b1 x^-(b2 + b3 ln x + b4 ln^2 x), x = m/sqrt(s).

    The standard of ATLAS (arXiv:1910.08447, eq. 1) and CMS (arXiv:1911.03947, eq. 5) dijet
    searches. With two parameters it is the power law x^-b2, which describes dijets far better than
    (1 - x)^b1 alone.

    Args:
        n: Number of parameters, 1 to 5, with the normalisation.
        sqrt_s: Centre-of-mass energy in GeV.
    """

    n: int = 3
    sqrt_s: float = 13_000.0

    kind: ClassVar[str] = "dijet"
    n_most: ClassVar[int] = 5

    def columns(self, mass: ArrayLike) -> Floats:
        """1, ln(1 - x), -ln x, -ln^2 x, -ln^3 x; for two parameters 1, -ln x."""
        x = np.asarray(mass, dtype=np.float64) / self.sqrt_s
        log = np.log(x)
        all_columns = [np.ones_like(x), np.log1p(-x), -log, -(log**2), -(log**3)]
        if self.n == 2:
            del all_columns[1]
        return np.stack(all_columns[: self.n], axis=-1)

    def check_range(self, edges: Floats) -> None:
        """Raise `BadValue` unless the bins are between 0 and sqrt(s)."""
        super().check_range(edges)
        if edges[-1] > self.sqrt_s:
            raise BadValue(
                f"dijet: expected masses below sqrt(s) = {self.sqrt_s} GeV, got bins up to "
                f"{edges[-1]} GeV. Set `sqrt_s`, or end the spectrum earlier."
            )
