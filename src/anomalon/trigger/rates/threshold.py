"""`threshold_at_rate`: which score gives a rate, how well it is known, and whether it can be known.

Weighted events know a rate no better than their largest weights, whether these pass or not: where
none of the common, heavy events is above a threshold, one of them might have been. What that may
be is estimated (`Threshold.unseen`); no statistical error has it. Where fewer than ten effective
events would pass, no threshold is given: their rate is known to a third at best. Nor is one given
where what is unseen may be more than the asked rate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.result import Number
from anomalon.core.rounding import plain
from anomalon.core.seed import Seed
from anomalon.core.shown import Fact, Shown
from anomalon.trigger.rates.rate import (
    ROUNDING,
    Rate,
    chosen,
    in_hz,
    last_of_equals,
    not_above,
    rate_of,
)

__all__ = [
    "FEWEST_EFFECTIVE",
    "MOST_UNSEEN",
    "Closure",
    "Threshold",
    "closure",
    "smallest_rate",
    "threshold_at_rate",
]

Floats = NDArray[np.float64]

FEWEST_EFFECTIVE = 10.0
"""Effective events above a threshold, below which none is given."""

MOST_UNSEEN = 1.0
"""Of the asked rate: if heavier events may add more than that, no threshold is given."""

_NEARLY = 1e-6  # of a rate: a threshold lies between events


@dataclass(frozen=True, repr=False)
class Threshold(Shown):
    """Events with at least this score fire.

    Args:
        value: The score.
        asked: The rate that was asked for, in Hz.
        rate: What the events that it was found on have: those that count if others were given
            (pure or unique), else all that fire. Not the asked rate: events come one by one.
        total: All that fire, those that others have already among them.
        unseen: What events of larger weights than those that pass may add, in Hz: of each that
            fails its excess over the largest weight that passes, times the asked rate over that of
            all above it, as if its like fell as fast as the rest; the largest of these.
        low: The score at which the rate is one standard deviation above the asked one.
        high: The score at which it is one below.
        step: The largest weight of an event that passes and counts, in Hz: no rate is closer to the
            asked one than this has to be.
    """

    value: float
    asked: float
    rate: Rate
    total: Rate
    unseen: float
    low: float
    high: float
    step: float

    @property
    def error(self) -> float:
        """Of the rate, in Hz: the statistical one and what is unseen, in quadrature.

        Close to ten effective events the statistical one alone is too small: samples with a heavy
        event above are refused, and those without have its share in what is unseen
        (`benchmarks/thresholds.py`).
        """
        return float(np.hypot(self.rate.sigma, self.unseen))

    @property
    def supported(self) -> bool:
        """Whether what is unseen is within two standard deviations.

        If it is not, the rate may be larger than its error says: common events are too few.
        """
        return self.unseen <= 2 * self.rate.sigma

    @property
    def reached(self) -> bool:
        """Whether the rate of these events is the asked one within one event.

        It is not if many events have the same score. No error of it is allowed for: on the events
        that a threshold was found on the rate is exact.
        """
        return abs(self.rate.hz - self.asked) <= self.step + ROUNDING * self.asked

    def pull(self, elsewhere: Rate) -> float:
        """Difference of a rate on other events from the asked one, in standard deviations of both.

        The threshold has that of the events it was found on.
        """
        return (elsewhere.hz - self.asked) / float(np.hypot(self.rate.sigma, elsewhere.sigma))

    def facts(self) -> tuple[Fact, ...]:
        """The score, and what it gives."""
        return (
            Number("threshold", self.value, digits=6),
            Number("asked", self.asked, unit="Hz", digits=6),
            Number("rate", self.rate.hz, self.error, unit="Hz"),
            Number("statistical error", self.rate.sigma, unit="Hz"),
            Number("unseen", self.unseen, unit="Hz"),
            Number("total rate", self.total.hz, self.total.sigma, unit="Hz"),
            Number("effective events", self.rate.n_effective, digits=3),
        )


@dataclass(frozen=True)
class _Bars:
    """What events have to do to support a threshold; see `threshold_at_rate`."""

    fewest: float = FEWEST_EFFECTIVE
    most_unseen: float = MOST_UNSEEN

    def few(self, found: Threshold) -> bool:
        """Whether too few effective events are above it."""
        return found.rate.n_effective < self.fewest or found.rate.n == 0

    def met_by(self, found: Threshold) -> bool:
        """Whether it is supported."""
        seen = found.unseen <= self.most_unseen * found.asked * (1 + _NEARLY)
        return seen and not self.few(found)


@dataclass(frozen=True, eq=False)
class _Curve:
    """The rate of events with at least a score; scores fall, each once."""

    scores: Floats
    hz: Floats  # of events with at least this score
    middle: Floats  # the same, with half of those at it: without steps

    def score_at(self, rate: float) -> float:
        """Between the scores of events, in proportion to the rate."""
        return float(np.interp(rate, self.middle, self.scores))


def threshold_at_rate(
    scores: ArrayLike,
    weights: ArrayLike,
    rate: float,
    *,
    incoming: float | None = None,
    others: ArrayLike | None = None,
    fewest: float = FEWEST_EFFECTIVE,
    most_unseen: float = MOST_UNSEEN,
) -> Threshold:
    """The score above which events come at a rate.

    Args:
        scores: Of background, higher is more anomalous, shape (event,).
        weights: What each event stands for, shape (event,), or one for all; in Hz without
            `incoming`.
        rate: Asked for, in Hz.
        incoming: Rate in Hz of what all events together stand for, e.g. that of the filled
            crossings (`FILLED_CROSSINGS`).
        others: Events that fire others already, shape (event,): they do not count. The unprescaled
            items of a menu make it a pure rate, all items a unique one. None: all count.
        fewest: Effective events that have to be above the threshold.
        most_unseen: What events of larger weights may add at most (`Threshold.unseen`), over the
            asked rate; infinity if it does not matter.

    Raises:
        TooFewEvents: If there are fewer, if they may add more, or if all weights are zero.
        BadValue: If all events together have a smaller rate, or a number is not above zero.
        DataError: If scores or weights are not finite, or of different lengths.

    Example:
        >>> scores = np.arange(1000.0)
        >>> found = threshold_at_rate(scores, 1.0, 1000.0, incoming=40_000.0)
        >>> found.value, found.rate.hz, round(found.rate.sigma, 1)
        (974.5, 1000.0, 197.5)
    """
    given = _checked(scores, "threshold_at_rate: scores")
    asked = check.number(rate, "threshold_at_rate: rate", "(0, inf)")
    bars = _Bars(
        check.number(fewest, "threshold_at_rate: fewest", "[0, inf)"),
        check.number(most_unseen, "threshold_at_rate: most_unseen", "[0, inf]"),
    )
    hz = in_hz(weights, len(given), incoming, "threshold_at_rate")
    counted = np.ones(len(given), bool)
    if others is not None:
        counted = ~chosen(others, len(given), "threshold_at_rate: others")
    order = np.argsort(-given, kind="stable")
    found = _found(given, hz, counted, order, asked, ratio=incoming is not None)
    if not bars.met_by(found):
        raise _unsupported(found, bars, given, np.where(counted, hz, 0.0))
    return found


def _checked(scores: ArrayLike, what: str) -> Floats:
    """As finite numbers, one per event."""
    given = check.real(scores, what)
    check.length(given, given.size, what)
    check.finite(given, what)
    return given


def _found(
    scores: Floats,
    hz: Floats,
    counted: NDArray[np.bool_],
    order: NDArray[np.intp],
    asked: float,
    *,
    ratio: bool,
) -> Threshold:
    """The threshold, of events that are sorted by `order`: in falling scores, stable.

    Whether they support it is another question (`_Bars`).
    """
    counts = np.where(counted, hz, 0.0)
    not_above(asked, float(counts.sum()), "threshold_at_rate")
    curve = _curve(scores, counts, order)
    value = curve.score_at(asked)
    passed = scores >= value
    found = rate_of(passed & counted, hz, ratio=ratio)
    unseen = _unseen(counts[order], int(np.count_nonzero(passed)), asked)
    low, high = curve.score_at(asked + found.sigma), curve.score_at(asked - found.sigma)
    total, step = rate_of(passed, hz, ratio=ratio), float(counts[passed].max(initial=0.0))
    return Threshold(value, asked, found, total, unseen, low, high, step)


def _curve(scores: Floats, counts: Floats, order: NDArray[np.intp]) -> _Curve:
    ordered, weight = scores[order], counts[order]
    last = last_of_equals(ordered)
    total = np.cumsum(weight)[last]
    return _Curve(ordered[last], total, (total + np.append(0.0, total[:-1])) / 2)


def _unseen(weight: Floats, n: int, asked: float) -> float:
    """What heavier events may add that happen to be below the first `n`, in falling scores."""
    before = np.cumsum(weight) - weight
    excess = weight[n:] - weight[:n].max(initial=0.0)
    return float((excess * asked / np.maximum(before[n:], asked)).max(initial=0.0))


def _unsupported(found: Threshold, bars: _Bars, scores: Floats, counts: Floats) -> TooFewEvents:
    """Why a threshold is not given, and from which rate on there is one."""
    least = smallest_rate(scores, counts, bars.fewest, bars.most_unseen)
    hint = ""
    if np.isfinite(least):
        named = min(1.01 * least, (least + float(counts.sum())) / 2)
        hint = f" From {plain(named, 6)} Hz on they can."
    if bars.few(found):
        wrong = (
            f"at least {bars.fewest:g} effective events above a threshold at {found.asked:g} Hz, "
            f"got {plain(found.rate.n_effective)} ({found.rate.n} events)"
        )
        bar = f"fewest={bars.fewest:g}"
    else:
        wrong = (
            "no events close below a threshold that weigh more than those above it: they may add "
            f"{plain(found.unseen)} Hz to {found.asked:g} Hz"
        )
        bar = f"most_unseen={bars.most_unseen:g}"
    return TooFewEvents(
        f"threshold_at_rate: expected {wrong}. These events cannot say where the threshold is."
        f"{hint} More events, or of smaller weights, go further; {bar} is the bar."
    )


def smallest_rate(
    scores: Floats,
    counts: Floats,
    fewest: float = FEWEST_EFFECTIVE,
    most_unseen: float = MOST_UNSEEN,
) -> float:
    """The rate from which on, threshold by threshold, the events support one; in Hz.

    Enough effective events are above, and what is unseen is small enough. Infinity if it never is.
    """
    order = np.argsort(-scores, kind="stable")
    curve = _curve(scores, counts, order)
    square = _curve(scores, counts**2, order).hz
    with np.errstate(invalid="ignore", divide="ignore"):
        enough = np.nan_to_num(curve.hz**2 / square) >= fewest
    enough &= _all_seen(scores[order], counts[order], most_unseen)
    if not len(enough) or not enough[-1]:
        return float("inf")
    few = np.flatnonzero(~enough)
    first = few[-1] + 1 if len(few) else 0
    return float(curve.middle[first])


def _all_seen(ordered: Floats, weight: Floats, most: float) -> NDArray[np.bool_]:
    """Whether no event below a score may add more than that; for each score, falling.

    An event of weight w with the rate b above it adds (w - w_max) / b of the rate (see `_unseen`).
    """
    last = last_of_equals(ordered)
    if not np.isfinite(most):
        return np.ones(len(last), bool)
    excess = weight - most * (np.cumsum(weight) - weight)
    later = np.append(np.maximum.accumulate(excess[::-1])[::-1], 0.0)[last + 1]
    return np.asarray(later <= np.maximum.accumulate(weight)[last])


@dataclass(frozen=True, eq=False, repr=False)
class Closure(Shown):
    """Thresholds found on one half of the events, and the rates of the other halves.

    Args:
        hz: Rates on the other halves, shape (split,).
        pulls: Their differences from the asked rate, in standard deviations (`Threshold.pull`).
        asked: In Hz.
        n_refused: Splits whose half does not support a threshold.
    """

    hz: Floats
    pulls: Floats
    asked: float
    n_refused: int

    @property
    def inside(self) -> float:
        """Share of the splits within one standard deviation; 0.683 if the errors are right."""
        return float(np.mean(np.abs(self.pulls) < 1)) if len(self.pulls) else float("nan")


def closure(
    scores: ArrayLike,
    weights: ArrayLike,
    rate: float,
    *,
    incoming: float | None = None,
    others: ArrayLike | None = None,
    splits: int = 200,
    seed: Seed | int = 0,
) -> Closure:
    """Find the threshold on a random half of the events, measure the rate on the other; many times.

    Halves of the same events are not independent, but what they differ by has the variance that it
    would have: each event is in one of the two.

    Args:
        scores: Of background, higher is more anomalous, shape (event,).
        weights: What each event stands for, shape (event,); in Hz without `incoming`.
        rate: Asked for, in Hz.
        incoming: Rate in Hz of what all events together stand for.
        others: Events that others have already, which do not count.
        splits: How many times.
        seed: Of the halves.

    Raises:
        As `threshold_at_rate`, but for halves that do not support a threshold, which are counted.
    """
    check.whole(splits, "closure: splits", 1, 1_000_000)
    given = _checked(scores, "closure: scores")
    asked = check.number(rate, "closure: rate", "(0, inf)")
    hz = in_hz(weights, len(given), incoming, "closure")
    no = np.zeros(len(given), bool) if others is None else chosen(others, len(given), "others")
    not_above(asked, float(hz[~no].sum()), "closure")
    draw = Seed.of(seed).child("closure").generator()
    order = np.argsort(-given, kind="stable")
    rates, pulls, refused, bars = [], [], 0, _Bars()
    for _ in range(splits):
        first = draw.random(len(given)) < 0.5
        # sorted once: the half keeps the order of all
        sort = (np.cumsum(first) - 1)[order[first[order]]]
        half = given[first], 2 * hz[first], ~no[first]
        try:
            found = _found(*half, sort, asked, ratio=False)
        except BadValue:  # a half may have a smaller rate than the asked one
            refused += 1
            continue
        if not bars.met_by(found):
            refused += 1
            continue
        passed = (given[~first] >= found.value) & ~no[~first]
        elsewhere = rate_of(passed, 2 * hz[~first], ratio=False)
        rates.append(elsewhere.hz)
        pulls.append(found.pull(elsewhere))
    return Closure(np.array(rates), np.array(pulls), float(rate), refused)
