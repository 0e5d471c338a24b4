"""What a bump hunt tells: the answer, the numbers behind it, and whether it can be believed."""

from typing import TYPE_CHECKING

import numpy as np

from anomalon.core.result import Check, Column, Number, Part, Summary, Table, Text
from anomalon.core.rounding import count, p_value, plain, sigmas
from anomalon.search.results.bump_claim import SPURIOUS, TOYS_FITTED, weighed
from anomalon.search.results.spectrum_checks import (
    fit_check,
    fit_warnings,
    functions_part,
    reading_part,
    signal_checks,
    uniformity_check,
    verdict,
)
from anomalon.search.results.thresholds import EXCESS

if TYPE_CHECKING:
    from anomalon.search.results.bump import BumpResult, NarrowScan

__all__ = ["bump_summary"]

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


def bump_summary(result: "BumpResult") -> Summary:
    """What a reader is told."""
    what = "deficit" if result.deficit else "excess"
    checks = weighed(result, [fit_check(result.fit), *_toy_checks(result)])
    failed = [check.what for check in checks if check.passed is False]
    found = result.significance.z >= EXCESS
    status = "nothing" if not found else "checks failed" if failed else "excess"
    words = {"excess": f"Significant {what}", "nothing": f"No significant {what}"}
    return Summary(
        kind="bump hunt",
        title=result.name,
        status=status,  # type: ignore[arg-type]
        verdict=words.get(status, "Checks failed"),
        headline=_headline(result, what, status, failed),
        numbers=_numbers(result),
        ok=status != "checks failed",
        how=_CHANCES[result.background].format(
            choice=", and chose its own number of parameters" if result.choice_repeated else ""
        ),
        warnings=tuple(_warnings(result)),
        checks=tuple(checks),
        parts=_parts(result),
        citations=_citations(result),
    )


def _headline(result: "BumpResult", what: str, status: str, failed: list[str]) -> str:
    window, chance = result.window, result.significance
    bound = "at most " if chance.is_bound else ""
    expected = count(window.expected) if window.expected >= 1000 else plain(window.expected)
    text = (
        f"{what.capitalize()} in {window.low:.5g}-{window.high:.5g} GeV: {count(window.n)} events, "
        f"{expected} expected; {sigmas(window.z_local)} local, global p-value "
        f"{bound}{p_value(chance.p)} ({sigmas(chance.z)})."
    )
    text = text if status == "excess" else f"Largest {text[0].lower()}{text[1:]}"
    if status == "checks failed":
        text += f" Not to be believed, for checks failed: {', '.join(failed)}."
    return text


def _numbers(result: "BumpResult") -> tuple[Number | Text, ...]:
    window, chance = result.window, result.significance
    bound = "at most" if chance.is_bound else ""
    numbers: list[Number | Text] = [
        Text("window", f"{window.low:.5g}-{window.high:.5g} GeV"),
        Number("observed", window.n, unit="events", form="count"),
        Number("expected", window.expected, unit="events", digits=4),
        *_effective(result),
        Number("local p-value", window.p_local, form="p-value"),
        Number("local significance", window.z_local, form="significance"),
        Number("global p-value", chance.p, form="p-value", bound=bound),  # type: ignore[arg-type]
        Number("global significance", chance.z, form="significance"),
        Number("pseudo-experiments", chance.n, form="count"),
    ]
    if result.narrow is not None:
        numbers += _narrow_numbers(result.narrow)
    return tuple(numbers)


def _effective(result: "BumpResult") -> list[Number | Text]:
    """Effective events in the window, if events are weighted."""
    fit, window = result.fit, result.window
    if bool((fit.event_weight == 1).all()):
        return []
    inside = (fit.edges[:-1] >= window.low) & (fit.edges[1:] <= window.high)
    seen, expected = (
        float((events / fit.event_weight)[inside].sum()) for events in (fit.counts, fit.expected)
    )
    return [
        Number("effective events observed", seen, digits=4),
        Number("effective events expected", expected, digits=4),
    ]


def _narrow_numbers(narrow: "NarrowScan") -> list[Number | Text]:
    """The best mass of the scan for a narrow resonance, which is another search."""
    best = narrow.best
    numbers: list[Number | Text] = [
        Number("best narrow resonance", narrow.masses[best], unit="GeV", digits=4),
        Number("its local significance", narrow.z[best], form="significance"),
        Number("its global p-value", narrow.p_global[best], form="p-value"),
    ]
    if narrow.trial_factor is not None:
        numbers.append(Number("its trial factor", narrow.trial_factor))
    return numbers


def _toy_checks(result: "BumpResult") -> list[Check]:
    chance = result.significance
    enough = chance.p * chance.n >= _ENOUGH
    checks = [
        Check(
            "enough pseudo-experiments for the global p-value",
            f"68 % interval {p_value(chance.low)} to {p_value(chance.high)}",
            "passed" if enough else "for information",
        ),
        Check(
            TOYS_FITTED,
            f"{chance.n} of {chance.n + chance.n_failed}",
            verdict(chance.n_failed == 0),
        ),
    ]
    if result.narrow is not None and len(result.narrow.spurious):
        worst, noise = (
            float(np.abs(x).max()) for x in (result.narrow.spurious, result.narrow.spurious_error)
        )
        found = (
            f"at most {worst:.0%} of its uncertainty; if the fit is right, "
            f"fluctuations make {noise:.0%}"
        )
        checks.append(Check(SPURIOUS, found, verdict(worst <= max(_SPURIOUS, 2 * noise))))
    if chance.p_fixed is not None:
        checks.append(
            Check(
                "global p-value if pseudo-experiments were not fitted again",
                f"{p_value(chance.p_fixed)} instead of {p_value(chance.p)}",
                "for information",
            )
        )
    if result.closure is not None:
        what = "global p-values without signal are uniform"
        checks.append(uniformity_check(what, result.closure))
    return [*checks, *signal_checks(result.signal)]


def _warnings(result: "BumpResult") -> list[str]:
    chance = result.significance
    warnings = [_EXACT] if result.background == "exact" else []
    warnings += fit_warnings(result.fit, "an excess may be its fault")
    if chance.is_bound:
        warnings.append(
            "no pseudo-experiment was as significant as the data, so the global p-value is only a "
            "bound. More --toys make it a number."
        )
    elif chance.p * chance.n < _ENOUGH:
        warnings.append(
            f"fewer than {_ENOUGH} pseudo-experiments were as significant as the data, so the "
            "global p-value is rough. More --toys make it precise."
        )
    return warnings


def _parts(result: "BumpResult") -> tuple[Part, ...]:
    figures = ("spectrum", "tomography", "pseudo_experiments", "p_values")
    tests = ("uniformity", "injection", "spurious")
    narrow = () if result.narrow is None else (_narrow_part(result.narrow),)
    return (
        Part("The spectrum and its windows", figures=figures),
        Part("Closure tests", figures=tests, checks=True),
        *functions_part(result.fit),
        *narrow,
        *reading_part(result.roles),
    )


def _narrow_part(narrow: "NarrowScan") -> Part:
    rows = zip(narrow.masses, narrow.z, narrow.p_global, strict=True)
    table = Table(
        "Narrow resonance against mass",
        (
            Column("mass", "GeV", digits=4),
            Column("local significance", form="significance"),
            Column("global p-value", form="p-value"),
        ),
        tuple(tuple(float(v) for v in row) for row in rows),
        best=(narrow.best,),
    )
    return Part(table.title, tables=(table,), folded=True)


def _citations(result: "BumpResult") -> tuple[str, ...]:
    keys = ["Choudalakis:2011qn"]
    if result.narrow is not None:
        keys += ["Gross:2010qma", "Ananiev:2022tqv"]
    return tuple(keys)
