"""The smooth background of a search in a histogram: a family of functions, its order chosen."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.config import lookup
from anomalon.core.errors import BadValue
from anomalon.stats import SHAPES, Fit, Shape, Spectrum, choose_order, choose_orders

__all__ = ["SmoothBackground"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class SmoothBackground:
    """The smooth background that is fitted to a spectrum.

    Args:
        shape: Family of functions, a name in `anomalon.stats.SHAPES`.
        n_min, n_max: Numbers of parameters, normalisation included, among which the F-test
            chooses; equal to fix it. A family that has fewer ends at its own largest number.
        alpha: The next parameter is taken if the F-test's p-value is below this.
        sqrt_s: Centre-of-mass energy in GeV, for families that need it.

    Raises:
        BadValue: If not 1 <= n_min <= n_max.
    """

    shape: str = "dijet"
    n_min: int = 2
    n_max: int = 4
    alpha: float = 0.05
    sqrt_s: float = 13_000.0

    def __post_init__(self) -> None:
        if not 1 <= self.n_min <= self.n_max:
            raise BadValue(
                "background: expected numbers of parameters 1 <= n_min <= n_max, got "
                f"{self.n_min} and {self.n_max}."
            )

    @property
    def family(self) -> Shape:
        """The shape, with one parameter.

        Raises:
            UnknownKey: If there is no such family; the nearest name is suggested.
        """
        cls = lookup(SHAPES, self.shape, "background shape")
        has_scale = any(f.name == "sqrt_s" for f in fields(cls))
        shape: Shape = cls(n=1, **({"sqrt_s": self.sqrt_s} if has_scale else {}))
        return shape

    @property
    def orders(self) -> tuple[int, int]:
        """`n_min` and `n_max`, as far as the family goes."""
        most = self.family.n_most
        return min(self.n_min, most), min(self.n_max, most)

    @property
    def is_chosen(self) -> bool:
        """Whether the data choose the number of parameters."""
        n_min, n_max = self.orders
        return n_min < n_max

    def fit(self, spectrum: Spectrum) -> Fit:
        """The fit to all bins of one spectrum."""
        return choose_order(spectrum, self.family, *self.orders, alpha=self.alpha)

    def expectations(self, toys: Spectrum) -> Floats:
        """What `fit` expects in each of many toys, shape (toy, bin), the order chosen in each."""
        return choose_orders(toys, self.family, *self.orders, alpha=self.alpha).expected
