"""Background shapes whose logarithm is linear in the parameters.

ln f(m) = sum_j b_j c_j(m): the Poisson likelihood at bin centres is convex, there are no start
values, and thousands of toys are fitted at once (`anomalon.stats.fit`).

Writing your own: a frozen dataclass that derives from `Shape`, with a class attribute `kind` (its
name in TOML), `n_most`, a field `n` for the number of parameters, and `columns`, whose first
column is 1 (the normalisation). Add it to `SHAPES`; the law tests then run over it.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.stats.quadrature import events

__all__ = ["SHAPES", "UA2", "Dijet", "Exponential", "Shape"]

Floats = NDArray[np.floating[Any]]

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(7)


@dataclass(frozen=True)
class Shape(ABC):
    """A family of smooth spectra with `n` parameters, the normalisation among them."""

    n: int

    kind: ClassVar[str]
    n_most: ClassVar[int]

    def __post_init__(self) -> None:
        if isinstance(self.n, bool) or not 1 <= self.n <= self.n_most or int(self.n) != self.n:
            raise BadValue(
                f"{self.kind}: expected 1 to {self.n_most} parameters (with the normalisation), "
                f"got {self.n!r}."
            )

    @abstractmethod
    def columns(self, mass: ArrayLike) -> Floats:
        """The functions c_j that the parameters multiply, shape (…, n) for masses in GeV."""

    def density(self, parameters: ArrayLike, mass: ArrayLike) -> Floats:
        """Events per GeV at masses in GeV: shape (mass,), or (toy, mass) for (toy, n)."""
        return np.exp(np.asarray(parameters) @ self.columns(mass).T)

    def check_range(self, edges: Floats) -> None:
        """Raise `BadValue` if the shape is not defined all over the bins."""
        if edges[0] < 0:
            raise BadValue(f"{self.kind}: expected masses above 0 GeV, got bins from {edges[0]}.")

    def quadrature(self, edges: Floats) -> tuple[Floats, Floats]:
        """What the integral over each bin needs: columns and weights at its Gauss-Legendre nodes.

        Seven nodes per bin integrate polynomials up to degree 13 exactly.

        Returns:
            Columns, shape (bin, node, n), and weights in GeV, shape (bin, node).

        Raises:
            BadValue: If the shape is not defined all over the bins.
        """
        self.check_range(edges)
        half = np.diff(edges)[:, None] / 2
        mass = edges[:-1, None] + half * (1.0 + _NODES)
        return self.columns(mass), half * _WEIGHTS

    def integrate(self, parameters: ArrayLike, edges: ArrayLike) -> Floats:
        """Events in each bin: shape (bin,), or (toy, bin) for parameters of shape (toy, n).

        Example:
            >>> Exponential(1).integrate([0.0], [1000.0, 1010.0, 1040.0])
            array([10., 30.])
        """
        return events(parameters, *self.quadrature(np.asarray(edges, dtype=np.float64)))


@final
@dataclass(frozen=True)
class Dijet(Shape):
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


@final
@dataclass(frozen=True)
class UA2(Shape):
    """The UA2 function, f = e^b0 x^-b1 exp(-b2 x - b3 x^2), x = m/sqrt(s).

    UA2, Z. Phys. C 49 (1991) 17, and later the alternative in many dijet searches.

    Args:
        n: Number of parameters, 1 to 4, with the normalisation.
        sqrt_s: Centre-of-mass energy in GeV.
    """

    n: int = 4
    sqrt_s: float = 13_000.0

    kind: ClassVar[str] = "ua2"
    n_most: ClassVar[int] = 4

    def columns(self, mass: ArrayLike) -> Floats:
        """1, -ln x, -x, -x^2."""
        x = np.asarray(mass, dtype=np.float64) / self.sqrt_s
        return np.stack([np.ones_like(x), -np.log(x), -x, -(x**2)][: self.n], axis=-1)


@final
@dataclass(frozen=True)
class Exponential(Shape):
    """The exponential of a polynomial, f = exp(b0 + b1 u + … + b_(n-1) u^(n-1)), u = m/unit.

    Args:
        n: Number of parameters, 1 to 4, with the normalisation: a polynomial of order n - 1.
        unit: Mass in GeV in which the polynomial counts.
    """

    n: int = 2
    unit: float = 1000.0

    kind: ClassVar[str] = "exponential"
    n_most: ClassVar[int] = 4

    def columns(self, mass: ArrayLike) -> Floats:
        """1, u, u^2, u^3."""
        return np.vander(
            np.ravel(np.asarray(mass, dtype=np.float64) / self.unit), self.n, increasing=True
        ).reshape(*np.shape(mass), self.n)


SHAPES: dict[str, type[Shape]] = {shape.kind: shape for shape in (Dijet, Exponential, UA2)}
