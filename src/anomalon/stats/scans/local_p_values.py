"""Are local p-values what they say? Asked of pseudo-experiments without signal.

A bound that multiplies a local p-value with the number of trials (`sidak`) takes it at its word.
Pseudo-experiments that repeat the whole search know whether it can be taken so: in each trial their
significances Z must be standard normal, or smaller. Three questions:

* Are they too wide altogether? The sum of max(Z, 0)^2 over all trials, with as many independent
  ones as the scatter of the sum between pseudo-experiments says: trials that share events are
  correlated, and their best is then less often small than that of independent ones. Asked of the
  best alone, many correlated trials would hide that each of them is wrong.
* Is one of them too wide? The same sum of each trial (Bonferroni).
* Is one p-value too small? The smallest of all.

Only the side of excesses is asked: deficits that are too large make no discovery.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binom, chi2

from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.stats.numerics.pvalues import z_from_p
from anomalon.stats.scans.trials import sidak

__all__ = ["LocalPTest", "local_p_test"]

Floats = NDArray[np.floating[Any]]

_LARGEST = 38.0  # standard deviations of the smallest p-value that a float64 holds


@dataclass(frozen=True)
class LocalPTest:
    """Do pseudo-experiments contradict local p-values?

    Args:
        p_value: Of all questions together (Bonferroni): probability of p-values as small as they
            are, if none is smaller than it should be; NaN without any.
        n: Pseudo-experiments with an answer, in the trial with the fewest of them.
        n_trials: Trials of which there is any.
        n_effective: As many independent trials scatter as much.
    """

    LEVEL: ClassVar[float] = 0.05
    """p-value below which they contradict."""

    LEAST: ClassVar[int] = 80
    """Pseudo-experiments below which silence is no consent.

    If every Z is wider by a half, 80 notice it in 92 of 100 cases with one trial (20: 46, 40: 74),
    in 90 with nine that are the same and in all with nine independent ones; if only one of these
    nine is wider, in 74.
    """

    p_value: float
    n: int
    n_trials: int
    n_effective: float

    @property
    def refutes(self) -> bool:
        """Whether they contradict them."""
        return self.p_value < self.LEVEL

    @property
    def confirms(self) -> bool:
        """Whether there are enough of them, and they do not."""
        return self.n >= self.LEAST and self.p_value >= self.LEVEL


def local_p_test(p_local: ArrayLike) -> LocalPTest:
    """Are the local p-values of pseudo-experiments without signal too small?

    Args:
        p_local: Of each trial in each pseudo-experiment, shape (toy, trial); NaN where it failed.

    Raises:
        BadLayout: If they have another shape.
        BadNumbers: If one is outside [0, 1].

    Example:
        Right ones, and the p-values of a Z that is wider by a half:

        >>> z = np.random.default_rng(2).normal(size=(100, 3))
        >>> from anomalon.stats import p_from_z
        >>> [local_p_test(p_from_z(width * z)).confirms for width in (1.0, 1.5)]
        [True, False]
    """
    p = np.asarray(p_local, dtype=np.float64)
    if p.ndim != 2:
        raise BadLayout(f"local_p_test: expected p-values of shape (toy, trial), got {p.shape}.")
    if np.any((p < 0) | (p > 1)):
        raise BadNumbers("local_p_test: expected p-values in [0, 1] or NaN.")
    p = p[:, np.isfinite(p).any(axis=0)]
    if not p.size:
        return LocalPTest(float("nan"), 0, 0, 0.0)
    valid = np.isfinite(p)
    n, n_trials = valid.sum(axis=0), p.shape[1]
    z = np.minimum(np.asarray(z_from_p(np.where(valid, p, 1.0))), _LARGEST)
    squares = np.maximum(z, 0.0) ** 2
    n_effective = _independent(squares, valid)
    each = [_too_wide(total, int(m)) for total, m in zip(squares.sum(axis=0), n, strict=True)]
    share = n_effective / n_trials
    together = _too_wide(float(squares.sum()) * share, max(1, int(n.sum() * share)))
    smallest = float(sidak(float(np.nanmin(p)), int(n.sum())))
    asked = (together, n_trials * min(each), smallest)
    return LocalPTest(min(1.0, len(asked) * min(asked)), int(n.min()), n_trials, n_effective)


def _too_wide(total: float, n: int) -> float:
    """Probability of sum max(Z, 0)^2 being as large for `n` standard normal Z.

    A mixture of chi2: as many terms count as are above zero.
    """
    k = np.arange(n + 1)
    beyond = np.where(k > 0, chi2.sf(total, np.maximum(k, 1)), 1.0 if total <= 0 else 0.0)
    return float(binom.pmf(k, n, 0.5) @ beyond)


def _independent(values: Floats, valid: NDArray[np.bool_]) -> float:
    """Independent trials whose mean scatters as much as that of these, at most their number."""
    n_trials = values.shape[1]
    centred = np.where(valid, values - np.mean(values, axis=0, where=valid), 0.0)
    spread = np.sqrt((centred**2).sum(axis=0))
    unit = centred[:, spread > 0] / spread[spread > 0]
    together = float((unit.sum(axis=1) ** 2).sum()) + n_trials - unit.shape[1]
    return float(np.clip(n_trials**2 / max(together, 1e-300), 1.0, n_trials))
