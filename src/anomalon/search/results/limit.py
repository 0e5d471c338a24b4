"""Upper limits against mass: plain and frozen, the same in memory and in JSON."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Result, Summary, Text
from anomalon.core.shown import Fact, Shown
from anomalon.search.results.closure import LimitCoverage, SignalClosure
from anomalon.search.results.fitted import SpectrumFit
from anomalon.search.results.limit_exports import limit_exports
from anomalon.search.results.limit_summary import limit_summary
from anomalon.stats import SignalNuisances

__all__ = ["LimitResult"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False, repr=False)
class LimitResult(Shown, Result):
    """Upper limits on a resonance against mass, and its best strengths.

    Args:
        name: Title that the user gave.
        source: Where the spectrum came from.
        fit: The spectrum and the function that describes it best without signal.
        leverage: Derivatives of the expectations of that function by its parameters, each moved by
            one standard deviation, shape (bin, parameter).
        profiled: Whether the function is a nuisance parameter; False if a test chose it.
        masses: Of the signal, GeV, shape (mass,).
        resolution: Standard deviation of the signal over its mass.
        level: Confidence level.
        nuisances: What is not known of the signal.
        luminosity: Integrated luminosity in fb^-1; None if cross sections were not asked for.
        acceptance: Acceptance times efficiency.
        strength, sigma_strength: Signal events that fit best, signed, and their standard deviation,
            shape (mass,).
        z: Their local significance, signed.
        function: The function that is best with the signal, e.g. "dijet 4", for each mass.
        observed: Upper limits in events, shape (mass,); NaN where there is none.
        n_sigma: Standard deviations of the band, shape (5,).
        band: Expected upper limits, shape (5, mass).
        method: "asymptotic", or "exact" where events are few; "" where there is no limit.
        why: Reasons where there is no limit, "" elsewhere.
        coverage: How often limits cover a signal, or None if that was not asked for.
        signal: What is measured of signals that are injected in the middle of the masses.
        roles: What every part of the source was taken for, a sentence each.
        seed: Root seed.
        digest: Of the numbers that were searched.
    """

    kind: ClassVar[str] = "limit"

    name: str
    source: str
    fit: SpectrumFit
    leverage: Floats
    profiled: bool
    masses: Floats
    resolution: float
    level: float
    nuisances: SignalNuisances
    luminosity: float | None
    acceptance: float
    strength: Floats
    sigma_strength: Floats
    z: Floats
    function: tuple[str, ...]
    observed: Floats
    n_sigma: Floats
    band: Floats
    method: tuple[str, ...]
    why: tuple[str, ...]
    coverage: LimitCoverage | None
    signal: SignalClosure | None
    roles: tuple[str, ...] = ()
    seed: int = 0
    digest: str = ""

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        told = self.summary()
        return (
            Text("name", self.name),
            Text("result", told.verdict),
            *told.numbers[:7],
            Text("data", self.source),
        )

    def summary(self) -> Summary:
        """What a reader is told of it."""
        return limit_summary(self)

    def exports(self) -> dict[str, str]:
        """Workspaces for pyhf, cards for Combine and tables for HEPData."""
        return limit_exports(self)

    @property
    def median(self) -> Floats:
        """Median expected limits, shape (mass,)."""
        return np.asarray(self.band[self.n_sigma.tolist().index(0.0)])

    @property
    def exact_masses(self) -> Floats:
        """Where limits come from sums over the counts, GeV."""
        return np.asarray(self.masses[[method == "exact" for method in self.method]])

    @property
    def per_event(self) -> float | None:
        """Cross section in fb for each signal event; None without a luminosity."""
        return None if self.luminosity is None else 1.0 / (self.luminosity * self.acceptance)
