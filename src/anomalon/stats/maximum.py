"""The maximum of the likelihood of a shape, by the method that its family needs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats import newton, non_negative_fit
from anomalon.stats.newton import Solution
from anomalon.stats.shapes import LogLinear, NonNegative, Shape

__all__ = ["maximise", "maximise_with_signal"]

Floats = NDArray[np.floating[Any]]


def maximise(counts: Floats, shape: Shape, edges: Floats, fitted: NDArray[np.bool_]) -> Solution:
    """Fit a shape to every spectrum.

    Args:
        counts: In the fitted bins, shape (toy, fitted bin); n of them with events in each.
        shape: The shape.
        edges: All edges of bins in GeV, shape (bin + 1,).
        fitted: True for the fitted bins, shape (bin,).
    """
    if isinstance(shape, NonNegative):
        return non_negative_fit.maximise(counts, shape.templates(edges)[fitted])
    columns, weights = _log_linear(shape).quadrature(edges)
    return newton.maximise(counts, columns[fitted], weights[fitted])


def maximise_with_signal(
    counts: Floats,
    shape: Shape,
    edges: Floats,
    fitted: NDArray[np.bool_],
    templates: Floats,
    start: Floats,
) -> Solution:
    """Fit a shape and one signal to every spectrum, for every template of the signal.

    Args:
        counts: In the fitted bins, shape (toy, fitted bin).
        shape: The shape.
        edges: All edges of bins in GeV, shape (bin + 1,).
        fitted: True for the fitted bins, shape (bin,).
        templates: Signal events for a strength of one, shape (mass, fitted bin).
        start: Parameters of the shape without signal, shape (toy, n).

    Returns:
        As for `maximise`, with a second axis (mass,) after (toy,) and n + 1 parameters.
    """
    if isinstance(shape, NonNegative):
        background = shape.templates(edges)[fitted]
        return non_negative_fit.maximise_with_signal(counts, background, templates, start)
    columns, weights = _log_linear(shape).quadrature(edges)
    return newton.maximise_with_signal(counts, columns[fitted], weights[fitted], templates, start)


def _log_linear(shape: Shape) -> LogLinear:
    if not isinstance(shape, LogLinear):
        raise TypeError(
            f"{type(shape).__name__}: expected a shape derived from LogLinear or NonNegative, "
            "for which there are fits."
        )
    return shape
