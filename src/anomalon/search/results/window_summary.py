"""What a reader is told of one window: its numbers, its tables, and which figures belong to it."""

from collections.abc import Iterator, Sequence

from anomalon.core.result import Column, Number, Part, Table, Text
from anomalon.core.rounding import count, measured, p_value, plain, sigmas
from anomalon.search.results.cut import CutResult
from anomalon.search.results.fitted import FittedPeak
from anomalon.search.results.functions import functions_table
from anomalon.search.results.window import By, MassLeak, Roc, WindowResult
from anomalon.stats.cuts import FIGURES_OF_MERIT

__all__ = ["warnings_of", "window_part"]

DEFICIT = -4.0
"""A local significance below this is no deficit but a background that was not understood."""

_BY: dict[By, str] = {"classifier": "Features", "score": "Score", "cut": "Cut"}
_PURPOSES = {
    "discovery": "a discovery; cuts that are best for it are not best for a limit",
    "limit": "a limit; cuts that are best for it are not best for a discovery",
}


def warnings_of(result: WindowResult) -> tuple[str, ...]:
    """What the search warns of, and deficits that no fluctuation makes."""
    deficits = (
        f"{cut.label}: a deficit of {sigmas(cut.z_local)} means that the background fit does not "
        "describe this window; do not trust its other significances."
        for cut in result.cuts
        if cut.ok and cut.z_local < DEFICIT
    )
    template = () if result.template is None else result.template.warnings
    return (*result.warnings, *template, *deficits)


def window_part(result: WindowResult, name: str, *, best: bool) -> Part:
    """One window with one feature set.

    Args:
        result: What was found in it.
        name: What its drawings are called by.
        best: Whether the best trial is one of its cuts.
    """
    warnings = (f"Warning: {text}" for text in warnings_of(result))
    z = ", ".join(f"{c.label} {sigmas(c.z_local) if c.ok else 'no answer'}" for c in result.cuts)
    return Part(
        f"{result.name}{' (best trial)' if best else ''}: {z}",
        text=" ".join((f"{_BY[result.by]}: {result.selection_name}.", *warnings)),
        numbers=_numbers(result),
        figures=("spectrum",),
        tables=(_counts(result),),
        parts=tuple(_pieces(result, name)),
        folded=not best,
        note=(
            f"Spectra: {_points(result)}; the band is the uncertainty of the fit. Below each: "
            "pulls, in standard deviations of the count (signed root of the deviance)."
        ),
        name=name,
    )


def _numbers(result: WindowResult) -> tuple[Number | Text, ...]:
    w = result.window
    edges = next((cut.fit.edges for cut in result.cuts if len(cut.fit.edges)), None)
    fitted = () if edges is None else (_range("fitted spectra", float(edges[0]), float(edges[-1])),)
    return (
        _range("signal region", w.low, w.high),
        Number("events in it", result.n_signal_region, form="count"),
        _range("lower side band", w.sideband_low, w.low),
        _range("upper side band", w.high, w.sideband_high),
        Number("events in the side bands", result.n_sidebands, form="count"),
        *fitted,
    )


def _range(name: str, low: float, high: float) -> Number:
    return Number(name, low, upper=high, unit="GeV", digits=6)


def _counts(result: WindowResult) -> Table:
    apart = ("Poisson", "fit", "function", "ensemble", "folds", "closure")
    peaks = _peaks(result)
    return Table(
        "Counts in the signal region",
        (
            Column("background efficiency"),
            Column("observed", digits=4),
            Column("expected ± all"),
            *(Column(f"± {name}", digits=2) for name in apart),
            Column("members (range)"),
            *((Column("events of the peak"),) if peaks else ()),
            Column("local significance", form="significance"),
            Column("local p-value", form="p-value"),
        ),
        tuple(_count_row(cut, peaks=bool(peaks)) for cut in result.cuts),
        note=" ".join(note for note in (_in_effective_events(result), _of_peak(peaks)) if note),
    )


def _points(result: WindowResult) -> str:
    if not _peaks(result):
        return "filled points were fitted, open ones were not"
    return "open points lie in the signal region, where the background follows from the others"


def _peaks(result: WindowResult) -> list[FittedPeak]:
    return [cut.fit.peak for cut in result.cuts if cut.fit.peak is not None]


def _of_peak(peaks: Sequence[FittedPeak]) -> str:
    """Where the significances come from, if not from the counts."""
    if not peaks:
        return ""
    one = peaks[0]
    return (
        f"A peak near {plain(one.mass, 5)} GeV with a standard deviation of {plain(one.sigma, 4)} "
        "GeV was fitted together with the background to the whole spectrum: its events, inside the "
        "signal region and beside it, with the uncertainty from events and fit. Significances are "
        "those of the peak, not of the counts, reduced by what ensemble, folds and closure take "
        "from the count's."
    )


def _count_row(cut: CutResult, *, peaks: bool) -> tuple[float | str | None, ...]:
    s, peak = cut.sigma, cut.fit.peak
    if not cut.ok:
        return (cut.label, cut.n, f"no answer: {cut.why}", *[None] * (9 + peaks))
    members = str(len(cut.member_counts))
    if len(cut.member_counts) > 1:
        low, high = cut.member_counts.min(), cut.member_counts.max()
        members += f" ({plain(float(low), 4)} to {plain(float(high), 4)})"
    return (
        cut.label,
        cut.n,
        measured(cut.expected, s.total),
        *(s.poisson, s.fit, s.function, s.ensemble, s.folds, s.closure),
        members,
        *((None if peak is None else measured(peak.events, peak.uncertainty),) if peaks else ()),
        cut.z_local,
        cut.p_local,
    )


def _in_effective_events(result: WindowResult) -> str:
    first = result.cuts[0]
    if not first.ok or first.n_effective == 0 or abs(first.n / first.n_effective - 1) <= 0.005:
        return ""
    counts = ", ".join(
        f"{plain(c.n_effective, 4)} over {plain(c.expected_effective, 4)} ({c.label})"
        for c in result.cuts
        if c.ok
    )
    return (
        f"Events are weighted. In effective events, which are Poisson, the counts are {counts}; "
        "significances come from these."
    )


def _pieces(result: WindowResult, name: str) -> Iterator[Part]:
    cuts = [cut for cut in result.cuts if cut.efficiency < 1]
    if cuts:
        why = "" if result.template is None else result.template.why
        made = f"Background template: {why}." if why else ""
        yield Part("Selection", figures=("sculpting", "members"), note=made, name=name)
    if result.roc is not None or any(cut.truth is not None for cut in result.cuts):
        yield _truth(result, name)
    if result.histograms or result.correlation or result.mass_leak is not None:
        yield _features(result, name)
    yield Part(
        "Fits: the functions that were tried",
        tables=tuple(functions_table(cut.fit, cut.label) for cut in result.cuts),
        folded=True,
        name=name,
    )


def _truth(result: WindowResult, name: str) -> Part:
    rows = tuple(
        (cut.label, cut.truth.signal, cut.truth.background, cut.truth.efficiency)
        for cut in result.cuts
        if cut.truth is not None
    )
    roc = result.roc
    return Part(
        "Truth labels (not used by the search)",
        numbers=() if roc is None else _roc_numbers(roc),
        figures=() if roc is None else ("roc",),
        tables=(
            Table(
                "Truth",
                (
                    Column("background efficiency"),
                    Column("true signal selected", digits=4),
                    Column("true background selected", digits=4),
                    Column("signal efficiency", form="percent"),
                ),
                rows,
            ),
        ),
        note="" if roc is None else _roc_words(roc),
        name=name,
    )


def _roc_numbers(roc: Roc) -> tuple[Number, ...]:
    return (
        roc.area,
        Number("largest significance improvement", roc.max_sic, roc.max_sic_uncertainty),
        Number("taken above a background efficiency of", roc.fpr_floor),
    )


def _roc_words(roc: Roc) -> str:
    merit = FIGURES_OF_MERIT["s_over_root_b"]
    return (
        f"ROC from {count(roc.n_signal)} signal and {count(roc.n_background)} background events "
        "of the signal region. Below the background efficiency that is given the statistical error "
        f"of the background exceeds 20 %. The improvement is that of {merit.formula}, a figure of "
        f"merit for {_PURPOSES[merit.purpose]}."
    )


def _features(result: WindowResult, name: str) -> Part:
    what = "features" if result.by == "classifier" else "score"
    table = Table(
        f"Correlation of the {what} with the mass",
        (
            Column("feature"),
            Column("Spearman ρ before", digits=2),
            Column("after decorrelation", digits=2),
        ),
        tuple((row.feature, row.before, row.after) for row in result.correlation),
    )
    return Part(
        "Features",
        figures=("distributions",) if result.histograms else (),
        tables=(table,) if result.correlation else (),
        note="" if result.mass_leak is None else _leak_words(result.mass_leak, result.by),
        name=name,
    )


def _leak_words(leak: MassLeak, by: By) -> str:
    what = {"classifier": "these features", "score": "the score", "cut": "the cut"}[by]
    if not leak.known:
        tells = "tell" if by == "classifier" else "tells"
        return (
            f"What {what} {tells} of the mass could not be measured: half of a side band has "
            "too few events."
        )
    none = ": none, since it may be a fluctuation" if leak.d == 0 else ""
    apart = measured(leak.distance, leak.uncertainty)
    how = (
        "the shares of the inner and the outer halves of the side bands that pass differ by "
        f"{apart} standard deviations of a normal distribution"
        if by == "cut"
        else "a classifier of the inner against the outer halves of the side bands separates them "
        f"by {apart} standard deviations of its score"
    )
    return (
        f"Dependence of {what} on the mass: {how}, p = {p_value(leak.p_value)}. The effect on a "
        f"cut is its uncertainty “closure”{none}."
    )
