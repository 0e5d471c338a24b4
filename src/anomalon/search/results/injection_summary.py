"""What limits by injection tell: limits of all signals, what they come from, what is missing."""

from typing import TYPE_CHECKING

import numpy as np

from anomalon.core.result import Check, Column, Number, Part, Summary, Table, Text, Verdict
from anomalon.core.rounding import percent, plain
from anomalon.search.results.signal_limit import CutLimit, SignalLimit

if TYPE_CHECKING:
    from anomalon.search.results.injection_limit import InjectionLimitResult

__all__ = ["injection_summary"]

_VAGUE = 0.2  # relative uncertainty of an efficiency that readers are told of
_SURE, _SMALL = 4.0, 0.1  # standard deviations, and share, by which an efficiency may fall


def injection_summary(result: "InjectionLimitResult") -> Summary:
    """What a reader is told."""
    limited = [s for s in result.signals if s.chosen is not None and _is(s.chosen.observed)]
    with_band = [s for s in result.signals if s.chosen is not None]
    without = [s for s in result.signals if s not in limited]
    return Summary(
        kind="limits by injection",
        title=result.name,
        status="done" if limited else "no answer",
        verdict="Upper limits" if limited else "No limits",
        headline=_headline(result, limited),
        numbers=tuple(_numbers(result, limited, with_band)),
        ok=not without,
        how="The whole search was repeated with each signal injected into "
        f"{'signal-free pseudo-data' if result.into == 'pseudo-data' else 'the data'} at "
        f"several strengths, {_times(result.injections)} each. Limits are CLs of the count behind "
        "the cut that is expected to limit the signal best; a strength is excluded if it and all "
        "larger ones would give more selected events than the count allows.",
        problems=tuple(f"{s.name}: no limit: {_reason(s)}." for s in without),
        warnings=tuple(warning for s in result.signals for warning in _warnings(result, s)),
        checks=tuple(_rises(s) for s in with_band),
        table=_table(result),
        parts=(
            Part("All signals", figures=("limits", "gain")),
            *(_part(result, s) for s in result.signals),
            *((Part("How the files were read", text=" ".join(result.roles), folded=True),)
              if result.roles else ()),
        ),
        citations=result.citations,
    )  # fmt: skip


def _is(value: float) -> bool:
    return bool(np.isfinite(value))


def _times(n: int) -> str:
    return "once" if n == 1 else f"{n} times"


def _headline(result: "InjectionLimitResult", limited: list[SignalLimit]) -> str:
    n = len(result.signals)
    what = "1 signal" if n == 1 else f"{n} signals"
    if not limited:
        return f"None of the injected strengths of {what} is excluded."
    values = [float(s.chosen.observed) for s in limited if s.chosen is not None]
    low, high = plain(min(values)), plain(max(values))
    return (
        f"Limits on {len(limited)} of {what} at {percent(result.level)} confidence level: "
        f"{low if low == high else f'{low} to {high}'} events before the search."
    )


def _numbers(
    result: "InjectionLimitResult", limited: list[SignalLimit], with_band: list[SignalLimit]
) -> list[Number | Text]:
    observed = [float(s.chosen.observed) for s in limited if s.chosen is not None]
    expected = [s.chosen.median for s in with_band if s.chosen is not None]
    numbers: list[Number | Text] = [
        Text("signals with a limit", f"{len(limited)} of {len(result.signals)}"),
        *_range("observed limits", observed, "events", 1.0),
        *_range("expected limits", expected, "events", 1.0),
        Number("confidence level", result.level, form="percent"),
        Number("injections at each strength", result.injections, form="count"),
    ]
    if result.per_event is not None:
        numbers += [
            *_range("observed limits", observed, "fb", result.per_event),
            *_range("expected limits", expected, "fb", result.per_event),
            Number("luminosity", result.luminosity, unit="fb⁻¹", digits=4),
            Number("acceptance", result.acceptance, form="percent"),
        ]
    return numbers


def _range(name: str, values: list[float], unit: str, factor: float) -> list[Number]:
    if not values:
        return []
    low, high = min(values) * factor, max(values) * factor
    return [Number(name, low, unit=unit, upper=high if high > low else None)]


def _reason(signal: SignalLimit) -> str:
    if signal.chosen is not None:
        return signal.chosen.why
    reasons = dict.fromkeys(c.why for c in signal.cuts if c.why)
    last = next(reversed(reasons), "no cut has an expected limit")
    return next(iter(signal.failures), last).rstrip(".")


def _warnings(result: "InjectionLimitResult", signal: SignalLimit) -> list[str]:
    told = [f"{signal.name}: {why}" for why in signal.failures]
    cut = signal.chosen
    if cut is None:
        return told
    if _is(cut.observed) and cut.why:
        told.append(f"{signal.name}: {cut.why}.")
    if result.injections == 1 and cut.by == "classifier" and cut.cut < 1:
        told.append(
            f"{signal.name}: with one injection at each strength nobody knows how much the "
            "training scatters, and the limit leaves that out."
        )
    if cut.unknown > _VAGUE:
        told.append(
            f"{signal.name}: the efficiency at the limit is known to {percent(cut.unknown)} only. "
            "Ask for more injections; if that does not help, the training finds the signal in some "
            "draws and not in others."
        )
    return told


def _rises(signal: SignalLimit) -> Check:
    """Whether the efficiency falls with the strength by more than its errors."""
    cut = signal.chosen
    assert cut is not None  # these signals have one
    what = "the efficiency does not fall with the strength"
    known = np.isfinite(cut.efficiency)
    e, low, high = cut.efficiency[known], cut.low[known], cut.high[known]
    if len(e) < 2:
        return Check(what, "measured at fewer than two strengths", "not made", where=signal.name)
    falls = (e[:-1] - e[1:]) / np.maximum(np.hypot((e - low)[:-1], (high - e)[1:]), 1e-12)
    worst = int(falls.argmax())
    z, size = float(falls[worst]), float(1 - e[worst + 1] / max(e[worst], 1e-12))
    if z < _SURE or size <= 0:
        verdict: Verdict = "passed"
    else:
        verdict = "too small to matter" if size < _SMALL else "failed"
    found = f"from {percent(float(e[worst]))} to {percent(float(e[worst + 1]))}, {z:.1f} sigma"
    return Check(what, found if z > 0 else "rises everywhere", verdict, signal.name, size=size)


def _table(result: "InjectionLimitResult") -> Table:
    unit, factor = ("events", 1.0) if result.per_event is None else ("fb", result.per_event)
    columns = (
        Column("signal"),
        Column("mass", "GeV", digits=4),
        Column("window", "GeV"),
        Column("features"),
        Column("cut"),
        Column("observed", unit),
        *(Column(name, unit) for name in ("−2σ", "−1σ", "expected", "+1σ", "+2σ")),
    )
    rows = []
    for s in result.signals:
        cut = s.chosen
        if cut is None:
            rows.append((s.name, s.mass, "", "", "none", *[None] * 6))
            continue
        limits = [cut.observed, *(float(x) for x in cut.band)]
        rows.append(
            (s.name, s.mass, str(cut.window), cut.selection_name, cut.label,
             *(x * factor if _is(x) else None for x in limits))
        )  # fmt: skip
    return Table("Upper limits", columns, tuple(rows))


def _part(result: "InjectionLimitResult", signal: SignalLimit) -> Part:
    """The working points of one signal."""
    return Part(
        signal.name,
        text=f"{signal.n_events} simulated events of a resonance at {signal.mass:g} GeV.",
        figures=("efficiency",),
        tables=(_points(signal), _strengths(result, signal)),
        folded=True,
        open=len(result.signals) == 1,
        name=signal.name,
    )


def _points(signal: SignalLimit) -> Table:
    columns = (
        Column("window", "GeV"),
        Column("features"),
        Column("cut"),
        Column("observed", "events", digits=4),
        Column("background", "events", digits=4),
        Column("±", "events"),
        Column("selected signal, at most", "events"),
        Column("share that is an excess", form="percent"),
        Column("limit", "events"),
        Column("expected limit", "events"),
        Column("significance where it is 3 without a cut", form="significance"),
        Column("remark"),
    )
    rows = tuple(
        (
            str(c.window), c.selection_name, c.label, c.n, _or_none(c.expected),
            _or_none(c.sigma), _or_none(c.events), c.retained, _or_none(c.observed),
            _or_none(c.median), _gained(signal, c), c.why,
        )
        for c in signal.cuts
    )  # fmt: skip
    best = () if signal.best is None else (signal.best,)
    note = "The marked one has the smallest expected limit, and was chosen by that."
    return Table("Working points", columns, rows, best=best, note=note if best else "")


def _gained(signal: SignalLimit, cut: CutLimit) -> float | None:
    found = signal.gain(cut)
    return None if found is None or cut.cut == 1 else found[2]


def _or_none(value: float) -> float | None:
    return value if _is(value) else None


def _strengths(result: "InjectionLimitResult", signal: SignalLimit) -> Table:
    """Efficiency and significance at each strength, of the chosen working point."""
    cut = signal.chosen or signal.cuts[-1]
    z = cut.median_z
    columns = [
        Column("injected", "events", digits=4),
        Column("runs", form="count"),
        Column("efficiency", form="percent"),
        Column("lower end", form="percent"),
        Column("upper end", form="percent"),
        Column("median significance", form="significance"),
    ]
    values = [
        signal.strengths, np.isfinite(cut.passed).sum(axis=1), cut.efficiency, cut.low, cut.high, z,
    ]  # fmt: skip
    if result.per_event is not None:
        columns.append(Column("injected", "fb"))
        values.append(signal.strengths * result.per_event)
    rows = tuple(tuple(_or_none(float(v)) for v in row) for row in zip(*values, strict=True))
    return Table(f"Injections, {cut.label} of {cut.selection_name}", tuple(columns), rows)
