"""Results to plain JSON and back, without loss."""

from dataclasses import MISSING, Field, fields, is_dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from anomalon.search.results.scan import Scan, WindowResult

__all__ = [
    "from_plain",
    "scan_from_dict",
    "scan_to_dict",
    "to_plain",
    "window_from_dict",
    "window_to_dict",
]

T = TypeVar("T")


def to_plain(result: Any) -> dict[str, Any]:
    """Any result of `anomalon.search.results.scan` as dictionaries, lists, numbers and strings."""
    return dict(_plain(result))


def from_plain(kind: type[T], plain: dict[str, Any]) -> T:
    """The result of this type that `to_plain` made plain."""
    return _build(kind, plain)


def scan_to_dict(scan: Scan) -> dict[str, Any]:
    """A scan as dictionaries, lists, numbers and strings; NaN becomes None."""
    return dict(_plain(scan))


def scan_from_dict(plain: dict[str, Any]) -> Scan:
    """The scan that `scan_to_dict` made plain."""
    return _build(Scan, plain)


def window_to_dict(result: WindowResult) -> dict[str, Any]:
    """The result of one window as dictionaries, lists, numbers and strings."""
    return dict(_plain(result))


def window_from_dict(plain: dict[str, Any]) -> WindowResult:
    """The result that `window_to_dict` made plain."""
    return _build(WindowResult, plain)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None  # JSON knows no NaN
    return value


def _build(cls: type[T], plain: dict[str, Any]) -> T:
    hints = get_type_hints(cls)
    # What an earlier version did not write has its default.
    known = [f.name for f in fields(cls) if f.name in plain or _is_required(f)]  # type: ignore[arg-type]
    return cls(**{name: _value(hints[name], plain[name]) for name in known})


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _value(kind: Any, plain: Any) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        inner = [a for a in arguments if a is not type(None)]
        return None if plain is None else _value(inner[0], plain)
    if origin is tuple:
        return tuple(_value(arguments[0], v) for v in plain)
    if origin is np.ndarray:
        names = {"bool": np.bool_, "int64": np.int64}
        kind = next((t for name, t in names.items() if name in str(arguments)), np.float64)
        return np.array(plain, dtype=kind)
    if kind is float:
        return np.nan if plain is None else float(plain)
    if isinstance(kind, type) and is_dataclass(kind):
        return _build(kind, plain)
    return plain
