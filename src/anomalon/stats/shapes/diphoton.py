"""The diphoton function."""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.stats.shapes.base import LogLinear

__all__ = ["Diphoton"]

Floats = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True)
class Diphoton(LogLinear):
    """The diphoton function, f = e^b0 (1 - x^(1/3))^b1 x^(b2 + b3 ln x + b4 ln^2 x), x = m/sqrt(s).

    ATLAS, arXiv:1606.03833, eq. 1 (their b is b1, their a_k are b2, b3, …). With two parameters
    it is the power law x^b2, as for `Dijet`.

    Args:
        n: Number of parameters, 1 to 5, with the normalisation.
        sqrt_s: Centre-of-mass energy in GeV.
    """

    n: int = 3
    sqrt_s: float = 13_000.0

    kind: ClassVar[str] = "diphoton"
    n_most: ClassVar[int] = 5

    def columns(self, mass: ArrayLike) -> Floats:
        """1, ln(1 - x^(1/3)), ln x, ln^2 x, ln^3 x; for two parameters 1, ln x."""
        x = np.asarray(mass, dtype=np.float64) / self.sqrt_s
        log = np.log(x)
        all_columns = [np.ones_like(x), np.log(-np.expm1(log / 3)), log, log**2, log**3]
        if self.n == 2:
            del all_columns[1]
        return np.stack(all_columns[: self.n], axis=-1)

    def check_range(self, edges: Floats) -> None:
        """Raise `BadValue` unless the bins are between 0 and sqrt(s)."""
        super().check_range(edges)
        if edges[-1] > self.sqrt_s:
            raise BadValue(
                f"diphoton: expected masses below sqrt(s) = {self.sqrt_s} GeV, got bins up to "
                f"{edges[-1]} GeV. Set `sqrt_s`, or end the spectrum earlier."
            )
