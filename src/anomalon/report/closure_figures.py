"""Figures of closure tests: what pseudo-experiments say of the search itself."""

import numpy as np
from matplotlib.figure import Figure

from anomalon.report.axes import blank, powers, single
from anomalon.report.style import LIGHT, MARKERS, SERIES, styled
from anomalon.search.results.closure import LimitCoverage
from anomalon.stats.coverage import ClosureTest, PValueUniformity

__all__ = ["coverage", "injection", "uniformity"]


@styled
def uniformity(series: dict[str, PValueUniformity]) -> Figure:
    """Quantiles of p-values without signal against those of the uniform distribution.

    Args:
        series: What the p-values are -> their quantiles. The band is that of the first.
    """
    figure, axes = single(4.6, 3.5)
    first = next(iter(series.values()))
    axes.fill_between(
        first.expected, first.low, first.high, color=LIGHT["blue"], alpha=0.18, lw=0,
        label="95 % of uniform ones",
    )  # fmt: skip
    least = float(first.expected[0])
    axes.plot([least, 1], [least, 1], color=LIGHT["muted"], lw=0.9, ls=(0, (4, 3)))
    for (name, found), colour, marker in zip(series.items(), SERIES, MARKERS, strict=False):
        axes.plot(
            found.expected, np.maximum(found.observed, least / 10), marker, color=colour, ms=2.8,
            mew=0, label=name,
        )  # fmt: skip
    axes.set(xscale="log", yscale="log", xlim=(least / 1.2, 1.15), ylim=(least / 4, 1.3))
    powers(axes.xaxis)
    powers(axes.yaxis)
    axes.set(xlabel="p-value expected, if uniform", ylabel="p-value found")
    axes.legend(loc="upper left", markerscale=1.6)
    return figure


@styled
def injection(test: ClosureTest) -> Figure:
    """Measured against injected strengths, and below them mean and width of the pulls."""
    figure = blank(4.6, 4.3)
    upper, lower = figure.subplots(
        2, 1, sharex=True, gridspec_kw={"height_ratios": (2, 1), "hspace": 0.1}
    )
    line, pulls = test.linearity, test.pulls
    x = pulls.truth
    if line is not None:
        upper.fill_between(
            x, line.measured - line.spread, line.measured + line.spread,
            color=LIGHT["blue"], alpha=0.18, lw=0, label="one experiment, ±1σ",
        )  # fmt: skip
        upper.plot(x, x, color=LIGHT["muted"], lw=0.9, ls=(0, (4, 3)), label="as injected")
        upper.plot(x, line.intercept + line.slope * x, color=LIGHT["blue"], lw=1.2)
        upper.errorbar(
            x, line.measured, line.measured_error, fmt="o", ms=3.5, color=LIGHT["blue"], lw=1.2,
            label="mean, with the line through it",
        )  # fmt: skip
    upper.set_ylabel("fitted signal [events]")
    upper.legend(loc="upper left")
    step = 0.012 * (float(x[-1]) - float(x[0]))
    lower.axhline(0, color=LIGHT["muted"], lw=0.8)
    lower.axhline(1, color=LIGHT["muted"], lw=0.8)
    for values, errors, name, marker, colour, shift in (
        (pulls.width, pulls.width_error, "width", "s", LIGHT["orange"], step),
        (pulls.mean, pulls.mean_error, "mean", "o", LIGHT["blue"], -step),
    ):
        lower.errorbar(
            x + shift, values, errors, fmt=marker, ms=3.5, color=colour, lw=1.2, label=name
        )
    lower.set_ylim(min(-0.4, float((pulls.mean - pulls.mean_error).min()) - 0.1),
                   max(1.4, float((pulls.width + pulls.width_error).max()) + 0.1))  # fmt: skip
    lower.set(xlabel="injected signal [events]", ylabel="pulls")
    lower.legend(loc="center right", ncols=2, bbox_to_anchor=(1.0, 0.5))
    return figure


@styled
def coverage(found: LimitCoverage) -> Figure:
    """Share of limits above the injected signal, against its strength."""
    figure, axes = single(4.6, 3.3)
    level = found.coverage[0].level
    axes.axhline(level, color=LIGHT["muted"], lw=1.0, ls=(0, (4, 3)))
    lowest = level
    rows = zip(found.masses, found.expected, found.coverage, strict=True)
    for i, (mass, expected, one) in enumerate(rows):
        low, high = one.share - one.low, one.high - one.share
        axes.errorbar(
            one.truth / expected + 0.03 * (i - 1), one.share, [low, high], fmt=MARKERS[i], ms=3.5,
            color=SERIES[i], lw=1.0, label=f"{mass:.0f} GeV",
        )  # fmt: skip
        lowest = min(lowest, float(one.low.min()))
    axes.set_ylim(lowest - 0.02, 1.005)
    axes.set(xlabel="injected signal / expected limit", ylabel="limits above the signal")
    axes.legend(loc="lower left", ncols=3)
    return figure
