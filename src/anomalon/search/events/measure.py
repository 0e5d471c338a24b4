"""From a selection to a significance: spectrum, background fit, comparison of counts.

The count in the signal region is a mean over ensemble members, i.e. a sum of event weights w in
[0, 1], with Poisson variance sum(w^2) <= sum(w). The background expected there comes from smooth
functions fitted to the same spectrum without the signal region. These uncertainties are kept apart:

* Poisson: sqrt(sum b s) over bins with the effective weight s of an event (`weighing`).
* Fit: from the covariance of the parameters of the function that fits best.
* Function: that another function may be the right one; it is profiled
  (`anomalon.stats.fits.envelope`).
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
from anomalon.search.events.background_fits import BackgroundFits, fit_backgrounds
from anomalon.search.events.cross_training import CrossTraining
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.merged_goodness import goodness
from anomalon.search.events.sculpting import pass_fraction
from anomalon.search.events.selection import Selection
from anomalon.search.events.weighing import Weighing, carried
from anomalon.search.results.cut import CutResult, Truth, Uncertainties
from anomalon.search.results.failed import failed_cut
from anomalon.search.results.fitted import SpectrumFit, spectrum_fit
from anomalon.search.results.window import MassLeak
from anomalon.stats import Envelope, Spectrum, p_from_z, scaled_significance
from anomalon.stats.fits import profiled_significance

__all__ = ["measure"]

Floats = NDArray[np.floating[Any]]


def measure(
    events: Sample,
    window: Window,
    selection: Selection,
    edges: Floats,
    settings: FitSettings,
    base: Envelope | None = None,
    training: CrossTraining | None = None,
    leak: MassLeak | None = None,
) -> CutResult:
    """Count, fit and compare. `events.label`, if any, only fills the truth columns.

    With a `base`, fits of the spectrum before the cut, the selected spectrum is fitted relative to
    them. With the `training` that the selection comes from, the uncertainty that comes from folds
    learning from each other is measured; with the `leak` of the features, that of the closure.

    A fit that fails gives a result with `ok` False, the reason, and no significance.
    """
    weight = selection.weight * events.weight
    outside = ~window.in_signal_region((edges[:-1] + edges[1:]) / 2)
    weighing = Weighing(events, selection.weight, edges, outside)
    spectrum = weighing.spectrum
    inside = window.in_signal_region(events.mass)
    n = float(weight[inside].sum())
    members = (selection.members[:, inside] * events.weight[inside]).sum(axis=1)
    try:
        fits = fit_backgrounds(spectrum, settings, window, outside, base)
    except FitError as error:
        fits, why = None, str(error)
    else:
        why = ""
    shown = _shown(spectrum, outside, settings, fits, why)
    # of each bin its own share: weights are no matter of the mass
    alike = events.with_weight(weighing.units)
    without_fit = replace(
        failed_cut(selection.efficiency, settings.shape, why),
        n=n,
        member_counts=members,
        fit=shown,
        pass_fraction=pass_fraction(alike, window, selection.weight, edges),
        truth=_truth(events, weight, inside),
        carried=carried(events, selection.weight, window),
    )
    if fits is None:
        return without_fit
    expected = float(fits.expected[0])
    # in effective events, of which the count is a Poisson number
    overweight = weighing.overweight
    n_effective = float(spectrum.effective_counts[~outside].sum()) / overweight
    effective, effective_sigma = fits.effective / overweight, fits.effective_sigma / overweight
    unit = float(effective[0]) / expected
    sigma_ensemble = _training_scatter(events, window, selection, members, expected)
    together = 0.0
    side = float(weight[window.in_sidebands(events.mass)].sum())
    if training is not None and side > 0:
        together = training.correlation(selection, expected / side)
    folds = np.clip(together, 0, 1) * (effective + effective_sigma**2)
    closure = 0.0 if leak is None else leak.non_closure(selection.efficiency)
    apart = (sigma_ensemble * unit) ** 2 + (closure * effective) ** 2
    sigma_b = np.sqrt(effective_sigma**2 + apart + folds)
    each = scaled_significance(n_effective, effective, 1.0, sigma_b)
    z, _ = profiled_significance(np.asarray(each), fits.envelope.cost)
    return replace(
        without_fit,
        expected=expected,
        n_effective=n_effective,
        expected_effective=float(effective[0]),
        sigma=Uncertainties(
            poisson=_poisson(spectrum, fits, ~outside, overweight),
            fit=float(fits.sigma[0]),
            function=fits.sigma_function,
            ensemble=sigma_ensemble,
            folds=float(np.sqrt(folds[0])) / unit,
            closure=float(closure * expected),
        ),
        z_local=z,
        p_local=float(p_from_z(z)),
        ok=True,
        why="",
    )


def _poisson(
    spectrum: Spectrum, fits: BackgroundFits, inside: NDArray[np.bool_], overweight: float
) -> float:
    """Statistical uncertainty of a count of the expected background."""
    variance = (spectrum.event_weight * fits.best.expected)[inside].sum()
    return float(np.sqrt(overweight * variance))


def _shown(
    spectrum: Spectrum,
    outside: NDArray[np.bool_],
    settings: FitSettings,
    fits: BackgroundFits | None,
    why: str,
) -> SpectrumFit:
    """The spectrum and its best function, judged over merged bins."""
    if fits is None:
        return spectrum_fit(spectrum, None, outside, settings.shape, why)
    best = fits.best
    tried = best.tried or fits.envelope.table
    found = goodness(best)
    return replace(
        spectrum_fit(spectrum, best, outside, settings.shape, why, tried),
        deviance=found.deviance,
        ndf=found.ndf,
        p_value=found.p_value,
    )


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


def _truth(events: Sample, weight: Floats, inside: NDArray[np.bool_]) -> Truth | None:
    if events.label is None:
        return None
    signal = inside & (events.label == 1)
    total = float(events.weight[signal].sum())
    passed = float(weight[signal].sum())
    return Truth(
        signal=passed,
        background=float(weight[inside].sum()) - passed,
        efficiency=passed / total if total > 0 else None,
    )
