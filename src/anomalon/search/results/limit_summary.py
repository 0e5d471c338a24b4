"""What a scan of limits tells: the limits, where the data are furthest from them, the checks."""

from typing import TYPE_CHECKING, Any

import numpy as np

from anomalon.core.result import Check, Column, Number, Part, Summary, Table, Text
from anomalon.core.rounding import percent, plain, sigmas
from anomalon.search.results.spectrum_checks import (
    coverage_checks,
    fit_check,
    fit_warnings,
    functions_part,
    reading_part,
    signal_checks,
    verdict,
)
from anomalon.stats.fits.envelope import BEYOND

if TYPE_CHECKING:
    from anomalon.search.results.limit import LimitResult

__all__ = ["limit_summary"]

_BOTH_SIDES = 0.05, 0.95  # share of observed limits above the median ones


def limit_summary(result: "LimitResult") -> Summary:
    """What a reader is told."""
    good = np.flatnonzero(np.isfinite(result.observed))
    reasons = sorted({why for why in result.why if why})
    checks = [
        fit_check(result.fit),
        _sides(result, good),
        *coverage_checks(result.coverage),
        *signal_checks(result.signal),
    ]
    return Summary(
        kind="upper limits",
        title=result.name,
        status="done",
        verdict="Upper limits",
        headline=_headline(result, good),
        numbers=tuple(_numbers(result, good)),
        how="CLs of the whole spectrum, signal and background fitted together; "
        f"{_functions(result)} {_calculation(result)}",
        warnings=(
            *fit_warnings(result.fit, "limits near its failures are too strong or too weak"),
            *(f"No limit at some masses: {why}" for why in reasons),
        ),
        checks=tuple(checks),
        parts=(
            Part("Limits and strengths", figures=("limits", "strength", "spectrum")),
            Part(
                "Closure tests",
                figures=("uniformity", "coverage", "injection", "spurious"),
                checks=True,
            ),
            *functions_part(result.fit),
            Part("Limits against mass", tables=(_table(result),), folded=True),
            *reading_part(result.roles),
        ),
        citations=(*(("Dauncey:2014xga",) if result.profiled else ()), "Read:2002hq",
                   "Cowan:2010js"),
    )  # fmt: skip


def _headline(result: "LimitResult", good: Any) -> str:
    median = result.median[good]
    low, high = result.masses[good[0]], result.masses[good[-1]]
    return (
        f"Expected limits on a resonance between {low:.0f} and {high:.0f} GeV: "
        f"{plain(float(median.min()))} to {plain(float(median.max()))} events at "
        f"{percent(result.level)} confidence level. The data are furthest from what is expected, "
        f"by {_furthest(result, good)}."
    )


def _odd(result: "LimitResult", good: Any) -> int:
    """Where the data are furthest from the background."""
    return int(good[np.abs(result.z[good]).argmax()])


def _furthest(result: "LimitResult", good: Any) -> str:
    odd = _odd(result, good)
    return f"{sigmas(float(result.z[odd]))} at {plain(float(result.masses[odd]), 4)} GeV"


def _numbers(result: "LimitResult", good: Any) -> list[Number | Text]:
    odd, median = _odd(result, good), result.median
    numbers: list[Number | Text] = [
        Text("masses", f"{len(good)} of {len(result.masses)}"),
        _range("expected limits", median[good], "events"),
        _range("observed limits", result.observed[good], "events"),
        Number("largest deviation", result.z[odd], form="significance"),
        Number("mass of it", result.masses[odd], unit="GeV", digits=4),
        Number("signal there", result.strength[odd], result.sigma_strength[odd], unit="events"),
        Number("observed limit there", result.observed[odd], unit="events"),
        Number("expected limit there", median[odd], unit="events"),
        Number("confidence level", result.level, form="percent"),
        Number("resolution", result.resolution, form="percent"),
    ]
    if result.per_event is not None:
        numbers += [
            Number("luminosity", result.luminosity, unit="fb⁻¹", digits=4),
            Number("acceptance × efficiency", result.acceptance, form="percent"),
            _range("observed limits", result.observed[good] * result.per_event, "fb"),
            _range("expected limits", median[good] * result.per_event, "fb"),
        ]
    if result.nuisances:
        sizes = ("luminosity", "efficiency", "mass_scale", "resolution")
        given = {name: getattr(result.nuisances, name) for name in sizes}
        known = ", ".join(
            f"{name.replace('_', ' ')} {percent(size)}" for name, size in given.items() if size > 0
        )
        numbers.append(Text("uncertainty of the signal", known))
    return numbers


def _range(name: str, values: Any, unit: str) -> Number:
    return Number(name, float(values.min()), unit=unit, upper=float(values.max()))


def _sides(result: "LimitResult", good: Any) -> Check:
    above = float(np.mean(result.observed[good] > result.median[good]))
    return Check(
        "observed limits lie on both sides of the expected ones",
        f"{above:.0%} above the median",
        verdict(_BOTH_SIDES[0] < above < _BOTH_SIDES[1]),
    )


def _table(result: "LimitResult") -> Table:
    columns = [
        Column("mass", "GeV", digits=4),
        Column("signal", "events"),
        Column("±", "events"),
        Column("local significance", form="significance"),
        *(
            Column(name, "events")
            for name in ("observed limit", "−2σ", "−1σ", "expected limit", "+1σ", "+2σ")
        ),
        Column("calculation"),
        Column("function"),
    ]
    values: list[Any] = [
        result.masses, result.strength, result.sigma_strength, result.z, result.observed,
        *result.band, result.method, result.function,
    ]  # fmt: skip
    if result.per_event is not None:
        columns += [Column("observed limit", "fb"), Column("expected limit", "fb")]
        values += [result.observed * result.per_event, result.median * result.per_event]
    rows = tuple(tuple(_cell(v) for v in row) for row in zip(*values, strict=True))
    return Table("Limits against mass", tuple(columns), rows)


def _cell(value: Any) -> float | str | None:
    if isinstance(value, str):
        return value
    return float(value) if np.isfinite(value) else None


def _functions(result: "LimitResult") -> str:
    """Which functions describe the background."""
    if not result.profiled:
        return "the function of the background was chosen by a test and then taken for known."
    near = [row for row in result.fit.tried if (row.cost or 0.0) <= BEYOND]
    names = ", ".join(f"{row.shape} with {row.n_parameters}" for row in near)
    return (
        f"the function of the background is a nuisance parameter (without signal "
        f"{'these come' if len(near) > 1 else 'this comes'} into question: {names} parameters)."
    )


def _calculation(result: "LimitResult") -> str:
    """At how many masses limits come from sums, and where."""
    exact = result.exact_masses
    if not len(exact):
        return "asymptotic formulae at all masses."
    where = f"{len(exact)} of {len(result.masses)} masses between {exact[0]:.0f} and "
    return (
        "asymptotic formulae; where fewer than 25 events are seen or expected, which is at "
        f"{where}{exact[-1]:.0f} GeV, exact sums over the counts, for the formulae claim too much."
    )
