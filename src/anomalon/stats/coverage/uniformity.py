"""Are p-values uniform where there is no signal?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.shown import Shown
from anomalon.stats.counts.intervals import clopper_pearson
from anomalon.stats.coverage.toys import SURE, Outcome, too_many, usable

__all__ = ["PValueUniformity", "p_value_uniformity"]

Floats = NDArray[np.floating[Any]]

_MOST_POINTS = 200  # of a QQ plot


@dataclass(frozen=True, eq=False, repr=False)
class PValueUniformity(Shown, Outcome):
    """Kolmogorov-Smirnov test, quantiles and false-positive rates of p-values.

    Args:
        n: Number of p-values.
        n_failed: Pseudo-experiments without one.
        distance: Kolmogorov-Smirnov distance from the uniform distribution.
        p_value: Of this distance.
        expected: Quantiles of the uniform distribution for a QQ plot, shape (point,).
        observed: Those of the p-values.
        low: Lower end of the central 95 % of each, if uniform.
        high: Upper end.
        alpha: Nominal false-positive rates, shape (alpha,).
        rate: Share of the p-values at or below, shape (alpha,).
        rate_low: Lower end of its Clopper-Pearson interval, at 99.73 %.
        rate_high: Upper end.
    """

    n: int
    n_failed: int
    distance: float
    p_value: float
    expected: Floats
    observed: Floats
    low: Floats
    high: Floats
    alpha: Floats
    rate: Floats
    rate_low: Floats
    rate_high: Floats

    @property
    def ok(self) -> bool:
        """Whether p-values are uniform (p of the test above 1 %), or nowhere too small.

        Counts make p-values discrete and then too large on average: conservative, not wrong. So
        rates of false positives that are not above nominal, at all of `alpha`, are ok as well.
        """
        liberal = np.any(self.rate_low > self.alpha)
        conservative = np.mean(self.observed - self.expected) > 0
        uniform = self.p_value > 0.01
        return bool(
            (uniform or (conservative and not liberal)) and not too_many(self.n_failed, self.n)
        )


def p_value_uniformity(
    p_values: ArrayLike, alpha: Sequence[float] = (0.32, 0.05, 0.01)
) -> PValueUniformity:
    """Whether p-values of pseudo-experiments without signal are uniform.

    Args:
        p_values: Shape (toy,); NaN for a failed one.
        alpha: False-positive rates of interest.

    Raises:
        BadLayout: If they have not one axis.
        BadValue: If one is not in [0, 1].
        TooFewEvents: If there are fewer than 10.

    Example:
        >>> result = p_value_uniformity(np.random.default_rng(3).uniform(size=2000))
        >>> result.ok, result.rate.round(2)
        (True, array([0.33, 0.05, 0.01]))
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1:
        raise BadLayout(f"p_value_uniformity: expected one axis, got shape {p.shape}.")
    good, _ = usable(p[None], "p_value_uniformity")
    n_failed, p = int((~good).sum()), np.sort(p[good[0]])
    if p[0] < 0 or p[-1] > 1:
        raise BadValue(f"p_value_uniformity: expected p-values in [0, 1], got {p[0]} … {p[-1]}.")
    n = len(p)
    rank = np.arange(1, n + 1)
    distance = float(max((rank / n - p).max(), (p - (rank - 1) / n).max()))
    # Stephens, J. R. Stat. Soc. B 32 (1970) 115: the asymptotic distribution for any n
    ks = float(special.kolmogorov(distance * (np.sqrt(n) + 0.12 + 0.11 / np.sqrt(n))))
    shown = np.unique(np.linspace(1, n, min(n, _MOST_POINTS)).round().astype(int))
    rates = np.asarray(alpha, dtype=np.float64)
    below = np.searchsorted(p, rates, side="right")
    low, high = clopper_pearson(below, n, SURE)
    return PValueUniformity(
        n=n,
        n_failed=n_failed,
        distance=distance,
        p_value=ks,
        expected=shown / (n + 1),
        observed=p[shown - 1],
        low=special.betaincinv(shown, n + 1 - shown, 0.025),
        high=special.betaincinv(shown, n + 1 - shown, 0.975),
        alpha=rates,
        rate=below / n,
        rate_low=low,
        rate_high=high,
    )
