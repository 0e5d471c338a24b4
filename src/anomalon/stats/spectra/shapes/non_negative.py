"""`NonNegative`: sums of functions with factors that are not negative."""

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.stats.spectra.shapes.base import Shape, quadrature_nodes
from anomalon.stats.spectra.shapes.binned import SumOfTemplates

__all__ = ["NonNegative"]

Floats = NDArray[np.floating[Any]]


class NonNegative(Shape):
    """A shape that is linear in its parameters, f(m) = sum_j b_j c_j(m) with c_j >= 0 and b_j >= 0.

    The Poisson likelihood is convex: one maximum, which may be at b_j = 0 for some j. The
    covariance is then that of the others, with zeros for these.

    A class with `bounded` False takes factors of either sign as long as no expectation is negative.
    """

    bounded: ClassVar[bool] = True

    @abstractmethod
    def columns(self, mass: ArrayLike) -> Floats:
        """The functions c_j that the parameters multiply, shape (…, n) for masses in GeV."""

    def density(self, parameters: ArrayLike, mass: ArrayLike) -> Floats:
        """Events per GeV at masses in GeV: shape (mass,), or (toy, mass) for (toy, n)."""
        return np.asarray(np.asarray(parameters) @ self.columns(mass).T)

    def binned(self, edges: Floats) -> SumOfTemplates:
        """The shape on these bins."""
        self.check_range(edges)
        mass, weights = quadrature_nodes(edges)
        templates = np.matmul(weights[:, None], self.columns(mass))[:, 0]
        return SumOfTemplates(templates, self.bounded)
