"""Is a histogram divided by the widths of its bins? Its variances tell.

n events of weight w in a bin of width d have the value n w and the variance n w^2. Divided by the
width they are n w / d and n w^2 / d^2: variance over value is w / d, and 1 / d for plain events.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["divided_by_widths"]

Floats = NDArray[np.floating[Any]]

_AGREE = 0.01  # how well variance over value has to follow the width
_DIFFER = 0.05  # how much widths have to differ before anything follows them
_FILLED = 4  # bins below which agreement may be chance


def divided_by_widths(
    values: Floats, variances: Floats, widths: Floats, slack: Floats | float = 0.0
) -> bool:
    """Whether variance over value goes like one over the width in every filled bin.

    In bins of one width it has to be one over that width: events of that very weight look the
    same, and so do the numbers of such a histogram and of one that is divided.

    Args:
        values: Shape (bin,).
        variances: Of the values, shape (bin,).
        widths: In the unit that the values may be per, shape (bin,).
        slack: What rounding may change in variance over value, as a share.

    Example:
        >>> widths = np.array([1.0, 2.0, 4.0, 8.0])
        >>> events = np.array([40.0, 80.0, 30.0, 9.0])
        >>> divided_by_widths(events / widths, events / widths**2, widths)
        True
        >>> divided_by_widths(events, events, widths)
        False
    """
    filled = (values > 0) & (variances > 0)
    if filled.sum() < _FILLED:
        return False
    across = widths[filled]
    undivided = variances[filled] / values[filled]
    divided = undivided * across
    near = np.broadcast_to(np.asarray(slack), values.shape)[filled] + _AGREE

    def all_are(weights: Floats, weight: float) -> bool:
        return bool(np.all(np.abs(weights / weight - 1) <= near))

    if across.max() / across.min() > 1 + _DIFFER:
        follows = all_are(divided, float(np.median(divided)))
        return follows and not all_are(undivided, float(np.median(undivided)))
    return all_are(divided, 1.0) and not all_are(undivided, 1.0)  # of width 1 both are the same
