"""From scores to what a model does at its threshold."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.detection.describing import plane, quantities, rank_correlations
from anomalon.detection.training import TEST, Trained
from anomalon.trigger.rates.curves import RateCurve, efficiency, efficiency_in_bins, rate_curve
from anomalon.trigger.rates.stability import rate_in_bins
from anomalon.trigger.rates.threshold import (
    Threshold,
    closure,
    smallest_rate,
    threshold_at_rate,
)
from anomalon.trigger.results.operated import At, Held, Kept, Operated, OperatingPoint
from anomalon.trigger.training import Model

__all__ = ["Judged", "numbers_of", "operated"]

Floats = NDArray[np.float64]

_QUANTITIES = ("leading_pt", "met", "multiplicity")
_COLUMNS = ("n_pv", "run", "lumi")
_BINS = 8


@dataclass(frozen=True, eq=False)
class Judged:
    """The events that are scored, and what is known of them beside their scores.

    Args:
        events: By name, those that reach this trigger; the test background is `TEST`.
        hz: What each event of the test background stands for, shape (event,).
        menu: By name, what the present menu has, shape (event,); none if there is no menu.
        pure: Whether only what the menu does not have counts.
        rate: Asked for, in Hz.
        halvings: Times that the test background is halved.
        seed: Of these.
        constant_in: Columns of the background in which the rate is to be constant.
    """

    events: Mapping[str, Events]
    hz: Floats
    menu: Mapping[str, NDArray[np.bool_]]
    pure: bool
    rate: float
    halvings: int
    seed: Seed
    constant_in: tuple[str, ...] = ()

    @property
    def others(self) -> NDArray[np.bool_] | None:
        """Background that does not count."""
        return self.menu[TEST] if self.pure else None

    @property
    def counted(self) -> Floats:
        """What each event of the test background adds to the rate that counts, shape (event,)."""
        return self.hz if self.others is None else np.where(self.others, 0.0, self.hz)

    @cached_property
    def simple(self) -> Mapping[str, Mapping[str, Floats]]:
        """Simple quantities of the events, by name; for all models once."""
        return {name: quantities(events) for name, events in self.events.items()}


def operated(
    model: Model,
    trained: Sequence[Trained],
    judged: Judged,
    signals: Sequence[str],
    samples: Sequence[str],
) -> Operated:
    """What one model does.

    Args:
        model: The model.
        trained: Its trainings.
        judged: What was scored.
        signals: Names of signals.
        samples: Names of other samples.
    """
    thresholds = [_threshold(fit.scores[TEST], judged) for fit in trained]
    points = tuple(
        _point(threshold, fit.scores[TEST], judged)
        for threshold, fit in zip(thresholds, trained, strict=True)
    )
    found = Operated(
        name=model.named.name,
        kind=model.named.detector.kind,
        settings=repr(model.named.detector),
        baseline=model.named.baseline,
        emphasis=dict(model.emphasis),
        points=points,
        signals=tuple(_kept(name, trained, thresholds, judged) for name in signals),
        samples=tuple(_kept(name, trained, thresholds, judged) for name in samples),
        leading_pt=_correlations(trained, judged),
        same=_same(trained, thresholds, judged.hz),
        seen=max(fit.seen for fit in trained),
        model_note=trained[0].note,
    )
    middle = found.median_training
    return _drawn(found, trained[middle], thresholds[middle], judged, signals)


def _threshold(scores: Floats, judged: Judged) -> Threshold | str:
    """The threshold, or why there is none."""
    try:
        return threshold_at_rate(scores, judged.hz, judged.rate, others=judged.others)
    except (TooFewEvents, BadValue) as error:
        return str(error).removeprefix("threshold_at_rate: ")


def _point(threshold: Threshold | str, scores: Floats, judged: Judged) -> OperatingPoint:
    least = smallest_rate(scores, judged.counted)
    if isinstance(threshold, str):
        return OperatingPoint(float("nan"), least_hz=least, why=threshold)
    halves = closure(
        scores, judged.hz, judged.rate, others=judged.others, splits=judged.halvings,
        seed=judged.seed,
    )  # fmt: skip
    return OperatingPoint(
        threshold=threshold.value,
        low=threshold.low,
        high=threshold.high,
        hz=threshold.rate.hz,
        sigma=threshold.rate.sigma,
        n_effective=threshold.rate.n_effective,
        unseen=threshold.unseen,
        total_hz=threshold.total.hz,
        total_sigma=threshold.total.sigma,
        closed=halves.inside,
        n_halvings=len(halves.pulls),
        least_hz=least,
        reached=threshold.reached,
    )


def _kept(
    name: str, trained: Sequence[Trained], thresholds: Sequence[Threshold | str], judged: Judged
) -> Kept:
    weight = judged.events[name].weight
    total = float(weight.sum())
    menu = judged.menu.get(name)
    share, pure = np.full((2, len(trained)), np.nan)
    for i, (fit, threshold) in enumerate(zip(trained, thresholds, strict=True)):
        if isinstance(threshold, Threshold):
            passed = fit.scores[name] >= threshold.value
            share[i] = weight[passed].sum() / total
            pure[i] = np.nan if menu is None else weight[passed & ~menu].sum() / total
    low = high = tighter = looser = float("nan")
    if not np.isnan(share).all():
        order = np.argsort(share, kind="stable")  # NaN come last
        middle = int(order[(np.count_nonzero(~np.isnan(share)) - 1) // 2])
        scores, at = trained[middle].scores[name], thresholds[middle]
        assert isinstance(at, Threshold)
        _, low, high = efficiency(scores >= at.value, weight)
        tighter = float(weight[scores >= at.high].sum() / total)
        looser = float(weight[scores >= at.low].sum() / total)
    present = float("nan") if menu is None else float(weight[menu].sum() / total)
    return Kept(name, len(weight), share, low, high, tighter, looser, present, pure)


def _correlations(trained: Sequence[Trained], judged: Judged) -> Floats:
    """Of the score with the leading pT, of each training."""
    columns = [judged.simple[TEST]["leading_pt"], *(fit.scores[TEST] for fit in trained)]
    return rank_correlations(columns, judged.hz)[0, 1:]


def _same(trained: Sequence[Trained], thresholds: Sequence[Threshold | str], hz: Floats) -> float:
    """Mean share of the rate of one training that another one has too."""
    fired = [
        fit.scores[TEST] >= threshold.value
        for fit, threshold in zip(trained, thresholds, strict=True)
        if isinstance(threshold, Threshold)
    ]
    shares = [hz[a & b].sum() / hz[a].sum() for a, b in permutations(fired, 2) if hz[a].sum() > 0]
    return float(np.mean(shares)) if shares else float("nan")


def _drawn(
    found: Operated,
    fit: Trained,
    threshold: Threshold | str,
    judged: Judged,
    signals: Sequence[str],
) -> Operated:
    """The same with what figures need."""
    scores, leading = fit.scores[TEST], judged.simple[TEST]["leading_pt"]
    some = judged.others is None or not judged.others.all()  # else there is no rate that counts
    curves = tuple(_curve(scores, fit.scores[name], judged, name) for name in signals if some)
    drawn = replace(found, plane=plane("leading_pt", leading, scores, judged.hz), curves=curves)
    if isinstance(threshold, str):
        return drawn
    passed = scores >= threshold.value
    held = tuple(
        Held(column, rate_in_bins(passed, judged.hz, values, edges))
        for column, values, edges in _binned(judged.events[TEST], judged.constant_in)
    )
    return replace(drawn, held=held, turn_ons=_turn_ons(fit, threshold, judged, signals))


def _curve(scores: Floats, signal: Floats, judged: Judged, name: str) -> RateCurve:
    weight = judged.events[name].weight
    return rate_curve(scores, judged.hz, signal, weight, others=judged.others)


def _turn_ons(
    fit: Trained, threshold: Threshold, judged: Judged, signals: Sequence[str]
) -> tuple[At, ...]:
    found = []
    for name in signals:
        events = judged.events[name]
        passed = fit.scores[name] >= threshold.value
        simple = judged.simple[name]
        known: dict[str, NDArray[Any]] = {q: simple[q] for q in _QUANTITIES if q in simple}
        n_pv = numbers_of(events, "n_pv")
        if n_pv is not None:
            known["n_pv"] = n_pv
        for quantity, values in known.items():
            edges = _edges(values)
            if edges is not None:
                bins = efficiency_in_bins(passed, values, edges, events.weight)
                found.append(At(name, quantity, bins))
    return tuple(found)


def _binned(events: Events, asked: Sequence[str]) -> list[tuple[str, Floats, Floats]]:
    """Columns of the background that a rate should not depend on, with their bins."""
    found = []
    for column in dict.fromkeys((*_COLUMNS, *asked)):
        values = numbers_of(events, column)
        edges = None if values is None else _edges(values)
        if values is not None and edges is not None:
            found.append((column, values, edges))
    return found


def numbers_of(events: Events, column: str) -> Floats | None:
    """A column of numbers; None if there is none of that name."""
    if column not in events.columns or events.columns[column].dtype.kind not in "biuf":
        return None
    return np.asarray(events.column(column), np.float64)


def _edges(values: Floats) -> Floats | None:
    """Bins of about as many events each, or one for each of few values; None of a constant."""
    if not len(values) or not np.isfinite(values).all():
        return None
    few = np.unique(values)
    if 1 < len(few) <= _BINS:
        edges = np.unique(np.r_[few[0], few[1:] / 2 + few[:-1] / 2, few[-1]])
        return edges if len(edges) > 2 else None
    for of in (values, few):  # of distinct values where one of them is nearly all
        edges = np.unique(np.quantile(of, np.linspace(0, 1, _BINS + 1)))
        if len(edges) > 2:
            return np.asarray(edges)
    return None
