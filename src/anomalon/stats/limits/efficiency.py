"""How the efficiency of a selection depends on the signal strength, measured at a few strengths.

A classifier that learns from data selects a signal the better the more of it there is. So the
efficiency is measured by running the whole analysis with injected signal, at a few strengths, and
interpolated: made monotone by isotonic regression (more signal cannot be harder to learn; what
looks so is fluctuation), then joined by PCHIP, which keeps it monotone.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import isotonic_regression

from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.stats.counts.intervals import clopper_pearson

__all__ = ["EfficiencyCurve"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class EfficiencyCurve(Shown):
    """Efficiencies measured at several strengths, and the curve through them.

    Args:
        strength: Signal strengths, shape (point,), increasing, not negative.
        passed: Signal events selected, shape (point,).
        injected: Signal events in all, shape (point,), above zero.
        monotone: Make the efficiencies rise with the strength.

    Raises:
        TooFewEvents: If there are less than two strengths.
        BadLayout: If shapes do not fit, or strengths do not increase.
        BadValue: If not 0 <= passed <= injected and injected > 0.

    Example:
        >>> curve = EfficiencyCurve([1.0, 2.0, 4.0], [10, 30, 50], [100, 100, 100])
        >>> curve([1.0, 1.5, 4.0]).round(3)
        array([0.1  , 0.212, 0.5  ])
    """

    strength: Floats
    passed: Floats
    injected: Floats
    monotone: bool = True

    def __post_init__(self) -> None:
        for name in ("strength", "passed", "injected"):
            object.__setattr__(self, name, np.asarray(getattr(self, name), dtype=np.float64))
        shapes = {self.strength.shape, self.passed.shape, self.injected.shape}
        if len(shapes) > 1 or self.strength.ndim != 1:
            raise BadLayout(f"efficiency curve: expected arrays of shape (point,), got {shapes}.")
        if len(self.strength) < 2:
            raise TooFewEvents(
                f"efficiency curve: expected at least two strengths, got {len(self.strength)}."
            )
        if not (np.all(np.diff(self.strength) > 0) and self.strength[0] >= 0):
            raise BadLayout(
                f"efficiency curve: expected strengths >= 0 that increase, "
                f"got {self.strength.tolist()}."
            )
        good = (self.passed >= 0) & (self.passed <= self.injected) & (self.injected > 0)
        if not (good.all() and np.isfinite(self.injected).all()):
            raise BadValue("efficiency curve: expected 0 <= passed <= injected and injected > 0.")

    def __call__(self, strength: ArrayLike) -> Floats:
        """The efficiency at the given strengths; NaN outside those measured."""
        at = np.asarray(strength, dtype=np.float64)
        inside = (at >= self.strength[0]) & (at <= self.strength[-1])
        values = evaluate_cubic(self.strength, self.cubic(), at[..., None])[..., 0]
        return np.asarray(np.where(inside, values, np.nan))[()]

    def interval(self) -> tuple[Floats, Floats]:
        """Clopper-Pearson intervals of one standard deviation of the points, shape (point,)."""
        return clopper_pearson(self.passed, self.injected)

    def cubic(self) -> Floats:
        """Coefficients of the curve, shape (4, segment, 1)."""
        return self._coefficients((self.passed / self.injected)[None])

    def toys(self, n: int, seed: Seed | int) -> Floats:
        """Coefficients of `n` curves that the measurements allow, shape (4, segment, n).

        Each point is drawn from its Jeffreys posterior, Beta(k + 1/2, n - k + 1/2).
        """
        rng = Seed.of(seed).child("efficiency").generator()
        shape = (n, len(self.strength))
        failed = self.injected - self.passed
        return self._coefficients(rng.beta(self.passed + 0.5, failed + 0.5, shape))

    def _coefficients(self, efficiency: Floats) -> Floats:
        """From efficiencies of shape (toy, point)."""
        if self.monotone:
            efficiency = np.stack(
                [isotonic_regression(each, weights=self._information()).x for each in efficiency]
            )
        return np.asarray(PchipInterpolator(self.strength, efficiency.T, axis=0).c)

    def _information(self) -> Floats:
        """Inverse binomial variances, for none or all events that of half an event."""
        share = (self.passed + 0.5) / (self.injected + 1.0)
        return np.asarray(self.injected / (share * (1.0 - share)))


def evaluate_cubic(knots: Floats, c: Floats, at: Floats) -> Floats:
    """Piecewise cubics, shape (4, segment, toy), at points of shape (…, toy) or (…, 1)."""
    segment = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    toy = np.arange(c.shape[2])
    d = at - knots[segment]
    value = np.broadcast_to(c[0, segment, toy], np.broadcast_shapes(at.shape, toy.shape))
    for power in range(1, 4):
        value = value * d + c[power, segment, toy]
    return np.asarray(value)
