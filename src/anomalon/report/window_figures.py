"""The figures of one window: spectra, pass fraction, members, ROC, distributions."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from anomalon.core.rounding import efficiency as working_point
from anomalon.core.rounding import measured, plain, sigmas
from anomalon.report.axes import MASS, blank, legend_above, powers, single
from anomalon.report.spectrum_panels import spectrum_panels
from anomalon.report.style import LIGHT, MARKERS, SERIES, styled
from anomalon.search.results.cut import CutResult
from anomalon.search.results.window import Roc, WindowResult

__all__ = ["distributions", "members", "roc", "sculpting", "shade_region", "spectrum"]


@styled
def spectrum(result: WindowResult, cut: CutResult) -> Figure:
    """One selected spectrum with its fit, and the pulls below."""
    region = result.window.low, result.window.high
    title = f"{working_point(cut.efficiency)}:  {sigmas(cut.z_local)}"
    return spectrum_panels(cut.fit, region, title)


@styled
def sculpting(result: WindowResult) -> Figure:
    """Share of events that pass each cut over the share asked for, against mass.

    The scale is that of the bins outside the signal region, where the check is made; what lies
    above it is drawn at the edge as a triangle.
    """
    figure, axes = single(4.6, 3.3)
    shade_region(axes, result)
    shown = [cut for cut in result.cuts if len(cut.pass_fraction) and cut.efficiency < 1]
    series = [_pass_ratio(cut) for cut in shown]
    top = _highest_outside(series, result)
    for k, (cut, (mass, ratio, sigma)) in enumerate(zip(shown, series, strict=True)):
        label = working_point(cut.efficiency)
        passing = cut.pass_fraction
        if passing.chi2 is not None and passing.ndf:
            label += f": {plain(passing.chi2)}/{passing.ndf}"
        colour = SERIES[(k + 1) % len(SERIES)]
        inside = ratio <= top
        axes.errorbar(
            mass[inside],
            ratio[inside],
            sigma[inside],
            fmt=MARKERS[k % len(MARKERS)],
            ms=4.5 + 1.5 * k,  # outlines around each other, so that no series hides another
            mfc="none",
            lw=1.0,
            color=colour,
            label=label,
        )
        above = mass[~inside]
        axes.plot(above, np.full(len(above), top), "^", color=colour, mfc="none", ms=6)
    axes.axhline(1, color=LIGHT["muted"], lw=0.8, ls=(0, (4, 3)))
    axes.set_ylim(0, top * 1.08)
    axes.set(xlabel=MASS, ylabel="share that passes / share asked for")
    legend_above(axes)
    return figure


def _pass_ratio(cut: CutResult) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    passing = cut.pass_fraction
    return passing.mass, passing.fraction / cut.efficiency, passing.sigma / cut.efficiency


def _highest_outside(
    series: Sequence[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]], result: WindowResult
) -> float:
    low, high = result.window.low, result.window.high
    tops = [
        float(np.nanmax((ratio + sigma)[(mass < low) | (mass > high)], initial=1.5))
        for mass, ratio, sigma in series
    ]
    return max(tops, default=1.5) * 1.1


@styled
def members(result: WindowResult) -> Figure:
    """Counts of the ensemble's members, relative to the background expected."""
    figure, axes = single(4.6, 3.3)
    shown = [c for c in result.cuts if len(c.member_counts) > 1 and c.expected > 0]
    for k, cut in enumerate(shown):
        colour = SERIES[(k + 1) % len(SERIES)]
        counts = np.asarray(cut.member_counts, float) / cut.expected
        place = k + np.linspace(-0.25, 0.25, len(counts))
        axes.plot(place, counts, MARKERS[k % len(MARKERS)], color=colour, ms=4.5, mfc="none")
        axes.hlines(cut.n / cut.expected, k - 0.38, k + 0.38, color=colour, lw=1.8)
    axes.axhline(1, color=LIGHT["muted"], lw=1.0, ls=(0, (4, 3)))
    axes.set_xticks(range(len(shown)), [working_point(c.efficiency) for c in shown])
    axes.set_xlim(-0.6, max(len(shown) - 0.4, 0.6))
    axes.set(xlabel="background efficiency", ylabel="events / expected")
    return figure


@styled
def roc(result: WindowResult, table: Roc) -> Figure:
    """ROC and significance improvement from truth; the region without statistics is shaded."""
    figure = blank(4.6, 3.9)
    upper, lower = figure.subplots(2, 1, sharex=True, gridspec_kw={"hspace": 0.1})
    seen = table.fpr > 0
    fpr, tpr, sic = table.fpr[seen], table.tpr[seen], table.sic[seen]
    floor = table.fpr_floor
    upper.plot(fpr, tpr, color=LIGHT["blue"])
    upper.plot(fpr, fpr, color=LIGHT["muted"], lw=1.0, ls=(0, (4, 3)))
    low, high = table.sic_low[seen], table.sic_high[seen]
    lower.fill_between(fpr, low, high, color=LIGHT["blue"], alpha=0.25, lw=0)
    lower.plot(fpr, sic, color=LIGHT["blue"])
    lower.plot(fpr, np.sqrt(fpr), color=LIGHT["muted"], lw=1.0, ls=(0, (4, 3)))
    left = min(floor / 3, float(fpr.min(initial=1.0)))
    for axes in (upper, lower):
        axes.axvspan(left, floor, color=LIGHT["grid"], lw=0)
        for cut in result.cuts:
            if cut.efficiency < 1:
                axes.axvline(cut.efficiency, color=LIGHT["orange"], lw=0.8, ls=":")
    best = measured(table.max_sic, table.max_sic_uncertainty)
    upper.set_title(f"{table.area.name} {table.area},  best improvement {best}")
    upper.set(ylabel="TPR (signal)", xscale="log", ylim=(0, 1.02))
    lower.set(xlabel="FPR (background)", ylabel="TPR / √FPR", xlim=(left, 1))
    lower.set_ylim(0, float(np.max(sic[fpr > floor], initial=1.0)) * 1.25)
    powers(lower.xaxis)
    return figure


@styled
def distributions(result: WindowResult) -> Figure:
    """Score and features: signal region, side bands, and what the tightest cut selects."""
    rows = result.histograms
    n_rows = -(-len(rows) // 5)
    n_columns = -(-len(rows) // n_rows)
    height = 1.9 * n_rows + 0.3
    figure = blank(2.2 * n_columns, height, left=0.1, bottom=0.45, top=0.35)
    panels = figure.subplots(
        n_rows, n_columns, squeeze=False, gridspec_kw={"hspace": 0.42, "wspace": 0.08}
    ).ravel()
    looks = (
        ("sidebands", "side bands", LIGHT["muted"], "-"),
        ("signal_region", "signal region", LIGHT["blue"], "-"),
        ("selected", "selected", LIGHT["orange"], "-"),
    )
    for axes, row in zip(panels, rows, strict=False):
        edges = row.edges
        for key, label, colour, dash in looks:
            values = getattr(row, key)
            fill = key == "sidebands"
            # as a line: limits of an axis follow one far sooner than a step
            x, y = np.repeat(edges, 2), np.pad(np.repeat(values, 2), 1)
            axes.plot(x, y, color=colour, ls=dash, label=label, lw=1.2, zorder=3 - fill,
                      solid_joinstyle="miter")  # fmt: skip
            if fill:
                axes.stairs(values, edges, color=colour, fill=True, alpha=0.25, lw=0)
        axes.set_xlabel(f"{row.name} [{row.unit}]" if row.unit else row.name)
        axes.set_yticks([])
        axes.set_ylim(bottom=0)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: plain(float(v))))
    for axes in panels[len(rows) :]:
        axes.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper left", ncols=3, handlelength=1.4)
    return figure


def shade_region(axes: Axes, result: WindowResult) -> None:
    """Shade the signal region."""
    axes.axvspan(result.window.low, result.window.high, color=LIGHT["region"], lw=0, zorder=0)
