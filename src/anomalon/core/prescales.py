"""Weights of enhanced-bias events: what each of them stands for, from the seeds that kept it.

An enhanced-bias sample is recorded by many prescaled seeds, so that rare events are in it as well
as common ones. An event that fires seeds with prescales PS_i is kept with the probability
1 - prod(1 - 1/PS_i), and stands for the inverse of it (ATLAS, CDS 2223498).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadRows, BadValue

__all__ = ["enhanced_bias_weights"]


def enhanced_bias_weights(fired: ArrayLike, prescales: ArrayLike) -> NDArray[np.float64]:
    """The number of events that each recorded event stands for.

    Args:
        fired: Which seeds an event fired, before prescales, shape (event, seed), true or false.
        prescales: One of so many events of a seed is kept, shape (seed,); products of those of both
            trigger levels. Infinity: the seed is off.

    Returns:
        1 / (1 - prod_i(1 - 1/PS_i)) over the fired seeds, at least 1, shape (event,).

    Raises:
        BadLayout: If the shapes do not go together, or `fired` is no decision.
        BadValue: If a prescale is below one or none at all.
        BadRows: If events fired no seed that is on: nothing could have recorded them.

    Example:
        >>> enhanced_bias_weights([[True, False], [True, True]], [100.0, 2.0]).round(4).tolist()
        [100.0, 1.9802]
    """
    decisions = _decisions(fired)
    prescales = check.real(prescales, "enhanced_bias_weights: prescales")
    if prescales.ndim != 1 or decisions.shape[1] != len(prescales):
        raise BadLayout(
            "enhanced_bias_weights: expected one column of `fired` for each prescale, got fired of "
            f"shape {decisions.shape} and prescales of shape {prescales.shape}."
        )
    wrong = ~(prescales >= 1)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise BadValue(
            f"enhanced_bias_weights: expected prescales of at least 1, got {prescales[i]:g} for "
            f"seed {i}. A seed that is off (0 or -1 in many menus) has the prescale inf."
        )
    with np.errstate(divide="ignore"):
        passed_by = np.log1p(-1.0 / prescales)  # of a prescale of one: -inf
    with np.errstate(invalid="ignore"):
        log_lost = np.where(decisions, passed_by, 0.0).sum(axis=1)
    kept = -np.expm1(log_lost)
    if not (kept > 0).all():
        rows = np.flatnonzero(~(kept > 0))
        raise BadRows(
            "enhanced_bias_weights: fired",
            "a seed that is on in every event",
            "none",
            len(rows),
            tuple(rows[: BadRows.SHOWN].tolist()),
            len(kept),
            "These seeds cannot have recorded such events: leave them out, or give the seed that "
            "kept them.",
        )
    return np.asarray(1.0 / kept)


def _decisions(fired: ArrayLike) -> NDArray[np.bool_]:
    """True and false, from booleans or from numbers that are 0 or 1."""
    given: NDArray[Any] = np.asarray(fired)
    if given.ndim != 2:
        raise BadLayout(
            f"enhanced_bias_weights: expected fired of shape (event, seed), got {given.shape}."
        )
    remedy = "Unpack trigger words into bits first (np.unpackbits)."
    return check.decisions(given, "enhanced_bias_weights: fired", remedy)
