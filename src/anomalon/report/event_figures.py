"""The drawings of a file of events, whatever job has written it: the mass, and all columns."""

from collections.abc import Iterator
from typing import Any, Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from anomalon.core.event_file import Distribution, EventFile
from anomalon.core.rounding import count, plain
from anomalon.report.axes import MASS, blank, count_axis, legend_above, per_bin, single
from anomalon.report.drawing import Drawing
from anomalon.report.style import LIGHT, styled

__all__ = ["event_drawings"]

_IN_A_ROW = 3  # so that they fit beside the spectrum, half of a page
_MOST = 24  # panels that a reader looks at


class Written(Protocol):
    """A result that has a file of events."""

    @property
    def file(self) -> EventFile: ...


def event_drawings(result: Written) -> Iterator[Drawing]:
    """The spectrum of the mass, if there is one, and the distributions of the features."""
    file = result.file
    words = f"{count(file.n_events)} events"
    if file.mass is not None:
        span = f"{plain(file.mass.lowest, 4)} to {plain(file.mass.highest, 4)}"
        caption = f"The mass of the {words} in {file.name}."
        alt = f"Histogram of the resonant mass of {words}, from {span} GeV."
        yield Drawing("spectrum", "spectrum", caption, alt, _spectrum(file.mass))
    if file.features:
        shown = file.features[:_MOST]
        names = ", ".join(column.name for column in shown)
        left = len(file.features) - len(shown)
        rest = f" and {left} more columns, which are not drawn" if left else ""
        caption = f"The features of the {words}: {names}{rest}."
        yield Drawing("columns", "columns", caption, caption, _panels(shown))


@styled
def _spectrum(mass: Distribution) -> Figure:
    figure, axes = single(5.6, 3.6)
    _steps(axes, mass)
    axes.set(xlabel=MASS, ylabel=per_bin(mass.edges))
    count_axis(axes, mass.counts)
    if mass.signal is not None and 0 < mass.signal.sum() < mass.counts.sum():
        legend_above(axes)
    return figure


@styled
def _panels(columns: tuple[Distribution, ...]) -> Figure:
    n_rows = -(-len(columns) // _IN_A_ROW)
    n_columns = min(len(columns), _IN_A_ROW)
    figure = blank(2.2 * n_columns, 1.9 * n_rows + 0.3, left=0.1, right=0.2, bottom=0.45)
    panels = figure.subplots(
        n_rows, n_columns, squeeze=False, gridspec_kw={"hspace": 0.42, "wspace": 0.08}
    ).ravel()
    for axes, column in zip(panels, columns, strict=False):
        _steps(axes, column)
        axes.set_xlabel(f"{column.name} [{column.unit}]" if column.unit else column.name)
        axes.set_yticks([])
        axes.set_ylim(bottom=0)
        axes.spines["left"].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda v, _: plain(float(v))))
    for axes in panels[len(columns) :]:
        axes.set_visible(False)
    return figure


def _steps(axes: Axes, column: Distribution) -> None:
    """All events, and the true signal among them where there is some beside background."""
    style: dict[str, Any] = {"lw": 1.2, "baseline": None}
    axes.stairs(column.counts, column.edges, color=LIGHT["blue"], fill=True, alpha=0.2, lw=0)
    axes.stairs(column.counts, column.edges, color=LIGHT["blue"], label="all events", **style)
    if column.signal is not None and 0 < column.signal.sum() < column.counts.sum():
        axes.stairs(
            column.signal, column.edges, color=LIGHT["orange"], label="true signal", **style
        )
