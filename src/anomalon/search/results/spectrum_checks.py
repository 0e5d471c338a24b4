"""Checks that bump hunts and limits share: the background fit, and what pseudo-experiments say."""

from typing import Any

import numpy as np

from anomalon.core.result import Check, Column, Part, Table
from anomalon.core.rounding import measured, p_value, percent, plain
from anomalon.search.results.closure import LimitCoverage, SignalClosure
from anomalon.search.results.fitted import SpectrumFit
from anomalon.search.results.functions import functions_table
from anomalon.search.results.thresholds import ALARM
from anomalon.stats.coverage import PValueUniformity

__all__ = [
    "FIT",
    "coverage_checks",
    "fit_check",
    "fit_warnings",
    "functions_part",
    "reading_part",
    "signal_checks",
    "uniformity_check",
    "verdict",
]

FIT = "background fit"


def verdict(passed: bool) -> Any:  # noqa: FBT001  its only argument
    """Passed or failed, in the word that a check keeps."""
    return "passed" if passed else "failed"


def fit_check(fit: SpectrumFit) -> Check:
    """Does the background describe the spectrum?"""
    if not fit.n_parameters:
        return Check(FIT, "none: it was given", "not made")
    found = (
        f"{fit.shape}, {fit.n_parameters} parameters: deviance/ndf = {plain(fit.deviance, 5)}/"
        f"{fit.ndf}, p = {p_value(fit.p_value)}"
    )
    return Check(FIT, found, verdict(fit.p_value >= ALARM), p_value=float(fit.p_value))


def fit_warnings(fit: SpectrumFit, consequence: str) -> list[str]:
    """What a poor fit means."""
    if not fit.n_parameters or fit.p_value >= ALARM:
        return []
    poor = f"the background does not describe the spectrum (p = {p_value(fit.p_value)})"
    return [f"{poor}: {consequence}. Try more parameters or another shape."]


def uniformity_check(what: str, found: PValueUniformity) -> Check:
    """Are p-values uniform where there is no signal?"""
    at = int(np.argmin(np.abs(found.alpha - 0.05)))
    words = (
        f"{found.rate[at]:.1%} of {found.n} at or below {found.alpha[at]:g}; "
        f"Kolmogorov-Smirnov p = {p_value(found.p_value)}"
    )
    return Check(what, words, verdict(found.ok), p_value=float(found.p_value))


def signal_checks(signal: SignalClosure | None) -> list[Check]:
    """Are injected signals measured as they were injected?"""
    if signal is None:
        return []
    where = f"{signal.mass:.0f} GeV"
    if signal.test is None:
        return [Check(f"signals injected at {where}", signal.why, "failed")]
    line, pulls, uniform = signal.test.linearity, signal.test.pulls, signal.test.uniformity
    checks = []
    if uniform is not None:
        what = f"local p-values without signal at {where} are uniform"
        checks.append(uniformity_check(what, uniform))
    if line is not None:
        slope = measured(line.slope, line.slope_error)
        intercept = measured(line.intercept, line.intercept_error)
        what = f"measured signal at {where} is the injected one"
        found = f"slope {slope}, intercept {intercept} events"
        checks.append(Check(what, found, verdict(line.ok)))
    found = (
        f"mean {_span(pulls.mean)} (± {pulls.mean_error.max():.2f}), "
        f"width {_span(pulls.width)} (± {pulls.width_error.max():.2f})"
    )
    return [*checks, Check("pulls of this signal", found, verdict(pulls.ok))]


def _span(values: Any) -> str:
    return f"{values.min():.2f} to {values.max():.2f}".replace("-", "−")


def coverage_checks(coverage: LimitCoverage | None) -> list[Check]:
    """Do limits cover a signal as often as they promise?"""
    if coverage is None or not len(coverage.coverage):
        return []
    worst = min(coverage.coverage, key=lambda c: float(c.share.min()))
    masses = ", ".join(f"{m:.0f}" for m in coverage.masses)
    i = int(worst.share.argmin())
    found = f"at least {worst.share[i]:.1%} of {int(worst.n[i])} limits, at {masses} GeV"
    what = f"limits at {percent(worst.level)} cover a signal"
    return [Check(what, found, verdict(worst.ok))]


def functions_part(fit: SpectrumFit) -> tuple[Part, ...]:
    """The background function with its parameters, and the ones that were tried; none without."""
    if not fit.n_parameters:
        return ()
    return (Part("Background function", tables=(functions_table(fit, ""),)),)


def reading_part(roles: tuple[str, ...]) -> tuple[Part, ...]:
    """What every part of the file was taken for."""
    if not roles:
        return ()
    table = Table("Roles", (Column("what was read"),), tuple((role,) for role in roles))
    return (Part("Input", tables=(table,)),)
