"""What a search found: plain, frozen, and the same in memory, in JSON and in the report."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BumpResult",
    "CutResult",
    "LimitResult",
    "Scan",
    "SpectrumFit",
    "Trial",
    "TrialToys",
    "WindowResult",
]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class SpectrumFit:
    """The selected mass spectrum and the smooth function fitted to its side bands.

    Args:
        edges: Bin edges in GeV, shape (bin + 1,).
        counts: Mean number of selected events per bin, shape (bin,).
        variance: Variance of `counts`, shape (bin,).
        fitted: True for the bins that the fit saw (not those of the signal region).
        expected: The function integrated over each bin, shape (bin,).
        sigma_expected: Its uncertainty from the fit, shape (bin,).
        shape: Name of the family, e.g. "dijet" or "exponential".
        n_parameters: Chosen by the F-test.
        parameters: Their values, shape (n_parameters,).
        deviance: -2 ln(likelihood ratio) to the saturated model, over the fitted bins.
        ndf: Fitted bins minus parameters.
        p_value: Goodness of fit.
        tried: The F-test's table: one row per order tried, with keys n_parameters, deviance, ndf,
            p_value, f, p_f (None for the first) and chosen.
        ok: False if the fit has no answer; then `why` says it.
    """

    edges: Floats
    counts: Floats
    variance: Floats
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


@dataclass(frozen=True, eq=False)
class CutResult:
    """One window, one feature set, one working point.

    Args:
        efficiency: Background efficiency asked for; 1.0 is the spectrum without a cut.
        n: Mean over ensemble members of the selected events in the signal region.
        expected: Background expected there from the side-band fit.
        sigma_poisson: Statistical uncertainty of `n` if only background is there.
        sigma_fit: Uncertainty of `expected` from the fit.
        sigma_ensemble: Uncertainty of `n` from the spread of the members.
        sigma_folds: Uncertainty of `n` because folds that learn from each other fluctuate
            together; 0 if members see all events, which leaves it unknown.
        z_local: Significance, signed: negative for a deficit.
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
    sigma_poisson: float
    sigma_fit: float
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
        roc: {"fpr", "tpr", "sic", "auc", "max_sic", "fpr_floor", "n_background", "n_signal"} from
            truth, or None if there is none.
        correlation: Spearman correlation of each feature with mass, before and after the
            decorrelation: rows with keys feature, before, after.
        warnings: What a reader must know, in sentences.
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


@dataclass(frozen=True, eq=False)
class Trial:
    """One line of the ledger: a place where an excess could have been seen."""

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
    """

    p_local: Floats
    smallest: Floats
    k: int
    p: float
    low: float
    high: float
    n_effective: float

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
        ledger: Every trial, in order.
        best: The trial with the smallest local p-value, or None if no trial has one.
        p_global: Probability that background alone gives, anywhere in the ledger, a p-value as
            small as the best: the share of pseudo-experiments that do. Without any that does, an
            upper bound: Sidak's 1 - (1 - p)^trials, or 1/(n + 1) of n pseudo-experiments. The
            trials are positively correlated (overlapping windows, nested cuts), so the true one is
            smaller than Sidak's.
        z_global: The same in standard deviations.
        settings: The search as resolved, plain.
        data: {"source", "n_events", "digest", "has_truth"} of what was searched.
        seed: Root seed.
        notes: What a reader must know, in sentences.
        p_global_is_bound: Whether `p_global` is only an upper bound.
        toys: The pseudo-experiments, if there were any.
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


@dataclass(frozen=True, eq=False)
class BumpResult:
    """The most significant window of a spectrum.

    Args:
        name: Title that the user gave.
        source: Where the spectrum came from.
        background: "fit", "reference" (a finite sample) or "exact".
        deficit: Whether a deficit was looked for.
        fit: The spectrum and its background.
        low, high: Edges of the window in GeV.
        n, expected: Events seen and expected in it.
        p_local, z_local: Of the window alone.
        p_global: Share of background-only pseudo-experiments with a window as significant,
            (k + 1)/(n + 1); `p_global_low` to `p_global_high` is its 68 % interval.
        z_global: The same in standard deviations.
        p_global_fixed: The same if pseudo-experiments are not fitted anew; None without a fit.
        n_toys, n_failed: Pseudo-experiments, and those that could not be fitted.
        t: Test statistic, -ln p_local.
        t_edges, t_counts: Histogram of it in the pseudo-experiments.
        window_low, window_high, window_z: Every window that was tried, shape (window,).
        masses: Of the scan for a narrow resonance, GeV, shape (mass,); empty if none was made.
        resolution: Standard deviation of the resonance over its mass, or None.
        mass_z: Local significance at each mass, signed.
        mass_p_global: Probability of a significance as large at any mass.
        mass_spurious: Signal that the fit finds, over its uncertainty, in a spectrum without signal
            that follows the same family with one more parameter; empty if there is none.
        trial_factor: Global over local p-value at the best mass, or None.
        seed: Root seed.
    """

    name: str
    source: str
    background: str
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
    z_global: float
    p_global_fixed: float | None
    n_toys: int
    n_failed: int
    t: float
    t_edges: Floats
    t_counts: Floats
    window_low: Floats
    window_high: Floats
    window_z: Floats
    masses: Floats
    resolution: float | None
    mass_z: Floats
    mass_p_global: Floats
    mass_spurious: Floats
    trial_factor: float | None
    seed: int


@dataclass(frozen=True, eq=False)
class LimitResult:
    """Upper limits on the number of signal events against mass.

    Args:
        name: Title that the user gave.
        source: Where the spectrum came from.
        fit: The spectrum and the fit to all of it.
        masses: Of the signal, GeV, shape (mass,).
        resolution: Standard deviation of the signal over its mass.
        level: Confidence level.
        low, high: Window in which events were counted, GeV, shape (mass,).
        n, expected, sigma_expected: Events seen there, and expected from a fit to the other bins.
        share: Of the signal in the window.
        observed: Upper limits in events, shape (mass,); NaN where there is none.
        n_sigma: Standard deviations of the band, shape (5,).
        band: Expected upper limits, shape (5, mass).
        why: Reasons where there is no limit, "" elsewhere.
    """

    name: str
    source: str
    fit: SpectrumFit
    masses: Floats
    resolution: float
    level: float
    low: Floats
    high: Floats
    n: Floats
    expected: Floats
    sigma_expected: Floats
    share: Floats
    observed: Floats
    n_sigma: Floats
    band: Floats
    why: tuple[str, ...]
