"""Frozen dataclasses are the settings: one object is the Python API, the TOML and the cache key.

A *setting* is a frozen dataclass whose fields are numbers, strings, tuples or other settings. A
registered one (a detector, a classifier, a shape …) is written in TOML as a table with a `kind`.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from anomalon.core.errors import BadValue, ConfigError, UnknownKey, suggest

__all__ = ["digest", "first_line", "left_by_a_run", "lookup", "read_toml", "to_plain"]

_FIRST_LINE = re.compile(r"# `anomalon (.+) run\.toml` repeats this run\.")


def first_line(kind: str) -> str:
    """What the settings that a run leaves behind begin with: whose they are.

    Args:
        kind: Of its job.
    """
    return f"# `anomalon {kind} run.toml` repeats this run.\n"


def left_by_a_run(path: Path) -> bool:
    """Whether a run has written this file of settings, as its first line says."""
    try:
        return _FIRST_LINE.match(path.read_text(encoding="utf-8")) is not None
    except (OSError, ValueError):
        return False


def read_toml(path: str | Path, kind: str = "") -> dict[str, Any]:
    """A TOML file as a table.

    Args:
        path: The file.
        kind: Of the job that it should be for; "" for any. Only what a run has left behind says so.

    Raises:
        BadValue: If a run of another kind has left it behind.
        ConfigError: If it cannot be read or is no TOML.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}.") from error
    except ValueError as error:  # no TOML, no UTF-8, or a number of too many digits
        raise ConfigError(f"{path}: expected a TOML file: {error}.") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: expected a TOML file: it is nested too deeply.") from error
    said = _FIRST_LINE.match(text)
    if kind and said is not None and said[1] != kind:
        raise BadValue(
            f"{path}: expected settings of `anomalon {kind}`, got those of a {said[1]} run, as the "
            f"first line of the file says. `anomalon {said[1]} {path}` repeats it."
        )
    return table


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
