"""Upper limits from a count and the count of a control region."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadValue
from anomalon.stats.limits import on_off_cls

__all__ = ["on_off_upper_limit"]

Floats = NDArray[np.floating[Any]]


def on_off_upper_limit(
    n_on: ArrayLike, n_off: ArrayLike, tau: ArrayLike, *, level: float = 0.95
) -> Floats:
    """The signal in `n_on` events with CLs = 1 - `level`, from sums over both counts.

    What CLs by pseudo-experiments (ATL-PHYS-PUB-2011-11) tends to if there are infinitely many of
    them: the distribution of the profile likelihood ratio under signal and background, with the
    background that fits the data best. Right at small counts, also without any event in either
    region, where the asymptotic `cls_upper_limit` is too strong.

    Args:
        n_on: Events in the signal region, any shape.
        n_off: Events in the control region; broadcast against `n_on`.
        tau: Expected background in the control region over that in the signal region.
        level: Confidence level.

    Returns:
        Limits in events.

    Raises:
        BadValue: If a number is negative, NaN or infinite, `tau` or `level` are out of range, or
            more than 1e8 events in the control region would take too long.

    Example:
        >>> on_off_upper_limit([0, 3, 12], [0, 5, 25], [1, 1, 5]).round(3)
        array([ 2.996,  5.07 , 14.078])
    """
    if not 0 < level < 1:
        raise BadValue(f"level: expected a confidence level in (0, 1), got {level}.")
    arrays = [np.asarray(x, dtype=np.float64) for x in (n_on, n_off, tau)]
    for name, array in zip(("n_on", "n_off", "tau"), arrays, strict=True):
        good = np.isfinite(array) & (array >= 0) & ((array > 0) | (name != "tau"))
        if not good.all():
            least = "> 0" if name == "tau" else ">= 0"
            raise BadValue(f"{name}: expected finite numbers {least}, got {array[~good].min()}.")
    on_off_cls.check_size(arrays[1])
    on, off, exposure = (np.array(x) for x in np.broadcast_arrays(*arrays))
    limits = on_off_cls.observed_limits(
        on.ravel(), off.ravel(), exposure.ravel(), float(np.log1p(-level))
    )
    return np.asarray(limits.reshape(on.shape))[()]
