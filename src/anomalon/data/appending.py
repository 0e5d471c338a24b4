"""HDF5 files that are written block by block, the same bytes however their events come."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.provenance import anomalon_version

__all__ = ["append", "blocks", "check_columns", "note", "refuse_other_suffixes"]

_SUFFIXES = (".h5", ".hdf5", ".hdf")


def refuse_other_suffixes(path: Any) -> None:
    """Raise `BadValue` if a name promises another format than HDF5."""
    if path.suffix.lower() not in ("", *_SUFFIXES):
        raise BadValue(
            f"{path}: expected a name that ends in .h5, for what is written is HDF5. Choose "
            f"{path.with_suffix('.h5').name}."
        )


def blocks(
    chunks: Iterable[Events], size: int, check: Callable[[Events, Events | None], None]
) -> Iterator[Events]:
    """The same events, `size` at a time, whatever came at a time.

    Args:
        chunks: Events.
        size: How many at a time.
        check: Refuses a chunk; its second argument is an empty slice of the first chunk, or None.
    """
    first: Events | None = None
    waiting: list[Events] = []
    n = 0
    for chunk in chunks:
        check(chunk, first)
        first = chunk[:0] if first is None else first  # events are false if there are none
        row = 0
        while row < len(chunk):
            part = chunk[row : row + size - n]
            waiting.append(part)
            row, n = row + len(part), n + len(part)
            if n == size:
                yield Events.concatenate(waiting)
                waiting, n = [], 0
    if waiting:
        yield Events.concatenate(waiting)


def check_columns(
    chunk: Events, first: Events | None, reserved: tuple[str, ...], where: str
) -> None:
    """Refuse columns that are no numbers, or not those of the first chunk.

    Raises:
        BadLayout: With the name of the column, or with both sets of columns.
    """
    for name, values in chunk.columns.items():
        if name in reserved or "/" in name or values.dtype.kind not in "fiub":
            raise BadLayout(
                f"{where}: expected columns of numbers with a name of their own, got '{name}' of "
                f"{values.dtype}."
            )
    if first is None:
        return
    kinds = [_kinds(events) for events in (first, chunk)]
    if kinds[0] != kinds[1]:
        raise BadLayout(
            f"{where}: expected the columns of the first events, {kinds[0]}, got {kinds[1]} (from "
            f"{chunk.source})."
        )


def _kinds(events: Events) -> dict[str, str]:
    kinds = {name: str(values.dtype) for name, values in events.columns.items()}
    return kinds if events.label is None else kinds | {"label": "int8"}


def note(about: Mapping[str, Any] | None, where: str, **facts: Any) -> str:
    """What a file says of itself, as JSON.

    Raises:
        BadValue: If `about` is not ready for JSON.
    """
    said = dict(about or {}) | {"version": 1, "anomalon": anomalon_version()} | facts
    try:
        return json.dumps(said, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadValue(f"{where}: `about` cannot be written as JSON ({error}).") from error


def append(
    file: h5py.Group, name: str, values: NDArray[Any], *, rows: int, compact: bool
) -> h5py.Dataset:
    """Add rows to a dataset, which is made by the first of them.

    Args:
        file: Where it is.
        name: Its name.
        values: Its rows.
        rows: How many are compressed together.
        compact: Compress as well as possible.
    """
    if name not in file:
        file.create_dataset(
            name,
            shape=(0, *values.shape[1:]),
            maxshape=(None, *values.shape[1:]),
            dtype=values.dtype,
            chunks=(rows, *values.shape[1:]),
            shuffle=True,
            **hdf5plugin.Zstd(clevel=19 if compact else 3),
        )
    dataset = file[name]
    start = len(dataset)
    dataset.resize(start + len(values), axis=0)
    dataset[start:] = np.asarray(values)
    return dataset
