"""`NonNegative`: sums of functions with factors that are not negative."""

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.stats.quadrature import compiled
from anomalon.stats.shapes.base import Shape, quadrature_nodes

__all__ = ["NonNegative"]

Floats = NDArray[np.floating[Any]]


class NonNegative(Shape):
    """A shape that is linear in its parameters, f(m) = sum_j b_j c_j(m) with c_j >= 0 and b_j >= 0.

    The Poisson likelihood is convex: one maximum, which may be at b_j = 0 for some j. The
    covariance is then that of the others, with zeros for these.
    """

    @abstractmethod
    def columns(self, mass: ArrayLike) -> Floats:
        """The functions c_j that the parameters multiply, shape (…, n) for masses in GeV."""

    def density(self, parameters: ArrayLike, mass: ArrayLike) -> Floats:
        """Events per GeV at masses in GeV: shape (mass,), or (toy, mass) for (toy, n)."""
        return np.asarray(np.asarray(parameters) @ self.columns(mass).T)

    def templates(self, edges: ArrayLike) -> Floats:
        """Events in each bin for a parameter of one, shape (bin, n).

        Raises:
            BadValue: If the shape is not defined all over the bins.
        """
        edges = np.asarray(edges, dtype=np.float64)
        self.check_range(edges)
        mass, weights = quadrature_nodes(edges)
        return np.asarray(np.matmul(weights[:, None], self.columns(mass))[:, 0])

    def integrate(self, parameters: ArrayLike, edges: ArrayLike) -> Floats:
        """Events in each bin: shape (bin,), or (toy, bin) for parameters of shape (toy, n)."""
        parameters = np.asarray(parameters, dtype=np.float64)
        templates = np.ascontiguousarray(self.templates(edges).T)
        toys = np.ascontiguousarray(parameters.reshape(-1, self.n))
        in_bins = np.zeros((len(toys), templates.shape[1]))
        _add(toys, templates, in_bins)
        return in_bins.reshape(*parameters.shape[:-1], templates.shape[1])

    def slope(self, parameters: ArrayLike, edges: ArrayLike) -> Floats:
        """Derivatives of `integrate` by the parameters: shape (bin, n) or (toy, bin, n)."""
        templates = self.templates(edges)
        nothing = 0.0 * np.asarray(parameters, dtype=np.float64).sum(axis=-1)  # NaN stays NaN
        return np.asarray(templates + nothing[..., None, None])


@compiled
def _add(parameters: Floats, templates: Floats, in_bins: Floats) -> None:
    """Not as a matrix product, whose last bits depend on the number of toys."""
    for toy in range(len(parameters)):
        for j in range(len(templates)):
            for i in range(templates.shape[1]):
                in_bins[toy, i] += parameters[toy, j] * templates[j, i]
