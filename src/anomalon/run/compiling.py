"""Machine code by numba: kept between runs if there is a place to keep it, else made anew."""

import multiprocessing
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numba

__all__ = ["compiled"]

_ONE_AT_A_TIME = threading.RLock()
"""What numba does before it takes its own lock is not safe in threads; and kernels call kernels."""


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
        dispatcher._compile_for_args = _alone(dispatcher._compile_for_args)
        # A full disk or a damaged file is no reason to fail either: it is compiled again.
        with suppress(AttributeError):
            dispatcher._cache._guard_against_spurious_io_errors = lambda: suppress(Exception)
        return dispatcher

    return decorate


def _alone(compile_: Callable[..., Any]) -> Callable[..., Any]:
    """The same by one thread at a time."""

    def alone(*args: Any, **kwargs: Any) -> Any:
        with _ONE_AT_A_TIME:
            return compile_(*args, **kwargs)

    return alone


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
