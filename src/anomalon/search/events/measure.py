"""From a selection to a significance: spectrum, background fit, comparison of counts.

The count in the signal region is a mean over ensemble members, i.e. a sum of event weights w in
[0, 1], with Poisson variance sum(w^2) <= sum(w). The background expected there comes from smooth
functions fitted to the same spectrum without the signal region; or, if a resolution is given, to
all of it together with a peak (`peak`), whose significance then takes the place of the count's.
These uncertainties are kept apart:

* Poisson: sqrt(sum b s) over bins with the effective weight s of an event (`weighing`).
* Fit: from the covariance of the parameters of the function that fits best.
* Function: that another function may be the right one; it is profiled
  (`anomalon.stats.fits.envelope`).
* Ensemble: what the members' counts scatter beyond what event statistics explains (pooled over a
  search by `pooling`).
* Folds: what the counts of different folds fluctuate together, because each was selected by models
  that had learned from the others (`cross_training`; pooled over a search by `pooling`).
* Closure: the excess that the cut makes by itself if features tell the mass (`mass_leak`), and that
  was seen in samples without signal (`validated`).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import FitError
from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.search.events.absorbed import absorbed
from anomalon.search.events.background_fits import BackgroundFits, fit_backgrounds
from anomalon.search.events.cross_training import Correlation, CrossTraining
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.merged_goodness import goodness
from anomalon.search.events.non_closure import NOTHING_SEEN, NonClosure
from anomalon.search.events.sculpting import pass_fraction
from anomalon.search.events.selection import Selection
from anomalon.search.events.weighing import Weighing, carried
from anomalon.search.results.comparison import Comparison
from anomalon.search.results.cut import CutResult, Truth, Uncertainties
from anomalon.search.results.failed import failed_cut
from anomalon.search.results.fitted import SpectrumFit, spectrum_fit
from anomalon.stats import Envelope, Spectrum

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
    closure: NonClosure = NOTHING_SEEN,
) -> CutResult:
    """Count, fit and compare. `events.label`, if any, only fills the truth columns.

    With a `base`, fits of the spectrum before the cut, the selected spectrum is fitted relative to
    them. With the `training` that the selection comes from, the uncertainty that comes from folds
    learning from each other is measured; `closure` is what cuts may make without any signal.

    A fit that fails gives a result with `ok` False, the reason, and no significance.
    """
    passed = _Passed.of(events, window, selection, edges)
    try:
        least = selection.flat + 1
        fits = fit_backgrounds(passed.spectrum, settings, window, passed.outside, base, least)
    except FitError as error:
        return passed.counted(settings, None, str(error))
    counted = passed.counted(settings, fits, "")
    found = _compared(counted, passed, fits, training, closure)
    if found.truth is None:
        return found
    lost = absorbed(events, window, selection, edges, settings, base, found.expected)
    return replace(found, truth=replace(found.truth, absorbed=lost))


@dataclass(frozen=True, eq=False)
class _Passed:
    """The events behind a cut.

    Args:
        events: All of the window.
        window: Signal region and side bands.
        selection: The cut.
        weighing: Their spectrum, and what an event counts in it.
        outside: Which bins are outside of the signal region, shape (bin,).
        inside: Which events are in it, shape (event,).
        weight: Of each event behind the cut, shape (event,).
    """

    events: Sample
    window: Window
    selection: Selection
    weighing: Weighing
    outside: NDArray[np.bool_]
    inside: NDArray[np.bool_]
    weight: Floats

    @classmethod
    def of(cls, events: Sample, window: Window, selection: Selection, edges: Floats) -> "_Passed":
        """With the spectrum in bins of these edges."""
        outside = ~window.in_signal_region((edges[:-1] + edges[1:]) / 2)
        return cls(
            events,
            window,
            selection,
            Weighing(events, selection.weight, edges, outside),
            outside,
            window.in_signal_region(events.mass),
            selection.weight * events.weight,
        )

    @property
    def spectrum(self) -> Spectrum:
        """In bins of the mass."""
        return self.weighing.spectrum

    @property
    def member_counts(self) -> Floats:
        """Events in the signal region behind the cut of each member, shape (member,)."""
        of_members = self.selection.members[:, self.inside] * self.events.weight[self.inside]
        return np.asarray(of_members.sum(axis=1))

    def counted(self, settings: FitSettings, fits: BackgroundFits | None, why: str) -> CutResult:
        """What is known without a comparison, as of a fit that has failed."""
        share, edges = self.selection.weight, self.spectrum.edges
        # of each bin its own share: weights are no matter of the mass
        alike = self.events.with_weight(self.weighing.units)
        return replace(
            failed_cut(self.selection.efficiency, settings.shape, why),
            n=float(self.weight[self.inside].sum()),
            member_counts=self.member_counts,
            fit=_shown(self.spectrum, self.outside, settings, fits, why),
            pass_fraction=pass_fraction(alike, self.window, share, edges),
            truth=_truth(self.events, self.weight, self.inside),
            carried=carried(self.events, share, self.window),
        )


def _compared(
    counted: CutResult,
    passed: _Passed,
    fits: BackgroundFits,
    training: CrossTraining | None,
    non_closure: NonClosure,
) -> CutResult:
    """The count beside what is expected, with all uncertainties."""
    expected = float(fits.expected[0])
    # in effective events, of which the count is a Poisson number
    overweight = passed.weighing.overweight
    n_effective = float(passed.spectrum.effective_counts[~passed.outside].sum()) / overweight
    effective, effective_sigma = fits.effective / overweight, fits.effective_sigma / overweight
    unit = float(effective[0]) / expected
    scatter = _training_scatter(passed, expected)
    folds = _folds_together(passed, training, fits)
    closure = non_closure.at(passed.selection.efficiency)
    comparison = Comparison(
        n=n_effective,
        expected=effective,
        fit=effective_sigma,
        apart=(closure * effective) ** 2,
        cost=fits.envelope.cost,
        unit=unit,
        correlation=None if folds is None else folds.value,
        noise=1.0 if folds is None else folds.noise,
        scatter=None if scatter is None else scatter * unit**2 / float(effective[0]),
        peak=None if fits.peaks is None else fits.peaks.z / np.sqrt(overweight),
    )
    compared = replace(
        counted,
        expected=expected,
        n_effective=n_effective,
        expected_effective=float(effective[0]),
        sigma=Uncertainties(
            poisson=_poisson(passed, fits),
            fit=float(fits.sigma[0]),
            function=fits.sigma_function,
            ensemble=0.0,
            folds=0.0,
            closure=float(closure * expected),
        ),
        ok=True,
        why="",
        comparison=comparison,
    )
    return compared.with_learned(comparison.alone)


def _folds_together(
    passed: _Passed, training: CrossTraining | None, fits: BackgroundFits
) -> Correlation | None:
    """Of the folds' counts; None if there is no telling."""
    if training is None or not passed.weight[passed.window.in_sidebands(passed.events.mass)].any():
        return None
    at = passed.weighing.bin
    known = (at >= 0) & (at < len(fits.influence)) & ~passed.inside
    follows = np.where(passed.inside, 1.0, 0.0)
    follows[known] = -fits.influence[at[known]]
    return training.correlation(passed.selection, follows)


def _poisson(passed: _Passed, fits: BackgroundFits) -> float:
    """Statistical uncertainty of a count of the expected background."""
    variance = (passed.spectrum.event_weight * fits.best.expected)[~passed.outside].sum()
    return float(np.sqrt(passed.weighing.overweight * variance))


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
        peak=None if fits.peaks is None else fits.peaks.shown,
    )


def _training_scatter(passed: _Passed, expected: float) -> float | None:
    """Variance of the mean count from training, apart from event statistics; None of one member.

    Two members that select different events differ because events are Poisson, in the signal region
    and in the side bands that set the threshold. That part is already in the Poisson and the fit
    uncertainty. With q_m(e) the weight of event e in member m and w(e) its mean,

        <(n_m - n)^2> from statistics = sum_e (<q_m^2> - w^2) [signal region]
                                        + (b / n_side)^2 sum_e (<q_m^2> - w^2) [side bands].

    What the members scatter beyond it, divided by their number, is the variance of the mean,
    without bias and therefore sometimes below zero.
    """
    events, window, selection = passed.events, passed.window, passed.selection
    n_members = len(selection.members)
    if n_members < 2:
        return None
    w2 = events.weight**2
    spread = (selection.members**2).mean(axis=0) - selection.weight**2
    side = window.in_sidebands(events.mass)
    n_side = float((selection.weight * events.weight)[side].sum())
    statistical = float((w2 * spread)[passed.inside].sum())
    if n_side > 0:
        statistical += (expected / n_side) ** 2 * float((w2 * spread)[side].sum())
    bessel = n_members / (n_members - 1)
    excess = float(np.var(passed.member_counts, ddof=1)) - statistical * bessel
    return excess / n_members


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
