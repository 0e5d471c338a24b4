"""Numbers per event beside the objects of an HDF5 file: those with a meaning are checked."""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.data.columns import identities

__all__ = ["ABOUT", "clean_columns", "per_event", "source_of"]

ABOUT = "anomalon"
"""The attribute that tells where the events come from, as JSON."""

_INTEGERS = ("process", "run", "lumi", "split")


def clean_columns(columns: dict[str, NDArray[Any]], where: str) -> dict[str, NDArray[Any]]:
    """Numbers per event, those with a meaning checked and in their type.

    Raises:
        BadNumbers: If an identity, a process, a run, a luminosity block or a split is no integer, a
            split is not 0, 1 or 2, or a trigger decision (`passes_…`, `fired_…`) neither 0 nor 1.
    """
    clean = dict(columns)
    for name in columns:
        what = f"{where}: {name}"
        if name == "event":
            clean[name] = identities(columns[name], what)
        elif name.startswith(("passes_", "fired_")):
            clean[name] = check.truth(columns[name], what).astype(bool)
        elif name in _INTEGERS:
            check.integers(columns[name], what)
            clean[name] = columns[name].astype(_integer(columns[name].dtype))
        elif name == "n_pv":
            check.finite(columns[name], what)
        if name == "split":
            check.non_negative(clean[name], what)
            check.at_most(clean[name], 2, what)
            clean[name] = clean[name].astype(np.int8)
    return clean


def per_event(item: object, n: int) -> bool:
    """Whether something in a file is one number for each of n events."""
    return (
        isinstance(item, h5py.Dataset)
        and item.shape in ((n,), (n, 1))
        and (item.dtype.kind in "fiub" or item.dtype == np.bool_)
    )


def _integer(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.kind in "iu" else np.dtype(np.int64)


def source_of(file: h5py.File, path: Path) -> str:
    """What the writer said, if it was ours; else the file."""
    note = file.attrs.get(ABOUT)
    try:
        source = json.loads(note)["source"]
    except (TypeError, ValueError, KeyError):  # none, or that of another writer
        return str(path)
    return str(source)
