"""`Relative`: a spectrum as a smooth correction to one that is better known.

A selection that does not look at the mass keeps the same share of background at every mass. Its
spectrum is then the one before the selection, known with far more events, times a constant; and if
the share drifts, times a low-order polynomial:

    f(m) = f_base(m) exp(b0 + b1 t + b2 t^2 + …),   t = ln(m / m0).

One parameter says "the share is flat", and an F-test against two says whether that is true.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.stats.fits.fit import Fit
from anomalon.stats.spectra.shapes import LogLinear, quadrature_nodes

__all__ = ["Relative"]

Floats = NDArray[np.floating[Any]]


@final
@dataclass(frozen=True)
class Relative(LogLinear):
    """A fitted spectrum times the exponential of a polynomial in ln(m).

    The fit treats the base as exact; `base_uncertainty` gives what its own fit adds.

    Args:
        n: Number of parameters, 1 to 4: 1 is the base times a constant.
        base: The fit of the spectrum before the selection, to a single spectrum.
    """

    n: int
    base: Fit

    kind: ClassVar[str] = "relative"
    formula: ClassVar[str] = (
        "f(m) = f₀(m) exp(b₀ + b₁ t + b₂ t² + b₃ t³), t = ln(m/m₀), f₀ the fit without a cut"
    )
    n_most: ClassVar[int] = 4

    @property
    def label(self) -> str:
        """The base with its number of parameters."""
        return f"relative to {self.base.shape.kind} {self.base.n_parameters}"

    def columns(self, mass: ArrayLike) -> Floats:
        """1, t, t^2, t^3 with t = ln(m/m0), m0 the middle of the base's bins."""
        edges = self.base.spectrum.edges
        t = np.log(np.asarray(mass, dtype=np.float64) / np.sqrt(edges[0] * edges[-1]))
        return np.stack([t**k for k in range(self.n)], axis=-1)

    def density(self, parameters: ArrayLike, mass: ArrayLike) -> Floats:
        """Events per GeV at masses in GeV: shape (mass,), or (toy, mass) for (toy, n)."""
        return super().density(parameters, mass) * self._base_density(mass)

    def quadrature(self, edges: Floats) -> tuple[Floats, Floats]:
        """Columns and weights at the nodes of each bin; the weights carry the base."""
        self.base.shape.check_range(edges)
        mass, weights = quadrature_nodes(edges)
        return self.columns(mass), weights * self._base_density(mass.ravel()).reshape(mass.shape)

    def _base_density(self, mass: ArrayLike) -> Floats:
        return self.base.shape.density(self.base.parameters, mass)

    def base_uncertainty(self, low: float, high: float, fitted: NDArray[np.bool_]) -> float:
        """Relative uncertainty of the events in [low, high) from the fit of the base.

        The normalisation comes from the fitted bins of the selected spectrum, so only the ratio
        B(low, high) / B(fitted bins) of base integrals matters; its logarithm has the variance
        g C g with C the covariance of the base's bins and g = 1_in / B_in - 1_fitted / B_fitted.

        Args:
            low: Lower end of the region in GeV, a bin edge.
            high: Upper end of the region in GeV, a bin edge.
            fitted: The bins that set the normalisation, shape (bin,).
        """
        spectrum = self.base.spectrum
        middle = (spectrum.edges[:-1] + spectrum.edges[1:]) / 2
        inside = (middle >= low) & (middle < high)

        expected = self.base.expected
        gradient = inside / expected[inside].sum() - fitted / expected[fitted].sum()
        return float(np.sqrt(gradient @ self.base.covariance_expected() @ gradient))
