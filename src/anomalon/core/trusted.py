"""Checked when made, trusted when taken apart: what is made of checked parts is not checked again.

The public constructors of `Events`, `Sample` and `Particles` look at every number. A slice of one
of them, or several in a row, can hold nothing that was not looked at; it is made here, without a
second look, which for a million events would cost more than the slice itself.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.check import shown
from anomalon.core.errors import BadLayout
from anomalon.core.promise import frozen

__all__ = ["picked", "read_only", "taken", "trusted"]

T = TypeVar("T")
Number = TypeVar("Number", bound=np.generic)


def trusted(kind: type[T], fields: Mapping[str, Any]) -> T:
    """A frozen dataclass of fields that have been checked, each as `read_only` makes it.

    Args:
        kind: The dataclass.
        fields: All of its fields.
    """
    made = object.__new__(kind)
    for name, value in fields.items():
        made.__dict__[name] = read_only(value)
    return made


def read_only(value: Any) -> Any:
    """An array, or a mapping of arrays, that nobody can change; anything else as it is."""
    if isinstance(value, np.ndarray):
        return frozen(value)
    if isinstance(value, dict):
        return MappingProxyType({name: frozen(array) for name, array in value.items()})
    return value


def picked(index: Any, n: int, source: str) -> slice | NDArray[np.integer[Any]]:
    """What picks some of `n` events, as a slice or as row numbers.

    A mask is gone through once here, rather than once for each array that it picks from.

    Args:
        index: A mask of shape (n,), a slice, an array of row numbers, or one of them.
        n: How many events there are.
        source: Whose, for messages.

    Raises:
        BadLayout: If it is something else.
    """
    if isinstance(index, slice):
        return index
    if isinstance(index, int | np.integer):
        return slice(int(index), int(index) + 1 or None)
    if not isinstance(index, tuple):
        rows = np.asarray(index)
        if rows.shape == (n,) and rows.dtype == np.bool_:
            return np.flatnonzero(rows)
        if rows.ndim == 1 and (np.issubdtype(rows.dtype, np.integer) or not len(rows)):
            return rows.astype(np.int64, copy=False)
    raise BadLayout(
        f"{source}: events are picked by a mask of shape ({n},), a slice, or row numbers; got "
        + (
            f"an array of {index.dtype} of shape {index.shape}."
            if isinstance(index, np.ndarray)
            else f"{shown(index)}."
        )
    )


def taken(array: NDArray[Number], rows: slice | NDArray[np.integer[Any]]) -> NDArray[Number]:
    """The events of one array that `picked` has picked; a slice of it shares its memory."""
    return array[rows] if isinstance(rows, slice) else array.take(rows, axis=0)
