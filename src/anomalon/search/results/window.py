"""One window with one feature set: its cuts, and what was seen of features and truth."""

from dataclasses import dataclass
from math import ceil, floor, inf, isfinite, log10, nan
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtr, ndtri

from anomalon.core.result import Number, Text
from anomalon.core.rounding import decimals, measured, plain
from anomalon.core.shown import Shown
from anomalon.core.window import Window
from anomalon.search.results.cut import CutResult
from anomalon.search.results.naming import feature_names

__all__ = [
    "By",
    "FeatureCorrelation",
    "Histogram",
    "MassLeak",
    "Roc",
    "TemplateFacts",
    "WindowResult",
]

Floats = NDArray[np.floating[Any]]

By = Literal["classifier", "score", "cut"]
"""What selects: classifiers of a feature set, or a score or a cut that the user brings."""

_NAMED: dict[By, str] = {"classifier": "features", "score": "score", "cut": "cut"}
_LEVEL = 0.95  # of a one-sided limit
_HIDDEN = 2.0  # standard deviations up to which a distance is not seen, or hardly
_FEW = 100.0  # effective events of a template from which a classifier learns next to nothing
# A template that trees tell from background so well, beyond three standard deviations
_UNLIKE = 0.03


@dataclass(frozen=True, eq=False)
class Histogram:
    """Distributions of one quantity in a window, each normalised to one.

    Args:
        name: Of the quantity.
        unit: "GeV", or "" for a pure number.
        edges: Of the bins, shape (bin + 1,); the outermost bins hold what lies beyond.
        signal_region, sidebands: Before any cut, shape (bin,).
        selected: In the signal region after the tightest cut.
    """

    name: str
    unit: str
    edges: Floats
    signal_region: Floats
    sidebands: Floats
    selected: Floats


@dataclass(frozen=True, eq=False)
class Roc:
    """How well a score tells the true signal of a signal region from its background.

    Args:
        fpr, tpr: Background and signal efficiency, shape (point,).
        sic: Significance improvement tpr / sqrt(fpr).
        sic_low, sic_high: Its 68 % bootstrap band.
        auc, auc_uncertainty: Area under the curve.
        max_sic, max_sic_uncertainty: Largest improvement above `fpr_floor`.
        fpr_floor: Background efficiency below which its statistical error exceeds 20 %.
        n_background, n_signal: Events.
    """

    fpr: Floats
    tpr: Floats
    sic: Floats
    sic_low: Floats
    sic_high: Floats
    auc: float
    auc_uncertainty: float
    max_sic: float
    max_sic_uncertainty: float
    fpr_floor: float
    n_background: int
    n_signal: int

    @property
    def area(self) -> Number:
        """The area under the curve; a lower limit where rounding would make it one.

        The area is the probability that a signal event has a higher score than a background event.
        Of m = min(n_signal, n_background) pairs that share no event each is such a trial, so the
        interval of Clopper and Pearson holds: with all pairs in order the area is above 0.05^(1/m)
        at 95 % confidence.
        """
        sigma = self.auc_uncertainty
        if sigma > 0 and round(self.auc, decimals(sigma)) < 1:
            return Number("AUC", self.auc, sigma)
        pairs = min(self.n_signal, self.n_background)
        wrong = (1 - self.auc) * pairs
        below = float(betaincinv(wrong + 1, pairs - wrong, _LEVEL))  # the complement of the limit
        places = max(2, ceil(-log10(below)) + 1)
        limit = floor((1 - below) * 10**places) / 10**places
        name = f"AUC ({_LEVEL:.0%} confidence)"
        return Number(name, limit, bound="at least", digits=places)


@dataclass(frozen=True)
class FeatureCorrelation:
    """Spearman correlation of a feature with the mass in the side bands.

    Args:
        feature: Its name.
        before, after: The decorrelation; None where the feature is constant.
    """

    feature: str
    before: float | None
    after: float | None


@dataclass(frozen=True)
class MassLeak:
    """How well the features tell the inner halves of the side bands from the outer ones.

    Args:
        distance: Of the mean scores of the two, in standard deviations of the score, for events
            that the classifier did not see; 0 if features tell nothing.
        uncertainty: Its standard deviation if they do not.
        p_value: Probability of a distance as large if they do not.
        d: The distance as far as it exceeds its own error; 0 if it may be chance.

    Where it could not be measured all are NaN but `d`, which is 0.
    """

    distance: float
    uncertainty: float
    p_value: float
    d: float

    @staticmethod
    def unknown() -> "MassLeak":
        """Where it could not be measured."""
        return MassLeak(nan, nan, nan, 0.0)

    @property
    def known(self) -> bool:
        """Whether it could be measured."""
        return isfinite(self.distance)

    def non_closure(self, efficiency: float) -> float:
        """Relative excess that a cut at this background efficiency makes by itself."""
        if self.d == 0 or efficiency >= 1:
            return 0.0
        return _non_closure(efficiency, self.d)

    def may_hide(self, efficiency: float, window: Window) -> float:
        """The largest one that could still be taken for chance.

        With the distance at twice its uncertainty, and for bands that are narrower than the signal
        region as many times that as a drift with the square of the mass differs more between region
        and bands than within the bands. Infinite where nothing was measured.
        """
        if not self.known:
            return inf
        return _non_closure(efficiency, _HIDDEN * self.uncertainty * _lever(window))


def _lever(window: Window) -> float:
    """Contrast of (mass - centre)^2 between region and bands over that within the bands, or 1.

    With x in [W/2, W/2 + w] in a band: W^2/6 + W w/2 + w^2/3 against W w/2 + w^2/2.
    """
    region = window.high - window.low
    band = min(window.low - window.sideband_low, window.sideband_high - window.high) / region
    return max(1.0, (1 / 6 + band / 2 + band**2 / 3) / (band / 2 + band**2 / 2))


def _non_closure(efficiency: float, distance: float) -> float:
    return float(ndtr(ndtri(efficiency) + distance) / efficiency - 1)


@dataclass(frozen=True)
class TemplateFacts:
    """What classifiers were shown for background.

    Args:
        why: What the first template was made of, in a sentence.
        n_events: Events of it.
        n_effective: Events of equal weight that the poorest of all templates is worth.
        area: Mean area under the ROC curve of trees that tell templates from events that they have
            not seen, 0.5 if they are alike; None if the method does not measure it.
        uncertainty: Of the area of one of them.
    """

    why: str
    n_events: int
    n_effective: float
    area: float | None = None
    uncertainty: float | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why classifiers that learned from it may find nothing, in sentences."""
        found = []
        if self.n_effective < min(_FEW, self.n_events / 2):
            found.append(
                f"the background template of {self.n_events} events is worth "
                f"{plain(self.n_effective, 3)} of equal weight: classifiers learn next to nothing "
                "from it, and a signal may stay unseen."
            )
        if self.area is not None and self.uncertainty is not None:
            off = abs(self.area - 0.5)
            if off > max(_UNLIKE, 3 * self.uncertainty):
                found.append(
                    "the background template is told from events that it has not seen with an area "
                    f"under the ROC curve of {measured(self.area, self.uncertainty)} (0.5: alike): "
                    "classifiers learn how it differs, and a signal may stay unseen."
                )
        return tuple(found)


@dataclass(frozen=True, eq=False, repr=False)
class WindowResult(Shown):
    """One window with one feature set, at all working points.

    Args:
        window: Signal region and side bands.
        features: The feature set; or the name of the score, or the text of the cut.
        n_signal_region, n_sidebands: Events there before any cut.
        cuts: The result without a cut first, then one for each working point.
        histograms: Distributions of the score and of each feature, before and after the tightest
            cut.
        roc: From truth, or None if there is none.
        correlation: Of each feature with the mass, before and after the decorrelation.
        warnings: What a reader must know and the numbers do not say, in sentences. (Why a cut
            failed is in its `why`, how well it fits in the `p_value` of its fit.)
        mass_leak: What the features, decorrelated, tell of the mass inside the side bands; None if
            nothing depends on it.
        label: Of the window among the others of its search, if its signal region to six digits is
            not enough (`anomalon.search.results.naming`).
        by: What selects.
        method: What the background template is from, if a search has several; else "".
        template: What classifiers were shown for background; None if there are none.
    """

    window: Window
    features: tuple[str, ...]
    n_signal_region: int
    n_sidebands: int
    cuts: tuple[CutResult, ...]
    histograms: tuple[Histogram, ...]
    roc: Roc | None
    correlation: tuple[FeatureCorrelation, ...]
    warnings: tuple[str, ...] = ()
    mass_leak: MassLeak | None = None
    label: str = ""
    by: By = "classifier"
    method: str = ""
    template: TemplateFacts | None = None

    @property
    def name(self) -> str:
        """The signal region in GeV, as readers name it."""
        return f"{self.window_name} GeV"

    @property
    def window_name(self) -> str:
        """The same without the unit."""
        return self.label or str(self.window)

    @property
    def feature_names(self) -> str:
        """The feature set in one text."""
        return feature_names(self.features)

    @property
    def way(self) -> tuple[By, tuple[str, ...], str]:
        """How events were selected, as in other windows: what selects, features and method."""
        return self.by, self.features, self.method

    @property
    def selection_name(self) -> str:
        """The same as readers name it: the feature set, and the method if there are several."""
        return f"{self.feature_names} ({self.method})" if self.method else self.feature_names

    def series(self, cut: CutResult) -> tuple[float, str]:
        """What a cut has in common with the same one in other windows: efficiency and name.

        A cut of the user's own has an efficiency of its
        own in each window, and -1 for all of them.
        """
        own = self.by == "cut" and cut.efficiency < 1
        return (-1.0, "own cut") if own else (cut.efficiency, cut.label)

    def facts(self) -> tuple[Number | Text, ...]:
        """What its short form says."""
        cuts = (
            Number(cut.label, cut.z_local, form="significance")
            if cut.ok
            else Text(cut.label, "no answer")
            for cut in self.cuts
        )
        return (
            Text("signal region", self.name),
            Text(_NAMED[self.by], self.selection_name),
            Number("events in it", self.n_signal_region, form="count"),
            Number("events in the side bands", self.n_sidebands, form="count"),
            *cuts,
        )
