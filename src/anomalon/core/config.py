"""Frozen dataclasses are the settings: one object is the Python API, the TOML and the cache key.

A *setting* is a frozen dataclass whose fields are numbers, strings, tuples or other settings. A
registered one (a detector, a classifier, a shape …) is written in TOML as a table with a `kind`.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from anomalon.core.errors import BadValue, ConfigError, UnknownKey, suggest

__all__ = ["digest", "lookup", "read_toml", "to_plain"]


def read_toml(path: str | Path) -> dict[str, Any]:
    """A TOML file as a table.

    Raises:
        ConfigError: If it cannot be read or is no TOML.
    """
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    except ValueError as error:  # no TOML, no UTF-8, or a number of too many digits
        raise ConfigError(f"{path}: expected a TOML file: {error}.") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: expected a TOML file: it is nested too deeply.") from error


def to_plain(setting: Any) -> Any:
    """A setting as plain dictionaries, lists and numbers, ready for JSON or TOML.

    A dataclass with a class attribute `kind` carries it as its first key.
    """
    if is_dataclass(setting) and not isinstance(setting, type):
        kind = getattr(type(setting), "kind", None)
        head = {"kind": kind} if isinstance(kind, str) else {}
        return head | {f.name: to_plain(getattr(setting, f.name)) for f in fields(setting)}
    if isinstance(setting, Mapping):
        return {str(k): to_plain(v) for k, v in setting.items()}
    if isinstance(setting, list | tuple):
        return [to_plain(v) for v in setting]
    if hasattr(setting, "tolist"):
        return setting.tolist()
    return setting


def digest(*parts: Any) -> str:
    """SHA-256 of settings and plain values: the key under which their result is stored."""
    text = json.dumps([to_plain(p) for p in parts], sort_keys=True, allow_nan=True)
    return hashlib.sha256(text.encode()).hexdigest()


def lookup(table: Mapping[str, Any], name: Any, where: str) -> Any:
    """The entry of a registry, or `UnknownKey` with the nearest name.

    Raises:
        UnknownKey: If `name` is not in `table`.
        BadValue: If it is no name.
    """
    if not isinstance(name, str):
        raise BadValue(f"{where}: expected a name, got {name!r}; known: {', '.join(table)}.")
    if name not in table:
        raise UnknownKey(f"{where}: unknown name '{name}'; {suggest(name, table)}")
    return table[name]
