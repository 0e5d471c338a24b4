"""The figures of a bump hunt and of a scan of limits; none computes a result."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from anomalon.core.rounding import count, measured, p_value, percent, plain, sigmas
from anomalon.report import closure_figures
from anomalon.report.axes import MASS, blank, powers, sigma_lines, single
from anomalon.report.drawing import Drawing
from anomalon.report.spectrum_panels import spectrum_panels
from anomalon.report.style import LIGHT, styled
from anomalon.search.results.bump import BumpResult, NarrowScan
from anomalon.search.results.limit import LimitResult
from anomalon.stats import p_from_z

__all__ = ["bump_drawings", "limit_drawings"]

Floats = NDArray[np.floating[Any]]

_SMALLEST = 1e-16
_CELLS = 90, 45  # of the map of windows: centres and widths


def bump_drawings(result: BumpResult) -> Iterator[Drawing]:
    """All figures of a bump hunt, in the order of the page."""
    yield Drawing(
        "spectrum",
        "spectrum",
        "The spectrum and its background; the most significant window is shaded. Below: pulls, "
        "in standard deviations of the count (signed root of the deviance).",
        f"Mass spectrum; window {result.window.low:.5g}-{result.window.high:.5g} GeV with "
        f"{count(result.window.n)} events, {plain(result.window.expected, 4)} expected.",
        spectrum(result),
    )
    yield Drawing(
        "tomography",
        "tomography",
        f"The {count(len(result.windows.z))} most significant of {count(result.windows.n)} "
        "windows: the largest local significance for each centre and width. The best is circled. "
        "Windows that overlap share events.",
        f"Local significance of windows against mass, at most {sigmas(result.window.z_local)}.",
        tomography(result),
    )
    yield Drawing(
        "pseudo-experiments",
        "pseudo_experiments",
        f"−ln of the smallest p-value in {result.significance.n} pseudo-experiments without "
        f"signal (bars) and in the data (line): global p-value {p_value(result.significance.p)}.",
        f"Distribution of the test statistic; the data are at {plain(result.window.t)}.",
        pseudo_experiments(result),
    )
    narrow = result.narrow
    if narrow is not None:
        yield Drawing(
            "p-values",
            "p_values",
            "p-value of a narrow resonance at each mass, background fitted together with it: of "
            "that mass alone (line), and of one as significant anywhere (dashed). Bar: the best "
            "window of any width, with its global p-value from pseudo-experiments.",
            f"Local and global p-value against mass, smallest "
            f"{p_value(float(np.nanmin(p_from_z(narrow.z))))}.",
            p_values(result, narrow),
        )

    if narrow is not None and len(narrow.spurious):
        yield Drawing(
            "spurious",
            "spurious",
            "Signal that the fit finds, over its uncertainty, in a spectrum without signal that "
            "has one more parameter than the fit, of the value that the data prefer. Lines at "
            "20\u202f% and 50\u202f%: a fit beyond them invents signals. Band: what one standard "
            "deviation of this parameter makes, so what a right fit shows by chance.",
            "Spurious signal against mass, at most "
            f"{plain(float(abs(narrow.spurious).max()))} of its uncertainty.",
            spurious(narrow),
        )
    yield from _closure(result)


def _closure(result: BumpResult | LimitResult) -> Iterator[Drawing]:
    """What pseudo-experiments say of the search itself."""
    test = None if result.signal is None else result.signal.test
    series = {}
    if isinstance(result, BumpResult) and result.closure is not None:
        series["global, the whole search"] = result.closure
    if result.signal is not None and test is not None and test.uniformity is not None:
        series[f"local, at {result.signal.mass:.0f} GeV"] = test.uniformity
    if series:
        n = next(iter(series.values())).n
        yield Drawing(
            "uniformity",
            "uniformity",
            f"Are p-values what they say? Those of {n} pseudo-experiments without signal, in "
            "order, against where uniform ones would lie. Below the line they claim too much. "
            "Global ones come in steps of 1/100.",
            "QQ plot of p-values; Kolmogorov-Smirnov "
            + ", ".join(f"{name}: p = {p_value(one.p_value)}" for name, one in series.items())
            + ".",
            closure_figures.uniformity(series),
        )
    if result.signal is not None and test is not None and test.linearity is not None:
        line = test.linearity
        yield Drawing(
            "injection",
            "injection",
            f"Signals of {result.signal.mass:.0f} GeV injected into pseudo-experiments, "
            f"{int(test.pulls.n[0])} for each strength, and what was measured. Below: mean and "
            "width of (measured − injected) / uncertainty, which should be 0 and 1.",
            f"Measured against injected signal: slope {measured(line.slope, line.slope_error)}.",
            closure_figures.injection(test),
        )


def limit_drawings(result: LimitResult) -> Iterator[Drawing]:
    """All figures of a scan of limits, in the order of the page."""
    yield Drawing(
        "limits",
        "limits",
        f"Upper limits on the number of signal events at {percent(result.level)} confidence level: "
        "observed (points) and expected without signal (dashed), with the bands of 1 and 2 "
        "standard deviations.",
        f"Upper limits against mass, observed {plain(float(np.nanmin(result.observed)))} to "
        f"{plain(float(np.nanmax(result.observed)))} events.",
        limits(result),
    )
    yield Drawing(
        "strength",
        "strength",
        "The signal that fits best at each mass, with one standard deviation; below zero where "
        "there are fewer events than background. Below: its local significance.",
        "Best signal against mass, local significance "
        f"{sigmas(float(np.nanmin(result.z)))} to {sigmas(float(np.nanmax(result.z)))}.",
        strength(result),
    )
    yield Drawing(
        "spectrum",
        "spectrum",
        "The spectrum and the fit to all of it. Below: pulls, in standard deviations of the count "
        "(signed root of the deviance).",
        "Mass spectrum with its fit.",
        spectrum_of(result),
    )
    if result.coverage is not None and result.coverage.coverage:
        yield Drawing(
            "coverage",
            "coverage",
            "How many limits lie above a signal that is there, in "
            f"{int(result.coverage.coverage[0].n[0])} pseudo-experiments for each strength: at "
            f"least {percent(result.level)} (dashed) if they keep what they promise. CLs "
            "keeps more for weak signals by construction. Bars: 99.7\u202f%.",
            "Coverage of limits against the injected signal, smallest "
            f"{min(float(c.share.min()) for c in result.coverage.coverage):.1%}.",
            closure_figures.coverage(result.coverage),
        )
    yield from _closure(result)


@styled
def spectrum(result: BumpResult) -> Figure:
    """The spectrum, the window shaded."""
    window = result.window
    title = f"best window: {sigmas(window.z_local)} local"
    return spectrum_panels(result.fit, (window.low, window.high), title)


@styled
def spectrum_of(result: LimitResult) -> Figure:
    """The spectrum under the limits."""
    return spectrum_panels(result.fit, None)


@styled
def tomography(result: BumpResult) -> Figure:
    """The largest significance among windows of the same centre and width."""
    figure, axes = single(4.6, 3.3)
    windows = result.windows
    seen = np.isfinite(windows.z)  # an empty window has p = 1
    centre, width = (windows.high + windows.low)[seen] / 2, (windows.high - windows.low)[seen]
    edges = [_cells(x, most) for x, most in zip((centre, width), _CELLS, strict=True)]
    column, row = (
        np.searchsorted(ends, x, side="right") - 1
        for ends, x in zip(edges, (centre, width), strict=True)
    )
    largest = np.full((len(edges[1]) - 1, len(edges[0]) - 1), -np.inf)
    np.maximum.at(largest, (row, column), windows.z[seen])
    shown = np.ma.masked_invalid(largest)
    mesh = axes.pcolormesh(*edges, shown, cmap="viridis", rasterized=True)
    figure.colorbar(mesh, ax=axes, label="local significance [σ]")
    best = result.window
    axes.plot((best.low + best.high) / 2, best.high - best.low, "o", ms=9, mfc="none",
              mec=LIGHT["orange"], mew=2)  # fmt: skip
    axes.set(xlabel=f"centre of the window, {MASS}", ylabel="width of the window [GeV]")
    return figure


def _cells(values: Floats, most: int) -> Floats:
    """Edges of cells, as many as there are values, or so many at most."""
    n = min(most, len(np.unique(values)))
    half = max((values.max() - values.min()) / max(n - 1, 1) / 2, 0.5)
    return np.linspace(values.min() - half, values.max() + half, n + 1)


@styled
def pseudo_experiments(result: BumpResult) -> Figure:
    """Distribution of the test statistic without signal, and the data."""
    figure, axes = single(4.6, 3.3)
    chance = result.significance
    axes.stairs(chance.t_counts, chance.t_edges, fill=True, color=LIGHT["blue"], alpha=0.35)
    axes.stairs(chance.t_counts, chance.t_edges, color=LIGHT["blue"], lw=1.2)
    axes.axvline(result.window.t, color=LIGHT["orange"], lw=2, label="data")
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.5)
    powers(axes.yaxis)
    axes.set(xlabel="−ln of the smallest local p-value", ylabel="pseudo-experiments")
    axes.legend(loc="upper right")
    return figure


@styled
def p_values(result: BumpResult, narrow: NarrowScan) -> Figure:
    """Local and global p-value against mass, and that of the best window."""
    figure, axes = single(4.6, 3.3, right=0.3)
    local = np.maximum(p_from_z(narrow.z), _SMALLEST)
    lowest = min(float(np.nanmin(local)), result.significance.p) / 5
    axes.plot(narrow.masses, local, color=LIGHT["blue"], label="local")
    axes.plot(
        narrow.masses,
        np.maximum(narrow.p_global, _SMALLEST),
        color=LIGHT["orange"],
        ls=(0, (4, 2)),
        label="global",
    )
    axes.hlines(
        result.significance.p,
        result.window.low,
        result.window.high,
        color=LIGHT["ink"],
        lw=2.5,
        label="best window",
    )
    axes.set_yscale("log")
    axes.set_ylim(lowest, 2)
    sigma_lines(axes, lowest)
    powers(axes.yaxis)
    axes.set(xlabel=MASS, ylabel="p-value")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3)
    return figure


@styled
def spurious(narrow: NarrowScan) -> Figure:
    """Spurious signal over its uncertainty against mass."""
    figure, axes = single(4.6, 3.3)
    error = narrow.spurious_error
    axes.fill_between(narrow.masses, -error, error, color=LIGHT["blue"], alpha=0.18, lw=0)
    axes.plot(narrow.masses, narrow.spurious, color=LIGHT["blue"])
    for line, dash in ((0.2, (4, 3)), (0.5, (1, 2))):
        for sign in (-1, 1):
            axes.axhline(sign * line, color=LIGHT["muted"], lw=0.8, ls=(0, dash))
    axes.axhline(0, color=LIGHT["muted"], lw=0.8)
    reach = max(0.6, 1.1 * float(np.abs(narrow.spurious).max()))
    axes.set_ylim(-reach, reach)
    axes.set(xlabel=MASS, ylabel="spurious signal / its uncertainty")
    return figure


@styled
def limits(result: LimitResult) -> Figure:
    """Observed and expected limits against mass."""
    figure, axes = single(5.4, 3.6)
    two_low, one_low, median, one_high, two_high = result.band
    good = np.isfinite(result.observed)
    m = result.masses[good]
    for low, high, colour, label in (
        (two_low, two_high, "two_sigma", "expected ± 2σ"),
        (one_low, one_high, "one_sigma", "expected ± 1σ"),
    ):
        axes.fill_between(m, low[good], high[good], color=LIGHT[colour], lw=0, label=label)
    axes.plot(m, median[good], color=LIGHT["ink"], ls=(0, (4, 2)), lw=1.2, label="expected")
    axes.plot(m, result.observed[good], "o-", color=LIGHT["ink"], ms=2.5, lw=1.2, label="observed")
    axes.set_yscale("log")
    powers(axes.yaxis)
    axes.set(xlabel=MASS, ylabel=f"{percent(result.level)} upper limit [signal events]")
    handles, labels = axes.get_legend_handles_labels()
    order = [labels.index(name) for name in ("observed", "expected", *labels[1::-1])]
    axes.legend([handles[i] for i in order], [labels[i] for i in order], loc="upper right")
    return figure


@styled
def strength(result: LimitResult) -> Figure:
    """The best signal against mass over its uncertainty band, and its significance."""
    figure = blank(5.4, 4.2)
    upper, lower = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": (2, 1), "hspace": 0.1}
    )
    there = np.isfinite(result.strength)
    m, value, error = (x[there] for x in (result.masses, result.strength, result.sigma_strength))
    upper.fill_between(m, value - error, value + error, color=LIGHT["sky"], alpha=0.4, lw=0,
                       label="± 1σ")  # fmt: skip
    upper.plot(m, value, color=LIGHT["blue"], lw=1.2, label="best signal")
    # linear up to a power of ten, where the ticks begin
    linear = 10.0 ** np.ceil(np.log10(max(float(np.nanmin(error)), 1e-9)))
    upper.set_yscale("symlog", linthresh=linear)
    upper.axhline(0, color=LIGHT["muted"], lw=0.8)
    upper.set_ylabel("signal events")
    upper.legend(loc="upper right")
    lower.plot(m, result.z[there], color=LIGHT["blue"], lw=1.2)
    for line in (-2, 0, 2):
        lower.axhline(line, color=LIGHT["muted"], lw=0.8, ls="-" if line == 0 else (0, (4, 3)))
    reach = 1.1 * max(3.0, float(np.nanmax(np.abs(result.z[there]))))
    lower.set_ylim(-reach, reach)
    lower.set(xlabel=MASS, ylabel="significance [σ]")
    figure.align_ylabels()
    return figure
