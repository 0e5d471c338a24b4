"""Checks at the door: once, in one place, with one wording. Kernels get clean arrays."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadNumbers

__all__ = ["finite", "length", "non_negative", "together"]

_SHOWN = 5


def _rows(bad: NDArray[np.bool_]) -> str:
    rows = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
    more = ", …" if len(rows) > _SHOWN else ""
    return f"{len(rows)} of {len(bad)} rows (first: {', '.join(map(str, rows[:_SHOWN]))}{more})"


def finite(values: NDArray[Any], what: str) -> None:
    """Raise `BadNumbers`, with count and first rows, if any value is NaN or infinite."""
    bad = ~np.isfinite(values)
    if bad.any():
        raise BadNumbers(
            f"{what}: expected finite numbers, got NaN or infinity in {_rows(bad)}. "
            "Remove or repair these rows before loading."
        )


def non_negative(values: NDArray[Any], what: str, *, tolerance: float = 0.0) -> None:
    """Raise `BadNumbers`, with count and first rows, if any value is below `-tolerance`."""
    bad = np.asarray(values < -tolerance)
    if bad.any():
        raise BadNumbers(
            f"{what}: expected no negative numbers, got a minimum of {np.min(values):.6g}, "
            f"negative in {_rows(bad)}."
        )


def length(values: NDArray[Any], expected: int, what: str) -> None:
    """Raise `BadLayout` if a per-event array has not one entry per event."""
    if values.ndim != 1 or len(values) != expected:
        raise BadLayout(
            f"{what}: expected one number for each of {expected} events, "
            f"got an array of shape {values.shape}."
        )


def together(what: str, **named: ArrayLike) -> list[NDArray[np.float64]]:
    """Numbers and arrays as float64 arrays of one shape, broadcast as by NumPy.

    Raises:
        BadLayout: With all shapes, if they do not go together.
    """
    arrays = {name: np.asarray(value, dtype=np.float64) for name, value in named.items()}
    try:
        return list(np.broadcast_arrays(*arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{name} of shape {array.shape}" for name, array in arrays.items())
        raise BadLayout(
            f"{what}: expected arrays of one shape, or single numbers, got {shapes}."
        ) from None
