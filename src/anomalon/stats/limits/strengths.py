"""What is measured of a signal: its strength and its limit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Number, Text
from anomalon.core.shown import Fact, Shown, extent
from anomalon.stats.limits.count_limits import N_SIGMA

__all__ = ["SignalLimit", "Strengths"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class Strengths(Shown):
    """The best strength at each mass, the function of the background profiled.

    For toys, all arrays have the axis (toy,) before that of the masses.

    Args:
        strength: Signal events, signed, shape (mass,); NaN where there is no fit.
        sigma: Its standard deviation, with what is not known of the signal's size.
        z: Signed significance, sign(s) sqrt(2 ln L(s) - 2 ln L(0)).
        function: Number of the function that is best with the signal.
        why: Why there is no fit, else "".
    """

    strength: Floats
    sigma: Floats
    z: Floats
    function: NDArray[np.int64]
    why: NDArray[np.str_]


@dataclass(frozen=True, eq=False, repr=False)
class SignalLimit(Shown):
    """The upper limits at one mass, in signal events.

    Args:
        observed: The limit; NaN where there is none.
        band: Expected ones, for backgrounds that fluctuate by -2, -1, 0, 1, 2 standard deviations.
        method: "asymptotic" or "exact"; "" where there is no limit.
        why: The reason if there is none, else "".
    """

    observed: float
    band: Floats
    method: str
    why: str

    @property
    def median(self) -> float:
        """The median expected limit."""
        return float(self.band[N_SIGMA.index(0.0)])

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        if self.why:
            return (Text("no limit", self.why),)
        return (
            Number("observed", self.observed, unit="events"),
            Number("expected", self.median, unit="events"),
            extent("expected ± 2σ", self.band, "events"),
            Text("calculation", self.method),
        )

    @classmethod
    def none(cls, why: str) -> "SignalLimit":
        """There is no limit."""
        return cls(float("nan"), np.full(len(N_SIGMA), np.nan), "", why)
