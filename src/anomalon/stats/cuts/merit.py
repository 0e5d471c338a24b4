"""Figures of merit of a score, from truth: AUC, efficiencies, significance improvement.

For tests, benchmarks and injections only: they need to know what is signal. Every number comes
with the uncertainty that the finite samples give it; the largest significance improvement is only
looked for where the background efficiency itself is known to 20 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadValue, TooFewEvents
from anomalon.core.plain import to_plain
from anomalon.core.seed import Seed
from anomalon.core.shown import Shown
from anomalon.stats.counts.intervals import ONE_SIGMA, clopper_pearson
from anomalon.stats.cuts.score_class import ScoreClass, one_class
from anomalon.stats.numerics.value import Value

__all__ = ["Band", "Evaluation", "WorkingPoint", "evaluate"]

Floats = NDArray[np.floating[Any]]

_RELATIVE_ERROR = 0.2  # of the background efficiency, at the lowest one that max_sic may use


@dataclass(frozen=True, eq=False, repr=False)
class Band(Shown):
    """Bootstrap band of a curve, shape (fpr,) each.

    Args:
        fpr: Background efficiencies.
        low: Lower end.
        high: Upper end.
    """

    fpr: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True)
class WorkingPoint:
    """A threshold and the efficiencies above it, with exact intervals.

    Args:
        threshold: Events with at least this score are selected.
        fpr: Background efficiency.
        fpr_low: Lower end of its interval.
        fpr_high: Upper end.
        tpr: Signal efficiency.
        tpr_low: Lower end of its interval.
        tpr_high: Upper end.
        level: Confidence level of each interval.
    """

    threshold: float
    fpr: float
    fpr_low: float
    fpr_high: float
    tpr: float
    tpr_low: float
    tpr_high: float
    level: float


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation(Shown):
    """How well a score tells signal from background.

    Args:
        auc: Area under the ROC curve, 1/2 for no separation, with DeLong's uncertainty.
        n_background: Background events.
        n_signal: Signal events.
        n_background_effective: (sum w)^2 / sum w^2 of the background.
        fpr_floor: 1/(0.2^2 n_background_effective): below it the background efficiency is known
            to no better than 20 %, and `max_sic` does not look there.
    """

    auc: Value
    n_background: int
    n_signal: int
    n_background_effective: float
    fpr_floor: float
    _background: ScoreClass = field()
    _signal: ScoreClass = field()
    _fpr: Floats = field()
    _tpr: Floats = field()
    _threshold: Floats = field()

    @overload
    def tpr_at(self, fpr: float) -> Value: ...

    @overload
    def tpr_at(self, fpr: Sequence[float] | Floats) -> tuple[Value, ...]: ...

    def tpr_at(self, fpr: ArrayLike) -> Value | tuple[Value, ...]:
        """Signal efficiency at a background efficiency: the largest at not more than `fpr`.

        The uncertainty is that of the signal efficiency and, by the slope of the curve, that of
        the threshold, which finite background sets.

        Args:
            fpr: A background efficiency in (0, 1], or several, shape (fpr,).

        Returns:
            The efficiency with its uncertainty; for several, a tuple with one for each.

        Raises:
            BadValue: If `fpr` is not in (0, 1].
        """
        several = _efficiencies(fpr)
        values = tuple(self._tpr_at(float(one)) for one in several.ravel())
        return values if several.ndim else values[0]

    def _tpr_at(self, fpr: float) -> Value:
        row = self._row(fpr)
        tpr, threshold = self._tpr[row], self._threshold[row]
        of_signal = self._signal.variance(tpr, threshold)
        step = np.sqrt(self._background.variance(fpr, threshold))
        low, high = np.interp([fpr - step, fpr + step], self._fpr, self._tpr)
        return Value(float(tpr), float(np.sqrt(of_signal + ((high - low) / 2) ** 2)))

    def working_point(self, fpr: float, level: float = ONE_SIGMA) -> WorkingPoint:
        """The threshold of `tpr_at`, with Clopper-Pearson intervals of both efficiencies.

        Of weighted events the effective numbers count, (sum w)^2/sum w^2. The intervals are for
        this threshold; that it came from the same background is in the interval of the background
        efficiency, and not in that of the signal efficiency.

        Args:
            fpr: Largest background efficiency, in (0, 1].
            level: Confidence level of the intervals.

        Raises:
            BadValue: If `fpr` is not in (0, 1] or `level` not in (0, 1).
        """
        row = self._row(_efficiencies(fpr, axes=0))
        intervals = []
        for efficiency, of in ((self._fpr[row], self._background), (self._tpr[row], self._signal)):
            share, n = min(float(efficiency), 1.0), of.n_effective
            low, high = clopper_pearson(min(share * n, n), n, level)
            intervals.append((share, float(low), float(high)))
        return WorkingPoint(float(self._threshold[row]), *intervals[0], *intervals[1], level)

    @overload
    def sic(self, fpr: float) -> Value: ...

    @overload
    def sic(self, fpr: Sequence[float] | Floats) -> tuple[Value, ...]: ...

    def sic(self, fpr: ArrayLike) -> Value | tuple[Value, ...]:
        """Significance improvement tpr/sqrt(fpr): S/sqrt(B) after a cut over that before it.

        Args:
            fpr: A background efficiency in (0, 1], or several, shape (fpr,).

        Returns:
            The improvement with its uncertainty; for several, a tuple with one for each.

        Raises:
            BadValue: If `fpr` is not in (0, 1].
        """
        several = _efficiencies(fpr)
        roots = np.sqrt(several.ravel())
        values = tuple(
            Value(float(tpr.value / root), float(tpr.uncertainty / root))
            for tpr, root in zip(self.tpr_at(several.ravel()), roots, strict=True)
        )
        return values if several.ndim else values[0]

    @property
    def best_fpr(self) -> float:
        """The background efficiency above `fpr_floor` with the largest significance improvement.

        Raises:
            TooFewEvents: If the floor leaves nothing: less than about 25 background events.
        """
        allowed = np.flatnonzero(self._fpr > self.fpr_floor)
        if not len(allowed):
            raise TooFewEvents(
                f"max_sic: {self.n_background_effective:.3g} effective background events know no "
                f"background efficiency to {_RELATIVE_ERROR:.0%}; at least "
                f"{_RELATIVE_ERROR**-2:.0f} are needed."
            )
        sic = self._tpr[allowed] / np.sqrt(self._fpr[allowed])
        return float(self._fpr[allowed[np.argmax(sic)]])

    @property
    def max_sic(self) -> Value:
        """The largest significance improvement at fpr > `fpr_floor`.

        The uncertainty is that of the point. A maximum over a fluctuating curve is also biased
        high, by about that uncertainty at small statistics; `sic` at a fixed fpr is not.

        Raises:
            TooFewEvents: If there are less than about 25 background events.
        """
        return self.sic(self.best_fpr)

    def roc(self, n_points: int = 500) -> tuple[Floats, Floats]:
        """The ROC curve as (fpr, tpr), thinned evenly in fpr and in log fpr, ends included."""
        fpr = self._fpr
        if len(fpr) > n_points:
            first = max(fpr[fpr > 0][0], 1e-12)
            grid = np.concatenate(
                [np.linspace(0, 1, n_points // 2), np.geomspace(first, 1, n_points // 2)]
            )
            rows = np.unique(np.append(self._row(grid), [0, len(fpr) - 1]))
            return fpr[rows], self._tpr[rows]
        return fpr, self._tpr

    def sic_band(
        self,
        fpr: ArrayLike,
        *,
        seed: Seed | int,
        n_toys: int = 200,
        level: float = ONE_SIGMA,
    ) -> Band:
        """Bootstrap band of the significance improvement at the given background efficiencies.

        Signal and background are drawn anew by Poisson weights, and each toy sets its own
        thresholds.

        Args:
            fpr: Background efficiencies in (0, 1].
            seed: Random numbers of the toys.
            n_toys: Number of toys.
            level: Central probability of the band.
        """
        fpr = np.atleast_1d(_efficiencies(fpr))
        if not 0 < level < 1:
            raise BadValue(f"sic_band: expected 0 < level < 1, got {level}.")
        rng = Seed.of(seed).child("bootstrap").generator()
        toys = np.empty((n_toys, len(fpr)))
        for toy in toys:
            drawn = [
                (of.scores, of.weight * rng.poisson(1.0, len(of.weight)))
                for of in (self._background, self._signal)
            ]
            x, y, _ = _curve(*drawn[0], *drawn[1])
            toy[:] = y[np.searchsorted(x, fpr, side="right") - 1] / np.sqrt(fpr)
        low, high = np.quantile(toys, [(1 - level) / 2, (1 + level) / 2], axis=0)
        return Band(fpr, low, high)

    def to_dict(self) -> dict[str, Any]:
        """Curves and numbers as plain lists, for JSON and the report."""
        fpr, tpr = self.roc()
        known = self.fpr_floor < 1
        plain = {
            "fpr": fpr,
            "tpr": tpr,
            "sic": [None if x == 0 else float(y / x**0.5) for x, y in zip(fpr, tpr, strict=True)],
            "auc": list(self.auc),
            "max_sic": list(self.max_sic) if known else None,
            "fpr_floor": self.fpr_floor,
            "n_background": self.n_background,
            "n_signal": self.n_signal,
        }
        return dict(to_plain(plain))

    def _row(self, fpr: Any) -> Any:
        """Row of the curve with the largest tpr at not more than the given fpr."""
        # a sum of weights may miss k/n by a rounding error
        return np.searchsorted(self._fpr, np.asarray(fpr) * (1 + 1e-12), side="right") - 1

    def __repr__(self) -> str:
        best = f", max SIC = {self.max_sic}" if self.fpr_floor < 1 else ""
        return (
            f"Evaluation(AUC = {self.auc}{best}, {self.n_signal} signal, "
            f"{self.n_background} background events)"
        )


def _efficiencies(fpr: ArrayLike, axes: int = 1) -> Floats:
    """One background efficiency or, with an axis, a row of them, checked."""
    values = np.asarray(fpr, dtype=np.float64)
    good = (values > 0) & (values <= 1)
    if not good.all():
        raise BadValue(f"fpr: expected background efficiencies in (0, 1], got {values[~good][0]}.")
    if values.ndim > axes:
        wanted = "one number or a row of them" if axes else "one number"
        raise BadLayout(f"fpr: expected {wanted}, got an array of shape {values.shape}.")
    return values


def evaluate(
    background_scores: ArrayLike,
    signal_scores: ArrayLike,
    background_weight: ArrayLike | None = None,
    signal_weight: ArrayLike | None = None,
) -> Evaluation:
    """Judge a score by truth: higher must be more signal-like.

    Args:
        background_scores: Scores of background, shape (background,), finite real numbers; integers
            that float64 holds.
        signal_scores: Scores of signal, shape (signal,), the same.
        background_weight: Weights, not negative; None for ones.
        signal_weight: Weights, not negative; None for ones.

    Raises:
        TooFewEvents: If one class is empty or has no weight.
        BadLayout: If shapes do not fit.
        BadNumbers: If there is a NaN, an infinity, a negative weight, what is masked or no real
            number, or an integer that float64 would round.

    Example:
        >>> rng = np.random.default_rng(1)
        >>> evaluation = evaluate(rng.normal(size=10_000), rng.normal(2, 1, size=10_000))
        >>> evaluation.auc
        0.9228 ± 0.0018
        >>> evaluation.tpr_at(0.01)
        0.371 ± 0.020
    """
    background = one_class(background_scores, background_weight, "background")
    signal = one_class(signal_scores, signal_weight, "signal")
    fpr, tpr, threshold = _curve(background.scores, background.weight, signal.scores, signal.weight)
    return Evaluation(
        auc=_auc(background, signal),
        n_background=len(background.scores),
        n_signal=len(signal.scores),
        n_background_effective=background.n_effective,
        fpr_floor=1.0 / (_RELATIVE_ERROR**2 * background.n_effective),
        _background=background,
        _signal=signal,
        _fpr=fpr,
        _tpr=tpr,
        _threshold=threshold,
    )


def _curve(
    background: Floats, background_weight: Floats, signal: Floats, signal_weight: Floats
) -> tuple[Floats, Floats, Floats]:
    """fpr, tpr and threshold, from (0, 0) at infinity down, one point for each distinct score.

    Of the points with the same fpr only the one with the highest tpr is kept.
    """
    scores = np.concatenate([background, signal])
    order = np.argsort(-scores, kind="stable")
    scores = scores[order]
    zeros_b, zeros_s = np.zeros_like(background), np.zeros_like(signal)
    x = np.cumsum(np.concatenate([background_weight, zeros_s])[order])
    y = np.cumsum(np.concatenate([zeros_b, signal_weight])[order])
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)
    x, y, scores = x[last] / x[-1], y[last] / y[-1], scores[last]
    keep = np.append(np.diff(x) > 0, True)
    x, y, scores = x[keep], y[keep], scores[keep]
    start = x[0] > 0
    return (
        np.concatenate([[0.0], x]) if start else x,
        np.concatenate([[0.0], y]) if start else y,
        np.concatenate([[np.inf], scores]) if start else scores,
    )


def _auc(background: ScoreClass, signal: ScoreClass) -> Value:
    """The area and its uncertainty by DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837.

    With weights, the variance of a mean of placements v is sum w^2 (v - AUC)^2, corrected for the
    mean by n/(n - 1) with the effective n. For perfect separation the uncertainty is 0, which means
    less than about one event.
    """
    of_signal = background.below(signal.scores)
    of_background = 1.0 - signal.below(background.scores)
    auc = float((signal.weight * of_signal).sum() / signal.weight.sum())
    variance = 0.0
    for sample, placement in ((signal, of_signal), (background, of_background)):
        n = sample.n_effective
        correction = n / (n - 1) if n > 1 else np.inf
        spread = float((sample.share**2 * (placement - auc) ** 2).sum())
        variance += spread * correction if spread > 0 else 0.0
    return Value(auc, float(np.sqrt(variance)))
