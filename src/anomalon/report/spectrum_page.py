"""The page of a bump hunt or of a scan of limits: what it says, and the folder it leaves."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from anomalon.core.atomic import write_text_atomically
from anomalon.core.bibliography import Citation
from anomalon.core.plain import to_plain
from anomalon.core.rounding import count, measured, p_value, percent, plain, sigmas
from anomalon.report.bump_claim import FIT, SPURIOUS, TOYS_FITTED, weighed
from anomalon.report.citations import used
from anomalon.report.document import pictures
from anomalon.report.environment import environment as here
from anomalon.report.figures import Drawing
from anomalon.report.page import fill
from anomalon.report.spectrum_figures import bump_drawings, limit_drawings
from anomalon.report.summary import citation_summary
from anomalon.search.results.checks import ALARM
from anomalon.search.results.claim import EXCESS
from anomalon.search.results.fitted import SpectrumFit
from anomalon.search.results.histogram import (
    BumpResult,
    LimitCoverage,
    LimitResult,
    SignalClosure,
)
from anomalon.stats.coverage import PValueUniformity
from anomalon.stats.fits.envelope import BEYOND

__all__ = ["SpectrumSummary", "said", "spectrum_citations", "write_spectrum_report"]

_SPURIOUS = 0.5
"""A spurious signal of more than this share of its uncertainty is shown as failed, if it is more
than two standard deviations of the parameter that makes it."""

_ENOUGH = 10  # pseudo-experiments beyond the data for a global p-value

_CHANCES = {
    "fit": "Every pseudo-experiment was drawn from the fit and fitted again, so the global p-value "
    "knows that a fit absorbs fluctuations{choice}.",
    "reference": "Windows compare the data with a reference sample of finite size, and "
    "pseudo-experiments fluctuate both.",
    "exact": "The background was given as exact: windows and pseudo-experiments know no other "
    "uncertainty than that of a count.",
}
_EXACT = (
    "the background was given as exact. If it came from a fit or from another sample, p-values are "
    "not to be trusted: say so with --shape or --reference."
)


class SpectrumSummary(TypedDict):
    """What a page says, plain: texts, numbers and tables."""

    kind: str
    status: str
    verdict: str
    headline: str
    numbers: list[dict[str, str]]
    how: str
    warnings: list[str]
    checks: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    table: dict[str, Any] | None
    source: str
    roles: list[str]


def said(result: BumpResult | LimitResult) -> SpectrumSummary:
    """The result in words."""
    return _bump(result) if isinstance(result, BumpResult) else _limits(result)


def spectrum_citations(result: BumpResult | LimitResult) -> tuple[Citation, ...]:
    """What to cite for it."""
    method = "bumphunter" if isinstance(result, BumpResult) else "cls"
    scan = "look-elsewhere" if isinstance(result, BumpResult) and len(result.masses) else ""
    choice = "profile" if isinstance(result, LimitResult) and result.profiled else ""
    words = {"method": method, "shape": result.fit.shape, "scan": scan, "choice": choice}
    return used(words)


def write_spectrum_report(
    result: BumpResult | LimitResult,
    folder: str | Path,
    settings: Mapping[str, Any],
    *,
    environment: Mapping[str, Any] | None = None,
    formats: tuple[str, ...] = ("svg", "png"),
) -> Path:
    """Write `report.html`, which needs no other file, and the figures in `figures/`.

    Returns:
        Path of the page.
    """
    folder = Path(folder)
    page = fill(
        "spectrum.html.j2",
        title=result.name,
        said=said(result),
        pictures=list(pictures(_drawings(result), "", folder / "figures", formats)),
        settings=settings,
        citations=[citation_summary(c) for c in spectrum_citations(result)],
        environment=here() if environment is None else environment,
    )
    path = folder / "report.html"
    write_text_atomically(path, page)
    return path


def _drawings(result: BumpResult | LimitResult) -> Iterator[Drawing]:
    if isinstance(result, BumpResult):
        return bump_drawings(result)
    return limit_drawings(result)


def _bump(result: BumpResult) -> SpectrumSummary:
    what = "deficit" if result.deficit else "excess"
    found = result.z_global >= EXCESS
    checks = weighed(result, [_goodness(result.fit), *_toy_checks(result)])
    failed = [check["what"] for check in checks if check["passed"] is False]
    status = "nothing" if not found else "checks failed" if failed else "excess"
    bound = "at most " if result.p_global_is_bound else ""
    where = f"{result.low:.5g}-{result.high:.5g} GeV"
    headline = (
        f"{what.capitalize()} in {where}: {count(result.n)} events, "
        f"{_events(result.expected)} expected; {sigmas(result.z_local)} local, global p-value "
        f"{bound}{p_value(result.p_global)} ({sigmas(result.z_global)})."
    )
    headline = headline if status == "excess" else f"Largest {headline[0].lower()}{headline[1:]}"
    if found and failed:
        headline += f" Not to be believed, for checks failed: {', '.join(failed)}."
    numbers = [
        ("window", where),
        ("local p-value", p_value(result.p_local)),
        ("local significance", sigmas(result.z_local)),
        ("global p-value", f"{bound}{p_value(result.p_global)}"),
        ("global significance", sigmas(result.z_global)),
        ("pseudo-experiments", count(result.n_toys)),
    ]
    numbers[1:1] = _effective(result)
    table = None
    if len(result.masses):
        numbers += _narrow_numbers(result)
        rows = zip(result.masses, result.mass_z, result.mass_p_global, strict=True)
        table = _table(
            "Narrow resonance against mass",
            ("mass [GeV]", "local significance", "global p-value"),
            rows,
        )
    return {
        "kind": "bump hunt",
        "status": status,
        "verdict": {"excess": what.capitalize(), "nothing": "Nothing found"}.get(
            status, "Checks failed"
        ),
        "headline": headline,
        "numbers": [{"what": name, "value": value} for name, value in numbers],
        "how": _CHANCES[result.background].format(
            choice=", and chose its own number of parameters" if result.choice_repeated else ""
        ),
        "warnings": _bump_warnings(result),
        "checks": checks,
        "orders": to_plain(result.fit.tried),
        "table": table,
        "source": result.source,
        "roles": list(result.roles),
    }


def _effective(result: BumpResult) -> list[tuple[str, str]]:
    """Effective events in the window, if events are weighted."""
    fit = result.fit
    if bool((fit.event_weight == 1).all()):
        return []
    inside = (fit.edges[:-1] >= result.low) & (fit.edges[1:] <= result.high)
    seen, expected = (
        plain(float((events / fit.event_weight)[inside].sum()), 4)
        for events in (fit.counts, fit.expected)
    )
    return [("effective events there", f"{seen}, {expected} expected")]


def _narrow_numbers(result: BumpResult) -> list[tuple[str, str]]:
    """The best mass of the scan for a narrow resonance, which is another search."""
    best = int(np.nanargmax(result.mass_z))
    numbers = [
        ("best narrow resonance", f"{plain(float(result.masses[best]), 4)} GeV"),
        ("its local significance", sigmas(float(result.mass_z[best]))),
        ("its global p-value", p_value(float(result.mass_p_global[best]))),
    ]
    if result.trial_factor is not None:
        numbers.append(("its trial factor", plain(result.trial_factor)))
    return numbers


def _limits(result: LimitResult) -> SpectrumSummary:
    good = np.flatnonzero(np.isfinite(result.observed))
    median = result.median
    odd = good[np.abs(result.z[good]).argmax()]
    furthest = f"{sigmas(float(result.z[odd]))} at {plain(float(result.masses[odd]), 4)} GeV"
    above = float(np.mean(result.observed[good] > median[good]))
    strength = measured(float(result.strength[odd]), float(result.sigma_strength[odd]))
    numbers = [
        ("masses", f"{len(good)} of {len(result.masses)}"),
        ("expected limits", f"{_range(median[good])} events"),
        ("observed limits", f"{_range(result.observed[good])} events"),
        ("largest deviation", furthest),
        ("signal there", f"{strength} events"),
        ("observed limit there", f"{plain(float(result.observed[odd]))} events"),
        ("expected there", f"{plain(float(median[odd]))} events"),
        ("confidence level", percent(result.level)),
        ("resolution", percent(result.resolution)),
        *_yield_numbers(result, good),
    ]
    reasons = sorted({why for why in result.why if why})
    return {
        "kind": "upper limits",
        "status": "nothing",
        "verdict": "Upper limits",
        "headline": f"Expected limits on a resonance between {result.masses[good[0]]:.0f} and "
        f"{result.masses[good[-1]]:.0f} GeV: {_range(median[good])} events at "
        f"{percent(result.level)} confidence level. The data are furthest from what is expected, "
        f"by {furthest}.",
        "numbers": [{"what": name, "value": value} for name, value in numbers],
        "how": f"CLs of the whole spectrum, signal and background fitted together; "
        f"{_functions(result)} {_calculation(result)}",
        "warnings": [
            *_fit_warnings(result.fit, "limits near its failures are too strong or too weak"),
            *(f"No limit at some masses: {why}" for why in reasons),
        ],
        "checks": [
            _goodness(result.fit),
            {
                "what": "observed limits lie on both sides of the expected ones",
                "found": f"{above:.0%} above the median",
                "passed": 0.05 < above < 0.95,
            },
            *_coverage_checks(result.coverage),
            *_signal_checks(result.signal),
        ],
        "orders": to_plain(result.fit.tried),
        "table": _limit_table(result),
        "source": result.source,
        "roles": list(result.roles),
    }


def _yield_numbers(result: LimitResult, good: Any) -> list[tuple[str, str]]:
    """What limits on cross sections are made of, and what is not known of the signal."""
    numbers = []
    if result.per_event is not None:
        numbers = [
            ("luminosity", f"{plain(result.luminosity or 0.0, 4)} fb⁻¹"),
            ("acceptance × efficiency", percent(result.acceptance)),
            ("observed limits", f"{_range(result.observed[good] * result.per_event)} fb"),
            ("expected limits", f"{_range(result.median[good] * result.per_event)} fb"),
        ]
    sizes = ("luminosity", "efficiency", "mass_scale", "resolution")
    given = {name: getattr(result.nuisances, name) for name in sizes}
    if result.nuisances:
        known = ", ".join(
            f"{name.replace('_', ' ')} {percent(size)}" for name, size in given.items() if size > 0
        )
        numbers.append(("uncertainty of the signal", known))
    return numbers


def _limit_table(result: LimitResult) -> dict[str, Any]:
    columns = [
        "mass [GeV]", "signal", "±", "local significance", "limit", "−2σ", "−1σ",
        "expected limit", "+1σ", "+2σ", "calculation", "function",
    ]  # fmt: skip
    values: list[Any] = [
        result.masses, result.strength, result.sigma_strength, result.z, result.observed,
        *result.band, result.method, result.function,
    ]  # fmt: skip
    if result.per_event is not None:
        columns += ["limit [fb]", "expected limit [fb]"]
        values += [result.observed * result.per_event, result.median * result.per_event]
    return _table("Limits against mass", tuple(columns), zip(*values, strict=True))


def _functions(result: LimitResult) -> str:
    """Which functions describe the background."""
    if not result.profiled:
        return "the function of the background was chosen by a test and then taken for known."
    near = [row for row in result.fit.tried if (row.cost or 0.0) <= BEYOND]
    names = ", ".join(f"{row.shape} with {row.n_parameters}" for row in near)
    return (
        f"the function of the background is a nuisance parameter (without signal "
        f"{'these come' if len(near) > 1 else 'this comes'} into question: {names} parameters)."
    )


def _range(values: Any) -> str:
    return f"{plain(float(values.min()))} to {plain(float(values.max()))}"


def _calculation(result: LimitResult) -> str:
    """At how many masses limits come from sums, and where."""
    exact = result.exact_masses
    if not len(exact):
        return "asymptotic formulae at all masses."
    where = f"{len(exact)} of {len(result.masses)} masses between {exact[0]:.0f} and "
    return (
        "asymptotic formulae; where fewer than 25 events are seen or expected, which is at "
        f"{where}{exact[-1]:.0f} GeV, exact sums over the counts, for the formulae claim too much."
    )


def _events(expected: float) -> str:
    return count(expected) if expected >= 1000 else plain(expected)


def _goodness(fit: SpectrumFit) -> dict[str, Any]:
    if not fit.n_parameters:
        return {"what": FIT, "found": "none: it was given", "passed": None}
    found = (
        f"{fit.shape}, {fit.n_parameters} parameters: deviance/ndf = {plain(fit.deviance, 5)}/"
        f"{fit.ndf}, p = {p_value(fit.p_value)}"
    )
    return {"what": FIT, "found": found, "passed": fit.p_value >= ALARM}


def _toy_checks(result: BumpResult) -> list[dict[str, Any]]:
    interval = f"{p_value(result.p_global_low)} to {p_value(result.p_global_high)}"
    checks: list[dict[str, Any]] = [
        {
            "what": "enough pseudo-experiments for the global p-value",
            "found": f"68 % interval {interval}",
            "passed": True if result.p_global * result.n_toys >= _ENOUGH else None,
        },
        {
            "what": TOYS_FITTED,
            "found": f"{result.n_toys} of {result.n_toys + result.n_failed}",
            "passed": result.n_failed == 0,
        },
    ]
    if len(result.mass_spurious):
        worst, noise = (
            float(np.abs(x).max()) for x in (result.mass_spurious, result.mass_spurious_error)
        )
        checks.append(
            {
                "what": SPURIOUS,
                "found": f"at most {worst:.0%} of its uncertainty; if the fit is right, "
                f"fluctuations make {noise:.0%}",
                "passed": worst <= max(_SPURIOUS, 2 * noise),
            }
        )
    if result.p_global_fixed is not None:
        checks.append(
            {
                "what": "global p-value if pseudo-experiments were not fitted again",
                "found": f"{p_value(result.p_global_fixed)} instead of "
                f"{p_value(result.p_global)}: what usual tools would say",
                "passed": None,
            }
        )
    if result.closure is not None:
        checks.append(_uniform("global p-values without signal are uniform", result.closure))
    return [*checks, *_signal_checks(result.signal)]


def _uniform(what: str, found: PValueUniformity) -> dict[str, Any]:
    at = int(np.argmin(np.abs(found.alpha - 0.05)))
    return {
        "what": what,
        "found": f"{found.rate[at]:.1%} of {found.n} at or below {found.alpha[at]:g}; "
        f"Kolmogorov-Smirnov p = {p_value(found.p_value)}",
        "passed": found.ok,
    }


def _signal_checks(signal: SignalClosure | None) -> list[dict[str, Any]]:
    """Rows about signals that were injected."""
    if signal is None:
        return []
    where = f"{signal.mass:.0f} GeV"
    if signal.test is None:
        return [{"what": f"signals injected at {where}", "found": signal.why, "passed": False}]
    line, pulls, uniform = signal.test.linearity, signal.test.pulls, signal.test.uniformity
    checks = []
    if uniform is not None:
        checks.append(_uniform(f"local p-values without signal at {where} are uniform", uniform))
    if line is not None:
        slope = measured(line.slope, line.slope_error)
        intercept = measured(line.intercept, line.intercept_error)
        found = f"slope {slope}, intercept {intercept} events"
        what = f"measured signal at {where} is the injected one"
        checks.append({"what": what, "found": found, "passed": line.ok})
    found = (
        f"mean {_span(pulls.mean)} (± {pulls.mean_error.max():.2f}), "
        f"width {_span(pulls.width)} (± {pulls.width_error.max():.2f})"
    )
    return [*checks, {"what": "pulls of this signal", "found": found, "passed": pulls.ok}]


def _span(values: Any) -> str:
    return f"{values.min():.2f} to {values.max():.2f}".replace("-", "−")


def _coverage_checks(coverage: LimitCoverage | None) -> list[dict[str, Any]]:
    if coverage is None or not len(coverage.coverage):
        return []
    worst = min(coverage.coverage, key=lambda c: float(c.share.min()))
    masses = ", ".join(f"{m:.0f}" for m in coverage.masses)
    i = int(worst.share.argmin())
    found = f"at least {worst.share[i]:.1%} of {int(worst.n[i])} limits, at {masses} GeV"
    return [
        {
            "what": f"limits at {percent(worst.level)} cover a signal",
            "found": found,
            "passed": worst.ok,
        }
    ]


def _bump_warnings(result: BumpResult) -> list[str]:
    warnings = []
    if result.background == "exact":
        warnings.append(_EXACT)
    warnings += _fit_warnings(result.fit, "an excess may be its fault")
    if result.p_global_is_bound:
        warnings.append(
            "no pseudo-experiment was as significant as the data, so the global p-value is only a "
            "bound. More --toys make it a number."
        )
    elif result.p_global * result.n_toys < _ENOUGH:
        warnings.append(
            f"fewer than {_ENOUGH} pseudo-experiments were as significant as the data, so the "
            "global p-value is rough. More --toys make it precise."
        )
    return warnings


def _fit_warnings(fit: SpectrumFit, consequence: str) -> list[str]:
    if not fit.n_parameters or fit.p_value >= ALARM:
        return []
    poor = f"the background does not describe the spectrum (p = {p_value(fit.p_value)})"
    return [f"{poor}: {consequence}. Try more parameters or another shape."]


def _table(title: str, columns: tuple[str, ...], rows: Any) -> dict[str, Any]:
    def cell(value: Any) -> float | str | None:
        if isinstance(value, str):
            return value
        number = float(value)
        return number if np.isfinite(number) else None

    return {"title": title, "columns": columns, "rows": [[cell(v) for v in r] for r in rows]}
