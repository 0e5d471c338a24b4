"""Which detectors beat the trivial baselines, and how it is said."""

from dataclasses import dataclass
from math import hypot

import numpy as np

from anomalon.core.result import Check
from anomalon.core.rounding import measured, plain
from anomalon.detection.results.detection import DetectionResult
from anomalon.detection.results.found import Found

__all__ = ["Standing", "span", "standing"]

_SIGMAS = 2.0


@dataclass(frozen=True)
class Standing:
    """A detector beside the best baseline.

    Args:
        detector: The detector.
        baseline: The baseline with the largest mean AUC.
        margin: Difference of the mean AUCs, that of the median training being taken.
        sigma: Its uncertainty: that of the difference on the same events, and the spread over
            trainings.
    """

    detector: Found
    baseline: Found
    margin: float
    sigma: float

    @property
    def beats(self) -> bool:
        """Whether it is better by more than two standard deviations."""
        return self.margin > _SIGMAS * self.sigma

    @property
    def in_words(self) -> str:
        """The margin beside what it has to exceed."""
        return (
            f"the difference is {measured(self.margin, self.sigma)}, and has to be more than "
            f"{plain(_SIGMAS)} standard deviations"
        )

    def check(self) -> Check:
        """The same as a line among the checks; no failure of the comparison."""
        found = (
            f"mean AUC {span(self.detector.mean_auc)}, {self.baseline.name} has "
            f"{span(self.baseline.mean_auc)}: {'better' if self.beats else 'NOT better'}, "
            f"{self.in_words}"
        )
        what = "it beats the best trivial baseline"
        return Check(what, found, "for information", self.detector.name, size=self.margin)


def standing(result: DetectionResult) -> tuple[Standing, ...]:
    """Of all detectors that are no baseline, best first; none without signals."""
    if not result.signals or not result.baselines:
        return ()
    best = max(result.baselines, key=lambda d: float(np.median(d.mean_auc)))
    found = [_beside(detector, best) for detector in result.learned]
    return tuple(sorted(found, key=lambda s: -s.margin))


def _beside(detector: Found, best: Found) -> Standing:
    margin = float(np.median(detector.mean_auc) - np.median(best.mean_auc))
    several = len(detector.mean_auc) > 1
    spread = float(np.std(detector.mean_auc, ddof=1)) if several else 0.0
    apart = hypot(detector.mean_auc_sigma, best.mean_auc_sigma)  # of results without the other
    sigma = hypot(detector.beside.get(best.name, apart), spread)
    return Standing(detector, best, margin, sigma)


def span(values: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> str:
    """The median and the range of some trainings, in three digits."""
    if not len(values) or np.isnan(values).all():
        return "none"
    median = plain(float(np.median(values)))
    low, high = plain(float(np.min(values))), plain(float(np.max(values)))
    return median if low == high else f"{median} ({low} to {high})"
