"""`Rate`: how often a selection fires, with its error and the number of events behind it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadValue, TooFewEvents
from anomalon.core.result import Number
from anomalon.core.rounding import plain
from anomalon.core.shown import Fact, Shown
from anomalon.stats.counts.intervals import garwood

__all__ = [
    "FILLED_CROSSINGS",
    "ROUNDING",
    "Rate",
    "chosen",
    "in_hz",
    "last_of_equals",
    "measured_rate",
    "more_than",
    "not_above",
    "rate_of",
    "rising",
]

Floats = NDArray[np.float64]

ROUNDING = 1e-9
"""Of a rate: what rounding may leave of an asked one."""

FILLED_CROSSINGS = {"ATLAS": 31_575_960.0, "CMS": 28_608_800.0}
"""Filled bunch crossings per second: 2808 x 11,245 Hz, and 2544 x 11,245.6 Hz."""


@dataclass(frozen=True, repr=False)
class Rate(Shown):
    """A rate, in Hz.

    Args:
        hz: The estimate.
        sigma: Its statistical uncertainty, sqrt(sum w^2) of what passed, in Hz.
        low: Lower end of the central 68 % interval: that of a Poisson count of `n_effective` events
            (Garwood), scaled; Bohm and Zech, Nucl. Instrum. Meth. A 748 (2014) 1.
        high: Upper end.
        n: Events that passed and have a weight.
        n_effective: (sum w)^2 / sum w^2 of them: so many events of one weight say as much.
    """

    hz: float
    sigma: float
    low: float
    high: float
    n: int
    n_effective: float

    def facts(self) -> tuple[Fact, ...]:
        """Rate, events and effective events; of no event the upper end of its interval."""
        none = Number("rate", self.high, unit="Hz", bound="at most")
        return (
            Number("rate", self.hz, self.sigma, unit="Hz") if self.n else none,
            Number("events", self.n, form="count"),
            Number("effective events", self.n_effective, digits=3),
        )


def in_hz(weights: ArrayLike, n: int, incoming: float | None, what: str) -> Floats:
    """The rate that each event stands for, shape (event,).

    Args:
        weights: Shape (event,), or one for all.
        n: Events.
        incoming: Rate in Hz of what all events together stand for; None: weights are in Hz.
        what: Who asks, for messages.

    Raises:
        BadLayout: If there is not a weight for each event.
        BadNumbers: If one is negative or not finite.
        TooFewEvents: If all are zero.
        BadValue: If the incoming rate is not above zero.
    """
    weight = check.real(weights, f"{what}: weights")
    weight = np.full(n, weight) if weight.ndim == 0 else weight
    check.length(weight, n, f"{what}: weights")
    check.finite(weight, f"{what}: weights")
    check.non_negative(weight, f"{what}: weights")
    total = float(weight.sum())
    if n == 0:
        raise TooFewEvents(f"{what}: expected events, got none.")
    if not total > 0:
        raise TooFewEvents(
            f"{what}: expected events with weights above zero, got {n} whose weights are all zero. "
            "The weight of an event is what it stands for: a rate in Hz, or a number of crossings."
        )
    if incoming is None:
        return weight
    return np.asarray(weight * (check.number(incoming, f"{what}: incoming", "(0, inf)") / total))


def chosen(decision: ArrayLike, n: int, what: str) -> NDArray[np.bool_]:
    """A decision for each event, shape (event,).

    Raises:
        BadLayout: If it is none, or not one for each event.
    """
    given: NDArray[Any] = np.asarray(decision)
    check.length(given, n, what)
    return check.decisions(given, what)


def last_of_equals(ordered: Floats) -> NDArray[np.intp]:
    """Where events with the same score end, in order: all of them pass a threshold or none."""
    return np.flatnonzero(np.append(np.diff(ordered) != 0, True))


def more_than(asked: float, total: float) -> bool:
    """Whether a rate is more than that of all events, but for rounding."""
    return asked > total * (1 + ROUNDING)


def not_above(asked: float, total: float, where: str) -> None:
    """Refuse a rate that all events together have not: it is that of no threshold.

    Raises:
        BadValue: If it is more.
    """
    if more_than(asked, total):
        raise BadValue(
            f"{where}: expected a rate of at most {plain(total)} Hz, which is that of all events "
            f"that count, got {asked:g} Hz."
        )


def rising(edges: ArrayLike, what: str) -> Floats:
    """Edges of bins, shape (bin + 1,).

    Raises:
        BadValue: If there are fewer than two, or they do not rise.
    """
    ends = check.real(edges, f"{what}: edges")
    if ends.ndim != 1 or len(ends) < 2 or not (np.diff(ends) > 0).all():
        raise BadValue(f"{what}: expected at least two rising edges.")
    return ends


def measured_rate(passed: ArrayLike, weights: ArrayLike, *, incoming: float | None = None) -> Rate:
    """The rate of a selection.

    With `incoming` it is incoming * sum(w passed) / sum(w), whose uncertainty is that of a ratio:
    if all pass there is none. The sample has to stand for all that comes in then.

    Args:
        passed: Which events are selected, shape (event,).
        weights: What each event stands for, shape (event,); in Hz without `incoming`.
        incoming: Rate in Hz of what all events together stand for.

    Raises:
        DataError: If shapes, weights or decisions are impossible; see `in_hz` and `chosen`.
        BadValue: If the incoming rate is not above zero.

    Example:
        >>> rate = measured_rate([True, True, False, False], [2.0, 2.0, 1.0, 3.0], incoming=80.0)
        >>> rate.hz, rate.n, round(rate.n_effective, 1), round(rate.sigma, 1)
        (40.0, 2, 2.0, 21.2)
    """
    given: NDArray[Any] = np.asarray(passed)
    n = given.size
    keep = chosen(given, n, "measured_rate: passed")
    return rate_of(keep, in_hz(weights, n, incoming, "measured_rate"), ratio=incoming is not None)


def rate_of(passed: NDArray[np.bool_], hz: Floats, *, ratio: bool) -> Rate:
    """The same for weights in Hz; a `ratio` if their sum is known beforehand."""
    kept = hz[passed]
    total, square = float(kept.sum()), float((kept**2).sum())
    n_effective = total**2 / square if square > 0 else 0.0
    variance = square
    if ratio:
        share = total / float(hz.sum())
        rest = max(float((hz**2).sum()) - square, 0.0)
        variance = (1 - share) ** 2 * square + share**2 * rest
    sigma = float(np.sqrt(variance))
    low, high = map(float, garwood(n_effective))
    if n_effective > 0:
        unit = sigma / np.sqrt(n_effective)
        ends = total - (n_effective - low) * unit, total + (high - n_effective) * unit
    else:  # nothing passed: an event of the largest weight might have
        ends = 0.0, high * float(hz.max(initial=0.0))
    return Rate(total, sigma, *ends, int(np.count_nonzero(kept)), n_effective)
