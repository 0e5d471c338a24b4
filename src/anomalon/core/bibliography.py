"""The papers behind the methods, and which of them a setting calls for.

A class that implements a published method names it in a class attribute `cites`, a tuple of keys of
`BIBLIOGRAPHY`; a setting of which only some choices do has it as a property. `cited` collects them
from whatever was used. Results keep the keys.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Any

from anomalon.core.papers import detectors, jets, searches, software
from anomalon.core.papers.citation import Citation

__all__ = ["BIBLIOGRAPHY", "Citation", "cited", "in_order"]


def cited(*used: Any) -> tuple[str, ...]:
    """The keys that these objects call for, and the settings inside of them.

    Args:
        used: Settings: dataclasses, tuples and mappings of them. Texts call for nothing.

    Raises:
        KeyError: If an object names a key that is not in the bibliography.
    """
    return in_order(*_keys(used))


def in_order(*keys: str) -> tuple[str, ...]:
    """Keys in the order of the bibliography, each once.

    Raises:
        KeyError: If one is not in it.
    """
    known = {key: place for place, key in enumerate(BIBLIOGRAPHY)}
    return tuple(sorted(set(keys), key=lambda key: known[key]))


def _keys(used: Any) -> Iterator[str]:
    if isinstance(used, Mapping):
        used = tuple(used.values())
    if isinstance(used, list | tuple):
        for entry in used:
            yield from _keys(entry)
    elif is_dataclass(used) and not isinstance(used, type):
        yield from getattr(used, "cites", ())
        for field in fields(used):
            yield from _keys(getattr(used, field.name))


_ENTRIES = (*searches.PAPERS, *detectors.PAPERS, *jets.PAPERS, *software.PAPERS)

BIBLIOGRAPHY: Mapping[str, Citation] = MappingProxyType({entry.key: entry for entry in _ENTRIES})
"""Everything that anomalon cites, by key."""
