"""The checks of a search in words and numbers."""

from math import isfinite
from typing import TypedDict

from anomalon.core.rounding import measured, p_value, percent, plain
from anomalon.report.window_name import window_name
from anomalon.search.events.checks import Check, Verdict, checks_of
from anomalon.search.results.scan import MassLeak, WindowResult

__all__ = ["CheckSummary", "MassLeakSummary", "check_summaries", "found", "mass_leak_summary"]


class CheckSummary(TypedDict):
    """One check of one fit or selection; `passed` is None if it could not be made.

    `size` is the difference that it found as a share of the expected count; a difference too small
    to matter passes, whatever its p-value.
    """

    window: str
    features: str
    efficiency: float
    what: str
    found: str
    statistic: float | None
    ndf: int | None
    p_value: float | None
    size: float | None
    verdict: Verdict
    passed: bool | None


class MassLeakSummary(TypedDict):
    """What the features tell of the mass inside the side bands."""

    distance: float
    uncertainty: float
    p_value: float
    d: float


def check_summaries(result: WindowResult) -> list[CheckSummary]:
    """All checks of a window, cut by cut."""
    return [
        {
            "window": window_name(result.window),
            "features": ", ".join(result.features),
            "efficiency": float(cut.efficiency),
            "what": check.what,
            "found": found(check, result.mass_leak),
            "statistic": _number(check.statistic),
            "ndf": check.ndf,
            "p_value": _number(check.p_value),
            "size": _number(check.size),
            "verdict": check.verdict,
            "passed": check.passed,
        }
        for cut in result.cuts
        for check in checks_of(result, cut)
    ]


def found(check: Check, leak: MassLeak | None) -> str:
    """What a check has found, in numbers."""
    if check.verdict == "not made":
        return "nothing to judge by"
    if check.ndf is not None:
        words = f"χ²/ndf = {plain(check.statistic)}/{check.ndf}"
    else:
        words = f"distance {measured(check.statistic, leak.uncertainty if leak else None)}"
    words += f", p = {p_value(check.p_value)}"
    show = check.verdict in ("failed", "too small to matter") and isfinite(check.size)
    return f"{words}, {percent(round(check.size, 4))} of the expected count" if show else words


def mass_leak_summary(leak: MassLeak) -> MassLeakSummary:
    """The same as plain numbers."""
    return {
        "distance": float(leak.distance),
        "uncertainty": float(leak.uncertainty),
        "p_value": float(leak.p_value),
        "d": float(leak.d),
    }


def _number(value: float) -> float | None:
    return float(value) if isfinite(value) else None
