"""From a selection to a significance: spectrum, background fit, comparison of counts.

The count in the signal region is a mean over ensemble members, i.e. a sum of event weights w in
[0, 1], with Poisson variance sum(w^2) <= sum(w). The background expected there comes from a smooth
function fitted to the same spectrum without the signal region; its order is chosen by an F-test.
Five uncertainties are kept apart:

* Poisson: sqrt(b s), with s = sum(w^2) / sum(w) outside the signal region, where no signal is.
* Fit: from the covariance of the parameters.
* Ensemble: what the members' counts scatter beyond what event statistics explains.
* Folds: what the counts of different folds fluctuate together, because each was selected by models
  that had learned from the others (`cross_training`).
* Closure: the excess that the cut makes by itself if features tell the mass (`mass_leak`).
"""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import FitError
from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.search.cross_training import CrossTraining
from anomalon.search.failed import failed_cut
from anomalon.search.fit_settings import FitSettings
from anomalon.search.fitted import spectrum_fit
from anomalon.search.merged_goodness import goodness
from anomalon.search.result import CutResult, MassLeak, SpectrumFit
from anomalon.search.sculpting import pass_fraction
from anomalon.search.selection import Selection
from anomalon.stats import (
    Fit,
    Relative,
    Spectrum,
    choose_order,
    p_from_z,
    scaled_significance,
)

__all__ = ["fit_background", "measure"]

Floats = NDArray[np.floating[Any]]


def measure(
    events: Sample,
    window: Window,
    selection: Selection,
    edges: Floats,
    settings: FitSettings,
    base: Fit | None = None,
    training: CrossTraining | None = None,
    leak: MassLeak | None = None,
) -> CutResult:
    """Count, fit and compare. `events.label`, if any, only fills the truth columns.

    With a `base`, the fit of the spectrum before the cut, the selected spectrum is fitted relative
    to it. With the `training` that the selection comes from, the uncertainty that comes from folds
    learning from each other is measured; with the `leak` of the features, that of the closure.

    A fit that fails gives a result with `ok` False, the reason, and no significance.
    """
    weight = selection.weight * events.weight
    spectrum = Spectrum.from_masses(events.mass, edges, weight)
    middle = (edges[:-1] + edges[1:]) / 2
    outside = ~window.in_signal_region(middle)
    inside = window.in_signal_region(events.mass)
    n = float(weight[inside].sum())
    members = (selection.members[:, inside] * events.weight[inside]).sum(axis=1)
    chi2, ndf, fraction = pass_fraction(events, window, selection.weight, edges)
    truth = _truth(events, weight, inside)
    fit, why = fit_background(spectrum, settings, outside, base)
    shown = spectrum_fit(spectrum, fit, outside, settings.shape, why)
    without_fit = replace(
        failed_cut(selection.efficiency, settings.shape, why),
        n=n,
        member_counts=members,
        fit=shown,
        pass_chi2=chi2,
        pass_ndf=ndf,
        pass_fraction=fraction,
        **truth,
    )
    if fit is None or not fit.ok:
        return without_fit
    predicted = fit.integral(window.low, window.high)
    expected, sigma_fit = predicted.value, predicted.uncertainty
    if base is not None:
        base_part = Relative(1, base).base_uncertainty(window.low, window.high, outside)
        sigma_fit = float(np.hypot(sigma_fit, expected * base_part))
    scale = _variance_scale(spectrum, outside)
    sigma_ensemble = _training_scatter(events, window, selection, members, expected)
    sigma_poisson = float(np.sqrt(expected * scale))
    together = 0.0
    side = float(weight[window.in_sidebands(events.mass)].sum())
    if training is not None and side > 0:
        together = training.correlation(selection, expected / side)
    sigma_folds = float(np.sqrt(np.clip(together, 0, 1)) * np.hypot(sigma_poisson, sigma_fit))
    sigma_closure = 0.0 if leak is None else expected * leak.non_closure(selection.efficiency)
    sigma_b = float(np.linalg.norm([sigma_fit, sigma_ensemble, sigma_folds, sigma_closure]))
    z = float(scaled_significance(n, expected, scale, sigma_b))
    return replace(
        without_fit,
        expected=float(expected),
        sigma_poisson=sigma_poisson,
        sigma_fit=float(sigma_fit),
        sigma_ensemble=sigma_ensemble,
        sigma_folds=sigma_folds,
        sigma_closure=float(sigma_closure),
        z_local=z,
        p_local=float(p_from_z(z)),
        fit=_judged(shown, fit),
        ok=True,
        why="",
    )


def _judged(shown: SpectrumFit, fit: Fit) -> SpectrumFit:
    """With the goodness of fit over merged bins."""
    found = goodness(fit)
    return replace(shown, deviance=found.deviance, ndf=found.ndf, p_value=found.p_value)


def fit_background(
    spectrum: Spectrum,
    settings: FitSettings,
    outside: NDArray[np.bool_],
    base: Fit | None = None,
) -> tuple[Fit | None, str]:
    """The fit of the bins outside the signal region and, if there is none to be had, why."""
    shape = settings.family if base is None else Relative(1, base)
    try:
        fit = choose_order(
            spectrum,
            shape,
            settings.n_min if base is None else 1,
            settings.n_max if base is None else min(settings.n_max, shape.n_most),
            mask=~outside,
            alpha=settings.alpha,
            throw=False,
        )
    except FitError as error:
        return None, str(error)
    return fit, str(fit.why)


def _variance_scale(spectrum: Spectrum, outside: NDArray[np.bool_]) -> float:
    """Variance per count of what is background for sure: the bins outside the signal region."""
    return float(spectrum.variances[outside].sum() / spectrum.counts[outside].sum())


def _training_scatter(
    events: Sample, window: Window, selection: Selection, counts: Floats, expected: float
) -> float:
    """Uncertainty of the mean count from training, apart from event statistics.

    Two members that select different events differ because events are Poisson, in the signal region
    and in the side bands that set the threshold. That part is already in the Poisson and the fit
    uncertainty. With q_m(e) the weight of event e in member m and w(e) its mean,

        <(n_m - n)^2> from statistics = sum_e (<q_m^2> - w^2) [signal region]
                                        + (b / n_side)^2 sum_e (<q_m^2> - w^2) [side bands].

    What the members scatter beyond it, divided by their number, is the variance of the mean.
    """
    n_members = len(selection.members)
    if n_members < 2:
        return 0.0
    w2 = events.weight**2
    spread = (selection.members**2).mean(axis=0) - selection.weight**2
    side = window.in_sidebands(events.mass)
    n_side = float((selection.weight * events.weight)[side].sum())
    inside = window.in_signal_region(events.mass)
    statistical = float((w2 * spread)[inside].sum())
    if n_side > 0:
        statistical += (expected / n_side) ** 2 * float((w2 * spread)[side].sum())
    bessel = n_members / (n_members - 1)
    excess = float(np.var(counts, ddof=1)) - statistical * bessel
    return float(np.sqrt(max(excess, 0.0) / n_members))


def _truth(events: Sample, weight: Floats, inside: NDArray[np.bool_]) -> dict[str, Any]:
    if events.label is None:
        return {"signal_efficiency": None, "true_signal": None, "true_background": None}
    signal = inside & (events.label == 1)
    total = float(events.weight[signal].sum())
    passed = float(weight[signal].sum())
    return {
        "signal_efficiency": passed / total if total > 0 else None,
        "true_signal": passed,
        "true_background": float(weight[inside].sum()) - passed,
    }
