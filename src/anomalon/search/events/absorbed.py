"""What the fit outside of a signal region takes of a signal for background.

A resonance reaches beyond its signal region. Its events there lift the fit, and so what the fit
expects inside: of the signal that a cut selects, a part does not appear as an excess. Known from
truth, by fitting the same spectrum without the signal.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import FitError
from anomalon.core.sample import Sample
from anomalon.core.window import Window
from anomalon.search.events.background_fits import fit_backgrounds
from anomalon.search.events.fit_settings import FitSettings
from anomalon.search.events.selection import Selection
from anomalon.search.events.weighing import Weighing
from anomalon.stats import Envelope

__all__ = ["absorbed"]

Floats = NDArray[np.floating[Any]]


def absorbed(
    events: Sample,
    window: Window,
    selection: Selection,
    edges: Floats,
    settings: FitSettings,
    base: Envelope | None,
    expected: float,
) -> float | None:
    """Events by which the expectation inside falls if the true signal is taken away.

    A base is left as it is: the signal is a smaller part of the spectrum before the cut.

    Args:
        events: All of the window, labelled.
        window: Signal region and side bands.
        selection: The cut.
        edges: Of the mass bins in GeV, shape (bin + 1,).
        settings: How the spectrum is fitted.
        base: Fits of the spectrum before the cut, if cuts are fitted relative to them.
        expected: In the signal region, from the fit to all events.

    Returns:
        None without truth, or if the rest cannot be fitted; 0 if no signal is selected outside.
    """
    if events.label is None:
        return None
    signal = events.label == 1
    beyond = signal & ~window.in_signal_region(events.mass)
    # a peak takes some away also where there is none
    if settings.resolution is None and not np.any(selection.weight[beyond] > 0):
        return 0.0
    outside = ~window.in_signal_region((edges[:-1] + edges[1:]) / 2)
    rest = Weighing(events[~signal], selection.weight[~signal], edges, outside)
    try:
        fits = fit_backgrounds(
            rest.spectrum, settings, window, outside, base, least=selection.flat + 1
        )
    except FitError:
        return None
    return expected - float(fits.expected[0])
