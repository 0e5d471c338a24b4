"""Can a significance be believed? The checks of each fit and each selection.

A check compares what was assumed with what is seen beside the signal region, and says two things:
how probable the difference is by chance, and its *size*, as a share of the expected count. It fails
if chance does not explain the difference, and the excess is not far larger than its size. For a
strong signal leaks into the side bands and bends the fit and the pass fraction there; but what it
does beside the signal region is small compared with what it does inside, while features that tell
the mass do the same in both. (In LHC Olympics data with 500 to 5000 signal events the size was 3 to
18 % of the excess at the cuts with the largest significance; with features that drift with the
mass, from 30 % up.)
"""

from dataclasses import dataclass
from math import hypot, isfinite, nan, sqrt
from typing import Literal

import numpy as np
from scipy.special import gammaincc

from anomalon.search.results.scan import CutResult, SpectrumFit, WindowResult

__all__ = ["ALARM", "Check", "checks_of", "decisive"]

ALARM = 0.01
"""A check with a p-value below this asks for an explanation."""

# An excess so many times the size of a difference is not made by it.
_DWARFED = 4.0
# What the features tell of the mass matters from this share of the other uncertainties on. It is
# an uncertainty itself, and below that share a small one.
_MATERIAL = 0.5

Verdict = Literal["passed", "too small to matter", "failed", "not made"]


@dataclass(frozen=True)
class Check:
    """One check of one fit or selection.

    Args:
        what: What is to hold.
        statistic: chi2, or for the mass the distance of `MassLeak`.
        ndf: Degrees of freedom of a chi2; else None.
        p_value: Probability of such a difference by chance.
        size: The difference as a share of the expected count, beyond its own noise.
        verdict: What follows.
    """

    what: str
    statistic: float
    ndf: int | None
    p_value: float
    size: float
    verdict: Verdict

    @property
    def passed(self) -> bool | None:
        """Whether it leaves the significance as it is; None if it was not made."""
        return None if self.verdict == "not made" else self.verdict != "failed"


def checks_of(result: WindowResult, cut: CutResult) -> tuple[Check, ...]:
    """All checks of one working point."""
    background = _judged(
        "background fit", cut.fit.deviance, cut.fit.ndf, cut.fit.p_value, _misfit(cut.fit),
        result, cut,
    )  # fmt: skip
    if cut.efficiency >= 1:
        return (background,)
    checks = [background]
    if cut.pass_chi2 is not None and cut.pass_ndf:
        p = float(gammaincc(cut.pass_ndf / 2, cut.pass_chi2 / 2))
        size = _unevenness(cut)
        what = "no sculpting of the mass"
        checks.append(_judged(what, cut.pass_chi2, cut.pass_ndf, p, size, result, cut))
    leak = result.mass_leak
    if leak is not None and cut.ok:
        size = cut.sigma_closure / cut.expected if cut.expected > 0 else nan
        others = hypot(
            cut.sigma_poisson, cut.sigma_fit, cut.sigma_function, cut.sigma_ensemble,
            cut.sigma_folds,
        )  # fmt: skip
        small = size * _background(result, cut) <= _MATERIAL * others
        what = "the features do not tell the mass"
        checks.append(
            _judged(what, leak.distance, None, leak.p_value, size, result, cut, immaterial=small)
        )
    return tuple(checks)


def decisive(result: WindowResult, cut: CutResult, *, relative: bool) -> tuple[Check, ...]:
    """The checks that the significance of a cut stands on.

    Args:
        result: Of the window.
        cut: One of its cuts.
        relative: Whether the cut spectrum is fitted relative to that before the cut: then the fit
            of that one counts, too.
    """
    own = checks_of(result, cut)
    first = result.cuts[0]
    if not relative or cut.efficiency >= 1 or first.efficiency < 1:
        return own
    fit = first.fit
    what = "background fit before the cut"
    return (
        *own,
        _judged(what, fit.deviance, fit.ndf, fit.p_value, _misfit(fit), result, cut),
    )


def _judged(
    what: str,
    statistic: float,
    ndf: int | None,
    p: float,
    size: float,
    result: WindowResult,
    cut: CutResult,
    *,
    immaterial: bool = False,
) -> Check:
    if not isfinite(p):
        verdict: Verdict = "not made"
    elif p >= ALARM:
        verdict = "passed"
    elif immaterial or _dwarfed(size, result, cut):
        verdict = "too small to matter"
    else:
        verdict = "failed"
    return Check(what, statistic, ndf, p, size, verdict)


def _dwarfed(size: float, result: WindowResult, cut: CutResult) -> bool:
    """Whether the excess is far larger than a difference of this size makes it."""
    if not (cut.ok and isfinite(size)):
        return False
    return cut.n - cut.expected > _DWARFED * size * _background(result, cut)


def _background(result: WindowResult, cut: CutResult) -> float:
    """What a relative difference is a share of.

    A cut that follows the mass can bring the expectation to nothing, and the excess to many times
    it; so it is at least what the cut should have left.
    """
    nominal = cut.efficiency * result.cuts[0].expected
    return max(cut.expected, nominal) if isfinite(nominal) else cut.expected


def _misfit(fit: SpectrumFit) -> float:
    """Root mean square of the relative residuals beyond what the counts fluctuate."""
    events = float((fit.counts / fit.event_weight)[fit.fitted].sum()) if len(fit.counts) else 0.0
    if not (events > 0 and isfinite(fit.deviance)):
        return nan
    return sqrt(max(fit.deviance - fit.ndf, 0.0) / events)


def _unevenness(cut: CutResult) -> float:
    """Root mean square of the relative changes of the pass fraction beyond its noise."""
    rows = [r for r in cut.pass_fraction if not r.get("in_signal_region") and r["sigma"] > 0]
    if not rows or cut.pass_chi2 is None or cut.pass_ndf is None:
        return nan
    weight = np.array([r["sigma"] for r in rows]) ** -2.0
    mean = float(weight @ [r["fraction"] for r in rows] / weight.sum())
    beyond = max(cut.pass_chi2 - cut.pass_ndf, 0.0)
    return sqrt(beyond / float(weight.sum())) / mean if mean > 0 else nan
