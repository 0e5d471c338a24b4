"""Limits on a strength when the efficiency of the selection depends on it.

The counts limit the selected signal events to N. A strength s gives s eps(s) of them, in units of
the events at a strength of one, and is excluded if that is at least N. A rule for many curves: the
limit is the smallest strength above which all are excluded, up to the largest that was looked at.

Nothing is extrapolated, and an efficiency is claimed only between strengths that were tried.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadValue, interruption_behind
from anomalon.core.plain import to_plain
from anomalon.core.seed import Seed
from anomalon.stats.counts.intervals import ONE_SIGMA, clopper_pearson
from anomalon.stats.limits.count_limits import Limit, upper_limits
from anomalon.stats.limits.efficiency import EfficiencyCurve, evaluate_cubic

__all__ = [
    "Chain",
    "RerunLimit",
    "RerunPoint",
    "StrengthLimit",
    "limit_by_rerun",
    "upper_limit_with_efficiency",
]

Floats = NDArray[np.floating[Any]]
Chain = Callable[[float, Seed], tuple[float, float]]
"""The analysis with a signal of a strength injected: (signal events selected, injected)."""

_GRID = 1000  # strengths at which a callable is looked at for crossings
_PER_SEGMENT = 50  # and a curve, between two measured strengths
_HALVINGS = 80


@dataclass(frozen=True, eq=False)
class StrengthLimit:
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
        options: Those of `upper_limits`: level, n_sigma, constraint, statistic, method.

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


class _Executor(Protocol):
    """As `anomalon.run.Executor`."""

    def map_unordered(
        self, function: Callable[[Any], Any], items: Sequence[Any]
    ) -> Iterator[tuple[int, Any]]: ...


@dataclass(frozen=True)
class RerunPoint:
    """The chain run once.

    Args:
        strength: The strength injected.
        repeat: Which of the runs at this strength.
        passed: Signal events selected; NaN if it failed.
        injected: Signal events injected; NaN if it failed.
        ok: Whether it has an efficiency.
        why: The reason if not.
    """

    strength: float
    repeat: int
    passed: float
    injected: float
    ok: bool
    why: str

    @property
    def efficiency(self) -> float:
        """The share of the signal that is selected; NaN if it failed."""
        return self.passed / self.injected

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper-Pearson interval of one standard deviation; NaN if it failed."""
        if not self.ok:
            return float("nan"), float("nan")
        low, high = clopper_pearson(self.passed, self.injected)
        return float(low), float(high)


@dataclass(frozen=True, eq=False)
class RerunLimit:
    """Limits from runs of the whole analysis with injected signal.

    Args:
        observed: Observed limit, shape ().
        expected: Expected limits, shape (n_sigma,).
        stepwise: The same, observed first, without interpolation: the smallest over the points
            of max(s_i, N/eps_i), so that eps_i is claimed only from s_i on; infinite without
            points. Shape (1 + n_sigma,).
        points: Every run, also those that failed.
        curve: The interpolated efficiency; None if less than two strengths are left.
        dispersion: Variance between runs of the same strength over the binomial one, at least 1;
            the errors of the curve include it. Above one, training fluctuates more than counts.
        limit: The limits on events.
    """

    observed: StrengthLimit
    expected: StrengthLimit
    stepwise: Floats
    points: tuple[RerunPoint, ...]
    curve: EfficiencyCurve | None
    dispersion: float
    limit: Limit

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain lists, for JSON and the report."""
        names = ("observed", "expected", "stepwise", "points", "dispersion")
        plain = {name: getattr(self, name) for name in names} | {"events": self.limit.to_dict()}
        return dict(to_plain(plain))


def limit_by_rerun(
    chain: Chain,
    strengths: ArrayLike,
    limit: Limit,
    *,
    seed: Seed | int,
    events_at_one: float = 1.0,
    repeats: int = 1,
    n_toys: int = 500,
    band: float = ONE_SIGMA,
    monotone: bool = True,
    executor: _Executor | None = None,
) -> RerunLimit:
    """Limits on a strength by running the whole analysis with injected signal.

    As ATLAS (arXiv:2502.09770) and CMS (arXiv:2412.03747) do for classifiers that learn from
    data. The limits on events come from the data without injection; they must not see the signal
    that is injected here.

    Args:
        chain: From a strength and a seed to (signal events selected, signal events injected);
            weighted counts are taken as they are. What it raises is kept with the point.
        strengths: To inject, shape (point,). A strength of 0 may be measured on simulation.
        limit: Limits on selected signal events of one measurement, from `upper_limits`.
        seed: Random numbers; run i at a strength gets `seed.child("rerun", strength=…, repeat=i)`.
        events_at_one: Signal events before the selection at a strength of one.
        repeats: Runs at each strength; two or more measure how much the training fluctuates.
        n_toys: Curves drawn for the band.
        band: Probability within the band of each limit.
        monotone: Make the efficiencies rise with the strength.
        executor: Who runs the chains, as in `anomalon.run`; this process if None.

    Raises:
        BadLayout: If the limit is not that of one measurement.
        BadValue: If strengths are negative or `repeats` below one.

    Example:
        >>> limit = upper_limits(50, 50, 7)
        >>> def chain(s, seed):
        ...     return seed.generator().binomial(2000, 0.4 * s / (s + 50)), 2000
        >>> found = limit_by_rerun(chain, [20, 50, 100, 200, 400], limit, seed=1)
        >>> bool(abs(found.observed.strength - 80.049) < 3), bool(found.expected.ok.all())
        (True, True)
    """
    if limit.observed.shape != ():
        raise BadLayout(
            f"limit_by_rerun: expected limits of one measurement, got {limit.observed.shape}."
        )
    wanted = np.unique(np.asarray(strengths, dtype=np.float64))
    if not np.all(np.isfinite(wanted) & (wanted >= 0)) or repeats < 1:
        raise BadValue("limit_by_rerun: expected strengths >= 0 and at least one repeat.")
    root = Seed.of(seed).child("rerun")
    work = [(float(s), i) for s in wanted for i in range(repeats)]
    points = _run(_Once(chain, root), work, executor)
    curve, dispersion = _curve(points, monotone)
    targets = np.concatenate([np.atleast_1d(limit.observed), limit.expected])
    if curve is None:
        every = _none_at_all(targets, points)
    else:
        every = _on_curve(targets, curve, events_at_one, curve.toys(n_toys, root), band)
    return RerunLimit(
        observed=_part(every, 0),
        expected=_part(every, slice(1, None)),
        stepwise=_stepwise(targets, points, events_at_one),
        points=points,
        curve=curve,
        dispersion=dispersion,
        limit=limit,
    )


@dataclass(frozen=True)
class _Once:
    """One run of the chain, which never raises; it can be sent to another process."""

    chain: Chain
    seed: Seed

    def __call__(self, work: tuple[float, int]) -> RerunPoint:
        strength, repeat = work
        nothing = float("nan")
        try:
            passed, injected = self.chain(
                strength, self.seed.child(strength=strength, repeat=repeat)
            )
            passed, injected = float(passed), float(injected)
        except Exception as error:  # hours of other runs must not be lost
            if interruption_behind(error) is not None:
                raise
            why = f"{type(error).__name__}: {error}"
            return RerunPoint(strength, repeat, nothing, nothing, ok=False, why=why)
        if not (0 <= passed <= injected and 0 < injected < np.inf):
            why = f"expected 0 <= passed <= injected and injected > 0, got {passed} of {injected}"
            return RerunPoint(strength, repeat, nothing, nothing, ok=False, why=why)
        return RerunPoint(strength, repeat, passed, injected, ok=True, why="")


def _run(
    once: _Once, work: list[tuple[float, int]], executor: _Executor | None
) -> tuple[RerunPoint, ...]:
    if executor is None:
        return tuple(map(once, work))
    done = dict(executor.map_unordered(once, work))
    return tuple(done[i] for i in range(len(work)))


def _curve(
    points: tuple[RerunPoint, ...],
    monotone: bool,  # noqa: FBT001
) -> tuple[EfficiencyCurve | None, float]:
    """The curve through the runs that have an efficiency, and their dispersion."""
    good = [p for p in points if p.ok]
    strength, which = np.unique([p.strength for p in good], return_inverse=True)
    if len(strength) < 2:
        return None, 1.0
    k, n = np.array([p.passed for p in good]), np.array([p.injected for p in good])
    passed = np.bincount(which, k)
    injected = np.bincount(which, n)
    share = (passed / injected)[which]
    variance = n * share * (1.0 - share)
    chi2 = ((k - n * share)[variance > 0] ** 2 / variance[variance > 0]).sum()
    ndf = len(good) - len(strength)
    dispersion = max(1.0, float(chi2) / ndf) if ndf else 1.0
    curve = EfficiencyCurve(strength, passed / dispersion, injected / dispersion, monotone)
    return curve, dispersion


def _on_curve(
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


def _none_at_all(targets: Floats, points: tuple[RerunPoint, ...]) -> StrengthLimit:
    failed = sum(not p.ok for p in points)
    why = f"an efficiency at two strengths is needed; {failed} of {len(points)} runs failed"
    nothing = np.full(targets.shape, np.nan)
    return StrengthLimit(
        targets, nothing, nothing, nothing, np.zeros(targets.shape, dtype=bool),
        np.full(targets.shape, why), np.zeros(targets.shape, dtype=np.int64),
    )  # fmt: skip


def _stepwise(targets: Floats, points: tuple[RerunPoint, ...], events_at_one: float) -> Floats:
    """The limits without interpolation: max(s_i, N/eps_i), the smallest over the strengths."""
    good = [p for p in points if p.ok and p.efficiency > 0]
    if not good:
        return np.full(targets.shape, np.inf)
    strength = np.array([p.strength for p in good])
    efficiency = np.array([p.efficiency for p in good]) * events_at_one
    return np.asarray(np.maximum(strength, targets[:, None] / efficiency).min(axis=1))


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


def _part(every: StrengthLimit, which: Any) -> StrengthLimit:
    return StrengthLimit(*(np.asarray(value[which]) for value in vars(every).values()))
