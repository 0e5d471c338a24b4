"""Parts that others write: what they give is checked once, and what is wrong names the part."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import AnomalonError, BrokenPromise, interruption_behind

__all__ = ["frozen", "name_of", "numbers_of", "promised"]

T = TypeVar("T", bound=np.generic)


@contextmanager
def promised(part: object, what: str) -> Iterator[None]:
    """Name the part whose code is at work, if it raises an error of its own.

    Parts of this package are left out: an error in them is a bug of ours, and no answer. Running
    out of memory is an error of whose code does it.

    Raises:
        BrokenPromise: With the error, its file and its line.
    """
    try:
        yield
    except AnomalonError:
        raise
    except Exception as error:
        ours = type(part).__module__.partition(".")[0] == __name__.partition(".")[0]
        if ours or interruption_behind(error) is not None:
            raise
        raise BrokenPromise(
            f"{name_of(part)}: {what} raised {type(error).__name__}: {error}{_place(part, error)}."
        ) from error


def _place(part: object, error: Exception) -> str:
    """Where in the part's own module it was."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if frame.f_globals.get("__name__") == type(part).__module__:
            return f" ({Path(frame.f_code.co_filename).name}, line {line})"
    return ""


def name_of(part: object) -> str:
    """What a message calls a part: its class."""
    return type(part).__qualname__


def numbers_of(values: Any, n: int, where: str) -> NDArray[np.float64]:
    """One finite float64 per event, from whatever a part gave as such.

    Raises:
        BrokenPromise: If there is not one number for each of `n` events, or one is not finite.
    """
    if np.ma.is_masked(values):
        raise BrokenPromise(f"{where}: expected a number for every event, got a masked array.")
    try:
        given = np.asarray(values)
        if given.dtype.kind == "c":
            raise TypeError("complex numbers")
        numbers = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise BrokenPromise(
            f"{where}: expected numbers, got {type(values).__name__} ({error})."
        ) from error
    if numbers.shape != (n,):
        raise BrokenPromise(
            f"{where}: expected one number for each of {n} events, shape ({n},), got shape "
            f"{numbers.shape}."
        )
    if not np.isfinite(numbers).all():
        n_bad = n - int(np.isfinite(numbers).sum())
        raise BrokenPromise(
            f"{where}: expected finite numbers, got NaN or infinity for {n_bad} of {n} events."
        )
    return numbers


def frozen(array: NDArray[T]) -> NDArray[T]:
    """The same numbers, read-only: whoever gets them cannot change what others see."""
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view
