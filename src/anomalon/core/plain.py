"""Results as plain JSON, and back: the one serialiser of everything that is not a setting.

A result is a frozen dataclass of numbers, texts, arrays, tuples, mappings and other such
dataclasses. `to_plain` makes dictionaries, lists, numbers and texts of it, `from_plain` the same
result again from its type. A field with `metadata=beside` is left out: what is too large for JSON
goes into a file of its own (`Result.exports`), and comes back as its default.

JSON has neither NaN nor infinity. NaN becomes null, and null where the type says `float` becomes
NaN; infinities become "Infinity" and "-Infinity", as in the JSON of Protocol Buffers. (In a field
of type `float | None` a NaN comes back as None: say one or the other.) An array without entries
keeps the length of its first axis only.

Settings are written by `anomalon.core.config.to_plain`: they go to TOML, which has `inf` and `nan`,
and into the keys of stored results, which must not change with the form of results.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from math import inf, isfinite, isnan, nan
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    Literal,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import numpy as np
from numpy.typing import NDArray

from anomalon.core.check import shown
from anomalon.core.errors import AnomalonError, DataError, suggest

__all__ = ["Plain", "beside", "from_plain", "to_plain"]

T = TypeVar("T")

if TYPE_CHECKING:
    Plain: TypeAlias = bool | int | float | str | list["Plain"] | dict[str, "Plain"] | None
else:
    Plain = Any  # what is plain already stays as it is
"""What JSON can say."""

beside: Any = {"beside": True}
"""For `field(metadata=beside)`: no part of the plain form; the field has to have a default."""

_INFINITIES = {"Infinity": inf, "-Infinity": -inf}

# What arrays are declared as, the type that they get, and the kinds of NumPy that may become it.
_DTYPES: tuple[tuple[type, np.dtype[Any], str], ...] = (
    (np.bool_, np.dtype(np.bool_), "b"),
    (np.integer, np.dtype(np.int64), "iu"),
    (np.floating, np.dtype(np.float64), "iuf"),
    (np.str_, np.dtype(np.str_), "U"),
)


def to_plain(value: Any) -> Any:
    """A result, or any part of it, as dictionaries, lists, numbers and texts.

    A dataclass with a class attribute `kind` carries it as its first key.

    Args:
        value: Dataclasses, mappings, lists, tuples, arrays, numbers, texts.

    Raises:
        DataError: If something in it is none of these.

    Example:
        >>> to_plain({"z": np.array([1.5, np.nan, -np.inf])})
        {'z': [1.5, None, '-Infinity']}
    """
    if is_dataclass(value) and not isinstance(value, type):
        kind = _kind(type(value))
        head = {} if kind is None else {"kind": kind}
        kept = [f.name for f in fields(value) if not f.metadata.get("beside")]
        return head | {name: to_plain(getattr(value, name)) for name in kept}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        numbers = value.dtype.kind != "f" or bool(np.isfinite(value).all())
        return value.tolist() if numbers else to_plain(value.tolist())
    if isinstance(value, np.generic):
        return to_plain(value.item())
    if isinstance(value, float) and not isfinite(value):
        return None if isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise DataError(f"result: expected something that JSON can hold, got {shown(value)}.")


def from_plain(kind: type[T], plain: Any, where: str = "") -> T:
    """The result of this type that `to_plain` made plain.

    A key that is missing has the default of its field, so that a result of an earlier version can
    be read where nothing else has changed.

    Args:
        kind: A dataclass; the types of its fields say how they are read.
        plain: What `to_plain` gave, perhaps by way of JSON.
        where: How messages call it; they add the path of the key, as in "windows[0].cuts[1].n".

    Raises:
        DataError: If something does not fit the type, with the path of its key.

    Example:
        >>> from anomalon.core.window import Window
        >>> from_plain(Window, to_plain(Window(3300, 3700, 2900, 4100)))
        Window(low=3300.0, high=3700.0, sideband_low=2900.0, sideband_high=4100.0)
    """
    value: T = _value(kind, plain, where)
    return value


def _kind(cls: type) -> str | None:
    """What a class calls itself, unless it is a field that does."""
    named = any(f.name == "kind" for f in fields(cls))
    kind = None if named else getattr(cls, "kind", None)
    return kind if isinstance(kind, str) else None


def _refused(where: str, expected: str, got: Any) -> DataError:
    return DataError(f"{where or 'result'}: expected {expected}, got {shown(got)}.")


def _value(kind: Any, plain: Any, where: str) -> Any:
    """A value of this type, `plain` being at the path `where`."""
    origin = get_origin(kind) or kind
    if kind is Any:
        return plain
    if origin in (Union, UnionType):
        return _one_of(get_args(kind), plain, where)
    if origin is Literal:
        if plain in get_args(kind):
            return plain
        raise _refused(where, f"one of {', '.join(map(repr, get_args(kind)))}", plain)
    if origin is tuple:
        return _tuple(get_args(kind), plain, where)
    if origin is np.ndarray:
        return _array(kind, plain, where)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(get_args(kind), plain, where)
    if is_dataclass(origin):
        return _dataclass(origin, plain, where)
    return _leaf(origin, plain, where)


def _leaf(kind: Any, plain: Any, where: str) -> Any:
    number = isinstance(plain, int | float) and not isinstance(plain, bool)
    if kind is float:
        if plain is None:
            return nan
        if isinstance(plain, str) and plain in _INFINITIES:
            return _INFINITIES[plain]
        if number:
            return float(plain)
        raise _refused(where, "a number", plain)
    if kind is int and number and (isinstance(plain, int) or plain.is_integer()):
        return int(plain)
    if kind in (bool, str, NoneType) and isinstance(plain, kind):
        return plain
    names = {int: "a whole number", bool: "true or false", str: "a text", NoneType: "null"}
    if kind not in names:
        raise TypeError(f"{where}: there is no plain form of {kind!r}.")
    raise _refused(where, names[kind], plain)


def _one_of(kinds: tuple[Any, ...], plain: Any, where: str) -> Any:
    if NoneType in kinds:
        if plain is None:
            return None
        kinds = tuple(kind for kind in kinds if kind is not NoneType)
    problems = []
    for kind in kinds:
        try:
            return _value(kind, plain, where)
        except DataError as error:
            problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    raise DataError("; or ".join(map(str, problems)))


def _entries(plain: Any, where: str) -> list[Any]:
    if isinstance(plain, list | tuple):
        return list(plain)
    raise _refused(where, "a list", plain)


def _tuple(kinds: tuple[Any, ...], plain: Any, where: str) -> tuple[Any, ...]:
    entries = _entries(plain, where)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        kinds = (kinds[0],) * len(entries)
    if len(kinds) != len(entries):
        raise _refused(where, f"a list of {len(kinds)}", plain)
    return tuple(
        _value(kind, entry, f"{where}[{i}]")
        for i, (kind, entry) in enumerate(zip(kinds, entries, strict=True))
    )


def _array(kind: Any, plain: Any, where: str) -> NDArray[Any]:
    (of,) = get_args(get_args(kind)[1])
    scalar = get_origin(of) or of
    wanted, takes = next(row[1:] for row in _DTYPES if issubclass(scalar, row[0]))
    entries = _entries(plain, where)
    try:
        found = np.array(_numbers(entries) if wanted.kind == "f" else entries)
    except ValueError as error:  # lists of unequal lengths
        raise _refused(where, f"an array of {wanted.name}", plain) from error
    if found.size and found.dtype.kind not in takes:
        raise _refused(where, f"an array of {wanted.name}", plain)
    return found.astype(wanted)


def _numbers(entries: list[Any]) -> list[Any]:
    """The same with NaN for null, and infinities for their names."""

    def number(entry: Any) -> Any:
        if isinstance(entry, list):
            return _numbers(entry)
        if isinstance(entry, str):
            return _INFINITIES.get(entry, entry)
        return nan if entry is None else entry

    return [number(entry) for entry in entries]


def _mapping(kinds: tuple[Any, ...], plain: Any, where: str) -> dict[str, Any]:
    if not isinstance(plain, Mapping):
        raise _refused(where, "a table", plain)
    of = kinds[1] if kinds else Any
    return {key: _value(of, item, f"{where}.{key}".lstrip(".")) for key, item in plain.items()}


def _dataclass(cls: Any, plain: Any, where: str) -> Any:
    if not isinstance(plain, Mapping):
        raise _refused(where, f"a table with the keys of a {cls.__name__}", plain)
    names = {f.name: f for f in fields(cls) if not f.metadata.get("beside")}
    kind = _kind(cls)
    if kind is not None and plain.get("kind", kind) != kind:
        raise _refused(f"{where}.kind".lstrip("."), repr(kind), plain["kind"])
    hints = get_type_hints(cls)
    values = {}
    for key in plain:
        if key not in names and not (key == "kind" and kind is not None):
            path = f"{where}.{key}".lstrip(".")
            raise DataError(f"{path}: there is no such key; {suggest(key, names)}")
    for name, f in names.items():
        path = f"{where}.{name}".lstrip(".")
        if name in plain:
            values[name] = _value(hints[name], plain[name], path)
        elif _is_required(f):
            raise DataError(f"{path}: expected a value, got none.")
    try:
        return cls(**values)
    except AnomalonError as error:
        raise DataError(f"{where or 'result'}: {error}") from error


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
