"""Mass bins whose edges meet those of the signal region."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.core.window import Window

__all__ = ["left_out", "mass_edges"]


def mass_edges(
    window: Window, fit_range: tuple[float, float], bin_width: float
) -> NDArray[np.floating[Any]]:
    """Bin edges in GeV, shape (bin + 1,): whole bins in the signal region and on either side.

    The signal region is divided into the whole number of bins nearest to `bin_width`; outside it
    the bins have just that width, as many as fit into the range.

    Raises:
        BadValue: If the range leaves no whole bin on one side of the signal region.

    Example:
        >>> mass_edges(Window(3300, 3700, 2900, 4100), (3100, 3950), 100).tolist()
        [3100.0, 3200.0, 3300.0, 3400.0, 3500.0, 3600.0, 3700.0, 3800.0, 3900.0]
    """
    low, high = fit_range
    n_below = int(np.floor((window.low - low) / bin_width + 1e-9))
    n_above = int(np.floor((high - window.high) / bin_width + 1e-9))
    if n_below < 1 or n_above < 1:
        raise BadValue(
            f"search.fit.range: {low:g}-{high:g} GeV leaves no whole bin of {bin_width:g} GeV on "
            f"each side of the signal region {window} GeV. Widen the range or use narrower bins."
        )
    n_inside = max(1, round((window.high - window.low) / bin_width))
    inside = np.linspace(window.low, window.high, n_inside + 1)
    below = window.low - bin_width * np.arange(n_below, 0, -1)
    above = window.high + bin_width * np.arange(1, n_above + 1)
    return np.concatenate([below, inside, above])


def left_out(mass: ArrayLike, edges: ArrayLike, fit_range: tuple[float, float]) -> str:
    """A sentence about the ends of a range that are no whole bin; "" if there are none.

    Args:
        mass: Of all events in GeV, shape (event,).
        edges: Of the bins in GeV, shape (bin + 1,).
        fit_range: That was asked for, in GeV.

    Example:
        >>> left_out([3020.0, 3500.0], [3100, 3200, 3300], (3000, 3300))[-33:]
        'the fit leaves out 1 event there.'
    """
    mass, edges = np.asarray(mass), np.asarray(edges, dtype=np.float64)
    ends = ((fit_range[0], edges[0]), (edges[-1], fit_range[1]))
    lost = [(low, high) for low, high in ends if high - low > 1e-6 * (edges[1] - edges[0])]
    if not lost:
        return ""
    n = sum(int(((mass >= low) & (mass < high)).sum()) for low, high in lost)
    where = " and ".join(f"{low:g}-{high:g}" for low, high in lost)
    return (
        f"search.fit.range: no whole bin fits into {where} GeV beside those of the signal region; "
        f"the fit leaves out {n} {'event' if n == 1 else 'events'} there."
    )
