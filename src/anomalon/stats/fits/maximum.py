"""The maximum of the likelihood of a shape on bins, by the method that its form needs."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.stats.fits import linear_fit, newton
from anomalon.stats.fits.newton import Solution
from anomalon.stats.spectra.shapes import Binned, SumOfTemplates

__all__ = ["maximise", "maximise_with_signal"]

Floats = NDArray[np.floating[Any]]


def maximise(counts: Floats, shape: Binned) -> Solution:
    """Fit a shape to every spectrum.

    Args:
        counts: Shape (toy, bin), not negative; at least n bins with events in each.
        shape: The shape on these bins.
    """
    if isinstance(shape, SumOfTemplates):
        return linear_fit.maximise(counts, shape)
    return newton.maximise(counts, shape.columns, shape.weights)


def maximise_with_signal(
    counts: Floats, shape: Binned, templates: Floats, start: Floats
) -> Solution:
    """Fit a shape and one signal to every spectrum, for every template of the signal.

    Args:
        counts: Shape (toy, bin).
        shape: The shape on these bins.
        templates: Signal events in each bin for a strength of one, shape (mass, bin).
        start: Parameters of the shape without signal, shape (toy, n).

    Returns:
        As for `maximise`, with a second axis (mass,) after (toy,) and n + 1 parameters.
    """
    if isinstance(shape, SumOfTemplates):
        return linear_fit.maximise_with_signal(counts, shape, templates, start)
    return newton.maximise_with_signal(counts, shape.columns, shape.weights, templates, start)
