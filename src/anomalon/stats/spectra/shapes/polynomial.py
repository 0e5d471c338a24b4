"""Polynomials on the range of the fit: positive all over it, or only in its bins."""

from dataclasses import dataclass, replace
from math import comb
from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue
from anomalon.stats.spectra.shapes.non_negative import NonNegative

__all__ = ["Polynomial", "UnconstrainedPolynomial"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class _Bernstein(NonNegative):
    """A polynomial of degree n - 1 in the Bernstein basis on a range, for subclasses with a name.

    Raises:
        BadValue: If only one end of the range is given, or not low < high.
    """

    n: int = 4
    low: float | None = None
    high: float | None = None

    n_most: ClassVar[int] = 8
    formula: ClassVar[str] = (
        "f(t) = Σ bⱼ C(d, j) tʲ (1 − t)ᵈ⁻ʲ, t from 0 to 1 over the fitted range"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.low is None) != (self.high is None):
            raise BadValue(
                f"{self.kind}: expected both ends of the range or none, got low = {self.low} and "
                f"high = {self.high}."
            )
        if self.low is None or self.high is None:
            return
        check.fields(self, self.kind, low="(-inf, inf)", high="(-inf, inf)")
        if not self.low < self.high:
            raise BadValue(f"{self.kind}: expected low < high, got {self.low} and {self.high} GeV.")

    def over(self, edges: Floats) -> Self:
        """The polynomial on the range of these bins, unless it has one."""
        if self.low is not None:
            return self
        return replace(self, low=float(edges[0]), high=float(edges[-1]))

    def columns(self, mass: ArrayLike) -> Floats:
        """The Bernstein polynomials of degree n - 1, shape (…, n).

        Raises:
            BadValue: If the polynomial has no range yet.
        """
        low, high = self._range()
        t = (np.asarray(mass, dtype=np.float64) - low) / (high - low)
        d = self.n - 1
        return np.stack([comb(d, j) * t**j * (1.0 - t) ** (d - j) for j in range(self.n)], axis=-1)

    def check_range(self, edges: Floats) -> None:
        """Raise `BadValue` unless the bins are inside the range."""
        super().check_range(edges)
        low, high = self._range()
        if edges[0] < low or edges[-1] > high:
            raise BadValue(
                f"{self.kind}: expected bins between {low} and {high} GeV, where it is positive, "
                f"got {edges[0]} to {edges[-1]} GeV. Set `low` and `high`."
            )

    def _range(self) -> tuple[float, float]:
        if self.low is None or self.high is None:
            raise BadValue(
                f"{self.kind}: the range is not known yet: set `low` and `high` in GeV, or take "
                "the shape from a fit, which has the range of its spectrum."
            )
        return self.low, self.high


@final
@dataclass(frozen=True)
class Polynomial(_Bernstein):
    """A polynomial of degree d = n - 1 in the Bernstein basis, positive on its range.

    f(m) = sum_j b_j C(d, j) t^j (1 - t)^(d - j) with t = (m - low)/(high - low) and b_j >= 0, in
    events per GeV. With such coefficients it is positive between the ends, and every polynomial
    that is positive there has such coefficients at some degree (Bernstein). One of the backgrounds
    of H -> gamma gamma in ATLAS, arXiv:1207.7214.

    Args:
        n: Number of parameters, 1 to 8: a polynomial of degree n - 1.
        low: Lower end of the range in GeV; None for that of the spectrum that is fitted.
        high: Upper end.

    Raises:
        BadValue: If only one end is given, or not low < high.
    """

    kind: ClassVar[str] = "polynomial"


@final
@dataclass(frozen=True)
class UnconstrainedPolynomial(_Bernstein):
    """Any polynomial of degree n - 1 that expects no negative number of events in any bin.

    The same basis as `Polynomial`, with coefficients of either sign: at low degrees it describes
    more than positive coefficients can, and its deviance follows chi2 where no bin is near zero.
    Between the centres of bins, and where no bin is, it may be negative.

    Args:
        n: Number of parameters, 1 to 8: a polynomial of degree n - 1.
        low: Lower end of the range in GeV; None for that of the spectrum that is fitted.
        high: Upper end.

    Raises:
        BadValue: If only one end is given, or not low < high.
    """

    kind: ClassVar[str] = "unconstrained_polynomial"
    bounded: ClassVar[bool] = False
