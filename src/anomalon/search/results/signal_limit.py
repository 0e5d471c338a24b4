"""The limit on one signal: at every working point, and at the one that is expected to be best."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.rounding import efficiency as working_point
from anomalon.core.window import Window
from anomalon.search.results.naming import feature_names
from anomalon.search.results.window import By
from anomalon.stats import asimov_significance

__all__ = ["CutLimit", "SignalLimit"]

Floats = NDArray[np.floating[Any]]

EQUIVALENT = 3.0
"""Standard deviations without a cut at which the gain of a cut is told."""


@dataclass(frozen=True, eq=False)
class CutLimit:
    """What one cut says of a signal. Counts are in events of the signal region.

    Args:
        window, by, features, cut: What selects: the background efficiency of the cut is `cut`, 1
            without one.
        n, expected: Events in the data as they are, and expected from background.
        sigma: Uncertainty of the expectation and of the count, without its Poisson fluctuation.
        effective: Effective events for one event, as they fluctuate.
        passed: Signal events selected, shape (strength, injection); NaN where a run failed.
        injected: Signal events injected, of the same shape.
        z: Significances with the signal, of the same shape.
        retained: Share of the selected signal that appears as an excess; the rest lifts the fit.
        efficiency: Share of the injected events that is selected, shape (strength,); NaN where all
            runs failed.
        low, high: Its interval of one standard deviation.
        unknown: Relative uncertainty of the efficiency at the expected limit: the number of
            injected events, and what the training scatters from draw to draw beyond that. With one
            draw the scatter is unknown, and left out.
        events: Upper limit on the selected signal events; NaN if there is none.
        events_band: The expected ones, shape (5,).
        observed: Upper limit on the strength in events before the search; NaN if there is none.
        low_observed, high_observed: What the statistics of the injections leaves open of it.
        band: The expected ones, shape (5,).
        why: The reason where there is no limit, or a remark.
        method: What the template is from, if the search has several methods; else "".
    """

    window: Window
    by: By
    features: tuple[str, ...]
    cut: float
    n: float
    expected: float
    sigma: float
    effective: float
    passed: Floats
    injected: Floats
    z: Floats
    retained: float
    efficiency: Floats
    low: Floats
    high: Floats
    unknown: float
    events: float
    events_band: Floats
    observed: float
    low_observed: float
    high_observed: float
    band: Floats
    why: str
    method: str = ""

    @property
    def selection_name(self) -> str:
        """Features, score or cut, as readers name them, with the method if there are several."""
        named = feature_names(self.features)
        return f"{named} ({self.method})" if self.method else named

    @property
    def median(self) -> float:
        """The median expected limit; NaN if there is none."""
        return float(self.band[2])

    @property
    def label(self) -> str:
        """What selects, as readers name it."""
        if self.by == "cut" and self.cut < 1:
            return f"own cut {feature_names(self.features)}"
        return working_point(self.cut)

    @property
    def median_z(self) -> Floats:
        """Median significance with the signal, shape (strength,); NaN where all runs failed."""
        return np.array([np.median(z[np.isfinite(z)]) if np.isfinite(z).any() else np.nan
                         for z in self.z])  # fmt: skip

    def expected_z(self, strength: Floats) -> Floats:
        """Significance that signals of these strengths are expected to have, shape (strength,)."""
        known = np.isfinite(self.efficiency)
        passed, injected = np.nansum(self.passed[known]), np.nansum(self.injected[known])
        if not injected > 0:
            return np.full(len(strength), np.nan)
        share = self.retained * self.effective * passed / injected
        b, sigma = self.effective * self.expected, self.effective * self.sigma
        return np.asarray(asimov_significance(strength * share, b, sigma))


@dataclass(frozen=True, eq=False)
class SignalLimit:
    """The limit on one signal.

    Args:
        name: Of the signal.
        mass: Of its resonance in GeV.
        n_events: In its sample.
        strengths: That were injected, in events before the search, shape (strength,).
        cuts: All working points.
        best: Position of the one with the smallest median expected limit, which does not look at
            the observed ones; None if no cut has an expected limit.
        failures: Why runs failed, each reason once, with how many did.
    """

    name: str
    mass: float
    n_events: int
    strengths: Floats
    cuts: tuple[CutLimit, ...]
    best: int | None
    failures: tuple[str, ...]

    @property
    def chosen(self) -> CutLimit | None:
        """The working point with the smallest median expected limit."""
        return None if self.best is None else self.cuts[self.best]

    @property
    def uncut(self) -> CutLimit:
        """The same window without a cut."""
        window = self.cuts[self.best or 0].window
        return next(c for c in self.cuts if c.window == window and c.cut == 1)

    def gain(self, cut: CutLimit) -> tuple[float, float, float] | None:
        """Strength, expected Z without a cut and median Z with it where the former is 3.

        None if that strength is not among those injected.
        """
        uncut = next(c for c in self.cuts if c.window == cut.window and c.cut == 1)
        before, after = uncut.expected_z(self.strengths), cut.median_z
        good = np.isfinite(before) & np.isfinite(after)
        before, after, at = before[good], after[good], self.strengths[good]
        if len(at) < 2 or not before[0] <= EQUIVALENT * (1 + 1e-6):
            return None
        if not before[-1] >= EQUIVALENT * (1 - 1e-6):
            return None
        where = np.interp(EQUIVALENT, before, at)
        return float(where), EQUIVALENT, float(np.interp(where, at, after))
