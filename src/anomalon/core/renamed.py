"""Arguments that have changed: the former ones still work, with a warning."""

import sys
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from anomalon.core.errors import BadValue

__all__ = ["gathered", "renamed"]

P = ParamSpec("P")
R = TypeVar("R")


def _warn(text: str) -> None:
    """Warn whoever called the function, however many decorators it has."""
    frame, level = sys._getframe(), 1
    while frame.f_back is not None and frame.f_code.co_filename == __file__:
        frame, level = frame.f_back, level + 1
    warnings.warn(text, DeprecationWarning, stacklevel=level)


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
                _warn(text)
                given[now] = given.pop(before)
            return function(*arguments, **given)

        return called

    return decorate


def gathered(into: str, kind: type, *names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function still take one by one what are now the fields of one argument.

    Args:
        into: The argument.
        kind: Its type. What is given for the argument and is no such value is its first field.
        names: The fields that were arguments, by keyword.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Ensemble:
        ...     n: int = 10
        ...     share: float = 1.0
        >>> @gathered("ensemble", Ensemble, "n", "share")
        ... def train(ensemble: Ensemble = Ensemble()) -> Ensemble:
        ...     return ensemble
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     train(n=3)
        Ensemble(n=3, share=1.0)
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def called(*arguments: P.args, **options: P.kwargs) -> R:
            given: dict[str, Any] = dict(options)
            fields = {name: given.pop(name) for name in names if name in given}
            if not fields:
                return function(*arguments, **options)
            listed = ", ".join(fields)
            if isinstance(given.get(into), kind):
                raise BadValue(f"{into}: got it beside {listed}, which it says already.")
            first = (given[into],) if into in given else ()
            given[into] = kind(*first, **fields)
            belong = "belongs" if len(fields) == 1 else "belong"
            text = f"{function.__name__}: {listed} now {belong} to {into}={kind.__name__}(…)."
            _warn(text)
            return function(*arguments, **given)

        return called

    return decorate
