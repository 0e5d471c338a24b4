"""Upper limits by running the whole chain again with injected signals.

As ATLAS (arXiv:2502.09770) and CMS (arXiv:2412.03747) do for classifiers that learn from data. The
limits on events come from the data without injection; they must not see the signal that is injected
here.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadValue, interruption_behind
from anomalon.core.plain import to_plain
from anomalon.core.renamed import gathered
from anomalon.core.result import Number
from anomalon.core.seed import Seed
from anomalon.core.shown import Fact, Shown, extent
from anomalon.stats.counts.intervals import ONE_SIGMA, clopper_pearson
from anomalon.stats.limits.count_limits import Limit
from anomalon.stats.limits.efficiency import EfficiencyCurve
from anomalon.stats.limits.strength_limits import StrengthLimit, on_curve, part_of

__all__ = ["Interpolation", "RerunLimit", "RerunPoint", "limit_by_rerun", "limit_from_runs"]

Floats = NDArray[np.floating[Any]]

Chain = Callable[[float, Seed], tuple[float, float]]
"""The analysis with a signal of a strength injected: (signal events selected, injected)."""


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


@dataclass(frozen=True, eq=False, repr=False)
class RerunLimit(Shown):
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
        events_at_one: Signal events before the selection at a strength of one.
    """

    observed: StrengthLimit
    expected: StrengthLimit
    stepwise: Floats
    points: tuple[RerunPoint, ...]
    curve: EfficiencyCurve | None
    dispersion: float
    limit: Limit
    events_at_one: float = 1.0

    def facts(self) -> tuple[Fact, ...]:
        """What its short form says."""
        return (
            extent("observed", self.observed.strength),
            extent("expected", self.expected.strength),
            extent("stepwise", self.stepwise),
            Number("runs", len(self.points), form="count"),
            Number("variance over binomial", self.dispersion),
        )

    def to_dict(self) -> dict[str, Any]:
        """The numbers as plain lists, for JSON and the report."""
        names = ("observed", "expected", "stepwise", "points", "dispersion")
        plain = {name: getattr(self, name) for name in names} | {"events": self.limit.to_dict()}
        return dict(to_plain(plain))


@dataclass(frozen=True)
class Interpolation:
    """The efficiency between the strengths of the runs.

    Args:
        monotone: Make the efficiencies rise with the strength.
        n_toys: Curves drawn for the band.
        band: Probability within the band of each limit.
    """

    monotone: bool = True
    n_toys: int = 500
    band: float = ONE_SIGMA


RISING = Interpolation()
"""An efficiency that does not fall where there is more signal."""


@gathered("interpolation", Interpolation, "monotone", "n_toys", "band")
def limit_by_rerun(
    chain: Chain,
    strengths: ArrayLike,
    limit: Limit,
    *,
    seed: Seed | int,
    events_at_one: float = 1.0,
    repeats: int = 1,
    interpolation: Interpolation = RISING,
    executor: _Executor | None = None,
) -> RerunLimit:
    """Limits on a strength by running the whole analysis with injected signal.

    Args:
        chain: From a strength and a seed to (signal events selected, signal events injected);
            weighted counts are taken as they are. What it raises is kept with the point.
        strengths: To inject, shape (point,). A strength of 0 may be measured on simulation.
        limit: Limits on selected signal events of one measurement, from `upper_limits`.
        seed: Random numbers; run i at a strength gets `seed.child("rerun", strength=…, repeat=i)`.
        events_at_one: Signal events before the selection at a strength of one.
        repeats: Runs at each strength; two or more measure how much the training fluctuates.
        interpolation: The efficiency between the strengths, and the band of each limit.
        executor: Who runs the chains, as in `anomalon.run`; this process if None.

    Raises:
        BadLayout: If the limit is not that of one measurement.
        BadValue: If strengths are negative or `repeats` below one.

    Example:
        >>> from anomalon.stats import upper_limits
        >>> limit = upper_limits(50, 50, 7)
        >>> def chain(s, seed):
        ...     return seed.generator().binomial(2000, 0.4 * s / (s + 50)), 2000
        >>> found = limit_by_rerun(chain, [20, 50, 100, 200, 400], limit, seed=1)
        >>> bool(abs(found.observed.strength - 80.049) < 3), bool(found.expected.ok.all())
        (True, True)
    """
    root = Seed.of(seed).child("rerun")
    work = _every_run(strengths, repeats)
    points = _run(_Once(chain, root), work, executor)
    return limit_from_runs(
        points, limit, seed=seed, events_at_one=events_at_one, interpolation=interpolation
    )


def limit_from_runs(
    points: Sequence[RerunPoint],
    limit: Limit,
    *,
    seed: Seed | int,
    events_at_one: float = 1.0,
    interpolation: Interpolation = RISING,
) -> RerunLimit:
    """Limits on a strength from runs of the analysis that are done; see `limit_by_rerun`.

    Args:
        points: Every run, also those that failed.
        limit: Limits on selected signal events of one measurement, from `upper_limits`.
        seed: Random numbers of the band.
        events_at_one: Signal events before the selection at a strength of one.
        interpolation: The efficiency between the strengths, and the band of each limit.

    Raises:
        BadLayout: If the limit is not that of one measurement.
    """
    if limit.observed.shape != ():
        raise BadLayout(
            f"limit_from_runs: expected limits of one measurement, got {limit.observed.shape}."
        )
    points = tuple(points)
    root = Seed.of(seed).child("rerun")
    curve, dispersion = _curve(points, interpolation)
    targets = np.concatenate([np.atleast_1d(limit.observed), limit.expected])
    if curve is None:
        every = _none_at_all(targets, points)
    else:
        toys = curve.toys(interpolation.n_toys, root)
        every = on_curve(targets, curve, events_at_one, toys, interpolation.band)
    return RerunLimit(
        observed=part_of(every, 0),
        expected=part_of(every, slice(1, None)),
        stepwise=_stepwise(targets, points, events_at_one),
        points=points,
        curve=curve,
        dispersion=dispersion,
        limit=limit,
        events_at_one=events_at_one,
    )


def _every_run(strengths: ArrayLike, repeats: int) -> list[tuple[float, int]]:
    """(strength, repeat) of each run, by strength."""
    wanted = np.unique(np.asarray(strengths, dtype=np.float64))
    if not np.all(np.isfinite(wanted) & (wanted >= 0)) or repeats < 1:
        raise BadValue("limit_by_rerun: expected strengths >= 0 and at least one repeat.")
    return [(float(strength), i) for strength in wanted for i in range(repeats)]


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
    points: tuple[RerunPoint, ...], interpolation: Interpolation
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
    curve = EfficiencyCurve(
        strength, passed / dispersion, injected / dispersion, interpolation.monotone
    )
    return curve, dispersion


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
