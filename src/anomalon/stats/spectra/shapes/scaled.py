"""Shapes of the share x = m/sqrt(s) of the collision energy, which end at x = 1."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.stats.spectra.shapes.base import LogLinear

__all__ = ["Scaled"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Scaled(LogLinear):
    """A log-linear shape in x = m/sqrt(s) < 1: a fall towards x = 1 and powers of x.

    With two parameters it is a power law, without the fall.
    """

    sqrt_s: float = 13_000.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check.fields(self, self.kind, sqrt_s="(0, inf)")

    @abstractmethod
    def functions(self, x: Floats) -> list[Floats]:
        """The functions that the parameters multiply: 1, the fall, and powers of ln x."""

    def columns(self, mass: ArrayLike) -> Floats:
        """The functions c_j that the parameters multiply, shape (…, n) for masses in GeV."""
        functions = self.functions(np.asarray(mass, dtype=np.float64) / self.sqrt_s)
        if self.n == 2:
            del functions[1]
        return np.stack(functions[: self.n], axis=-1)

    def check_range(self, edges: Floats) -> None:
        """Raise `BadValue` unless the bins are between 0 and sqrt(s)."""
        super().check_range(edges)
        if edges[-1] > self.sqrt_s:
            raise BadValue(
                f"{self.kind}: expected masses below sqrt(s) = {self.sqrt_s} GeV, got bins up to "
                f"{edges[-1]} GeV. Set `sqrt_s`, or end the spectrum earlier."
            )
