"""Settings to TOML: the reverse of `tomllib` for the plain trees that settings are."""

import json
from collections.abc import Mapping
from math import isinf, isnan
from typing import Any

from anomalon.core.errors import BadValue

__all__ = ["dumps"]


def dumps(table: Mapping[str, Any]) -> str:
    """A table as TOML. A value of None is left out, because TOML has no null.

    Raises:
        BadValue: If a value is of a type that TOML has no word for.

    Example:
        >>> print(dumps({"seed": 1, "search": {"efficiencies": [0.1, 0.02]}}), end="")
        seed = 1
        <BLANKLINE>
        [search]
        efficiencies = [0.1, 0.02]
    """
    return "\n".join(_lines(table, ())).lstrip("\n") + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
    lines = [
        f"{_key(key)} = {_value(value)}"
        for key, value in table.items()
        if key not in inner and value is not None
    ]
    if path and (lines or not inner):
        lines = ["", f"[{'.'.join(map(_key, path))}]", *lines]
    for key, value in inner.items():
        lines += _lines(value, (*path, key))
    return lines


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "a").replace("-", "a").isalnum()
    return key if bare else _text(key)


def _text(text: str) -> str:
    # JSON's escapes are TOML's, but for one character that only TOML wants escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if isnan(value):
            return "nan"
        return ("inf" if value > 0 else "-inf") if isinf(value) else repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list | tuple):
        items = [_value(item) for item in value]
        if any(isinstance(item, Mapping) for item in value):
            return "[\n" + "".join(f"    {item},\n" for item in items) + "]"
        return f"[{', '.join(items)}]"
    if isinstance(value, Mapping):
        rows = (f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{{', '.join(rows)}}}"
    raise BadValue(f"TOML has no word for {value!r} of type {type(value).__name__}.")
