"""What a search found: plain, frozen, and the same in memory, in JSON and in the report."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from anomalon.stats import Spectrum

__all__ = [
    "CutResult",
    "MassLeak",
    "PGlobalSource",
    "Scan",
    "SpectrumFit",
    "Trial",
    "TrialToys",
    "WindowResult",
]

Floats = NDArray[np.floating[Any]]

PGlobalSource = Literal["sidak", "pseudo-experiments", "number of pseudo-experiments"]
"""Where a global p-value comes from: Sidak's bound for independent trials, the share of
pseudo-experiments that are as significant, or the bound 1/(n + 1) if none of n is."""


@dataclass(frozen=True, eq=False)
class SpectrumFit:
    """A mass spectrum and the smooth function fitted to it, to all of it but the signal region.

    Args:
        edges: Bin edges in GeV, shape (bin + 1,).
        counts: Mean number of selected events per bin, shape (bin,).
        variance: Variance of `counts`, shape (bin,).
        event_weight: Effective weight of an event in each bin, shape (bin,): counts divided by it
            are Poisson.
        fitted: True for the bins that the fit saw (not those of the signal region).
        expected: The function integrated over each bin, shape (bin,).
        sigma_expected: Its uncertainty from the fit, shape (bin,).
        shape: Name of the family, e.g. "dijet" or "exponential".
        n_parameters: Of the function that is shown: the best, or the one that a test has chosen.
        parameters: Their values, shape (n_parameters,).
        deviance: -2 ln(likelihood ratio) to the saturated model, over the fitted bins; in a search
            of events merged until each expects five of them (`search.merged_goodness`).
        ndf: So many bins minus parameters.
        p_value: Goodness of fit, from these two.
        tried: The functions that were tried, over all fitted bins, not merged: rows with keys
            shape, n_parameters, deviance, ndf, p_value and chosen; with the function as a nuisance
            also cost (deviance plus one for each parameter, over that of the best), with a test f
            and p_f (None for the first).
        ok: False if the fit has no answer; then `why` says it.
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
    tried: tuple[dict[str, Any], ...]
    ok: bool
    why: str

    @property
    def spectrum(self) -> Spectrum:
        """The counts without the function."""
        plain = np.array_equal(self.variance, self.counts)
        variance = None if plain else self.variance
        return Spectrum(self.counts, self.edges, variance, self.event_weight)


@dataclass(frozen=True, eq=False)
class CutResult:
    """One window, one feature set, one working point.

    Args:
        efficiency: Background efficiency asked for; 1.0 is the spectrum without a cut.
        n: Mean over ensemble members of the selected events in the signal region.
        expected: Background expected there from the fit outside the signal region.
        n_effective, expected_effective: The same in effective events: each bin divided by the
            effective weight of its events. The significance is that of these, so that two events
            of weight 1e6 are two events.
        sigma_poisson: Statistical uncertainty of `n` if only background is there.
        sigma_fit: Uncertainty of `expected` from the parameters of the function that fits best.
        sigma_function: What other functions add to the 68 % interval of `expected`; 0 if a test
            has chosen one, which leaves it unknown.
        sigma_ensemble: Uncertainty of `n` from the spread of the members.
        sigma_folds: Uncertainty of `n` because folds that learn from each other fluctuate
            together; 0 if members see all events, which leaves it unknown.
        sigma_closure: Excess that the cut makes by itself, as far as features tell the mass.
        z_local: Significance, signed: negative for a deficit. With the function as a nuisance it is
            that over the function which is best for the count (`anomalon.stats.fits.envelope`).
        p_local: One-sided p-value of an excess.
        member_counts: Selected events in the signal region for each member, shape (member,).
        fit: The spectrum and its fit.
        pass_chi2, pass_ndf: Is the share of events that pass flat in mass (sculpting check)?
            Fitted over bins outside the signal region, against a constant.
        pass_fraction: Rows {mass, fraction, sigma} for the plot of it.
        signal_efficiency: Share of true signal in the signal region that passes; None if unknown.
        true_signal, true_background: Selected true events in the signal region; None if unknown.
        ok: False if there is no significance to give; then `why` says it and z is NaN.
    """

    efficiency: float
    n: float
    expected: float
    n_effective: float
    expected_effective: float
    sigma_poisson: float
    sigma_fit: float
    sigma_function: float
    sigma_ensemble: float
    sigma_folds: float
    z_local: float
    p_local: float
    member_counts: Floats
    fit: SpectrumFit
    pass_chi2: float | None
    pass_ndf: int | None
    pass_fraction: tuple[dict[str, float], ...]
    signal_efficiency: float | None
    true_signal: float | None
    true_background: float | None
    ok: bool
    why: str
    sigma_closure: float = 0.0


@dataclass(frozen=True)
class MassLeak:
    """How well the features tell the inner halves of the side bands from the outer ones.

    Args:
        distance: Of the mean scores of the two, in standard deviations of the score, for events
            that the classifier did not see; 0 if features tell nothing.
        uncertainty: Its standard deviation if they do not.
        p_value: Probability of a distance as large if they do not.
        d: The distance as far as it exceeds its own error; 0 if it may be chance.
    """

    distance: float
    uncertainty: float
    p_value: float
    d: float

    def non_closure(self, efficiency: float) -> float:
        """Relative excess that a cut at this background efficiency makes by itself."""
        if self.d == 0 or efficiency >= 1:
            return 0.0
        return float(ndtr(ndtri(efficiency) + self.d) / efficiency - 1)


@dataclass(frozen=True, eq=False)
class WindowResult:
    """One window with one feature set, at all working points.

    Args:
        window: {"low": …, "high": …, "sideband_low": …, "sideband_high": …} in GeV.
        features: The feature set.
        n_signal_region, n_sidebands: Events there before any cut.
        cuts: The result without a cut first, then one for each working point.
        histograms: Score and feature distributions before and after the tightest cut: rows with
            keys name, unit, edges, signal_region, sidebands, selected (counts, each normalised to
            one; selected = signal region after the cut).
        roc: {"fpr", "tpr", "sic", "sic_low", "sic_high" (68 % bootstrap band), "auc", "max_sic",
            both with "…_uncertainty", "fpr_floor", "n_background", "n_signal"} from
            truth, or None if there is none.
        correlation: Spearman correlation of each feature with mass, before and after the
            decorrelation: rows with keys feature, before, after.
        warnings: What a reader must know and the numbers do not say, in sentences. (Why a cut
            failed is in its `why`, how well it fits in the `p_value` of its fit.)
        mass_leak: What the features, decorrelated, tell of the mass inside the side bands; None if
            it was not or could not be measured.
    """

    window: dict[str, float]
    features: tuple[str, ...]
    n_signal_region: int
    n_sidebands: int
    cuts: tuple[CutResult, ...]
    histograms: tuple[dict[str, Any], ...]
    roc: dict[str, Any] | None
    correlation: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...] = ()
    mass_leak: MassLeak | None = None


@dataclass(frozen=True, eq=False)
class Trial:
    """One line of the ledger: a place where an excess could have been seen.

    Without a cut no feature is looked at: `features` is then "none".
    """

    window: str
    features: str
    efficiency: float
    p_local: float
    z_local: float


@dataclass(frozen=True, eq=False)
class TrialToys:
    """Pseudo-experiments without signal in which the whole search was repeated, training included.

    Args:
        p_local: Local p-value of each trial of the ledger, shape (toy, trial); NaN where it failed.
        smallest: The smallest of each pseudo-experiment, shape (toy,).
        k: How many of them are as small as that of the data.
        p: (k + 1)/(n + 1), the data counting as one of them.
        low, high: Clopper-Pearson interval of k/n at 68 %.
        n_effective: How many independent trials would be as bad, at the local p-value that 5 % of
            the pseudo-experiments beat.
        p_sidak: Probability of local p-values in the pseudo-experiments being as small as they are,
            if Sidak's bound holds (`stats.sidak_test`); NaN if unknown.
    """

    p_local: Floats
    smallest: Floats
    k: int
    p: float
    low: float
    high: float
    n_effective: float
    p_sidak: float = float("nan")

    @property
    def n(self) -> int:
        """How many pseudo-experiments."""
        return len(self.smallest)


@dataclass(frozen=True, eq=False)
class Scan:
    """A whole search.

    Args:
        name: Title that the user gave.
        windows: One result per window and feature set.
        ledger: Every trial, in order; the spectrum without a cut once for each signal region.
        best: The trial with the smallest local p-value, or None if no trial has one.
        p_global: Probability that background alone gives, anywhere in the ledger, a p-value as
            small as the best: the share of pseudo-experiments that do. Without any that does, an
            upper bound: 1/(n + 1) of n pseudo-experiments, or Sidak's 1 - (1 - p)^trials if that
            is smaller and their own p-values do not contradict it. The trials are positively
            correlated (overlapping windows, nested cuts), so the true one is smaller than Sidak's
            if local p-values are right.
        z_global: The same in standard deviations.
        settings: The search as resolved, plain.
        data: {"source", "n_events", "digest", "has_truth"} of what was searched; with signal that
            was added for a study, {"injected_signal", "injection_seed"} as well.
        seed: Root seed.
        notes: What a reader must know, in sentences.
        p_global_is_bound: Whether `p_global` is only an upper bound.
        toys: The pseudo-experiments, if there were any.
        p_global_source: Where `p_global` comes from.
    """

    name: str
    windows: tuple[WindowResult, ...]
    ledger: tuple[Trial, ...]
    best: Trial | None
    p_global: float | None
    z_global: float | None
    settings: dict[str, Any]
    data: dict[str, Any]
    seed: int
    notes: tuple[str, ...] = field(default=())
    p_global_is_bound: bool = True
    toys: TrialToys | None = None
    p_global_source: PGlobalSource = "sidak"
