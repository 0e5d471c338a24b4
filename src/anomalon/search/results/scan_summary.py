"""What a reader is told of a search in events: the answer, what it stands on, and every trial."""

import json
from collections.abc import Iterator, Mapping
from math import isfinite, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from anomalon.core.plain import to_plain
from anomalon.core.result import Check, Column, Number, Part, Summary, Table, Text
from anomalon.core.rounding import count, p_value, percent, plain
from anomalon.core.rounding import efficiency as working_point
from anomalon.features.axes import axes_among
from anomalon.search.results.checks import checks_of
from anomalon.search.results.claim import claim
from anomalon.search.results.headline import headline
from anomalon.search.results.ledger import TrialToys, place_of
from anomalon.search.results.spectrum_checks import reading_part
from anomalon.search.results.thresholds import ALARM
from anomalon.search.results.window import WindowResult
from anomalon.search.results.window_summary import warnings_of, window_part
from anomalon.stats.scans import LocalPTest

if TYPE_CHECKING:
    from anomalon.search.results.scan import Scan

__all__ = ["answer", "failures", "settings_rows", "summary"]


def summary(scan: "Scan") -> Summary:
    """Everything that a reader is told about a search."""
    claimed = claim(scan)
    failed = scan.n_with_answer < len(scan.ledger)
    return Summary(
        kind="resonance search",
        title=scan.name,
        status=claimed.status,
        verdict=claimed.verdict,
        headline=headline(scan, claimed),
        numbers=_numbers(scan),
        ok=not failed and not claimed.failed,
        how=_how(scan),
        problems=tuple(text for result in scan.windows for text in failures(result)),
        warnings=tuple(_warnings(scan)),
        notes=(*scan.notes, *(text for text in scan.roles if ": warning: " in text)),
        checks=tuple(_checks(scan)),
        table=_significances(scan),
        parts=tuple(_parts(scan)),
        citations=scan.citations,
    )


_MOST_NAMED = 4


def _warnings(scan: "Scan") -> Iterator[str]:
    """Each once, with the windows that it is about; with what selects, if that is not one."""
    where: dict[str, list[str]] = {}
    several = len({result.selection_name for result in scan.windows}) > 1
    for result in scan.windows:
        name = f"{result.name} ({result.selection_name})" if several else result.name
        for text in warnings_of(result):
            where.setdefault(text, []).append(name)
    for text, names in where.items():
        more = len(names) - _MOST_NAMED
        named = ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        yield f"{'Window' if len(names) == 1 else 'Windows'} {named}: {text}"


def _significances(scan: "Scan") -> Table:
    """Local significances: a row for each window and feature set, a column for each cut."""
    cuts = sorted({w.series(c) for w in scan.windows for c in w.cuts}, reverse=True)
    rows: list[tuple[float | str | None, ...]] = []
    for result in scan.windows:
        z = {result.series(c): c.z_local if c.ok else nan for c in result.cuts}
        rows.append((result.name, *(z.get(e) for e in cuts), result.selection_name))
    trained = all(result.by == "classifier" for result in scan.windows)
    columns = (
        Column("window"),
        *(Column(name, form="significance") for _, name in cuts),
        Column("features" if trained else "selected by"),
    )
    return Table("Local significances", columns, tuple(rows))


def answer(scan: "Scan") -> tuple[Number, ...]:
    """The best trial and what it is worth."""
    best = scan.best
    z, p = (None, None) if best is None else (best.z_local, best.p_local)
    bound = scan.p_global is not None and scan.p_global_is_bound
    return (
        Number("best local significance", z, form="significance"),
        Number("its local p-value", p, form="p-value"),
        Number(
            "global significance",
            scan.z_global,
            form="significance",
            bound="at least" if bound and _finite(scan.z_global) else "",
        ),
        Number("global p-value", scan.p_global, form="p-value", bound="at most" if bound else ""),
    )


def _finite(value: float | None) -> bool:
    return value is not None and isfinite(value)


def _numbers(scan: "Scan") -> tuple[Number | Text, ...]:
    toys = scan.toys
    repeated = () if toys is None else (
        Number("pseudo-experiments", toys.n, form="count"),
        Number("of them at least as significant", toys.k, form="count"),
    )  # fmt: skip
    return (
        *answer(scan),
        *repeated,
        Number("trials", len(scan.ledger), form="count"),
        Number("trials with an answer", scan.n_with_answer, form="count"),
        Number("windows", len({result.window for result in scan.windows}), form="count"),
        *_own(scan),
    )


def _own(scan: "Scan") -> Iterator[Text]:
    """The score and the cuts that the user brought."""
    names = dict.fromkeys((result.by, result.features[0]) for result in scan.windows)
    for by, name in names:
        if by == "score":
            flat = "as it is" if scan.settings.get("decorrelate") is None else "flattened in mass"
            yield Text("score, in the place of a classifier", f"{name}, {flat}")
        elif by == "cut":
            yield Text("own cut", name)


def _axes(scan: "Scan") -> str:
    """What classifiers see beside the features; those in a latent space do not."""
    sets = dict.fromkeys(r.features for r in scan.windows if r.by == "classifier")
    given = scan.settings.get("axes")
    formulas = tuple(map(str, given)) if isinstance(given, list) else ()
    axes = given if isinstance(given, str) else formulas
    found = dict.fromkeys(axis for names in sets for axis in axes_among(axes, names))
    return f"Classifiers of features see beside them: {', '.join(found)}." if found else ""


def _how(scan: "Scan") -> str:
    """Where the global p-value comes from."""
    toys = scan.toys
    if toys is None and scan.p_global_source == "correlated trials":
        return _correlated(scan)
    if toys is None:
        return (
            "The global p-value is Šidák's bound 1 − (1 − p)^N for the N trials that have an "
            "answer. Trials that share events are positively correlated, so the true global "
            "p-value is smaller than the bound. Pseudo-experiments that repeat the whole search "
            "(n_toys) give its value."
        )
    trained = any(result.by == "classifier" for result in scan.windows)
    words = (
        f"The whole search was repeated in {count(toys.n)} pseudo-experiments without signal"
        f"{', training included' if trained else ''}: {count(toys.k)} found a trial at least as "
        "significant"
        f"{_bound(scan, toys)}."
    )
    if isfinite(toys.n_effective):
        n = plain(toys.n_effective, 2)
        words += f" The trials are equivalent to about {n} independent ones."
    valid = toys.p_local[np.isfinite(toys.p_local)]
    below = float(np.mean(valid < 0.05)) if len(valid) else 0.0
    words += f" Of all local p-values in pseudo-experiments {percent(below)} are below 5 %"
    n_failed = int(toys.p_local.size - valid.size)
    return f"{words}; {n_failed} have no value." if n_failed else f"{words}."


def _correlated(scan: "Scan") -> str:
    """What it means that they share events."""
    n = scan.n_with_answer
    words = (
        f"The global p-value is the probability that the best of {count(n)} trials is as "
        "significant without a signal, their significances being normal and correlated as the "
        "events that they share make them"
    )
    if scan.correlated is not None and scan.best is not None:
        worth = scan.correlated.n_at(scan.best.p_local)
        words += f": as of {plain(worth, 2)} independent trials"
    return (
        f"{words}. It takes local p-values at their word. Pseudo-experiments that repeat the whole "
        "search (n_toys) do not."
    )


def _bound(scan: "Scan", toys: TrialToys) -> str:
    refuted = isfinite(toys.p_sidak)
    if scan.p_global_source == "correlated trials":
        p = f" (p = {p_value(toys.p_sidak)})" if refuted else ""
        return (
            ", so the global p-value is what follows from the correlation of the trials through "
            f"the events that they share, which is smaller than 1/({toys.n} + 1), and whose local "
            f"p-values those of the pseudo-experiments do not contradict{p}"
        )
    if scan.p_global_source == "sidak":
        p = f" (p = {p_value(toys.p_sidak)})" if refuted else ""
        return (
            ", so the global p-value is a bound: Šidák's 1 − (1 − p)^N for the N trials that have "
            f"an answer, which is smaller than 1/({toys.n} + 1), and which the local p-values of "
            f"the pseudo-experiments do not contradict{p}"
        )
    if scan.p_global_is_bound:
        words = (
            f", so the global p-value is a bound: what {count(toys.n)} pseudo-experiments can "
            f"exclude, 1/({toys.n} + 1)"
        )
        if not toys.enough:
            words += (
                f". Fewer than {LocalPTest.LEAST} with an answer in every trial cannot tell "
                "whether local p-values are right, so that Šidák's bound does not count"
            )
        elif refuted and toys.p_sidak < LocalPTest.LEVEL:
            words += (
                ". Their local p-values are smaller than uniform ones would be "
                f"(p = {p_value(toys.p_sidak)}), so that Šidák's bound does not hold"
            )
        return words
    low, high = p_value(toys.low), p_value(toys.high)
    return f" (68 % interval of their share: {low} to {high})"


def failures(result: WindowResult) -> Iterator[str]:
    """Working points without an answer, those with the same reason together."""
    reasons: dict[str, list[str]] = {}
    for cut in result.cuts:
        if not cut.ok:
            why = cut.why or cut.fit.why or "no reason was given"
            reasons.setdefault(why, []).append(cut.label)
    for why, labels in reasons.items():
        yield (f"{result.name} ({result.selection_name}), {', '.join(labels)}: {why}")


def _checks(scan: "Scan") -> Iterator[Check]:
    for result in scan.windows:
        for cut in result.cuts:
            yield from checks_of(result, cut)


def _parts(scan: "Scan") -> Iterator[Part]:
    incomplete = any(not cut.ok for result in scan.windows for cut in result.cuts)
    yield Part(
        "Significance against mass",
        figures=("local_significance", "p_values"),
        note=(
            "A cross at the foot of a figure marks a window in which at least one trial has no "
            "answer."
            if incomplete
            else ""
        ),
    )
    if scan.toys is not None and scan.toys.n > 0:
        yield Part("Look-elsewhere effect", figures=("global_p",))
    best = None if scan.best is None else place_of(scan.best, scan.windows)
    yield Part(
        "Windows",
        text=_axes(scan),
        parts=tuple(
            window_part(result, str(i), best=best is not None and best[0] == i)
            for i, result in enumerate(scan.windows)
        ),
    )
    yield _checks_part(scan)
    yield _ledger_part(scan)
    yield from reading_part(scan.roles)
    yield _data_part(scan)


def _checks_part(scan: "Scan") -> Part:
    checks = list(_checks(scan))
    n_failed = sum(check.passed is False for check in checks)
    n_unmade = sum(check.verdict == "not made" for check in checks)
    words = (
        f"A check fails with p < {ALARM}, if the excess is not far larger than what it found. A "
        "significance whose check failed is not to be taken at face value. A signal in the side "
        "bands makes the checks of neighbouring windows fail too."
        if n_failed
        else f"None failed (p ≥ {ALARM}, or a difference too small to matter)."
    )
    return Part(
        "Checks",
        text=f"{len(checks)} checks, {n_failed} failed, {n_unmade} could not be made. {words}",
        folded=True,
        checks=True,
    )


def _ledger_part(scan: "Scan") -> Part:
    return Part(
        "Ledger of trials",
        text=f"All {len(scan.ledger)} trials: every window, feature set and working point.",
        tables=(
            Table(
                "Ledger of trials",
                (
                    Column("#", form="count"),
                    Column("window", "GeV"),
                    Column("features"),
                    Column("cut"),
                    Column("local p-value", form="p-value"),
                    Column("local significance", form="significance"),
                ),
                tuple(
                    (
                        float(i),
                        trial.window,
                        trial.features,
                        working_point(trial.efficiency),
                        trial.p_local,
                        trial.z_local,
                    )
                    for i, trial in enumerate(scan.ledger, start=1)
                ),
                best=tuple(i for i, trial in enumerate(scan.ledger) if trial == scan.best),
            ),
        ),
        folded=True,
    )


def _data_part(scan: "Scan") -> Part:
    rows = [
        ("seed", scan.seed),
        *(
            (f"data.{key}", value)
            for key, value in to_plain(scan.data).items()
            if value is not None
        ),
        *settings_rows(scan.settings),
    ]
    return Part(
        "Data and settings",
        text=f"{count(scan.data.n_events)} events from {scan.data.source}, seed {scan.seed}.",
        tables=(
            Table(
                "Data and settings",
                (Column("key"), Column("value")),
                tuple(
                    (
                        key,
                        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False),
                    )
                    for key, value in rows
                ),
            ),
        ),
        folded=True,
    )


def settings_rows(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Settings as rows of dotted keys, the way that `--set` takes them."""
    rows: list[tuple[str, Any]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            rows += settings_rows(value, f"{prefix}{key}.")
        else:
            rows.append((f"{prefix}{key}", to_plain(value)))
    return rows
