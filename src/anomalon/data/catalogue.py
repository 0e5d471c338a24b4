"""The small simulated samples that ship with the package: tables of features, and events."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Sample
from anomalon.core.errors import UnknownKey, suggest
from anomalon.data.loading import load

__all__ = ["available", "sample", "sample_file"]


def available() -> tuple[str, ...]:
    """The names that `sample` knows, in alphabetical order."""
    return tuple(sorted(_files()))


Dijets = Literal["qcd_data", "qcd_simulation", "qcd_template", "signal_wprime_3500_500_100"]


@overload
def sample(name: Dijets) -> Sample: ...


@overload
def sample(name: str, **options: Any) -> Any: ...


def sample(name: str, **options: Any) -> Sample | Events:
    """A sample that ships with the package: of dijets a `Sample`, else `Events`.

    Event identities are unique over all shipped samples, so that samples can be concatenated.

    Args:
        name: One of `available()`.
        **options: As for `anomalon.load`: `level="l1"` for those of a trigger.

    Raises:
        UnknownKey: If there is no sample of that name.
    """
    with sample_file(name) as path:
        loaded = load(path, **options)
    if isinstance(loaded, Events):
        event = _apart(name, loaded.column("event"))
        return replace(loaded, columns={**loaded.columns, "event": event})
    return replace(loaded, event=_apart(name, loaded.event))


@contextmanager
def sample_file(name: str) -> Iterator[Path]:
    """The file of a shipped sample, for what is in it beside the events.

    Raises:
        UnknownKey: If there is no sample of that name.
    """
    found = _files()
    if name not in found:
        hint = suggest(name, found) if found else "none are installed"
        raise UnknownKey(f"sample: no shipped sample '{name}'; {hint}")
    with as_file(found[name]) as path:
        yield path


def _apart(name: str, identities: NDArray[np.int64]) -> NDArray[np.int64]:
    """Identities that no other sample has; equal ones stay equal."""
    _, dense = np.unique(identities, return_inverse=True)
    return np.asarray(event_offset(name) + dense.astype(np.int64))


def event_offset(name: str) -> int:
    """Where the event identities of a sample begin: 2^32 of them belong to each name."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return (number % 2**31) << 32


def _files() -> dict[str, Traversable]:
    folder = files("anomalon.data") / "samples"
    found = {}
    places = (
        (folder, ".parquet"),
        *((folder / name, ".h5") for name in ("forty_mhz", "jets", "trigger")),
    )
    for place, suffix in places:
        for item in place.iterdir() if place.is_dir() else ():
            if item.name.endswith(suffix):
                found[item.name.removesuffix(suffix)] = item
    return found
