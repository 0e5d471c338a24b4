"""The figures of limits by injection; none computes a result."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from anomalon.core.rounding import percent, plain
from anomalon.report.axes import blank, powers, single
from anomalon.report.drawing import Drawing
from anomalon.report.style import LIGHT, MARKERS, SERIES, styled
from anomalon.search.results.injection_limit import InjectionLimitResult
from anomalon.search.results.signal_limit import CutLimit, SignalLimit

__all__ = ["injection_drawings"]

_ROW = 0.24  # inches of a signal
_DECADE = 20.0  # ratio of limits from which on an axis is logarithmic


def injection_drawings(result: InjectionLimitResult) -> Iterator[Drawing]:
    """All figures of limits by injection, in the order of the page."""
    limited = [(s, s.chosen) for s in result.signals if s.chosen is not None]
    if limited:
        yield Drawing(
            "limits",
            "limits",
            f"Upper limits at {percent(result.level)} confidence level: observed (points) and "
            "expected without signal (lines), with the bands of 1 and 2 standard deviations.",
            f"Upper limits on {len(limited)} signals.",
            limits(result, limited),
        )
    gains = _gains(result)
    if gains:
        yield Drawing(
            "gain",
            "gain",
            "Median significance behind each cut of a signal that would have 3 standard deviations "
            "without one (dashed line).",
            f"Significances from {plain(min(z for *_, z in gains))} to "
            f"{plain(max(z for *_, z in gains))} of signals with 3 without a cut.",
            gain(gains),
        )
    for i, signal in enumerate(result.signals):
        if any(np.isfinite(c.efficiency).any() for c in signal.cuts):
            yield Drawing(
                f"efficiency-{i + 1}",
                "efficiency",
                "Share of the injected signal that is selected, against its strength, with the "
                "scatter from draw to draw in the error bars. A strength is excluded where the "
                "efficiency of the chosen cut is above the grey line: there it gives more events "
                "than the count allows.",
                f"Efficiency of {signal.name} against the injected strength.",
                efficiency(signal),
                part=signal.name,
            )


@styled
def limits(result: InjectionLimitResult, limited: list[tuple[SignalLimit, CutLimit]]) -> Figure:
    """Observed and expected limits, a row for each signal."""
    figure = blank(5.4, 1.2 + _ROW * len(limited), left=1.9)
    axes = figure.subplots()
    factor = 1.0 if result.per_event is None else result.per_event
    for row, (_, cut) in enumerate(limited):
        band = cut.band * factor
        for low, high, colour, name in (
            (0, 4, "two_sigma", "expected ± 2σ"),
            (1, 3, "one_sigma", "expected ± 1σ"),
        ):
            if np.isfinite(band[[low, high]]).all():
                axes.barh(
                    row, band[high] - band[low], 0.7, left=band[low], color=LIGHT[colour], lw=0,
                    label=name if row == 0 else None,
                )  # fmt: skip
        axes.plot([band[2]] * 2, [row - 0.35, row + 0.35], color=LIGHT["ink"], ls=(0, (3, 1)),
                  lw=1.2, label="expected" if row == 0 else None)  # fmt: skip
        axes.plot(cut.observed * factor, row, "o", color=LIGHT["ink"], ms=3.5,
                  label="observed" if row == 0 else None)  # fmt: skip
    axes.margins(x=0.05)
    shown = [x * factor for _, cut in limited for x in (cut.observed, *cut.band) if np.isfinite(x)]
    if max(shown) > _DECADE * min(shown):
        axes.set_xscale("log")
        powers(axes.xaxis)
    axes.set_yticks(range(len(limited)), [signal.name for signal, _ in limited])
    axes.set_ylim(len(limited) - 0.4, -0.6)
    unit = "signal events" if result.per_event is None else "cross section in fb"
    axes.set_xlabel(f"{percent(result.level)} upper limit [{unit}]")
    figure.legend(loc="upper center", ncols=4, fontsize=7, columnspacing=1.0)
    return figure


def _gains(result: InjectionLimitResult) -> list[tuple[str, str, float]]:
    """(signal, what selects, significance) where there is one."""
    found = []
    for signal in result.signals:
        for cut in signal.cuts:
            gained = signal.gain(cut) if cut.cut < 1 else None
            if gained is not None:
                found.append((signal.name, _named(cut), gained[2]))
    return found


def _named(cut: CutLimit) -> str:
    return cut.label if cut.by == "cut" else f"{cut.label}, {cut.selection_name}"


@styled
def gain(gains: list[tuple[str, str, float]]) -> Figure:
    """Significances behind cuts, a row for each signal."""
    names = list(dict.fromkeys(name for name, *_ in gains))
    cuts = list(dict.fromkeys(cut for _, cut, _ in gains))
    figure = blank(5.4, 1.2 + _ROW * len(names), left=1.9)
    axes = figure.subplots()
    for i, cut in enumerate(cuts):
        here = [(z, names.index(name)) for name, which, z in gains if which == cut]
        z, row = zip(*here, strict=True)
        axes.plot(z, row, MARKERS[i % len(MARKERS)], color=SERIES[i % len(SERIES)], ms=4.5,
                  label=cut)  # fmt: skip
    axes.axvline(3, color=LIGHT["muted"], lw=0.9, ls=(0, (4, 3)))
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("median significance behind the cut [σ]")
    axes.legend(fontsize=6, loc="best")
    return figure


@styled
def efficiency(signal: SignalLimit) -> Figure:
    """Efficiency against the injected strength, for each cut of the window of the best one."""
    figure, axes = single(5.4, 3.6)
    chosen = signal.chosen
    window = (chosen or signal.cuts[0]).window
    shown = [c for c in signal.cuts if c.window == window]
    at = signal.strengths
    for i, cut in enumerate(shown):
        good = np.isfinite(cut.efficiency)
        error = np.array([cut.efficiency - cut.low, cut.high - cut.efficiency])[:, good]
        axes.errorbar(
            at[good], cut.efficiency[good], error, fmt=f"{MARKERS[i % len(MARKERS)]}-", ms=4,
            color=SERIES[i % len(SERIES)], lw=1.8 if cut is chosen else 0.9,
            label=f"{_named(cut)}{', chosen' if cut is chosen else ''}",
        )  # fmt: skip
    if chosen is not None and np.isfinite(chosen.events) and chosen.retained > 0:
        fine = np.geomspace(at[0], at[-1], 200)
        allowed = chosen.events / chosen.retained / fine
        axes.plot(fine, np.where(allowed <= 1.05, allowed, np.nan), color=LIGHT["muted"], lw=1.2,
                  ls=(0, (4, 2)), label="excluded above")  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(at, [plain(float(s)) for s in at], size=7)
    axes.set_xticks([], minor=True)
    axes.set_ylim(0, 1.05)
    axes.set(xlabel="injected signal [events]", ylabel="share that is selected")
    axes.legend(fontsize=6, loc="best")
    return figure
