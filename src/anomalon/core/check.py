"""Checks at the door: once, in one place, with one wording. Kernels get clean arrays."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadRows

__all__ = ["distinct", "finite", "integers", "length", "non_negative", "together", "truth"]


def _refuse(
    bad: NDArray[np.bool_], values: NDArray[Any], what: str, wanted: str, got: str, remedy: str = ""
) -> None:
    """Raise `BadRows` if any entry of `bad` is true; "{}" in `got` is the first such value."""
    if bad.any():
        rows = np.flatnonzero(bad.reshape(len(bad), -1).any(axis=1))
        first = np.asarray(values)[bad][0]
        number = isinstance(first, int | float | np.number)
        raise BadRows(
            what,
            wanted,
            got.format(f"{first:.6g}" if number else repr(first)),
            len(rows),
            tuple(rows[: BadRows.SHOWN].tolist()),
            len(bad),
            remedy,
        )


def finite(values: NDArray[Any], what: str) -> None:
    """Raise `BadRows` if any value is NaN or infinite."""
    _refuse(
        ~np.isfinite(values),
        values,
        what,
        "finite numbers",
        "NaN or infinity",
        "Remove or repair these rows before loading.",
    )


def non_negative(values: NDArray[Any], what: str, *, tolerance: float = 0.0) -> None:
    """Raise `BadRows` if any value is below `-tolerance`."""
    _refuse(np.asarray(values < -tolerance), values, what, "no negative numbers", "e.g. {}")


def integers(values: NDArray[Any], what: str) -> None:
    """Raise `BadRows` if any value is not a whole number."""
    finite(np.asarray(values, dtype=np.float64), what)
    _refuse(np.asarray(values % 1 != 0), values, what, "integers", "e.g. {}")


def truth(values: NDArray[Any], what: str) -> NDArray[np.int8]:
    """Labels, or `BadRows` if any is not 0 or 1."""
    values = np.asarray(values)
    _refuse(
        ~((values == 0) | (values == 1)),
        values,
        what,
        "0 (background) or 1 (signal)",
        "e.g. {}",
        "Name another column, or recode this one.",
    )
    return values.astype(np.int8)


def length(values: NDArray[Any], expected: int, what: str) -> None:
    """Raise `BadLayout` if a per-event array has not one entry per event."""
    if values.ndim != 1 or len(values) != expected:
        raise BadLayout(
            f"{what}: expected one number for each of {expected} events, "
            f"got an array of shape {values.shape}."
        )


def distinct(names: Sequence[str], what: str) -> None:
    """Raise `BadLayout` if a name occurs twice."""
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise BadLayout(f"{what}: expected every name once, got {twice} more than once.")


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
