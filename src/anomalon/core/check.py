"""Checks at the door: once, in one place, with one wording. Kernels get clean arrays.

`BadNumbers` and `BadLayout` are about data, `BadValue` about settings: `whole`, `number`, `flag`
and `one_of` for single ones, `fields` for those of a frozen dataclass.
"""

import numbers
import re
from collections.abc import Iterable, Mapping, Sequence
from math import inf, nan
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, BadRows, BadValue

__all__ = [
    "MOST",
    "at_most",
    "distinct",
    "fields",
    "finite",
    "flag",
    "integers",
    "length",
    "non_negative",
    "number",
    "of_kind",
    "once",
    "one_of",
    "path",
    "several",
    "shown",
    "text",
    "together",
    "truth",
    "whole",
]

Kind = TypeVar("Kind")

MOST = 2**31 - 1
"""The largest whole number that every library takes."""


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


def at_most(values: NDArray[Any], most: float, what: str) -> None:
    """Raise `BadRows` if any value is above `most`."""
    _refuse(np.asarray(values > most), values, what, f"numbers up to {most:g}", "e.g. {}")


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


def decisions(values: NDArray[Any], what: str, remedy: str = "") -> NDArray[np.bool_]:
    """True and false, or `BadLayout` if there is anything but booleans, or numbers 0 and 1."""
    values = np.asarray(values)
    if values.dtype == np.bool_:
        return values
    other = ~np.isin(values, (0, 1))
    if other.any():
        text = f"{what}: expected decisions (true or false), got {values[other].ravel()[0]}"
        raise BadLayout(f"{text} ({values.dtype}). {remedy}".rstrip())
    return values.astype(bool)


def length(values: NDArray[Any], expected: int, what: str) -> None:
    """Raise `BadLayout` if a per-event array has not one entry per event."""
    if values.ndim != 1 or len(values) != expected:
        raise BadLayout(
            f"{what}: expected one number for each of {expected} events, "
            f"got an array of shape {values.shape}."
        )


def real(values: ArrayLike, what: str) -> NDArray[np.float64]:
    """As float64; `BadLayout` if they are no real numbers: texts, dates, complex or masked ones."""
    if np.ma.is_masked(values):
        raise BadLayout(
            f"{what}: expected a number everywhere, got a masked array, of which some are missing. "
            "Leave these out: values.compressed()."
        )
    given: NDArray[Any] = np.asarray(values)
    if given.dtype.kind not in "biuf":
        raise BadLayout(f"{what}: expected numbers, got values of the type {given.dtype}.")
    return given.astype(np.float64)


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


def whole(value: Any, what: str, low: int = 0, high: float = MOST) -> int:
    """A whole number from `low` to `high`, both included; 5.0 counts as 5.

    Raises:
        BadValue: If it is another number, or none: True and "5" are none.

    Example:
        >>> whole(5.0, "n_folds", 2, 1000)
        5
    """
    real = isinstance(value, numbers.Real) and not isinstance(value, bool)
    is_whole = real and (isinstance(value, numbers.Integral) or float(value).is_integer())
    if is_whole and low <= value <= high:
        return int(value)
    span = f"from {low} to {high}"
    if high == inf or (high == MOST and not (is_whole and value > high)):
        span = f"of at least {low}"
    raise BadValue(f"{what}: expected a whole number {span}, got {shown(value)}.")


def number(value: Any, what: str, interval: str = "(-inf, inf)") -> float:
    """A number in an interval, as "(0, 1]"; infinity only if that is in it, as in "(0, inf]".

    Raises:
        BadValue: If it is outside, or no number: True, "5" and NaN are none.

    Example:
        >>> number(1, "subsample", "(0, 1]")
        1.0
    """
    try:
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        x = float(value) if real else nan
    except OverflowError:  # an integer beyond all floats
        x = nan
    opens, low, high, closes = _ends(interval)
    above = x >= low if opens == "[" else x > low
    below = x <= high if closes == "]" else x < high
    if above and below:
        return x
    span = f"number in {interval}"
    if high == inf and closes == ")":
        span = "finite number"
        if low > -inf:
            span += f" {'of at least' if opens == '[' else 'above'} {low:g}"
    raise BadValue(f"{what}: expected a {span}, got {shown(value)}.")


def _ends(interval: str) -> tuple[str, float, float, str]:
    parts = re.fullmatch(r"([\[(])(.+), (.+)([])])", interval)
    assert parts is not None, interval
    return parts[1], float(parts[2]), float(parts[3]), parts[4]


def several(value: Any, what: str, most: int | None = None) -> tuple[Any, ...]:
    """A list or tuple, as a tuple; text is none, though Python can go through its letters.

    Raises:
        BadValue: If it is something else, or has more entries than `most`.
    """
    try:
        entries = None if isinstance(value, str | bytes | Mapping) else tuple(value)
    except TypeError:
        entries = None
    if entries is None:
        raise BadValue(f"{what}: expected a list, got {shown(value)}.")
    if most is not None and len(entries) > most:
        raise BadValue(f"{what}: expected at most {most} entries, got {len(entries)}.")
    return entries


def once(values: Sequence[Any], what: str) -> tuple[Any, ...]:
    """The same values as a tuple.

    Raises:
        BadValue: If one is there twice.
    """
    values = tuple(values)
    for i, value in enumerate(values):
        if (first := values.index(value)) < i:
            raise BadValue(
                f"{what}: expected every entry once, got {shown(value)} as number {first + 1} and "
                f"as number {i + 1}."
            )
    return values


def text(value: Any, what: str) -> str:
    """A text.

    Raises:
        BadValue: If it is anything else.
    """
    if isinstance(value, str):
        return value
    raise BadValue(f"{what}: expected a text, got {shown(value)}.")


def flag(value: Any, what: str) -> bool:
    """True or False.

    Raises:
        BadValue: If it is anything else: "no" and 0 may mean what they say or not.
    """
    if isinstance(value, bool | np.bool_):
        return bool(value)
    raise BadValue(f"{what}: expected true or false, got {shown(value)}.")


def one_of(value: Any, what: str, names: Iterable[str]) -> str:
    """One of some names.

    Raises:
        BadValue: If it is none of them.
    """
    names = tuple(names)
    if isinstance(value, str) and value in names:
        return value
    raise BadValue(f"{what}: expected one of {', '.join(names)}, got {shown(value)}.")


def path(value: Any, what: str) -> Path:
    """The path of a file, there or not.

    Raises:
        BadValue: If it is anything else.
    """
    if isinstance(value, str | Path) and Path(value).name:
        return Path(value)
    raise BadValue(f"{what}: expected the path of a file, got {shown(value)}.")


def of_kind(value: Any, what: str, kind: type[Kind] | UnionType) -> Kind:
    """A value of a class, or of one of several.

    Raises:
        BadValue: If it is anything else.
    """
    if isinstance(value, kind):
        return value
    kinds = get_args(kind) if isinstance(kind, UnionType) else (kind,)
    names = " or ".join("None" if one is NoneType else one.__name__ for one in kinds)
    raise BadValue(f"{what}: expected a {names}, got {shown(value)}.")


def fields(setting: Any, what: str, **wanted: Any) -> None:
    """Check fields of a frozen dataclass, each as its own kind, and put them in as that kind.

    Args:
        setting: The dataclass, in its `__post_init__`.
        what: How its user calls it; messages name a field as "what.name".
        wanted: For each field (low, high) for a whole number, an interval such as "(0, 1]" for a
            number, `bool` for True or False, `str` for a text, `Path` for that of a file, another
            class (or a union, `X | None`) for one of its kind, some names for one of them.

    Raises:
        BadValue: If a field is something else.
    """
    for name, kind in wanted.items():
        where = f"{what}.{name}" if what else name
        given = getattr(setting, name)
        if kind is bool:
            value: Any = flag(given, where)
        elif kind is str:
            value = text(given, where)
        elif kind is Path:
            value = path(given, where)
        elif isinstance(kind, type | UnionType):
            value = of_kind(given, where, kind)
        elif isinstance(kind, str):
            value = number(given, where, kind)
        elif all(isinstance(limit, int) for limit in kind):
            value = whole(given, where, *kind)
        else:
            value = one_of(given, where, kind)
        object.__setattr__(setting, name, value)


def shown(value: Any) -> str:
    """A value as a message shows it: whatever it is, one line, and of a long one the beginning."""
    try:
        said = " ".join(repr(value.item() if isinstance(value, np.generic) else value).split())
    except Exception as error:  # an integer of more digits than Python writes, or a foreign repr
        said = f"{type(value).__name__} ({error})"
    return said if len(said) <= 80 else f"{said[:77]}..."
