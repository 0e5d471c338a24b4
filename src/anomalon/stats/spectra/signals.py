"""Signals of known form: what fraction of a resonance's events falls into each bin of mass.

`Gaussian` for a narrow resonance seen with a Gaussian resolution, `DoubleSidedCrystalBall` where
the resolution has power-law tails. All integrals are in closed form, and exact to rounding in both
tails.

Writing your own: a frozen dataclass that derives from `Signal`, with a class attribute `kind` and
the three functions `_density`, `_below` and `_above` of t = (mass - mean)/sigma. Add it to
`SIGNALS`; the law tests then run over it.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import exp, pi, sqrt
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadValue

__all__ = ["SIGNALS", "DoubleSidedCrystalBall", "Gaussian", "Signal", "signal_templates"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Signal(ABC):
    """A peak of unit area at `mean` with width `sigma`, both in GeV.

    Raises:
        BadValue: If a number is not finite, or `sigma` is not above zero.
    """

    mean: float
    sigma: float

    kind: ClassVar[str]

    def __post_init__(self) -> None:
        others = {field.name: "(0, inf)" for field in fields(self)[1:]}
        check.fields(self, self.kind, mean="(-inf, inf)", **others)

    @abstractmethod
    def _density(self, t: Floats) -> Floats:
        """Probability per unit of t."""

    @abstractmethod
    def _below(self, t: Floats) -> Floats:
        """Probability below t, exact for small ones."""

    @abstractmethod
    def _above(self, t: Floats) -> Floats:
        """Probability above t, exact for small ones."""

    def density(self, mass: ArrayLike) -> Floats:
        """Probability per GeV at masses in GeV, of their shape."""
        t = (np.asarray(mass, dtype=np.float64) - self.mean) / self.sigma
        return np.asarray(self._density(t) / self.sigma)

    def integrate(self, edges: ArrayLike) -> Floats:
        """Fraction of the signal in each bin, shape (bin,); their sum is what the bins contain.

        Example:
            >>> Gaussian(1000.0, 50.0).integrate([900, 950, 1000, 1050, 1100]).round(4)
            array([0.1359, 0.3413, 0.3413, 0.1359])
        """
        return np.asarray(self.templates([self.mean], edges)[0])

    def templates(
        self,
        masses: ArrayLike,
        edges: ArrayLike,
        sigma: float | Callable[[Floats], ArrayLike] | None = None,
    ) -> Floats:
        """The same form at other masses: fractions in each bin, shape (mass, bin).

        Args:
            masses: Means in GeV, shape (mass,).
            edges: Bin edges in GeV, increasing, shape (bin + 1,).
            sigma: Width in GeV at all masses, or a function of the masses; `self.sigma` if None.

        Raises:
            BadLayout: If masses or edges have not one axis, or the edges do not increase.
            BadNumbers: If a mass is not finite.
            BadValue: If a width is not above zero.

        Example:
            >>> Gaussian(1000.0, 50.0).templates(
            ...     [500.0, 1000.0], [450, 550, 950, 1050], sigma=lambda m: 0.05 * m
            ... ).round(3)
            array([[0.954, 0.023, 0.   ],
                   [0.   , 0.159, 0.683]])
        """
        masses = np.asarray(masses, dtype=np.float64)
        edges = np.asarray(edges, dtype=np.float64)
        check.length(masses, masses.size, "signal: masses")
        check.finite(masses, "signal: masses")
        if edges.ndim != 1 or len(edges) < 2 or not np.all(np.diff(edges) > 0):
            raise BadLayout(
                f"signal: expected increasing bin edges of shape (bin + 1,), got {edges}."
            )
        widths = self.sigma if sigma is None else sigma(masses) if callable(sigma) else sigma
        widths = np.broadcast_to(np.asarray(widths, dtype=np.float64), masses.shape)
        if not np.all(widths > 0):
            raise BadValue(f"signal: expected widths above zero, got {widths.min()} GeV.")
        t = (edges - masses[:, None]) / widths[:, None]
        # each bin from its smaller tail, so that the difference does not cancel
        low = t[:, :-1] + t[:, 1:] < 0
        below, above = self._below(t), self._above(t)
        return np.where(low, np.diff(below), -np.diff(above))


@final
@dataclass(frozen=True)
class Gaussian(Signal):
    """A Gaussian peak.

    Args:
        mean: Mass in GeV.
        sigma: Standard deviation in GeV.
    """

    kind: ClassVar[str] = "gaussian"

    def _density(self, t: Floats) -> Floats:
        return np.asarray(np.exp(-(t**2) / 2) / sqrt(2 * pi))

    def _below(self, t: Floats) -> Floats:
        return np.asarray(special.ndtr(t))

    def _above(self, t: Floats) -> Floats:
        return np.asarray(special.ndtr(-t))


@final
@dataclass(frozen=True)
class DoubleSidedCrystalBall(Signal):
    """A Gaussian core with a power law on either side, joined smoothly.

    As in ATLAS, arXiv:1407.6583; after J. E. Gaiser, SLAC-R-255 (1982), appendix F. With
    t = (m - mean)/sigma, the density is e^(-t^2/2) for -alpha_low < t < alpha_high, and
    e^(-alpha^2/2) (1 - (alpha/n) (alpha - |t|))^-n beyond.

    Args:
        mean: Mass of the peak in GeV.
        sigma: Width of the core in GeV.
        alpha_low: Where the lower tail begins, in units of sigma below the mean.
        n_low: Power of the lower tail, above 1.
        alpha_high: Where the upper tail begins, in units of sigma above the mean.
        n_high: Power of the upper tail, above 1.

    Raises:
        BadValue: If a number is not finite or not above zero (the mean may be), or a power not
            above 1, where the tail has no finite area.
    """

    alpha_low: float = 1.5
    n_low: float = 5.0
    alpha_high: float = 1.5
    n_high: float = 5.0

    kind: ClassVar[str] = "double_sided_crystal_ball"

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("n_low", "n_high"):
            if not getattr(self, name) > 1:
                raise BadValue(
                    f"{self.kind}: `{name}` should be above 1 (the tail has no finite area "
                    f"otherwise), got {getattr(self, name)!r}."
                )

    @property
    def _area(self) -> float:
        """Of the density with height one, in units of sigma."""
        core = special.ndtr(self.alpha_high) - special.ndtr(-self.alpha_low)
        tails = _tail_area(self.alpha_low, self.n_low) + _tail_area(self.alpha_high, self.n_high)
        return float(sqrt(2 * pi) * core + tails)

    def _density(self, t: Floats) -> Floats:
        core = np.exp(-(np.clip(t, -self.alpha_low, self.alpha_high) ** 2) / 2)
        low = _argument(self.alpha_low, self.n_low, -t) ** -self.n_low
        high = _argument(self.alpha_high, self.n_high, t) ** -self.n_high
        return np.asarray(core * low * high / self._area)

    def _below(self, t: Floats) -> Floats:
        return self._outside(-t, self.alpha_low, self.n_low, self.alpha_high, self.n_high)

    def _above(self, t: Floats) -> Floats:
        return self._outside(t, self.alpha_high, self.n_high, self.alpha_low, self.n_low)

    def _outside(self, t: Floats, alpha: float, n: float, alpha_far: float, n_far: float) -> Floats:
        """Probability beyond t > 0 in the tail of (alpha, n), or beyond t < 0 on the other side."""
        near = _tail_area(alpha, n) * _argument(alpha, n, t) ** (1 - n)
        core = special.ndtr(-np.clip(t, -alpha_far, alpha)) - special.ndtr(-alpha)
        far = _tail_area(alpha_far, n_far) * (1 - _argument(alpha_far, n_far, -t) ** (1 - n_far))
        return np.asarray((near + sqrt(2 * pi) * core + far) / self._area)


def _argument(alpha: float, n: float, t: Floats) -> Floats:
    """What the power law is a power of; 1 up to alpha."""
    return np.asarray(1.0 + (alpha / n) * np.maximum(t - alpha, 0.0))


def _tail_area(alpha: float, n: float) -> float:
    return exp(-(alpha**2) / 2) * n / (alpha * (n - 1))


SIGNALS: dict[str, type[Signal]] = {
    signal.kind: signal for signal in (DoubleSidedCrystalBall, Gaussian)
}
"""Name in TOML -> class."""


def signal_templates(signals: Any, edges: Floats, where: str) -> Floats:
    """What signals have in each bin, contiguous, shape (bin,) or (mass, bin).

    Args:
        signals: What has `integrate(edges)`, a sequence of such, or numbers per bin.
        edges: Bin edges in GeV, shape (bin + 1,).
        where: Who asks, for messages.

    Raises:
        BadLayout: If the shapes do not fit.
        BadNumbers: If a number is not finite.
    """
    if hasattr(signals, "integrate"):
        signals = signals.integrate(edges)
    elif isinstance(signals, Sequence):
        signals = [s.integrate(edges) if hasattr(s, "integrate") else s for s in signals]
    templates: Floats = np.ascontiguousarray(signals, dtype=np.float64)
    if templates.ndim not in (1, 2) or templates.shape[-1] != len(edges) - 1 or not templates.size:
        raise BadLayout(
            f"{where}: expected signals, or templates of shape ({len(edges) - 1},) or (mass, "
            f"{len(edges) - 1}) with the fraction per bin, got an array of shape {templates.shape}."
        )
    check.finite(templates, f"{where}: templates")
    return templates
