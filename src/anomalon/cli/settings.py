"""Settings on the command line, in the place of those of a TOML file."""

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from anomalon.core.config import read_toml
from anomalon.core.errors import BadValue

__all__ = ["overridden", "put", "settings_of"]

_TELLTALES = {
    "reach": ("limits", "signals"),
    "search": ("windows", "search"),
    "bump": ("file", "widths", "toys"),
    "limit": ("file", "alternatives", "level"),
    "simulate dijet": ("process", "point", "selection", "detector"),
    "trigger": ("models", "rate"),
    "data convert": ("raw",),
    "demo": (),
}
"""Keys by which the settings of a command are known, though nobody has said whose they are."""


def settings_of(path: str | Path, kind: str) -> dict[str, Any]:
    """A TOML file with settings of a command, as a table.

    Args:
        path: The file.
        kind: Of its job.

    Raises:
        BadValue: If the settings are those of another command.
        ConfigError: If it cannot be read or is no TOML.
    """
    table = read_toml(path, kind)
    if kind not in _TELLTALES or any(key in table for key in _TELLTALES[kind]):
        return table
    for other, keys in _TELLTALES.items():
        if found := [key for key in keys if key in table]:
            listed = ", ".join(f"`{key}`" for key in found)
            raise BadValue(
                f"{path}: expected settings of `anomalon {kind}`, got {listed}, as "
                f"`anomalon {other}` has. Try `anomalon {other} {path}`."
            )
    return table


def overridden(table: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """The table with `--set` applied: each setting is "dotted.key=value", the value as in TOML.

    A value that is no TOML is taken as text, so that quotes may be left out.

    Raises:
        click.BadParameter: If there is no "=".
        BadValue: If a key leads through something that is no table.

    Example:
        >>> overridden({"search": {"n_folds": 5}}, ["search.n_folds=3", "name=Dijets"])
        {'search': {'n_folds': 3}, 'name': 'Dijets'}
    """
    result = dict(table)
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals or not key.strip():
            raise click.BadParameter(f"expected KEY=VALUE, got '{setting}'.", param_hint="--set")
        result = put(result, key.strip().split("."), _value(text.strip()), key.strip())
    return result


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def put(table: Mapping[str, Any], path: list[str], value: Any, key: str) -> dict[str, Any]:
    """The table with a value at this path.

    Args:
        table: Of settings.
        path: Keys of tables in tables, and of the value.
        value: As TOML has it.
        key: What the path is called in messages.

    Raises:
        BadValue: If the path leads through something that is no table.
    """
    head, *rest = path
    if not rest:
        return {**table, head: value}
    inner = table.get(head, {})
    if not isinstance(inner, Mapping):
        raise BadValue(f"--set {key}: '{head}' is no table but {inner!r}.")
    return {**table, head: put(inner, rest, value, key)}
