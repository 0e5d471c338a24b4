"""Machine code by numba: kept between runs if there is a place to keep it, else made anew."""

import multiprocessing
import threading
import warnings
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numba
from numba.core import entrypoints

__all__ = ["compiled"]

_ONE_AT_A_TIME = threading.RLock()
"""What numba does before it takes its own lock is not safe in threads; and kernels call kernels."""

_OURS = threading.local()


def _unless_ours(init_all: Callable[[], None]) -> Callable[[], None]:
    """The loading of numba's extensions, which waits for a kernel that is not of this package.

    They come with other packages, and numba loads all that are installed before it compiles
    anything or reads what it has kept: awkward's and vector's, the latter with SymPy, take a second
    in every process. The kernels here see arrays and numbers, which are numba's own.
    """

    def unless_ours() -> None:
        if not getattr(_OURS, "compiling", False):
            init_all()

    return unless_ours


with suppress(AttributeError):  # a numba that loads them in another way is slower, and right
    entrypoints.init_all = _unless_ours(entrypoints.init_all)


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
            outer, _OURS.compiling = getattr(_OURS, "compiling", False), True
            try:
                return compile_(*args, **kwargs)
            finally:
                _OURS.compiling = outer

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
