"""What a reader is told of a comparison of detectors."""

import numpy as np

from anomalon.core.result import Column, Number, Part, Summary, Table, Text
from anomalon.core.rounding import count, plain
from anomalon.detection.results.detection import DetectionResult
from anomalon.detection.results.found import MOST_DISPLAYS, Found
from anomalon.detection.results.standing import Standing, span, standing

__all__ = ["summary_of"]

_WORDS = {
    "ht": "HT", "leading_pt": "leading pT", "met": "MET", "multiplicity": "multiplicity",
    "jet_mass": "jet mass", "constituents": "constituents", "tau21": "τ21", "tau32": "τ32",
}  # fmt: skip


def summary_of(result: DetectionResult) -> Summary:
    """The summary of a result."""
    places = standing(result)
    checks = (*result.checks, *(place.check() for place in places))
    failed = any(check.passed is False for check in checks)
    return Summary(
        kind="anomaly detection",
        title=result.name,
        status="checks failed" if failed else "done",
        verdict=_verdict(places),
        headline=_headline(result, places),
        numbers=_numbers(result, places),
        ok=not failed,
        how=_how(result),
        warnings=_warnings(result, places),
        notes=tuple(
            f"{one.name} was not saved. {one.model_note}"
            for one in result.detectors
            if one.model_note
        ),
        checks=checks,
        table=_table(result),
        parts=_parts(result),
        citations=result.citations,
    )


def _verdict(places: tuple[Standing, ...]) -> str:
    if not places:
        return "Events are scored"
    n, better = len(places), sum(place.beats for place in places)
    if better == n:
        return "Better than the trivial baselines" if n == 1 else (
            f"All {n} detectors beat the trivial baselines"
        )  # fmt: skip
    if better == 0:
        return "No detector beats the trivial baselines"
    return f"{better} of {n} detectors beat the trivial baselines"


def _headline(result: DetectionResult, places: tuple[Standing, ...]) -> str:
    n_test = count(result.files[0].n_test)
    if not places:
        other = "".join(f" and {count(f.n_test)} of {f.name}" for f in result.files[1:])
        return (
            f"{n_test} test events{other} have scores of {_detectors(result)}; there is no truth."
        )
    best = places[0]
    n = len(result.signals)
    of = f"over {n} signals" if n > 1 else f"for {result.signals[0]}"
    beaten = [place.detector.name for place in places if not place.beats]
    end = "."
    if beaten and len(beaten) < len(places):
        end = f"; not better than that: {', '.join(beaten)}."
    sign = "above" if best.margin > 0 else "below"
    return (
        f"{best.detector.name} has the largest mean AUC {of}, {span(best.detector.mean_auc)}: "
        f"{plain(100 * abs(best.margin), 2)} ± {plain(100 * best.sigma, 2)} points {sign} that of "
        f"{best.baseline.name}, {span(best.baseline.mean_auc)}, which learns nothing{end}"
    )


def _detectors(result: DetectionResult) -> str:
    n = len(result.learned)
    return f"{n} detector{'s' if n > 1 else ''} and {len(result.baselines)} baselines"


def _numbers(result: DetectionResult, places: tuple[Standing, ...]) -> tuple[Number | Text, ...]:
    background = result.files[0]
    n_fitted = background.n_events - background.n_test
    numbers: list[Number | Text] = [
        Number("background to learn from", n_fitted, form="count", unit="events"),
        Number("test background", background.n_test, form="count", unit="events"),
    ]
    if places:
        best = places[0]
        auc = float(np.median(best.detector.mean_auc))
        numbers += [
            Number(f"mean AUC of {best.detector.name}", auc, best.detector.mean_auc_sigma),
            Number(
                f"mean AUC of {best.baseline.name}",
                float(np.median(best.baseline.mean_auc)),
                best.baseline.mean_auc_sigma,
            ),
            Number("margin", best.margin, best.sigma),
        ]
    if result.events:
        top = result.events[0]
        numbers.append(Text(f"most anomalous by {result.chosen}", f"event {top.called}"))
    return tuple(numbers)


def _how(result: DetectionResult) -> str:
    most = max(d.trainings for d in result.detectors)
    times = "once" if most == 1 else f"{most} times with other seeds"
    return (
        f"Each detector was fitted {times} on background alone, without its test part, and scored "
        "events that it had not seen; truth was used for nothing but the evaluation."
    )


def _warnings(result: DetectionResult, places: tuple[Standing, ...]) -> tuple[str, ...]:
    beaten = [
        f"{place.detector.name} does not beat {place.baseline.name} (mean AUC "
        f"{span(place.detector.mean_auc)} against {span(place.baseline.mean_auc)}: "
        f"{place.in_words})."
        for place in places
        if not place.beats
    ]
    return (*(d.warning for d in result.detectors if d.warning), *beaten)


def _table(result: DetectionResult) -> Table | None:
    """AUC of every detector for every signal."""
    if not result.signals:
        return None
    columns = (
        Column("detector"), *(Column(f"AUC {s}") for s in result.signals), Column("mean AUC"),
    )  # fmt: skip
    rows = [(d.name, *(span(s.auc) for s in d.signals), span(d.mean_auc)) for d in result.detectors]
    medians = [float(np.median(d.mean_auc)) for d in result.detectors]
    return Table(
        "AUC, median and range over trainings",
        columns,
        tuple(rows),
        best=(int(np.argmax(medians)),),
        note="Statistical uncertainties are in the tables of each signal.",
    )


def _parts(result: DetectionResult) -> tuple[Part, ...]:
    parts = []
    if result.signals:
        parts.append(Part("All detectors at a glance", figures=("auc",)))
    parts += [_signal_part(result, i) for i in range(len(result.signals))]
    parts += [
        Part("Scores", figures=("scores",)),
        _following(result),
    ]
    if any(d.reconstruction for d in result.detectors):
        parts.append(_reconstruction(result))
    parts.append(_events(result))
    parts.append(
        Part("Files and detectors", tables=(_files(result), _settings(result)), folded=True)
    )
    return tuple(parts)


def _signal_part(result: DetectionResult, i: int) -> Part:
    name = result.signals[i]
    whys = dict.fromkeys(e.why for e in result.detectors[0].signals[i].efficiencies if e.why)
    return Part(
        f"Signal: {name}",
        figures=("roc",),
        tables=(_signal_table(result.detectors, i),),
        note="A dash: " + "; ".join(whys) + "." if whys else "",
        name=name,
    )


def _signal_table(detectors: tuple[Found, ...], i: int) -> Table:
    fprs = [e.fpr for e in detectors[0].signals[i].efficiencies]
    columns = (
        Column("detector"), Column("AUC"), Column("± stat."),
        *(Column(f"TPR at FPR {plain(fpr)}") for fpr in fprs), Column("max SIC"),
    )  # fmt: skip
    rows = []
    for detector in detectors:
        one = detector.signals[i]
        cells: list[float | str | None] = [detector.name, span(one.auc), one.auc_sigma]
        for e in one.efficiencies:
            if e.median is None:
                cells.append("-")
            else:
                cells.append(f"{span(e.tpr)} [{plain(e.low)}, {plain(e.high)}]")
        cells.append(span(one.max_sic) if len(one.max_sic) else "-")
        rows.append(tuple(cells))
    return Table(
        "Efficiencies",
        columns,
        tuple(rows),
        note="Median (range over trainings) and [68 % interval of the median: exact for the "
        "signal (Clopper-Pearson), widened where the threshold is known less well]. SIC is "
        "TPR/√FPR, where FPR is known to 20 %.",
    )


def _following(result: DetectionResult) -> Part:
    names = tuple(result.detectors[0].correlations)
    columns = (Column("detector"), *(Column(_WORDS.get(name, name)) for name in names))
    rows = tuple((d.name, *(d.correlations.get(q) for q in names)) for d in result.detectors)
    return Part(
        "What the scores follow",
        text="Spearman's correlations on the test background. A detector whose score follows "
        "one of them closely has learned little else.",
        figures=("correlations", "planes"),
        tables=(Table("Correlation of scores with simple quantities", columns, rows),),
    )


def _reconstruction(result: DetectionResult) -> Part:
    columns = (Column("detector"), Column("kind"), Column("feature"),
               Column("mean absolute difference"), Column("RMS difference"))  # fmt: skip
    rows = tuple(
        (d.name, q.kind, q.feature, q.mean_absolute, q.rms)
        for d in result.detectors
        for q in d.reconstruction
    )
    return Part(
        "Reconstruction",
        text="Differences between test background and its reconstruction, in standard deviations "
        "of the background (first training): an RMS of 1 is what the mean would give.",
        tables=(Table("Quality per feature", columns, rows),),
        folded=True,
    )


def _events(result: DetectionResult) -> Part:
    columns = (Column("rank", form="count"), Column("file"), Column("event"),
               Column("score", digits=4), Column("share of background above", form="percent"),
               Column("objects"))  # fmt: skip
    rows = tuple(
        (i + 1, e.file, e.called, e.score, e.fpr, _content(e.kinds))
        for i, e in enumerate(result.events)
    )
    drawn = ""
    if len(rows) > MOST_DISPLAYS:
        drawn = f" The first {MOST_DISPLAYS} of {len(rows)} are drawn."
    return Part(
        "Most anomalous events",
        text=f"By {result.chosen}, first training; among the test background and data without "
        f"truth.{drawn}",
        figures=("events",),
        tables=(Table("Events", columns, rows),) if rows else (),
    )


def _content(kinds: tuple[str, ...]) -> str:
    return ", ".join(
        kind if kind == "met" else f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds)
    )


def _files(result: DetectionResult) -> Table:
    columns = (Column("file"), Column("from"), Column("events", form="count"),
               Column("scored", form="count"), Column("digest"))  # fmt: skip
    rows = tuple((f.name, f.source, f.n_events, f.n_test, f.digest[:16]) for f in result.files)
    return Table("Files", columns, rows)


def _settings(result: DetectionResult) -> Table:
    columns = (Column("detector"), Column("settings"), Column("trainings", form="count"),
               Column("learned from what it scored", form="percent"))  # fmt: skip
    rows = tuple((d.name, d.settings, d.trainings, d.seen) for d in result.detectors)
    return Table("Detectors", columns, rows)
