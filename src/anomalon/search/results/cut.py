"""One working point of one window: the count, what was expected, and how well that is known."""

from dataclasses import dataclass, replace
from math import hypot, sqrt
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Number, Text
from anomalon.core.rounding import efficiency as working_point
from anomalon.core.shown import Shown
from anomalon.search.results.comparison import Comparison, Learned
from anomalon.search.results.fitted import SpectrumFit
from anomalon.stats import p_from_z

__all__ = ["Carried", "CutResult", "PassFraction", "Truth", "Uncertainties"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Uncertainties:
    """What the comparison of a count with its expectation is uncertain by, in events.

    Args:
        poisson: Statistical uncertainty of the count if only background is there.
        fit: Uncertainty of the expectation from the parameters of the function that fits best.
        function: What other functions add to the 68 % interval of the expectation; 0 if a test has
            chosen one, which leaves it unknown.
        ensemble: Uncertainty of the count from the spread of the members.
        folds: Uncertainty of the count because folds that learn from each other fluctuate together;
            0 if members see all events, which leaves it unknown, and of a score or a cut of the
            user's own, which has learned from none.
        closure: Excess that the cut makes by itself, as far as features tell the mass, and
            as far as samples without signal have shown one.
    """

    poisson: float
    fit: float
    function: float
    ensemble: float
    folds: float
    closure: float = 0.0

    @property
    def total(self) -> float:
        """All of them in quadrature."""
        parts = (self.poisson, self.fit, self.function, self.ensemble, self.folds, self.closure)
        return sqrt(sum(part**2 for part in parts))

    @property
    def without_closure(self) -> float:
        """The others in quadrature."""
        return hypot(self.poisson, self.fit, self.function, self.ensemble, self.folds)


@dataclass(frozen=True)
class Truth:
    """What a cut selects in the signal region, by the labels that the search did not see.

    Args:
        signal, background: Events.
        efficiency: Share of the signal there that passes; None if there is none.
        absorbed: Events by which signal outside of the region lifts the expectation inside, so that
            the excess is smaller than `signal`; None if that is not known.
    """

    signal: float
    background: float
    efficiency: float | None
    absorbed: float | None = None


@dataclass(frozen=True, eq=False)
class PassFraction:
    """Share of events that pass a cut, against the mass: a cut must not sculpt the spectrum.

    Args:
        mass: Middle of each bin in GeV, shape (bin,). Bins in which few events pass are merged.
        fraction: Share that passes.
        sigma: Its statistical uncertainty.
        in_signal_region: Which bins are; a signal would raise the share there.
        chi2: Of a constant share over the bins outside of the signal region; None where fewer than
            two remain.
        ndf: Its degrees of freedom.
    """

    mass: Floats
    fraction: Floats
    sigma: Floats
    in_signal_region: NDArray[np.bool_]
    chi2: float | None = None
    ndf: int | None = None

    @staticmethod
    def unknown() -> "PassFraction":
        """Where no event was selected."""
        nothing = np.array([])
        return PassFraction(nothing, nothing, nothing, np.array([], dtype=np.bool_))

    def __len__(self) -> int:
        return len(self.mass)


@dataclass(frozen=True)
class Carried:
    """How many events carry the weight of a selection, where weights differ.

    Effective events, (sum w)^2 / sum w^2: so many events of one weight fluctuate as much.

    Args:
        signal_region, sidebands: Those of each.
        signal_region_alike, sidebands_alike: What they would be if all events weighed the same.
    """

    signal_region: float
    signal_region_alike: float
    sidebands: float
    sidebands_alike: float

    FEW: ClassVar[float] = 10.0
    """Effective events below which nobody knows how often a sum of weights is as large: one event
    may carry a third of it. Events of one weight are Poisson in any number."""

    @property
    def few(self) -> bool:
        """Whether a few events carry a region that holds many."""
        regions = (
            (self.signal_region, self.signal_region_alike),
            (self.sidebands, self.sidebands_alike),
        )
        return any(worth < self.FEW and 2 * worth < alike for worth, alike in regions)


@dataclass(frozen=True, eq=False, repr=False)
class CutResult(Shown):
    """One window, one feature set, one working point.

    Args:
        efficiency: Background efficiency asked for; 1.0 is the spectrum without a cut.
        n: Mean over ensemble members of the selected events in the signal region.
        expected: Background expected there from the fit outside the signal region.
        n_effective, expected_effective: The same in effective events: each bin divided by the
            effective weight of its events, and never more than the weights in the signal region
            are worth. The significance is that of these, so that two events of weight 1e6 are two
            events.
        sigma: Uncertainties of the comparison, apart.
        z_local: Significance, signed: negative for a deficit. With the function as a nuisance it is
            that over the function which is best for the count (`anomalon.stats.fits.envelope`).
        p_local: One-sided p-value of an excess.
        member_counts: Selected events in the signal region for each member, shape (member,).
        fit: The spectrum and its fit.
        pass_fraction: Share of events that pass, against the mass.
        truth: What was selected in truth; None if that is not known.
        ok: False if there is no significance to give; then `why` says it and z is NaN.
        carried: How many events carry the weight; None if all weigh the same.
        comparison: What the significance is made of; None if there is none, and in older files.
    """

    efficiency: float
    n: float
    expected: float
    n_effective: float
    expected_effective: float
    sigma: Uncertainties
    z_local: float
    p_local: float
    member_counts: Floats
    fit: SpectrumFit
    pass_fraction: PassFraction
    truth: Truth | None
    ok: bool
    why: str
    carried: Carried | None = None
    comparison: Comparison | None = None

    def with_learned(self, known: Learned) -> Self:
        """The same cut, if this is what learning adds to the variance of its count."""
        comparison = self.comparison
        if comparison is None:
            return self
        z = comparison.z(known)
        ensemble, folds = comparison.sigma_ensemble(known), comparison.sigma_folds(known)
        sigma = replace(self.sigma, ensemble=ensemble, folds=folds)
        return replace(self, sigma=sigma, z_local=z, p_local=float(p_from_z(z)))

    @property
    def label(self) -> str:
        """The working point as readers name it."""
        return working_point(self.efficiency)

    def facts(self) -> tuple[Number | Text, ...]:
        """What its short form says."""
        cut = Text("background efficiency", self.label)
        if not self.ok:
            return cut, Text("no answer", self.why or self.fit.why)
        return (
            cut,
            Number("observed", self.n, unit="events", digits=4),
            Number("expected", self.expected, self.sigma.total, unit="events"),
            Number("local significance", self.z_local, form="significance"),
            Number("local p-value", self.p_local, form="p-value"),
        )
