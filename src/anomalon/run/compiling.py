"""Machine code by numba: kept between runs if there is a place to keep it, else made anew."""

import multiprocessing
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numba

__all__ = ["compiled"]


def compiled(**options: Any) -> Any:
    """`numba.njit(cache=True, …)` that works where nothing can be written, and says so once.

    Args:
        options: Those of `numba.njit`.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        try:
            dispatcher = numba.njit(cache=True, **options)(function)
        except RuntimeError as error:  # neither beside the source nor in the home of the user
            if "cache" not in str(error):
                raise
            _say_once()
            return numba.njit(**options)(function)
        # A full disk or a damaged file is no reason to fail either: it is compiled again.
        with suppress(AttributeError):
            dispatcher._cache._guard_against_spurious_io_errors = lambda: suppress(Exception)
        return dispatcher

    return decorate


@cache
def _say_once() -> None:
    if multiprocessing.parent_process() is None:
        warnings.warn(
            "compiled code cannot be kept, because neither the folder of anomalon nor the home can "
            "be written: every run compiles it again, which takes up to a minute. Set "
            "NUMBA_CACHE_DIR to a folder that can be written.",
            RuntimeWarning,
            stacklevel=2,
        )
