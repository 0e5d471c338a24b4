"""Limits on a strength when the efficiency of the selection depends on it.

The counts limit the selected signal events to N. A strength s gives s eps(s) of them, in units of
the events at a strength of one, and is excluded if that is at least N. A rule for many curves: the
limit is the smallest strength above which all are excluded, up to the largest that was looked at.

Nothing is extrapolated, and an efficiency is claimed only between strengths that were tried.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.core.plain import to_plain
from anomalon.core.result import Number, Text
from anomalon.core.shown import Fact, Shown, extent
from anomalon.stats.limits.count_limits import upper_limits
from anomalon.stats.limits.efficiency import EfficiencyCurve, evaluate_cubic

__all__ = [
    "StrengthLimit",
    "upper_limit_with_efficiency",
]

Floats = NDArray[np.floating[Any]]

_GRID = 1000  # strengths at which a callable is looked at for crossings
_PER_SEGMENT = 50  # and a curve, between two measured strengths
_HALVINGS = 80


@dataclass(frozen=True, eq=False, repr=False)
class StrengthLimit(Shown):
    """Limits on the strength; all arrays have the shape of the limits on events.

    Args:
        events: The limits on selected signal events that they come from.
        strength: The smallest strength above which all are excluded; NaN where `ok` is False.
        low: Lower end of the band from the uncertainty of the efficiency; NaN if there is none.
        high: Its upper end; infinite if the band is open.
        ok: Whether there is a limit.
        why: The reason where there is none, and where excluded strengths lie below the limit.
        n_crossings: How often the yield crosses the limit on events; more than one means that
            smaller strengths are excluded too, which is not claimed.
    """

    events: Floats
    strength: Floats
    low: Floats
    high: Floats
    ok: NDArray[np.bool_]
    why: NDArray[np.str_]
    n_crossings: NDArray[np.int64]

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        reasons = sorted({str(why) for why in np.ravel(self.why)} - {""})
        return (
            Number("limits", int(self.ok.sum()), form="count"),
            extent("strength", self.strength),
            extent("lower end", self.low),
            extent("upper end", self.high),
            extent("selected events", self.events),
            *(Text("remark", why) for why in reasons[:1]),
        )

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain lists, for JSON and the report."""
        return dict(to_plain(self))


def upper_limit_with_efficiency(
    n: ArrayLike,
    b: ArrayLike,
    sigma_b: ArrayLike,
    efficiency: Callable[[Floats], ArrayLike],
    strengths: tuple[float, float],
    *,
    events_at_one: float = 1.0,
    **options: Any,
) -> tuple[StrengthLimit, StrengthLimit]:
    """Observed and expected limits on a strength whose efficiency depends on it.

    Args:
        n: Events seen, any shape.
        b: Events expected from background.
        sigma_b: Its uncertainty.
        efficiency: From strengths, shape (strength,), to efficiencies of the same shape.
        strengths: Smallest and largest strength to look at.
        events_at_one: Signal events before the selection at a strength of one.
        options: Those of `upper_limits`: level, n_sigma, before_data, method.

    Returns:
        Observed limits, shape (…), and expected ones, shape (n_sigma, …).

    Raises:
        BadValue: If strengths are not 0 <= smallest < largest, or an efficiency is negative.

    Example:
        A classifier that finds nothing of a weak signal and 40 % of a strong one:

        >>> observed, expected = upper_limit_with_efficiency(
        ...     50, 50, 7, lambda s: 0.4 * s / (s + 50), (0.0, 500.0))
        >>> float(observed.strength.round(3)), expected.strength.round(1)
        (80.049, array([ 51.7,  63.3,  80. , 102.8, 130.1]))
    """
    smallest, largest = strengths
    if not 0 <= smallest < largest < np.inf:
        raise BadValue(f"strengths: expected 0 <= smallest < largest, got {strengths}.")
    limit = upper_limits(n, b, sigma_b, **options)
    grid = np.unique(
        np.concatenate(
            [
                np.linspace(smallest, largest, _GRID),
                np.geomspace(max(smallest, 1e-6 * largest), largest, _GRID),
            ]
        )
    )

    def events(s: Floats) -> Floats:
        values = np.asarray(efficiency(s.ravel()), dtype=np.float64).reshape(s.shape)
        if np.any(values < 0):
            raise BadValue(f"efficiency: expected numbers >= 0, got {values[values < 0][0]}.")
        return np.asarray(s * values * events_at_one)

    found = [_crossings(events, each, grid) for each in (limit.observed, limit.expected)]
    return _without_band(limit.observed, found[0]), _without_band(limit.expected, found[1])


def on_curve(
    targets: Floats, curve: EfficiencyCurve, events_at_one: float, toys: Floats, band: float
) -> StrengthLimit:
    """Limits and bands for limits on events of shape (target,)."""
    knots = curve.strength
    pieces = [np.linspace(a, b, _PER_SEGMENT, endpoint=False) for a, b in pairwise(knots)]
    grid = np.append(np.concatenate(pieces), knots[-1])

    def events_of(c: Floats) -> Callable[[Floats], Floats]:
        return lambda s: np.asarray(s * evaluate_cubic(knots, c, s) * events_at_one)

    nominal = _crossings(events_of(curve.cubic()), targets[:, None], grid)
    drawn = _crossings(
        events_of(toys), np.broadcast_to(targets[:, None], (len(targets), toys.shape[2])), grid
    )
    strength = np.where(drawn.never, np.inf, np.where(drawn.always, grid[0], drawn.strength))
    tails = [(1 - band) / 2, (1 + band) / 2]
    low, high = np.quantile(strength, tails, axis=1, method="inverted_cdf")
    nominal = _Crossings(*(x[:, 0] for x in vars(nominal).values()))
    plain = _without_band(targets, nominal)
    return StrengthLimit(targets, plain.strength, low, high, plain.ok, plain.why, plain.n_crossings)


@dataclass(frozen=True, eq=False)
class _Crossings:
    """Where yields last rise through their targets, and where they do not."""

    strength: Floats
    never: NDArray[np.bool_]
    always: NDArray[np.bool_]
    n: NDArray[np.int64]


def _crossings(events: Callable[[Floats], Floats], targets: Floats, grid: Floats) -> _Crossings:
    """The last crossing of each target: found on the grid, then halved to rounding.

    Args:
        events: From strengths, shape (grid or target, …), to yields that broadcast with them.
        targets: Limits on events, any shape; NaN is never reached.
        grid: Increasing strengths.
    """
    targets = np.asarray(targets, dtype=np.float64)
    at = grid.reshape(-1, *[1] * targets.ndim)
    excluded = events(at) >= targets  # also False for an efficiency of NaN
    last_not = len(grid) - 1 - np.argmax(~excluded[::-1], axis=0)
    always = np.asarray(excluded.all(axis=0))
    never = np.asarray(~excluded[-1])
    low, high = grid[last_not], grid[np.minimum(last_not + 1, len(grid) - 1)]
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        above = events(middle) >= targets
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    n = (excluded[1:] != excluded[:-1]).sum(axis=0)
    return _Crossings(np.where(always | never, np.nan, high), never, always, n)


def _without_band(targets: Floats, found: _Crossings) -> StrengthLimit:
    """The limits, with the reasons where there are none."""
    nothing = np.full(targets.shape, np.nan)
    why = np.select(
        [np.isnan(targets), found.never, found.always, found.n > 1],
        [
            "there is no limit on events",
            "the largest strength is not excluded: look at larger ones",
            "the smallest strength is excluded: look at smaller ones",
            "smaller strengths are excluded as well, but not all in between",
        ],
        "",
    )
    ok = ~(found.never | found.always)
    return StrengthLimit(targets, found.strength, nothing, nothing, ok, why, found.n)


def part_of(every: StrengthLimit, which: Any) -> StrengthLimit:
    return StrengthLimit(*(np.asarray(value[which]) for value in vars(every).values()))
