"""What the injections of a signal gave at one working point."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.search.events.injection_plan import Plan
from anomalon.stats.limits import RerunPoint

__all__ = ["Runs"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Runs:
    """What the injections of a signal gave at one working point.

    Args:
        passed, injected, absorbed, z: Shape (strength, injection); NaN where a run failed.
        why: Reasons, each once.
    """

    passed: Floats
    injected: Floats
    absorbed: Floats
    z: Floats
    why: tuple[str, ...]

    @classmethod
    def of(cls, plan: Plan, values: Sequence[dict[str, Any]], i: int, n_cuts: int) -> "Runs":
        """At the working point number `i` of `n_cuts`."""
        told = [
            value["cuts"][i]
            if len(value["cuts"]) == n_cuts
            else {"ok": False, "why": value["why"] or "the run has other cuts than the data"}
            for value in values
        ]
        shape = (len(plan.strengths), -1)
        injected = np.array([float(run.n) for run in plan.runs]).reshape(shape)

        def filled(name: str) -> Floats:
            of_each = [float(row[name]) if row["ok"] else np.nan for row in told]
            return np.array(of_each).reshape(shape)

        return cls(
            passed=np.minimum(filled("passed"), injected),  # not above by rounding
            injected=injected,
            absorbed=filled("absorbed"),
            z=filled("z"),
            why=tuple(sorted({str(row["why"]) for row in told if not row["ok"]})),
        )

    def points(self, plan: Plan) -> tuple[RerunPoint, ...]:
        """For `limit_from_runs`."""
        why = "; ".join(self.why)
        return tuple(
            RerunPoint(
                run.strength, run.repeat, float(k), float(n), bool(good), "" if good else why
            )
            for run, k, n, good in zip(
                plan.runs, self.passed.flat, self.injected.flat, self.good.flat, strict=True
            )
        )

    @property
    def good(self) -> NDArray[np.bool_]:
        """Runs that have an efficiency."""
        return np.isfinite(self.passed) & (self.injected > 0)

    @property
    def retained(self) -> float:
        """Share of the selected signal that is an excess: one number, for a fit is linear in it."""
        known = self.good & (self.passed > 0)
        selected = float(self.passed[known].sum())
        if selected == 0:
            return 1.0
        return float(np.clip(1 - self.absorbed[known].sum() / selected, 0, 1))

    def training(self) -> Floats:
        """Relative scatter of the efficiency beyond that of counts, shape (strength,)."""
        return np.array([_scatter(k[g], n[g]) for k, n, g in
                         zip(self.passed, self.injected, self.good, strict=True)])  # fmt: skip


def _scatter(passed: Floats, injected: Floats) -> float:
    if len(passed) < 2 or not passed.sum() > 0:
        return 0.0
    each, share = passed / injected, passed.sum() / injected.sum()
    counts = float((share * (1 - share) / injected).mean())
    return float(np.sqrt(max(float(np.var(each, ddof=1)) - counts, 0.0)) / share)
