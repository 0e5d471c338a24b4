"""What a search in a histogram found: plain and frozen, the same in memory and in JSON."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.search.results.fitted import SpectrumFit
from anomalon.stats import SignalNuisances
from anomalon.stats.coverage import ClosureTest, Coverage, PValueUniformity

__all__ = ["BumpResult", "LimitCoverage", "LimitResult", "SignalClosure"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class SignalClosure:
    """Signals that were injected into pseudo-experiments, and measured.

    Args:
        mass: Of the signal, in GeV.
        test: What came out, or None if it failed.
        why: Why it did, or "".
    """

    mass: float
    test: ClosureTest | None
    why: str


@dataclass(frozen=True, eq=False)
class LimitCoverage:
    """How often limits in pseudo-experiments are above the signal that was injected.

    Args:
        masses: In GeV, shape (mass,).
        expected: Median expected limits without signal, in the units of the coverage.
        coverage: Against the strength, for each of them.
        failed: Masses at which it could not be measured, GeV.
    """

    masses: Floats
    expected: Floats
    coverage: tuple[Coverage, ...]
    failed: Floats

    @property
    def ok(self) -> bool:
        """Whether no limit covers less than it promises, and none failed."""
        return all(c.ok for c in self.coverage) and not len(self.failed)


@dataclass(frozen=True, eq=False)
class BumpResult:
    """The most significant window of a spectrum.

    Args:
        name: Title that the user gave.
        source: Where the spectrum came from.
        background: "fit", "reference" (a finite sample) or "exact".
        choice_repeated: Whether pseudo-experiments chose their own number of parameters.
        deficit: Whether a deficit was looked for.
        fit: The spectrum and its background.
        low, high: Edges of the window in GeV.
        n, expected: Events seen and expected in it.
        p_local, z_local: Of the window alone.
        p_global: Share of background-only pseudo-experiments with a window as significant,
            (k + 1)/(n + 1); `p_global_low` to `p_global_high` is its 68 % interval.
        p_global_is_bound: Whether none was as significant, so that more would give less.
        z_global: The same in standard deviations.
        p_global_fixed: The same if pseudo-experiments are not fitted anew; None without a fit.
        n_toys, n_failed: Pseudo-experiments, and those that could not be fitted.
        t: Test statistic, -ln p_local.
        t_edges, t_counts: Histogram of it in the pseudo-experiments.
        n_windows: Windows that were tried.
        window_low, window_high, window_z: The most significant of them, 10,000 at most, shape
            (window,).
        masses: Of the scan for a narrow resonance, GeV, shape (mass,); empty if none was made.
        resolution: Standard deviation of the resonance over its mass, or None.
        mass_z: Local significance at each mass, signed.
        mass_p_global: Probability of a significance as large at any mass.
        mass_spurious: Signal that the fit finds, over its uncertainty, in a spectrum without signal
            that follows the same family with one more parameter, of the value that the data prefer;
            empty if there is none.
        mass_spurious_error: What one standard deviation of that parameter makes of it.
        trial_factor: Global over local p-value at the best mass, or None.
        closure: Are global p-values uniform, if the whole search is repeated in pseudo-experiments?
            None if that was not asked for, or there is no fit.
        signal: What is measured of signals that are injected at the best mass; None without scan.
        seed: Root seed.
        roles: What every part of the source was taken for, a sentence each.
    """

    name: str
    source: str
    background: str
    choice_repeated: bool
    deficit: bool
    fit: SpectrumFit
    low: float
    high: float
    n: float
    expected: float
    p_local: float
    z_local: float
    p_global: float
    p_global_low: float
    p_global_high: float
    p_global_is_bound: bool
    z_global: float
    p_global_fixed: float | None
    n_toys: int
    n_failed: int
    t: float
    t_edges: Floats
    t_counts: Floats
    n_windows: int
    window_low: Floats
    window_high: Floats
    window_z: Floats
    masses: Floats
    resolution: float | None
    mass_z: Floats
    mass_p_global: Floats
    mass_spurious: Floats
    mass_spurious_error: Floats
    trial_factor: float | None
    closure: PValueUniformity | None
    signal: SignalClosure | None
    seed: int
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class LimitResult:
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
    """

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
