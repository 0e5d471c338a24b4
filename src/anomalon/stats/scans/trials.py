"""The look-elsewhere effect: many places were tried, and the best is shown.

Which one to use:

* trials that are independent, as dice: `sidak`;
* a scan in mass: `trial_factor` from upcrossings (`anomalon.stats.scans.upcrossings`), or
  `global_p_gaussian` from the correlation of the scan, without pseudo-experiments;
* two dimensions: `anomalon.stats.scans.euler`;
* windows x working points x feature sets, correlated as they may be: `combine_trials`, from
  pseudo-experiments that repeat the whole choice. Always right, if they do. If none is as extreme
  as the data, `anomalon.stats.scans.local_p_test` says whether they leave room for a smaller bound
  than their number (`sidak_test`, if only the smallest p-value of each is known).
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import kstest

from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.core.plain import to_plain
from anomalon.core.result import Number
from anomalon.core.shown import Fact, Shown
from anomalon.stats.counts.pseudo_experiments import EmpiricalP, empirical_p
from anomalon.stats.numerics.pvalues import z_from_p

__all__ = ["CombinedTrials", "SidakTest", "combine_trials", "sidak", "sidak_test"]

Floats = NDArray[np.floating[Any]]

_RARE = 0.05


def sidak(p: ArrayLike, n: ArrayLike) -> Floats:
    """Probability of a p-value as small as `p` in any of `n` independent trials: 1 - (1 - p)^n.

    For positively correlated trials (overlapping windows) it is a bound.

    Args:
        p: The smallest local p-value.
        n: Number of trials; need not be an integer.

    Example:
        A six in three dice (G. Landsberg's lecture), and the trial factor:

        >>> sidak(1 / 6, 3).round(6), (sidak(1 / 6, 3) * 6).round(6)
        (np.float64(0.421296), np.float64(2.527778))
    """
    p = np.asarray(p, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(-np.expm1(np.asarray(n, dtype=np.float64) * np.log1p(-p)))[()]


@dataclass(frozen=True)
class SidakTest:
    """Do pseudo-experiments agree with `sidak`, which takes local p-values at their word?

    Args:
        p_whole: Probability of their p-values being so small altogether, if it holds.
        p_smallest: Probability of the smallest of them being so small, if it holds.
    """

    LEVEL: ClassVar[float] = 0.05
    """p-value below which they contradict it."""

    p_whole: float
    p_smallest: float

    @property
    def p_value(self) -> float:
        """Of both questions together (Bonferroni)."""
        return min(1.0, 2 * min(self.p_whole, self.p_smallest))

    @property
    def holds(self) -> bool:
        """Whether they do not contradict it."""
        return self.p_value >= self.LEVEL


def sidak_test(smallest: ArrayLike, n: ArrayLike) -> SidakTest:
    """Are the smallest local p-values of pseudo-experiments as large as `sidak` says?

    Transformed, they are uniform if trials are independent and local p-values are right, and larger
    if trials are positively correlated. They are smaller if local p-values are too small: then the
    bound is none. Two one-sided tests, of Kolmogorov and Smirnov and of the smallest of all. What
    happens further out than the pseudo-experiments reach, they cannot say.

    Args:
        smallest: The smallest local p-value of each pseudo-experiment without signal, shape (toy,).
        n: Its number of trials, one for all or of shape (toy,).

    Raises:
        BadNumbers: If there is none, or a p-value is outside [0, 1].

    Example:
        A hundred pseudo-experiments with one trial each, whose p-values are squares of what they
        should be, and the same as they should be:

        >>> p = (np.arange(100) + 0.5) / 100
        >>> sidak_test(p**2, 1).holds, sidak_test(p, 1).holds
        (False, True)
    """
    smallest = np.asarray(smallest, dtype=np.float64)
    if not smallest.size or not np.all((smallest >= 0) & (smallest <= 1)):
        raise BadNumbers("sidak_test: smallest: expected p-values in [0, 1], at least one.")
    q = np.asarray(sidak(smallest, n))
    whole = float(kstest(q, "uniform", alternative="greater").pvalue)
    return SidakTest(whole, float(sidak(q.min(), q.size)))


@dataclass(frozen=True, eq=False, repr=False)
class CombinedTrials(Shown):
    """The best of many correlated trials, with one global p-value.

    Args:
        observed: Local p-value of each trial, shape (trial,); NaN where it failed.
        best: Index of the smallest.
        smallest: Smallest local p-value of each pseudo-experiment, shape (toy,); 1 where every
            trial failed, which is how the data would be treated.
        global_p: How often background alone gives a local p-value as small, in any trial. A
            pseudo-experiment in which every trial failed says nothing and does not count.
    """

    observed: Floats
    best: int
    smallest: Floats
    global_p: EmpiricalP

    @property
    def p_local(self) -> float:
        """The smallest local p-value."""
        return float(self.observed[self.best])

    @property
    def z_local(self) -> float:
        """Its significance."""
        return float(z_from_p(self.p_local))

    @property
    def n_trials(self) -> int:
        """Trials that have a local p-value."""
        return int(np.isfinite(self.observed).sum())

    @property
    def n_failed(self) -> int:
        """Trials that have none."""
        return len(self.observed) - self.n_trials

    @property
    def trial_factor(self) -> float:
        """Global over local p-value; a bound if no pseudo-experiment was as extreme."""
        return self.global_p.p / self.p_local if self.p_local > 0 else float("inf")

    @property
    def n_effective(self) -> float:
        """Independent trials that would be as bad, ln(1 - p_global)/ln(1 - p_local).

        At the local p-value that 5 % of the pseudo-experiments beat.
        """
        p = float(np.quantile(self.smallest, _RARE))
        return float(np.log1p(-_RARE) / np.log1p(-p)) if 0 < p < 1 else float("nan")

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and numbers, for JSON."""
        names = ("best", "p_local", "z_local", "n_trials", "n_failed", "n_effective")
        plain: dict[str, Any] = {name: getattr(self, name) for name in names}
        plain |= {
            "trial_factor": self.trial_factor,
            "global": self.global_p.to_dict(),
            "observed": self.observed,
            "smallest": self.smallest,
        }
        return dict(to_plain(plain))

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        return (
            Number("trials", self.n_trials, form="count"),
            Number("as many independent ones", self.n_effective),
            Number("local p-value", self.p_local, form="p-value"),
            Number("local significance", self.z_local, form="significance"),
            Number("global p-value", self.global_p.p, form="p-value"),
        )

    def __repr__(self) -> str:
        return (
            f"best of {self.n_trials} trials (as many as {self.n_effective:.3g} independent ones): "
            f"local p = {self.p_local:.4g} (Z = {self.z_local:.2f}), "
            f"global {self.global_p!r} (Z = {self.global_p.z:.2f})"
        )


def combine_trials(observed: ArrayLike, toys: ArrayLike) -> CombinedTrials:
    """One global p-value for the best of many correlated trials.

    Whatever was tried in the data (windows, working points, feature sets) is repeated in each
    pseudo-experiment, and the smallest local p-value of each is compared with that of the data.
    Correlations between the trials are then right by construction, and so are local p-values that
    are not.

    Args:
        observed: Local p-values of the data, shape (trial,); NaN where a trial failed.
        toys: The same of pseudo-experiments without signal, shape (toy, trial).

    Raises:
        BadLayout: If the shapes do not fit.
        BadNumbers: If a p-value is outside [0, 1], or all trials failed in the data.

    Example:
        Ten trials which are five, each twice:

        >>> p = np.random.default_rng(1).uniform(size=(20_000, 5))
        >>> result = combine_trials([0.2, 0.01, 0.7, 0.4, 0.9] * 2, np.hstack([p, p]))
        >>> result.best, round(result.n_effective, 1), round(result.global_p.p, 3)
        (1, 5.1, 0.05)
    """
    observed = np.asarray(observed, dtype=np.float64)
    toys = np.asarray(toys, dtype=np.float64)
    if observed.ndim != 1 or toys.ndim != 2 or toys.shape[1] != len(observed) or not len(toys):
        raise BadLayout(
            "combine_trials: expected local p-values of shape (trial,) and (toy, trial), got "
            f"{observed.shape} and {toys.shape}."
        )
    for values, what in ((observed, "observed"), (toys, "toys")):
        if np.any((values < 0) | (values > 1)):
            raise BadNumbers(f"combine_trials: {what}: expected p-values in [0, 1] or NaN.")
    if np.all(np.isnan(observed)):
        raise BadNumbers("combine_trials: observed: all trials failed; there is nothing to claim.")
    smallest = np.min(np.where(np.isnan(toys), 1.0, toys), axis=1)
    best = int(np.nanargmin(observed))
    # as a statistic that is larger for a larger excess
    answered = np.where(np.isnan(toys).all(axis=1), np.nan, smallest)
    return CombinedTrials(observed, best, smallest, empirical_p(-observed[best], -answered))
