"""`Shape`: a family of smooth spectra, and the log-linear ones among them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.stats.spectra.shapes.binned import Binned, SumOfExponentials

__all__ = ["LogLinear", "Shape", "quadrature_nodes"]

Floats = NDArray[np.floating[Any]]

_NARROW = 0.1  # width over mass of bins for which four nodes are enough
_FEW, _MANY = np.polynomial.legendre.leggauss(4), np.polynomial.legendre.leggauss(7)


@dataclass(frozen=True)
class Shape(ABC):
    """A family of smooth spectra with `n` parameters, the normalisation among them."""

    n: int

    kind: ClassVar[str]
    n_most: ClassVar[int]
    formula: ClassVar[str] = ""
    """In the parameters b₀, b₁, …, for readers; those that are not among the n are zero."""
    cites: ClassVar[tuple[str, ...]] = ()
    """Papers that it implements, keys of `anomalon.core.bibliography`."""

    def __post_init__(self) -> None:
        what = f"{self.kind}: n (parameters, with the normalisation)"
        object.__setattr__(self, "n", check.whole(self.n, what, 1, self.n_most))

    @property
    def label(self) -> str:
        """What the family is called in tables."""
        return self.kind

    @abstractmethod
    def density(self, parameters: ArrayLike, mass: ArrayLike) -> Floats:
        """Events per GeV at masses in GeV: shape (mass,), or (toy, mass) for (toy, n)."""

    @abstractmethod
    def binned(self, edges: Floats) -> Binned:
        """The shape on these bins.

        Raises:
            BadValue: If the shape is not defined all over the bins.
        """

    def integrate(self, parameters: ArrayLike, edges: ArrayLike) -> Floats:
        """Events in each bin: shape (bin,), or (toy, bin) for parameters of shape (toy, n).

        Example:
            >>> from anomalon.stats import Exponential
            >>> Exponential(1).integrate([0.0], [1000.0, 1010.0, 1040.0])
            array([10., 30.])
        """
        return self.binned(np.asarray(edges, dtype=np.float64)).events(parameters)

    def slope(self, parameters: ArrayLike, edges: ArrayLike) -> Floats:
        """Derivatives of `integrate` by the parameters: shape (bin, n) or (toy, bin, n)."""
        return self.binned(np.asarray(edges, dtype=np.float64)).slopes(parameters)

    def over(self, edges: Floats) -> Self:  # noqa: ARG002  most shapes have no range
        """The shape for a spectrum with these bins: itself, unless it has a range to be set."""
        return self

    def check_range(self, edges: Floats) -> None:
        """Raise `BadValue` if the shape is not defined all over the bins."""
        if edges[0] < 0:
            raise BadValue(f"{self.kind}: expected masses above 0 GeV, got bins from {edges[0]}.")


class LogLinear(Shape):
    """A shape whose logarithm is linear in the parameters, ln f(m) = sum_j b_j c_j(m).

    The Poisson likelihood at bin centres is then convex: one maximum, found without start values.
    """

    @abstractmethod
    def columns(self, mass: ArrayLike) -> Floats:
        """The functions c_j that the parameters multiply, shape (…, n) for masses in GeV."""

    def density(self, parameters: ArrayLike, mass: ArrayLike) -> Floats:
        """Events per GeV at masses in GeV: shape (mass,), or (toy, mass) for (toy, n)."""
        return np.exp(np.asarray(parameters) @ self.columns(mass).T)

    def binned(self, edges: Floats) -> SumOfExponentials:
        """The shape on these bins."""
        return SumOfExponentials(*self.quadrature(edges))

    def quadrature(self, edges: Floats) -> tuple[Floats, Floats]:
        """What the events in each bin are made of: sum_q weight_q exp(columns_q . parameters).

        Returns:
            Columns, shape (bin, node, n), and weights in GeV, shape (bin, node).

        Raises:
            BadValue: If the shape is not defined all over the bins.
        """
        self.check_range(edges)
        mass, weights = quadrature_nodes(edges)
        return self.columns(mass), weights


def quadrature_nodes(edges: Floats) -> tuple[Floats, Floats]:
    """Masses and weights in GeV, shape (bin, node), that integrate over each bin.

    Gauss-Legendre: seven nodes per bin, exact for polynomials up to degree 13; four, exact up to
    degree 7, if all bins are narrow. Four still integrate an exponential that falls by a factor of
    7 across the bin to 1e-7, and one that falls by 1.5 to 1e-12.
    """
    width = np.diff(edges)
    nodes, weights = _FEW if np.all(width < _NARROW * edges[1:]) else _MANY
    half = width[:, None] / 2
    return edges[:-1, None] + half * (1.0 + nodes), half * weights
