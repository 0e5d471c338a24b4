"""`Drawing`: a figure with its place on the page; and which result is drawn by whom."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from matplotlib.figure import Figure

from anomalon.core.errors import BadValue, DataError, suggest
from anomalon.core.labels import Labels
from anomalon.core.result import Result
from anomalon.report.axes import MASS

__all__ = ["RESULTS", "Drawing", "drawings_of", "register_result", "result_type"]


@dataclass(frozen=True)
class Drawing:
    """A figure with its place on the page.

    Args:
        name: Unique in its result; the name of its files.
        kind: What it shows: the name that a `Part` calls it by.
        caption: What to see in it, one or two sentences.
        alt: What a reader who cannot see it should know.
        figure: The drawing.
        part: Name of the part that it belongs to, if parts of the same kind are many.
    """

    name: str
    kind: str
    caption: str
    alt: str
    figure: Figure
    part: str = ""


Draw = Callable[[Any], Iterator[Drawing]]

RESULTS: dict[str, tuple[type[Result], Draw]] = {}
"""Kind -> the type of its results, and who draws them."""


def nothing(result: Result) -> Iterator[Drawing]:  # noqa: ARG001
    """No drawings."""
    return iter(())


def register_result(result: type[Result], draw: Draw = nothing) -> None:
    """Let pages and run folders know a type of results.

    Args:
        result: The type; its `kind` is what it is called in `result.json`.
        draw: Yields the drawings of one result.

    Raises:
        BadValue: If another type has this kind already.
    """
    if RESULTS.setdefault(result.kind, (result, draw))[0] is not result:
        name = RESULTS[result.kind][0].__name__
        raise BadValue(f"result: the kind '{result.kind}' is that of {name} already.")


def result_type(kind: str) -> type[Result]:
    """The type of results of a kind.

    Raises:
        DataError: If there is none.
    """
    if kind not in RESULTS:
        raise DataError(f"result: unknown kind '{kind}'; {suggest(kind, RESULTS)}")
    return RESULTS[kind][0]


def drawings_of(result: Result, labels: Labels | None = None) -> Iterator[Drawing]:
    """All drawings of a result, in the order of the page.

    Args:
        result: What is drawn.
        labels: What axes are called, and what stands above each figure.
    """
    drawn = RESULTS[result.kind][1](result) if result.kind in RESULTS else iter(())
    for drawing in drawn:
        if labels is not None:
            _label(drawing.figure, labels)
        yield drawing


def _label(figure: Figure, labels: Labels) -> None:
    for axes in figure.axes:
        axes.set_xlabel(labels.axis(axes.get_xlabel(), MASS))
        axes.set_ylabel(labels.axis(axes.get_ylabel(), MASS))
    if labels.line:
        figure.text(0.995, 0.995, labels.line, ha="right", va="top", size=9, style="italic")
