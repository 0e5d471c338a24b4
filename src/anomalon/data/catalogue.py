"""The small simulated samples that ship with the package."""

import hashlib
from dataclasses import replace
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable

import numpy as np

from anomalon.core import Sample
from anomalon.core.errors import DataError, UnknownKey, suggest
from anomalon.data.loading import load

__all__ = ["available", "sample"]


def available() -> tuple[str, ...]:
    """The names that `sample` knows, in alphabetical order."""
    return tuple(sorted(_files()))


def sample(name: str) -> Sample:
    """A sample that ships with the package.

    Event identities are unique over all shipped samples, so that samples can be concatenated.

    Args:
        name: One of `available()`.

    Raises:
        UnknownKey: If there is no sample of that name.
    """
    found = _files()
    if name not in found:
        hint = suggest(name, found) if found else "none are installed"
        raise UnknownKey(f"sample: no shipped sample '{name}'; {hint}")
    with as_file(found[name]) as path:
        loaded = load(path)
    if not isinstance(loaded, Sample):
        raise DataError(f"shipped sample '{name}': expected a sample, got {loaded!r}.")
    _, dense = np.unique(loaded.event, return_inverse=True)
    return replace(loaded, event=event_offset(name) + dense.astype(np.int64))


def event_offset(name: str) -> int:
    """Where the event identities of a sample begin: 2^32 of them belong to each name."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    return (number % 2**31) << 32


def _files() -> dict[str, Traversable]:
    folder = files("anomalon.data") / "samples"
    if not folder.is_dir():
        return {}
    return {
        item.name.removesuffix(".parquet"): item
        for item in folder.iterdir()
        if item.name.endswith(".parquet")
    }
