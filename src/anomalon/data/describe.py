"""`describe`: what `load` makes of a file, its columns with their ranges, and what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Sample
from anomalon.core.config import to_plain
from anomalon.core.errors import DataError
from anomalon.data.recognise import recognise
from anomalon.data.source import Source
from anomalon.data.table import TableSource

__all__ = ["ColumnRange", "Description", "describe"]

FIRST = 100_000
"""Rows that the ranges are taken from; raw particles have fewer, so that a glance stays quick."""
GLANCE_BYTES = 256 * 2**20


@dataclass(frozen=True)
class ColumnRange:
    """One column: its name, type, smallest and largest finite value, and how many are not finite.

    `lowest` and `highest` are None if there is no finite value.
    """

    name: str
    dtype: str
    lowest: float | None
    highest: float | None
    n_not_finite: int


@dataclass(frozen=True)
class Description:
    """A file at a glance.

    Args:
        path: The file.
        layout: What it was recognised as.
        gives: What `load` returns: "Events", "Sample", or "nothing" if it raises.
        n_events: Events in the file.
        n_looked_at: Events that the ranges are from, the first of the file.
        n_signal: Events among those with label 1; None if there is no truth.
        columns: What is used, with ranges.
        unread: What the file holds beside.
        problems: Why `load` would raise; empty if it would not.
    """

    path: str
    layout: str
    gives: str
    n_events: int
    n_looked_at: int
    n_signal: int | None
    columns: tuple[ColumnRange, ...]
    unread: tuple[str, ...]
    problems: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, ready for JSON."""
        return dict(to_plain(self))


def describe(path: str | Path, **options: Any) -> Description:
    """Say what `load(path, **options)` would read, and whether it would.

    Raises:
        DataError: If the file cannot be recognised at all.
        ConfigError: If an option is unknown or impossible.
    """
    source = recognise(path, options)
    looked = min(source.n_events, FIRST, max(1, GLANCE_BYTES // max(1, source.bytes_per_event)))
    problems: tuple[str, ...] = ()
    events: Events | Sample | None = None
    try:
        events = source.read(0, looked)
    except DataError as error:
        problems = (str(error),)
    columns = _named(events) if events is not None else _raw_columns(source, looked)
    label = None if events is None else events.label
    return Description(
        path=str(path),
        layout=source.layout,
        gives="nothing" if events is None else type(events).__name__,
        n_events=source.n_events,
        n_looked_at=looked,
        n_signal=None if label is None else int(np.sum(label == 1)),
        columns=tuple(_range(name, values) for name, values in columns),
        unread=source.unread,
        problems=problems,
    )


def _named(events: Events | Sample) -> Iterator[tuple[str, NDArray[Any]]]:
    if isinstance(events, Sample):
        yield "mass", events.mass
        for name in events.names:
            yield name, events.column(name)
        yield "weight", events.weight
        return
    for name in events.feature_names:
        yield name, events.feature(name)[events.mask]
    yield from events.columns.items()


def _raw_columns(source: Source, stop: int) -> Iterator[tuple[str, NDArray[Any]]]:
    """The columns of a table that `load` refuses, as they are, so that one sees why."""
    if isinstance(source, TableSource) and stop:
        for name in source.table.dtypes if source.columns is None else source.columns.names():
            yield name, source.table.read([name], 0, stop)[name]


def _range(name: str, values: NDArray[Any]) -> ColumnRange:
    numbers = values.astype(np.float64)
    finite = numbers[np.isfinite(numbers)]
    return ColumnRange(
        name=name,
        dtype=str(values.dtype),
        lowest=float(finite.min()) if len(finite) else None,
        highest=float(finite.max()) if len(finite) else None,
        n_not_finite=len(numbers) - len(finite),
    )
