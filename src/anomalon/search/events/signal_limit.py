"""From injections to limits: at each working point, and the point that is expected to be best."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.seed import Seed
from anomalon.search.events.injection_plan import Plan
from anomalon.search.events.injection_runs import Runs
from anomalon.search.results.cut import CutResult
from anomalon.search.results.scan import Scan
from anomalon.search.results.signal_limit import CutLimit, SignalLimit
from anomalon.search.results.window import WindowResult
from anomalon.stats import clopper_pearson
from anomalon.stats.limits import (
    Limit,
    RerunLimit,
    RerunPoint,
    limit_from_runs,
    upper_limits,
)

__all__ = ["signal_limit"]

Floats = NDArray[np.floating[Any]]

_FEW = 25.0  # effective events below which probabilities are summed
_STEPS, _PRECISE = 50, 1e-6


def signal_limit(
    plan: Plan, values: Sequence[dict[str, Any]], scan: Scan, level: float, seed: Seed
) -> SignalLimit:
    """The limit on one signal.

    Args:
        plan: Its injections.
        values: What they gave, in the same order.
        scan: Of the data as they are.
        level: Confidence level.
        seed: Of the bands.
    """
    of_data = [
        (result, cut)
        for result in scan.windows
        if result.window in plan.windows
        for cut in result.cuts
    ]
    cuts = tuple(
        _cut_limit(plan, result, cut, Runs.of(plan, values, i, len(of_data)), level, seed)
        for i, (result, cut) in enumerate(of_data)
    )
    expected = [c.median if np.isfinite(c.median) else np.inf for c in cuts]
    best = int(np.argmin(expected))
    return SignalLimit(
        name=plan.name,
        mass=plan.mass,
        n_events=plan.n_events,
        strengths=np.array(plan.strengths),
        cuts=cuts,
        best=best if np.isfinite(expected[best]) else None,
        failures=_failures(values),
    )


def _failures(values: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    """Why runs have no answer at all; what fails in one cut is told there."""
    reasons = Counter(str(value["why"]) for value in values if value["why"])
    return tuple(f"{n} of {len(values)} runs: {why}" for why, n in reasons.items())


def _cut_limit(
    plan: Plan, result: WindowResult, cut: CutResult, runs: Runs, level: float, seed: Seed
) -> CutLimit:
    """The limit at one working point."""
    trained = result.by == "classifier" and cut.efficiency < 1
    scatter = runs.training() if trained else np.zeros(len(plan.strengths))
    seed = seed.child("limit", signal=plan.name, cut=cut.efficiency, window=str(result.window))
    unknown, points = 0.0, runs.points(plan)
    found = _limited(cut, points, runs.retained, unknown, level, seed)
    if found is not None:
        # at the expected limit: the observed one does not choose
        median = float(_strengths(found)[3])
        at = median if np.isfinite(median) else plan.strengths[-1]
        scattered = float(np.interp(at, plan.strengths, scatter))
        unknown = float(np.hypot(scattered, _of_statistics(found)))
        found = _limited(cut, points, runs.retained, unknown, level, seed)
    return CutLimit(
        window=result.window,
        by=result.by,
        features=result.features,
        method=result.method,
        cut=cut.efficiency,
        n=cut.n,
        expected=cut.expected,
        sigma=_sigma(cut),
        effective=_unit(cut),
        passed=runs.passed,
        injected=runs.injected,
        z=runs.z,
        retained=runs.retained,
        unknown=unknown,
        **_efficiencies(runs, found),
        **_limits(cut, runs, found),
    )


def _unit(cut: CutResult) -> float:
    """Effective events for one event."""
    return cut.expected_effective / cut.expected if cut.ok and cut.expected > 0 else 1.0


def _sigma(cut: CutResult) -> float:
    """Uncertainty of the comparison in events, without the Poisson fluctuation of the count."""
    s = cut.sigma
    parts = (s.fit, s.function, s.ensemble, s.folds, s.closure)
    return float(np.sqrt(sum(part**2 for part in parts)))


def _limited(
    cut: CutResult,
    points: tuple[RerunPoint, ...],
    retained: float,
    unknown: float,
    level: float,
    seed: Seed,
) -> RerunLimit | None:
    """Limits on the strength; None if there are none on events."""
    if not (cut.ok and cut.expected_effective > 0):
        return None
    limit = _on_events(cut, unknown, level)
    return limit_from_runs(points, limit, seed=seed, events_at_one=retained * _unit(cut))


def _on_events(cut: CutResult, unknown: float, level: float) -> Limit:
    """Limits on the selected signal in effective events.

    A signal on which the members agree is worth as many effective events as any other, but
    fluctuates as its events do: of N effective events that are u for each, the variance is u N and
    not N. With the relative uncertainty r of the efficiency, its scatter included, the variance of
    the count is (u - 1) N + (r N)^2 more than without signal, which is put into the uncertainty of
    the background.
    """
    n, b, unit = cut.n_effective, cut.expected_effective, _unit(cut)
    sigma = unit * _sigma(cut)
    how: Any = {"level": level, "before_data": True}
    how["method"] = "exact" if min(n, b) < _FEW else "asymptotic"
    first = upper_limits(n, b, sigma, **how)
    if not first.ok:
        return first
    more = max(unit - 1.0, 0.0)
    start = each = np.concatenate([np.atleast_1d(first.observed), first.expected])
    if more == 0 and unknown == 0:
        return first
    for _ in range(_STEPS):
        widened = np.sqrt(sigma**2 + more * each + (unknown * each) ** 2)
        found = upper_limits(np.full(6, n), b, widened, **how)
        new = np.concatenate([found.observed[:1], np.diagonal(found.expected, 1)])
        done = bool(np.all(np.abs(new - each) <= _PRECISE * new))
        each = new
        if done or not np.all(each < 1e6 * start):
            break
    each = np.where(each < 1e6 * start, each, np.inf)
    return replace(first, observed=np.asarray(each[0]), expected=each[1:])


def _targets(found: RerunLimit) -> Floats:
    """The limits on events, observed and expected in one, shape (6,)."""
    return np.append(found.limit.observed, found.limit.expected)


def _strengths(found: RerunLimit | None) -> Floats:
    """The same on the strength, NaN where there is none.

    Where the smallest strength that was injected is excluded already, it is that strength: larger
    than a limit need be, but nothing is known of the efficiency below.
    """
    if found is None:
        return np.full(6, np.nan)
    strength = np.append(found.observed.strength, found.expected.strength)
    always = np.isnan(strength) & _largest_excluded(found)
    return np.where(always, _smallest(found), strength)


def _of_statistics(found: RerunLimit) -> float:
    """Relative uncertainty of the efficiency from the number of injected events."""
    low, median, high = (float(x[2]) for x in (
        found.expected.low, found.expected.strength, found.expected.high,
    ))  # fmt: skip
    if np.isfinite([low, median, high]).all() and median > 0:
        return (high - low) / (2 * median)
    if found.curve is None:
        return 0.0
    share, ends = found.curve.passed / found.curve.injected, found.curve.interval()
    errors = (ends[1] - ends[0]) / 2 / np.maximum(share, 1e-12)
    return float(errors[0] if _largest_excluded(found)[3] else errors[-1])


def _smallest(found: RerunLimit) -> float:
    return float("nan") if found.curve is None else float(found.curve.strength[0])


def _largest_excluded(found: RerunLimit) -> NDArray[np.bool_]:
    """Whether the largest strength would give as many events as the limits allow, shape (6,)."""
    if found.curve is None:
        return np.zeros(6, dtype=bool)
    largest = found.curve.strength[-1]
    return np.asarray(largest * found.curve(largest) * found.events_at_one >= _targets(found))


def _efficiencies(runs: Runs, found: RerunLimit | None) -> dict[str, Any]:
    """The efficiency at each strength with its interval; the scatter between draws is in it."""
    k = np.where(runs.good, runs.passed, 0.0).sum(axis=1)
    n = np.where(runs.good, runs.injected, 0.0).sum(axis=1)
    known = n > 0
    dispersion = 1.0 if found is None else found.dispersion
    low, high = clopper_pearson(k[known] / dispersion, n[known] / dispersion)
    values = {name: np.full(len(n), np.nan) for name in ("efficiency", "low", "high")}
    for name, value in zip(values, (k[known] / n[known], low, high), strict=True):
        values[name][known] = value
    return values


def _limits(cut: CutResult, runs: Runs, found: RerunLimit | None) -> dict[str, Any]:
    """The limits, and why there are none."""
    nothing = float("nan")
    if found is None:
        return {"events": nothing, "events_band": np.full(5, nothing), "observed": nothing,
                "low_observed": nothing, "high_observed": nothing, "band": np.full(5, nothing),
                "why": cut.why or cut.fit.why or "no events are expected"}  # fmt: skip
    strength, events = _strengths(found), _targets(found) / _unit(cut)
    return {
        "events": float(events[0]),
        "events_band": events[1:],
        "observed": float(strength[0]),
        "low_observed": float(found.observed.low),
        "high_observed": float(found.observed.high),
        "band": strength[1:],
        "why": _why(runs, found, strength),
    }


def _why(runs: Runs, found: RerunLimit, strength: Floats) -> str:
    """In a sentence, about the observed limit."""
    if found.curve is None:
        reasons = "; ".join(runs.why) or "nothing was injected at the others; inject more"
        return f"no efficiency at two strengths: {reasons}"
    largest = f"{found.curve.strength[-1]:.4g} events"
    if not np.isfinite(_targets(found)[0]):
        return (
            "the efficiency differs too much from draw to draw for any limit: inject more, where "
            "the search finds the signal every time"
        )
    if not _largest_excluded(found)[0]:
        return f"the largest strength, {largest}, is not excluded: inject more"
    if strength[0] == _smallest(found):
        return "the smallest strength that was injected is excluded already: inject less as well"
    return str(found.observed.why)
