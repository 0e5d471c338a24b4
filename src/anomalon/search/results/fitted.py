"""A spectrum and the function that was fitted to it, in the form in which results keep them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.result import Number, Text
from anomalon.core.rounding import p_value, plain
from anomalon.core.shown import Shown
from anomalon.stats import Fit, Spectrum
from anomalon.stats.fits import TriedFunction

__all__ = ["FittedPeak", "SpectrumFit", "spectrum_fit"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class FittedPeak:
    """A peak that was fitted together with the function, to all bins.

    Args:
        mass: The middle of the window in GeV; the peak is anywhere in the middle half of it.
        sigma: Standard deviation of the resolution in GeV.
        events: Its events, all of them; negative for a dip.
        uncertainty: Of these, from event statistics and the fit before the cut.
        expected: Those in each bin, shape (bin,).
        influence: How `events` follows the count of each bin, shape (bin,).
    """

    mass: float
    sigma: float
    events: float
    uncertainty: float
    expected: Floats
    influence: Floats


@dataclass(frozen=True, eq=False, repr=False)
class SpectrumFit(Shown):
    """A mass spectrum and the smooth function fitted to it, to all of it but the signal region.

    Args:
        edges: Bin edges in GeV, shape (bin + 1,).
        counts: Mean number of selected events per bin, shape (bin,).
        variance: Variance of `counts`, shape (bin,).
        event_weight: Effective weight of an event in each bin, shape (bin,): counts divided by it
            are Poisson.
        fitted: True for the bins that the function was fitted to: not those of the signal region,
            which a peak alone sees.
        expected: The function integrated over each bin, shape (bin,).
        sigma_expected: Its uncertainty from the fit, shape (bin,).
        shape: Name of the family, e.g. "dijet" or "exponential".
        n_parameters: Of the function that is shown: the best, or the one that a test has chosen.
        parameters: Their values, shape (n_parameters,).
        deviance: -2 ln(likelihood ratio) to the saturated model, over the fitted bins; in a search
            of events merged until each expects five of them (`search.merged_goodness`).
        ndf: So many bins minus parameters.
        p_value: Goodness of fit, from these two.
        tried: The functions that were tried, over all fitted bins, not merged.
        ok: False if the fit has no answer; then `why` says it.
        formula: The family as a formula in the parameters b₀, b₁, …, for readers.
        sigma_parameters: Their standard deviations, shape (n_parameters,).
        peak: What was fitted beside the function, if anything was; deviance and p-value are then
            those of the function and what the peak leaves outside of the signal region.
    """

    edges: Floats
    counts: Floats
    variance: Floats
    event_weight: Floats
    fitted: NDArray[np.bool_]
    expected: Floats
    sigma_expected: Floats
    shape: str
    n_parameters: int
    parameters: Floats
    deviance: float
    ndf: int
    p_value: float
    tried: tuple[TriedFunction, ...]
    ok: bool
    why: str
    formula: str = ""
    sigma_parameters: Floats = field(default_factory=lambda: np.zeros(0))
    peak: FittedPeak | None = None

    @property
    def spectrum(self) -> Spectrum:
        """The counts without the function."""
        plain = np.array_equal(self.variance, self.counts)
        variance = None if plain else self.variance
        return Spectrum(self.counts, self.edges, variance, self.event_weight)

    @property
    def function(self) -> str:
        """The function that is shown, e.g. "dijet, 3 parameters"."""
        plural = "" if self.n_parameters == 1 else "s"
        return f"{self.shape}, {self.n_parameters} parameter{plural}"

    def facts(self) -> tuple[Number | Text, ...]:
        """What its short form says."""
        if not self.ok:
            return (Text("no fit", self.why or "no reason was given"),)
        span = self.edges[0], self.edges[-1]
        return (
            Text("function", self.function),
            Number("range", span[0], unit="GeV", upper=span[1], digits=6),
            Number("events", float(self.counts.sum()), form="count"),
            Text("deviance/ndf", f"{plain(self.deviance)}/{self.ndf}, p = {p_value(self.p_value)}"),
        )


def spectrum_fit(
    spectrum: Spectrum,
    fit: Fit | None,
    fitted: NDArray[np.bool_],
    shape: str,
    why: str,
    tried: tuple[TriedFunction, ...] | None = None,
) -> SpectrumFit:
    """The spectrum and its fit; without a fit, numbers that are not there.

    Args:
        spectrum: One spectrum.
        fit: Its fit, if there is one.
        fitted: The bins that a fit sees, shape (bin,).
        shape: Name of the family, if there is no fit that knows it.
        why: Why there is no fit, or "".
        tried: The functions that were tried, if the fit does not know them.
    """
    unknown = np.full(len(spectrum.counts), np.nan)
    return SpectrumFit(
        edges=spectrum.edges,
        counts=spectrum.counts,
        variance=spectrum.variances,
        event_weight=spectrum.event_weight,
        fitted=fitted,
        expected=unknown if fit is None else fit.expected,
        sigma_expected=unknown if fit is None else fit.sigma_expected,
        shape=shape if fit is None else fit.shape.kind,
        n_parameters=0 if fit is None else fit.n_parameters,
        parameters=np.array([]) if fit is None else fit.parameters,
        deviance=np.nan if fit is None else float(fit.deviance),
        ndf=0 if fit is None else int(fit.ndf),
        p_value=np.nan if fit is None else float(fit.p_value),
        tried=tried if tried is not None else () if fit is None else fit.tried,
        ok=fit is not None and bool(fit.ok),
        why=why,
        formula="" if fit is None else fit.shape.formula,
        sigma_parameters=np.zeros(0) if fit is None else fit.errors,
    )
