"""Names of a package that are loaded when they are first used.

`import anomalon` loads neither JAX nor matplotlib, and who hunts bumps in a histogram loads no
classifier: a package lists which module has which name, and Python asks `__getattr__` (PEP 562) for
one that is not there yet.
"""

import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["loader"]

Homes = Mapping[str, tuple[str, ...]]
"""Modules, and the names that live in each."""


def loader(
    package: str,
    homes: Homes,
    *,
    rooms: tuple[str, ...] = (),
    moved: Homes | None = None,
    renamed: Mapping[str, str] | None = None,
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The `__getattr__` and the `__dir__` of a package.

    Args:
        package: Its name.
        homes: Where its names live.
        rooms: Packages inside it that are names of it as well.
        moved: Names that have moved elsewhere: they are still found, with a `DeprecationWarning`.
        renamed: Former names, and those that they have now; found with a warning as well.
    """
    where = {name: module for module, names in homes.items() for name in names}
    before = {name: module for module, names in (moved or {}).items() for name in names}

    def get(name: str) -> Any:
        if name in where:
            value = getattr(import_module(where[name]), name)
        elif name in rooms:
            return import_module(f"{package}.{name}")
        elif name in before:
            text = f"{package}.{name} has moved: import it from {before[name]}."
            warnings.warn(text, DeprecationWarning, stacklevel=2)
            return getattr(import_module(before[name]), name)
        elif name in (renamed or {}):
            now = (renamed or {})[name]
            text = f"{package}.{name} is now {now}."
            warnings.warn(text, DeprecationWarning, stacklevel=2)
            return get(now)
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted(sys.modules[package].__all__)
