"""What validation has found: is the search calibrated where there is no signal?

A *place* is a window, a feature set and a working point: what the ledger calls a trial. In each
sample without signal the search gives for it a pull, (n - b)/sigma, in each of its data sets.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from anomalon.core.plain import Plain
from anomalon.core.result import Number, Result, Summary, Text
from anomalon.core.shown import Shown
from anomalon.core.window import Window
from anomalon.search.results.ledger import NO_FEATURES
from anomalon.search.results.naming import feature_names
from anomalon.search.results.scan import DataInfo
from anomalon.search.results.validation_summary import summary
from anomalon.search.results.window import By

__all__ = ["MeasuredClosure", "Place", "PlaceVerdict", "SamplePulls", "ValidatedSample",
           "ValidationResult"]  # fmt: skip

Floats = NDArray[np.floating[Any]]

PlaceVerdict = Literal["passed", "failed", "no answer"]


@dataclass(frozen=True)
class ValidatedSample:
    """A sample without signal.

    Args:
        name: What it is called.
        kind: "control", "simulation" or "resampled".
        source: Where its events come from.
        n_events: In each data set.
        n_sets: Data sets.
        notes: What a reader must know of it, in sentences.
    """

    name: str
    kind: str
    source: str
    n_events: int
    n_sets: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class MeasuredClosure:
    """The relative uncertainty of the expectation that pulls have shown to be missing.

    Args:
        delta: With it the pulls have unit width (`anomalon.stats.coverage.fit_non_closure`).
        low, high: 68 % interval.
        p_value: Probability of pulls as wide if nothing is missing.
        n_pulls: Pulls that it is from.
        n_windows: Windows that these are from: this one, and its nearest neighbours.
        taken: `delta`, or 0 if pulls as wide may well be chance.
    """

    delta: float
    low: float
    high: float
    p_value: float
    n_pulls: int
    n_windows: int
    taken: float

    @staticmethod
    def unknown() -> "MeasuredClosure":
        """Where no pull is left to measure it with."""
        return MeasuredClosure(nan, nan, nan, nan, 0, 0, 0.0)


@dataclass(frozen=True, eq=False)
class SamplePulls:
    """One place in one sample.

    Args:
        sample: Its name.
        n, expected, sigma: Count, expectation and total uncertainty in each data set, shape (data
            set,); NaN where there is no answer.
        pull: (n - expected)/sigma; where few events are expected, the significance, which knows
            that counts are Poisson, and where the search fits a peak, that of the peak.
        why: Why there is no answer in the first data set without one, or "".
        p_value: Probability of pulls as wide as these, with the non-closure of windows elsewhere
            among their uncertainties: what decides whether the window fails.
        closure: What was measured for the windows that pass.
    """

    sample: str
    n: Floats
    expected: Floats
    sigma: Floats
    pull: Floats
    why: str
    p_value: float
    closure: MeasuredClosure

    @property
    def known(self) -> Floats:
        """The pulls that there are."""
        return self.pull[np.isfinite(self.pull)]

    @property
    def mean(self) -> float:
        """Mean of the pulls."""
        return float(self.known.mean()) if len(self.known) else nan

    @property
    def width(self) -> float:
        """Root mean square of the pulls: one if the search is calibrated."""
        return float(np.sqrt(np.mean(self.known**2))) if len(self.known) else nan

    @property
    def chi2(self) -> float:
        """Sum of their squares, of `len(known)` degrees of freedom."""
        return float((self.known**2).sum())


@dataclass(frozen=True, eq=False, repr=False)
class Place(Shown):
    """One window, feature set and working point in all samples.

    Args:
        window: Signal region and side bands.
        window_name: What it is called among the others.
        by: What selects.
        features: The feature set, the name of the score or the text of the cut; () without a cut.
        efficiency: Background efficiency of the cut; 1 without one, -1 of a cut of the user's own.
        label: The working point as readers name it.
        pulls: One entry for each sample.
        verdict: "failed" if it did in any sample, "no answer" if one of them has none.
        why: Why it did not pass, or "".
    """

    window: Window
    window_name: str
    by: By
    features: tuple[str, ...]
    efficiency: float
    label: str
    pulls: tuple[SamplePulls, ...]
    verdict: PlaceVerdict
    why: str = ""

    @property
    def delta(self) -> float:
        """Relative uncertainty that the search gets: the largest of the samples."""
        return max((one.closure.taken for one in self.pulls), default=0.0)

    @property
    def feature_names(self) -> str:
        """The feature set in one text."""
        return feature_names(self.features) if self.features else NO_FEATURES

    @property
    def name(self) -> str:
        """Where it is, as checks name it."""
        return f"{self.window_name} GeV ({self.feature_names}), {self.label}"

    def facts(self) -> tuple[Number | Text, ...]:
        """What its short form says."""
        pulls = (Number(f"pull, {one.sample}", one.mean) for one in self.pulls)
        delta = Number("non-closure", self.delta, form="percent")
        return Text("place", self.name), Text("verdict", self.verdict), delta, *pulls


@dataclass(frozen=True, eq=False, repr=False)
class ValidationResult(Shown, Result):
    """A whole validation.

    Args:
        name: Title that the user gave to the search.
        samples: What was searched, without signal.
        places: One for each window, feature set and working point.
        level: Below this p-value a place fails.
        chance: From this p-value on pulls that are too wide are taken for chance.
        settings: The search as resolved, plain.
        data: What the search is for.
        seed: Root seed.
        citations: Keys of `anomalon.core.bibliography`.
        roles: What the columns of the files were taken for, a sentence each.
    """

    kind: ClassVar[str] = "validate"

    name: str
    samples: tuple[ValidatedSample, ...]
    places: tuple[Place, ...]
    level: float
    chance: float
    settings: Mapping[str, Plain]
    data: DataInfo
    seed: int
    citations: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()

    def of(self, window: Window, features: tuple[str, ...]) -> tuple[Place, ...]:
        """The places of a window and feature set, the spectrum without a cut first; () if none."""
        here = [place for place in self.places if place.window == window]
        own = [place for place in here if place.features == features]
        return (*(place for place in here if not place.features), *own) if own else ()

    def left_out(self, window: Window, features: tuple[str, ...]) -> tuple[Place, ...]:
        """The places for which a search leaves out this window with this feature set.

        What makes one cut of a window unbelievable is at work in the others too, even where too few
        events are left to see it; and if the spectrum without a cut fails, cuts do not help.
        """
        return tuple(place for place in self.of(window, features) if place.verdict != "passed")

    @property
    def scopes(self) -> tuple[tuple[Window, tuple[str, ...]], ...]:
        """All windows and feature sets, in order."""
        both = ((place.window, place.features) for place in self.places if place.features)
        return tuple(dict.fromkeys(both))

    @property
    def of_peaks(self) -> bool:
        """Whether the search fits a peak, whose significance then is the pull."""
        fit = self.settings.get("fit")
        return isinstance(fit, Mapping) and fit.get("resolution") is not None

    def pulls(self, sample: str) -> Floats:
        """All pulls of a sample at all places, shape (pull,)."""
        found = [one.known for p in self.places for one in p.pulls if one.sample == sample]
        return np.concatenate(found) if found else np.array([])

    def summary(self) -> Summary:
        """What a reader is told of it."""
        return summary(self)

    def facts(self) -> tuple[Number | Text, ...]:
        """What its short form says."""
        out = [scope for scope in self.scopes if self.left_out(*scope)]
        finite = [p.delta for p in self.places if isfinite(p.delta)]
        return (
            Text("name", self.name),
            Text("samples", ", ".join(sample.name for sample in self.samples)),
            Number("windows and feature sets", len(self.scopes), form="count"),
            Number("of them failed", len(out), form="count"),
            Number("largest non-closure", max(finite, default=None), form="percent"),
        )
