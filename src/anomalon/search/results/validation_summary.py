"""What a reader is told of a validation: which windows pass, and what their search gets for it."""

import json
from collections.abc import Iterator
from math import isfinite, sqrt
from typing import TYPE_CHECKING

from scipy.special import gammaincc

from anomalon.core.result import Check, Column, Number, Part, Summary, Table, Text, Verdict
from anomalon.core.rounding import count, p_value, percent, plain
from anomalon.search.results.scan_summary import settings_rows
from anomalon.search.results.spectrum_checks import reading_part

if TYPE_CHECKING:
    from anomalon.search.results.validation import (
        MeasuredClosure,
        Place,
        SamplePulls,
        ValidationResult,
    )

__all__ = ["summary"]

_VERDICTS: dict[str, Verdict] = {"passed": "passed", "failed": "failed", "no answer": "not made"}


def summary(result: "ValidationResult") -> Summary:
    """Everything that a reader is told about a validation."""
    scopes = result.scopes
    out = [scope for scope in scopes if result.left_out(*scope)]
    verdict = "All windows pass" if not out else "No window passes"
    if 0 < len(out) < len(scopes):
        verdict = "Some windows fail"
    return Summary(
        kind="validation",
        title=f"Validation: {result.name}",
        status="done" if not out else "checks failed",
        verdict=verdict,
        headline=_headline(result, len(out)),
        numbers=tuple(_numbers(result)),
        ok=len(out) < len(scopes),
        how=_how(result),
        warnings=tuple(_left_out(result)),
        notes=tuple(f"{sample.name}: {note}" for sample in result.samples for note in sample.notes),
        checks=tuple(_checks(result)),
        table=_verdicts(result),
        parts=tuple(_parts(result)),
        citations=result.citations,
    )


def _headline(result: "ValidationResult", n_out: int) -> str:
    n = len(result.scopes)
    deltas = [p.delta for p in result.places if p.verdict == "passed"]
    passed = "All" if n_out == 0 else f"{n - n_out} of"
    words = f"{passed} {n} windows and feature sets pass without signal."
    if n_out == n:
        words = f"None of {n} windows and feature sets passes without signal."
    if n_out:
        words += " A search with this validation leaves the others out."
    largest = max(deltas, default=0.0)
    if largest > 0:
        words += f" The largest non-closure of those that pass is {percent(largest)}."
    elif deltas:
        words += " No further uncertainty of the expected counts was seen."
    return words


def _how(result: "ValidationResult") -> str:
    pull = "count n has a pull (n − b)/σ"
    if result.of_peaks:
        pull = "window and cut has the significance of the peak, not of the count, as its pull"
    return (
        f"The whole search was run on samples without signal. Each {pull}. Pulls "
        "are standard normal if the search is right. A window fails if pulls as wide as its "
        f"own have p < {p_value(result.level)}, with the non-closure of windows elsewhere among "
        "their uncertainties. The non-closure δ is a relative uncertainty of the expected "
        "background with which the pulls have unit width (maximum likelihood, all other "
        "uncertainties as the search knows them); it is not taken where p ≥ "
        f"{plain(result.chance)}, which may be chance. Of several samples the largest counts. "
        "Pulls of windows that overlap and of cuts inside of each other are correlated: errors "
        "of δ from several windows are rather too small."
    )


def _numbers(result: "ValidationResult") -> Iterator[Number | Text]:
    for sample in result.samples:
        pulls = result.pulls(sample.name)
        if not len(pulls):
            yield Text(f"pulls, {sample.name}", "none")
            continue
        chi2, n = float((pulls**2).sum()), len(pulls)
        yield Number(f"pulls, {sample.name}", n, form="count")
        yield Number("their mean", float(pulls.mean()), 1 / sqrt(n))
        yield Number("their width", sqrt(chi2 / n), 1 / sqrt(2 * n))
        yield Text("their χ²/ndf", f"{plain(chi2)}/{n}, p = {p_value(gammaincc(n / 2, chi2 / 2))}")


def _left_out(result: "ValidationResult") -> Iterator[str]:
    for place in result.places:
        if place.verdict != "passed":
            yield f"{place.name}: {place.why}"


def _checks(result: "ValidationResult") -> Iterator[Check]:
    for place in result.places:
        for one in place.pulls:
            known = len(one.known)
            found = f"mean pull {plain(one.mean)}, χ²/ndf = {plain(one.chi2)}/{known}"
            judged = isfinite(one.p_value)
            failed = judged and one.p_value < result.level
            verdict = "failed" if failed else place.verdict if judged else "no answer"
            yield Check(
                f"unit pulls, {one.sample}",
                f"{found}, p = {p_value(one.p_value)}" if judged else one.why,
                "passed" if judged and not failed else _VERDICTS[verdict],
                where=place.name,
                p_value=one.p_value if judged else None,
            )


def _verdicts(result: "ValidationResult") -> Table:
    """A row for each window and feature set, a column for the non-closure of each cut."""
    cuts = sorted({(p.efficiency, p.label) for p in result.places}, reverse=True)
    rows: list[tuple[float | str | None, ...]] = []
    for window, features in result.scopes:
        places = result.of(window, features)
        out = result.left_out(window, features)
        deltas = {(p.efficiency, p.label): p.delta for p in places if p.verdict == "passed"}
        worst = min((one.p_value for p in places for one in p.pulls if isfinite(one.p_value)),
                    default=None)  # fmt: skip
        word = "passed" if not out else f"left out ({', '.join(p.label for p in out)})"
        row = (places[0].window_name, *(deltas.get(cut) for cut in cuts), worst, word)
        rows.append((*row, places[-1].feature_names))
    columns = (
        Column("window", "GeV"),
        *(Column(f"δ, {label}", form="percent") for _, label in cuts),
        Column("smallest p-value", form="p-value"),
        Column("verdict"),
        Column("features"),
    )
    return Table("Verdicts, and the non-closure of the cuts that pass", columns, tuple(rows))


def _parts(result: "ValidationResult") -> Iterator[Part]:
    yield Part(
        "Pulls",
        figures=("pulls", "pull_distribution"),
        note="Windows that overlap share events, and cuts are inside of each other: neighbouring "
        "fields are alike. A cross marks a place that is left out.",
    )
    yield Part("Non-closure", figures=("non_closure",))
    yield Part(
        "Samples",
        tables=(
            Table(
                "Samples without signal",
                (Column("sample"), Column("kind"), Column("events", form="count"),
                 Column("data sets", form="count"), Column("source")),
                tuple((s.name, s.kind, float(s.n_events), float(s.n_sets), s.source)
                      for s in result.samples),
            ),
        ),
    )  # fmt: skip
    yield _places_part(result)
    yield Part("Checks", folded=True, checks=True)
    yield from reading_part(result.roles)
    yield _data_part(result)


def _places_part(result: "ValidationResult") -> Part:
    columns = (
        Column("window", "GeV"),
        Column("features"),
        Column("cut"),
        Column("sample"),
        Column("pulls", form="count"),
        Column("mean"),
        Column("width"),
        Column("p-value", form="p-value"),
        Column("δ"),
        Column("from"),
        Column("verdict"),
    )
    rows = tuple(_row(place, one) for place in result.places for one in place.pulls)
    return Part(
        "Every place",
        text=f"{count(len(result.places))} places in {count(len(result.samples))} samples. δ with "
        "its 68 % interval, and the pulls it is from; in brackets where it may be chance.",
        tables=(Table("Every place", columns, rows),),
        folded=True,
    )


def _row(place: "Place", one: "SamplePulls") -> tuple[float | str | None, ...]:
    where = (place.window_name, place.feature_names, place.label, one.sample)
    pulls = (float(len(one.known)), one.mean, one.width, one.p_value)
    of = one.closure
    pooled = f"{of.n_pulls} pulls, {of.n_windows} windows" if of.n_pulls else ""
    return (*where, *pulls, _measured(of), pooled, place.verdict)


def _measured(closure: "MeasuredClosure") -> str:
    if not closure.n_pulls:
        return ""
    words = f"{percent(closure.delta)} ({percent(closure.low)} to {percent(closure.high)})"
    return words if closure.taken == closure.delta else f"[{words}]"


def _data_part(result: "ValidationResult") -> Part:
    rows = (("seed", result.seed), ("data", result.data.source), *settings_rows(result.settings))
    table = Table(
        "Data and settings",
        (Column("key"), Column("value")),
        tuple((k, v if isinstance(v, str) else json.dumps(v, ensure_ascii=False)) for k, v in rows),
    )
    words = f"{count(result.data.n_events)} events from {result.data.source}, seed {result.seed}."
    return Part("Data and settings", text=words, tables=(table,), folded=True)
