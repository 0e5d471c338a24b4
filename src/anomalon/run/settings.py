"""Settings from TOML and back: one decoder and one encoder, for every job.

A setting is a frozen dataclass. Its fields are the keys of its table; what a field may be, its type
says: numbers, words, paths, tuples, other settings. An interface (a classifier, a background
method) has a class attribute `registry`, name -> class, and is written as a table with a `kind`, or
as the name alone. A field with `metadata=flat` is a setting whose keys stand among those of the
setting that holds it; one with `metadata=output` is the path of a file that the job writes.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from difflib import get_close_matches
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
import tomli_w

from anomalon.core.check import shown
from anomalon.core.config import lookup, to_plain
from anomalon.core.errors import BadValue, DataError, UnknownKey, suggest

__all__ = [
    "decode",
    "dumps",
    "encode",
    "existing",
    "flat",
    "keys_of",
    "output",
    "refuse_unknown",
]

T = TypeVar("T")

flat: Any = {"flat": True}
"""For `field(metadata=flat)`: the keys of this setting stand among those of its holder."""

output: Any = {"output": True}
"""For `field(metadata=output)`: a file that the job writes, and that need not be there."""

_VARIABLE = re.compile(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))")


def decode(cls: type[T], table: Any, where: str = "", *, folder: str | Path = ".") -> T:
    """A setting from its table: every key known, every value of the right type.

    Args:
        cls: The setting.
        table: As read from TOML.
        where: What the table is called in messages, "" for the whole file.
        folder: Where relative paths are looked for first.

    Raises:
        UnknownKey: If it has a key that does not exist; the nearest one is suggested.
        BadValue: If a value is missing, of the wrong type or outside what is allowed.
        DataError: If there is no file where a path says.
    """
    refuse_unknown(table, keys_of(cls), where)
    hints = get_type_hints(cls)
    values = {}
    for f in fields(cls):  # type: ignore[arg-type]
        place = f"{where}.{f.name}" if where else f.name
        if _is_flat(f):
            inner = {key: table[key] for key in keys_of(hints[f.name]) if key in table}
            values[f.name] = decode(hints[f.name], inner, where, folder=folder)
        elif f.metadata.get("output") and f.name in table:
            values[f.name] = _to_write(table[f.name], place, folder)
        elif f.name in table:
            values[f.name] = _field(hints[f.name], table[f.name], place, folder)
        elif f.default is MISSING and f.default_factory is MISSING:
            raise BadValue(f"{place}: expected a value, got none.")
    return cls(**values)


def encode(setting: Any, *, folder: str | Path | None = None) -> dict[str, Any]:
    """The table of a setting, the reverse of `decode`; what is None and so by default is left out.

    Args:
        setting: A frozen dataclass.
        folder: Where the table will be: paths are written relative to it. None: the names of files
            only, which are the same wherever they are.
    """
    kind = getattr(type(setting), "kind", None)
    table: dict[str, Any] = {"kind": kind} if _is_registered(type(setting)) else {}
    for f in fields(setting):
        value = getattr(setting, f.name)
        if _is_flat(f):
            table |= encode(value, folder=folder)
        elif value is not None:
            table[f.name] = _written(value, folder)
        elif f.default is not None:
            table[f.name] = False  # TOML has no null
    return table


def dumps(table: Mapping[str, Any]) -> str:
    """A table as TOML; what is None is left out, because TOML has no null.

    Raises:
        BadValue: If a value is of a type that TOML has no word for.
    """
    try:
        return tomli_w.dumps(_without_none(table))
    except TypeError as error:
        raise BadValue(f"TOML has no word for a value of these settings: {error}.") from error


def existing(path: str, where: str, folder: str | Path) -> Path:
    """A file that a setting names: beside the settings or here; $NAME and ${NAME:-default} count.

    Raises:
        BadValue: If a variable is not set.
        DataError: If there is no such file.
    """
    given = _expanded(path, where)
    candidates = [given] if given.is_absolute() else [Path(folder) / given, given]
    found = next((p for p in candidates if p.exists()), None)
    if found is None:
        looked = " and ".join(str(p) for p in dict.fromkeys(candidates))
        raise DataError(f"{where}: there is no file at {looked}.")
    return _tidy(found)


def _expanded(path: str, where: str) -> Path:
    def value(match: re.Match[str]) -> str:
        name, default = match[1] or match[3], match[2]
        if name not in os.environ and default is None:
            raise BadValue(f"{where}: the environment variable {name} is not set.")
        return os.environ.get(name) or default or ""

    return Path(_VARIABLE.sub(value, path)).expanduser()


def _to_write(value: Any, where: str, folder: str | Path) -> Path:
    """Where a file goes: a `Path` as it is, a text from the folder of the settings."""
    if isinstance(value, Path):
        return value
    return _tidy(Path(folder) / _expanded(_leaf(str, value, where), where))


def _tidy(path: Path) -> Path:
    """The same without `..` in it, unless a link is behind that."""
    short = Path(os.path.normpath(path))
    return short if short.resolve() == path.resolve() else path


def refuse_unknown(table: Any, known: tuple[str, ...], where: str) -> None:
    """Raise `UnknownKey` for a key that is none of the known ones, `BadValue` if it is no table."""
    if not isinstance(table, Mapping):
        raise BadValue(f"{where}: expected a table, got {table!r}.")
    for key in table:
        if key not in known:
            place = f"{where}.{key}" if where else key
            raise UnknownKey(f"{place}: there is no such key; {suggest(key, known)}")


def keys_of(setting: type[Any]) -> tuple[str, ...]:
    """The keys of the table of a setting."""
    hints = get_type_hints(setting)
    return tuple(
        key
        for f in fields(setting)
        for key in (keys_of(hints[f.name]) if _is_flat(f) else (f.name,))
    )


def _is_flat(f: Field[Any]) -> bool:
    return bool(f.metadata.get("flat"))


def _is_registered(cls: type[Any]) -> bool:
    return bool(getattr(cls, "registry", None))


def _field(kind: Any, value: Any, where: str, folder: str | Path) -> Any:
    if get_origin(kind) in (UnionType, Union):
        return _one_of(get_args(kind), kind, value, where, folder)
    if isinstance(kind, type) and _is_registered(kind):
        return _registered(kind, value, where, folder)
    if isinstance(kind, type) and is_dataclass(kind):
        return value if isinstance(value, kind) else decode(kind, value, where, folder=folder)
    if kind is Path:
        return existing(_leaf(str, value, where), where, folder)
    if get_origin(kind) is tuple and _holds_settings(get_args(kind)[0]):
        rows = _leaf(list, list(value) if isinstance(value, tuple) else value, where)
        inner = get_args(kind)[0]
        return tuple(_field(inner, row, f"{where}[{i}]", folder) for i, row in enumerate(rows))
    return _leaf(kind, value, where)


def _one_of(choices: tuple[Any, ...], kind: Any, value: Any, where: str, folder: Any) -> Any:
    if value is None or (value is False and NoneType in choices and bool not in choices):
        return None  # `decorrelate = false`: TOML has no null
    if isinstance(value, str) and str in choices:
        return value
    for choice in choices:
        several = get_origin(choice) is tuple and _holds_settings(get_args(choice)[0])
        if several == isinstance(value, list | tuple) and (several or _holds_settings(choice)):
            return _field(choice, value, where, folder)
    if str in choices and any(map(_holds_settings, choices)):
        raise BadValue(f"{where}: expected a text or a table, got {value!r}.")
    return Path(existing(value, where, folder)) if Path in choices else _leaf(kind, value, where)


def _holds_settings(kind: Any) -> bool:
    return isinstance(kind, type) and (_is_registered(kind) or is_dataclass(kind))


def _registered(interface: Any, value: Any, where: str, folder: str | Path) -> Any:
    if isinstance(value, interface):
        return value
    if isinstance(value, str):
        value = {"kind": value}
    if not isinstance(value, Mapping) or not isinstance(value.get("kind"), str):
        names = ", ".join(interface.registry)
        raise BadValue(f"{where}: expected a table with a `kind` ({names}), got {value!r}.")
    cls = lookup(interface.registry, value["kind"], f"{where}.kind")
    return decode(cls, {k: v for k, v in value.items() if k != "kind"}, where, folder=folder)


def _leaf(kind: Any, value: Any, where: str) -> Any:
    if get_origin(kind) in (dict, Mapping):
        if not isinstance(value, Mapping):
            raise BadValue(f"{where}: expected a table, got {shown(value)}.")
        of_keys, of_values = get_args(kind)
        return {
            _leaf(of_keys, key, where): _leaf(of_values, one, f"{where}.{key}")
            for key, one in value.items()
        }
    try:
        return msgspec.convert(value, kind, strict=True)
    except msgspec.ValidationError as error:
        if choices := _choices(kind):
            near = get_close_matches(value, choices, n=1) if isinstance(value, str) else []
            hint = f"; did you mean '{near[0]}'?" if near else "."
            raise BadValue(
                f"{where}: expected one of {', '.join(choices)}, got {shown(value)}{hint}"
            ) from error
        raise BadValue(f"{where}: {error} (got {value!r}).") from error


def _choices(kind: Any) -> tuple[str, ...]:
    """The words that a field may be, where it is one or several of some words."""
    if get_origin(kind) is Literal:
        return tuple(str(word) for word in get_args(kind))
    return next((found for part in get_args(kind) if (found := _choices(part))), ())


def _written(value: Any, folder: str | Path | None) -> Any:
    if isinstance(value, Path):
        near = value.name if folder is None else os.path.relpath(value, folder)
        return Path(near).as_posix()
    if is_dataclass(value) and not isinstance(value, type):
        return encode(value, folder=folder)
    if isinstance(value, list | tuple):
        return [_written(item, folder) for item in value]
    return to_plain(value)


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in value]
    return value
