"""The figures of a comparison of detectors; none computes a result."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from anomalon.core.rounding import plain
from anomalon.detection.results.detection import DetectionResult
from anomalon.detection.results.found import MOST_DISPLAYS, AnomalousEvent
from anomalon.detection.results.jets import JetsResult
from anomalon.report.axes import blank, powers
from anomalon.report.drawing import Drawing
from anomalon.report.event_display import event_display
from anomalon.report.panels import baseline_look, model_look, panels_of, rank_plane, short
from anomalon.report.style import LIGHT, SERIES, styled

__all__ = ["detection_drawings"]

_SHOWN_BASELINES = 2  # in ROC curves; all are in the tables


def detection_drawings(result: DetectionResult) -> Iterator[Drawing]:
    """All figures of a comparison, in the order of the page."""
    if result.signals:
        words = "AUC of each detector (rows) for each signal, median over trainings."
        yield Drawing("auc", "auc", words, words, auc_map(result))
    for i, signal in enumerate(result.signals):
        yield Drawing(
            f"roc-{i + 1}",
            "roc",
            "ROC curves, median and range over trainings. The grey line is a coin; dotted are the "
            "best baselines.",
            f"ROC curves of {len(result.detectors)} detectors for {signal}.",
            roc(result, i),
            part=signal,
        )
    words = "Distributions of the scores, first training, each of area one."
    yield Drawing("scores", "scores", words, words, distributions(result))
    words = "Spearman's correlations between scores on the test background."
    yield Drawing("correlations", "correlations", words, words, correlations(result))
    if any(d.planes for d in result.detectors):
        words = "Rank of the score (1: the most anomalous event) against simple quantities, test "
        words += "background. Of a detector that follows neither, columns are of one colour."
        yield Drawing("planes", "planes", words, words, planes(result))
    if not isinstance(result, JetsResult):  # jets have displays of their own
        yield from _events(result)


def _events(result: DetectionResult) -> Iterator[Drawing]:
    for i, event in enumerate(result.events[:MOST_DISPLAYS]):
        yield Drawing(
            f"event-{i + 1}",
            "events",
            f"{i + 1}: event {event.called} of the {event.file}, score {plain(event.score, 4)}.",
            f"Display of event {event.called}: {len(event.kinds)} objects in eta and phi, and "
            "across the beam.",
            _display(event, i + 1),
        )


def _display(event: AnomalousEvent, rank: int) -> Figure:
    return event_display(
        event.kinds,
        event.features,
        event.objects,
        names=event.names,
        title=f"{rank}: event {event.called}",
    )


@styled
def auc_map(result: DetectionResult) -> Figure:
    """AUC as a table of colours; 1/2 is white."""
    rows, columns = len(result.detectors), len(result.signals) + 1
    figure = blank(2.3 + 0.95 * columns, 0.75 + 0.28 * rows, left=1.9, top=0.1)
    axes = figure.subplots()
    values = np.array(
        [
            [*(float(np.median(s.auc)) for s in d.signals), float(np.median(d.mean_auc))]
            for d in result.detectors
        ]
    )
    names = [*result.signals, "mean"]
    _coloured(axes, values, [d.name for d in result.detectors], names, (0.0, 1.0))
    return figure


@styled
def correlations(result: DetectionResult) -> Figure:
    """The correlation matrix; zero is white."""
    n = len(result.detectors)
    names = [d.name for d in result.detectors]
    figure = blank(2.2 + 0.45 * n, 1.5 + 0.3 * n, left=1.9, top=0.1, bottom=1.3)
    axes = figure.subplots()
    _coloured(axes, np.atleast_2d(result.correlations), names, names, (-1.0, 1.0))
    axes.tick_params(axis="x", rotation=45)
    axes.set_xticks(range(n), names, ha="right")
    return figure


def _coloured(
    axes: Any, values: Any, rows: list[str], columns: list[str], span: tuple[float, float]
) -> None:
    """A cell for each value, coloured by its distance from the middle of the span."""
    low, high = span
    middle, half = (low + high) / 2, (high - low) / 2
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            if not np.isfinite(value):
                continue
            colour = LIGHT["blue"] if value >= middle else LIGHT["orange"]
            strength = min(abs(value - middle) / half, 1.0)
            cell = (j - 0.5, i - 0.5, 1.0, 1.0)
            axes.add_patch(_rectangle(cell, colour, 0.65 * strength))
            axes.text(j, i, f"{value:.2f}", ha="center", va="center", size=7)
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _rectangle(cell: tuple[float, float, float, float], colour: str, alpha: float) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(cell[:2], *cell[2:], facecolor=colour, alpha=alpha, lw=0)


@styled
def roc(result: DetectionResult, i: int) -> Figure:
    """Signal against background efficiency, log-log, for one signal."""
    figure = blank(5.5, 3.4, right=1.85)
    axes = figure.subplots()
    best = sorted(result.baselines, key=lambda d: -float(np.median(d.signals[i].auc)))
    lowest = 1.0
    drawn = [(one, model_look(k)) for k, one in enumerate(result.learned)]
    dotted = enumerate(best[:_SHOWN_BASELINES])
    drawn += [(one, baseline_look(k) | {"lw": 1.4}) for k, one in dotted]
    for detector, how in drawn:
        band = detector.signals[i].roc
        axes.plot(band.fpr, band.median, label=short(detector.name), **how)
        axes.fill_between(band.fpr, band.low, band.high, color=how["color"], alpha=0.18, lw=0)
        seen = band.median[band.median > 0]
        lowest = min(lowest, float(seen.min(initial=1.0)), float(band.fpr[0]))
    grid = detector.signals[i].roc.fpr
    axes.plot(grid, grid, color=LIGHT["grid"], lw=1.2, zorder=0)
    axes.set(xscale="log", yscale="log", xlim=(grid[0], 1), ylim=(max(lowest, 1e-6) * 0.7, 1.15))
    axes.set(xlabel="FPR (background)", ylabel="TPR (signal)")
    powers(axes.xaxis)
    powers(axes.yaxis)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.03), fontsize=7)
    return figure


@styled
def distributions(result: DetectionResult) -> Figure:
    """A panel for each detector that learns."""
    figure, panels = panels_of(len(result.learned), 2.1)
    for axes, detector in zip(panels, result.learned, strict=False):
        rows = detector.histogram
        axes.stairs(rows.background, rows.edges, color=LIGHT["muted"], fill=True, alpha=0.3, lw=0,
                    label="background")  # fmt: skip
        for k, (name, shares) in enumerate(zip(result.signals, rows.signals, strict=True)):
            axes.stairs(shares, rows.edges, color=SERIES[k % len(SERIES)], lw=1.2, label=name,
                        baseline=None)  # fmt: skip
        seen = np.concatenate([rows.background, *rows.signals])
        seen = seen[seen > 0]
        axes.set_yscale("log")
        axes.set_ylim(float(seen.min(initial=1.0)) / 2, float(seen.max(initial=1e-3)) * 3)
        powers(axes.yaxis)
        axes.set_title(short(detector.name), fontsize=8)
        axes.set_xlabel("score")
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: plain(float(v))))
    if panels:
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="upper left", ncols=5, fontsize=7)
    return figure


@styled
def planes(result: DetectionResult) -> Figure:
    """Rank of the score against simple quantities, a row for each detector that learns."""
    shown = [(d, p) for d in result.learned for p in d.planes]
    n_rows = -(-len(shown) // 2)
    figure = blank(6.4, 1.9 * n_rows + 0.5, top=0.3, left=0.6)
    grid = figure.subplots(n_rows, 2, squeeze=False, gridspec_kw={"hspace": 0.5, "wspace": 0.2})
    for axes, (detector, one) in zip(grid.ravel(), shown, strict=False):
        rank_plane(axes, one, f"{short(detector.name)}: ρ = "
                   f"{plain(detector.correlations[one.quantity], 2)}")  # fmt: skip
    return figure
