"""Figures of a validation: pulls against mass, their distribution, and the non-closure."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from scipy.stats import norm

from anomalon.core.rounding import percent, plain
from anomalon.report.axes import MASS, blank, legend_above, single
from anomalon.report.drawing import Drawing
from anomalon.report.style import LIGHT, MARKERS, SERIES, styled
from anomalon.search.results.validation import Place, ValidationResult

__all__ = ["distribution", "heat_map", "non_closure", "validation_drawings"]

_MOST = 4.0  # pull of the strongest colour
_COLOURS = LinearSegmentedColormap.from_list("pulls", [LIGHT["blue"], "#ffffff", LIGHT["orange"]])
_BINS = np.linspace(-5, 5, 21)


def validation_drawings(result: ValidationResult) -> Iterator[Drawing]:
    """All figures of a validation, in the order of the page."""
    what = "Significances of the peak" if result.of_peaks else "Pulls (n − b)/σ"
    for i, sample in enumerate(result.samples):
        several = f"mean over {sample.n_sets} data sets, " if sample.n_sets > 1 else ""
        yield Drawing(
            f"pulls-{i + 1}",
            "pulls",
            f"{what} in {sample.name}, {several}one row for each feature set and working "
            "point. A cross marks what is left out; empty fields have no answer.",
            f"Heat map of pulls, mass window against working point, {sample.name}.",
            heat_map(result, sample.name),
        )
    widths = "; ".join(
        f"{s.name}: width {plain(float(np.sqrt(np.mean(pulls**2))))}"
        for s in result.samples
        if len(pulls := result.pulls(s.name))
    )
    yield Drawing(
        "pull-distribution",
        "pull_distribution",
        "All pulls of each sample beside the standard normal distribution, which they have if the "
        "search is right. The outermost bins hold what lies beyond.",
        f"Distribution of pulls. {widths}.",
        distribution(result),
    )
    largest = max((place.delta for place in result.places), default=0.0)
    yield Drawing(
        "non-closure",
        "non_closure",
        "Relative uncertainty of the expected background that the pulls ask for, against mass, for "
        "the windows that pass.",
        f"Non-closure against mass, one series per working point; at most {percent(largest)}.",
        non_closure(result),
    )


@styled
def heat_map(result: ValidationResult, sample: str) -> Figure:
    """Mean pulls of a sample: windows against feature sets and working points."""
    rows, windows = _rows(result.places), _windows(result.places)
    values = np.full((len(rows), len(windows)), np.nan)
    height = 0.26 * len(rows) + 1.45
    figure = blank(6.4, height, left=2.1, right=0.95, bottom=1.05, top=0.2)
    axes = figure.subplots()
    for place in result.places:
        y, x = rows.index(_row(place)), windows.index(place.window_name)
        values[y, x] = next(one.mean for one in place.pulls if one.sample == sample)
        if place.verdict != "passed":
            axes.plot(x, y, "x", color=LIGHT["ink"], ms=6)
        elif len(windows) <= 12 and np.isfinite(values[y, x]):
            text = f"{values[y, x]:.1f}".replace("-", "−")
            axes.text(x, y, text, ha="center", va="center", size=7, color=LIGHT["ink"])
    mesh = axes.pcolormesh(
        np.arange(len(windows) + 1) - 0.5, np.arange(len(rows) + 1) - 0.5, values,
        cmap=_COLOURS, norm=Normalize(-_MOST, _MOST), zorder=0,
    )  # fmt: skip
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(windows)), windows, rotation=35, ha="right", size=7.5)
    axes.invert_yaxis()
    box = axes.get_position()
    # below the slanted names of the windows
    figure.text((box.x0 + box.x1) / 2, 0.12 / height, MASS, ha="center")
    colours = figure.add_axes((box.x1 + 0.02, box.y0, 0.02, box.height))
    figure.colorbar(mesh, cax=colours, label="pull")
    return figure


@styled
def distribution(result: ValidationResult) -> Figure:
    """Pulls of all places, one line for each sample, beside the normal distribution."""
    figure, axes = single(5.0, 3.2)
    x = np.linspace(_BINS[0], _BINS[-1], 200)
    axes.plot(x, norm.pdf(x), color=LIGHT["muted"], lw=1.2, ls=(0, (4, 3)), label="normal")
    for k, sample in enumerate(result.samples):
        pulls = result.pulls(sample.name)
        if not len(pulls):
            continue
        inside = np.clip(pulls, _BINS[0], np.nextafter(_BINS[-1], 0))
        counts = np.histogram(inside, _BINS)[0] / len(pulls) / np.diff(_BINS)
        axes.stairs(counts, _BINS, color=SERIES[k % len(SERIES)], lw=1.4, label=sample.name)
    pull = "significance of the peak" if result.of_peaks else "pull (n − b)/σ"
    axes.set(xlabel=pull, ylabel="share per unit of the pull", xlim=_BINS[[0, -1]])
    axes.set_ylim(bottom=0)
    axes.legend(loc="upper right")
    return figure


@styled
def non_closure(result: ValidationResult) -> Figure:
    """Non-closure against mass; bars are the 68 % interval of the sample with the largest."""
    figure, axes = single(5.4, 3.0)
    series: dict[str, list[Place]] = {}
    for place in result.places:
        series.setdefault(_row(place), []).append(place)
    for k, (label, places) in enumerate(series.items()):
        look: Any = {"color": SERIES[k % len(SERIES)], "ms": 5.5, "mfc": "none", "mew": 1.4}
        marker = MARKERS[k % len(MARKERS)]
        axes.plot([], [], marker, label=label, **look)
        for place in places:
            if place.verdict != "passed":
                continue
            x = place.window.centre
            largest = max(place.pulls, key=lambda one: one.closure.taken).closure
            if largest.taken > 0:
                axes.vlines(x, 100 * largest.low, 100 * largest.high, color=look["color"], lw=1.0)
            axes.plot(x, 100 * largest.taken, marker, **look)
    axes.set(xlabel=MASS, ylabel="non-closure δ [%]")
    axes.set_ylim(bottom=0)
    legend_above(axes)
    return figure


def _row(place: Place) -> str:
    features = place.feature_names if len(place.feature_names) <= 22 else (
        f"{place.feature_names[:20]}…"
    )  # fmt: skip
    return f"{features}, {place.label}" if place.features else place.label


def _rows(places: Sequence[Place]) -> list[str]:
    return list(dict.fromkeys(map(_row, places)))


def _windows(places: Sequence[Place]) -> list[str]:
    return list(dict.fromkeys(place.window_name for place in places))
