"""Names of arguments that have changed: the former ones still work, with a warning."""

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from anomalon.core.errors import BadValue

__all__ = ["renamed"]

P = ParamSpec("P")
R = TypeVar("R")


def renamed(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function take keyword arguments by their former names.

    Args:
        names: Former name = present name.

    Example:
        >>> @renamed(n_pseudo="n_toys")
        ... def hunt(n_toys: int) -> int:
        ...     return n_toys
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     hunt(n_pseudo=3)
        3
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*arguments: P.args, **options: P.kwargs) -> R:
            given: dict[str, Any] = dict(options)
            for before, now in names.items():
                if before not in given:
                    continue
                if now in given:
                    raise BadValue(f"{now}: got it twice, also by its former name {before}.")
                text = f"{function.__name__}: {before} is now {now}."
                warnings.warn(text, DeprecationWarning, stacklevel=2)
                given[now] = given.pop(before)
            return function(*arguments, **given)

        return called

    return decorate
