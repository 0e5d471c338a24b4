"""Settings between the command line, TOML files and a `Job`."""

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from anomalon.core import config
from anomalon.core.errors import BadValue

if TYPE_CHECKING:
    from anomalon.search.events.configuration import Job

__all__ = ["overridden", "resolved"]


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
        result = _put(result, key.strip().split("."), _value(text.strip()), key.strip())
    return result


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _put(table: Mapping[str, Any], path: list[str], value: Any, key: str) -> dict[str, Any]:
    head, *rest = path
    if not rest:
        return {**table, head: value}
    inner = table.get(head, {})
    if not isinstance(inner, Mapping):
        raise BadValue(f"--set {key}: '{head}' is no table but {inner!r}.")
    return {**table, head: _put(inner, rest, value, key)}


def resolved(job: "Job", folder: Path) -> dict[str, Any]:
    """The table that describes a job in full: `run.toml`, the reverse of `configuration.parse`.

    Args:
        job: The job.
        folder: Where the table will be; paths of data are written relative to it.
    """
    plain = config.to_plain(job)
    search = plain["search"]
    windows, name = search.pop("windows"), search.pop("name")
    if search["decorrelate"] is None:
        search["decorrelate"] = False  # TOML has no null
    for key in ("data", "simulation"):
        if plain[key] is not None:
            path = Path(os.path.relpath(plain[key]["path"], folder))
            plain[key] = {"path": path.as_posix(), **plain[key]["options"]}
    head = {"name": name, "seed": plain["seed"], "windows": windows}
    rest = {key: plain[key] for key in ("data", "simulation", "injection")}
    return {**head, **rest, "search": search}
