"""`describe`: what `load` makes of a file, its columns with their ranges, and what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Sample
from anomalon.core.errors import AnomalonError, ConfigError, DataError
from anomalon.core.plain import to_plain
from anomalon.data.recognise import kind_of, recognise
from anomalon.data.roles import roles_of
from anomalon.data.source import Source
from anomalon.data.spectrum import holds_bins, read_spectrum
from anomalon.data.table import TableSource

__all__ = ["ColumnRange", "Description", "describe"]

FIRST = 100_000
"""Rows that the ranges are taken from; raw particles have fewer, so that a glance stays quick."""
GLANCE_BYTES = 256 * 2**20
MOST_BINS = 10_000
"""Rows above which a table is not tried as a spectrum."""
MOST_TEXT = 16 * 2**20
"""Bytes above which a text is not."""


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
        gives: What `load` returns: "Events", "Sample", or "nothing" if it raises; "a spectrum" if
            the file is a histogram, which `read_spectrum` reads.
        n_events: Events in the file; bins of a spectrum.
        n_looked_at: Events that the ranges are from, the first of the file.
        n_signal: Events among those with label 1; None if there is no truth.
        columns: What is used, with ranges.
        unread: What the file holds beside.
        problems: Why `load` would raise; empty if it would not.
        roles: What every part of a spectrum was taken for, or every column of a sample.
        no_spectrum: Why `read_spectrum` refuses a table of bins; "" if it does not, or it is none.
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
    roles: tuple[str, ...] = ()
    no_spectrum: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, ready for JSON."""
        return dict(to_plain(self))


def describe(path: str | Path, **options: Any) -> Description:
    """Say what `load(path, **options)` would read, and whether it would.

    Raises:
        DataError: If the file cannot be recognised at all.
        ConfigError: If an option is unknown or impossible.
    """
    refusal: AnomalonError | None = None
    if not options and _may_be_bins(Path(path)):
        try:
            return _spectrum(Path(path))
        except (DataError, ConfigError) as error:
            refusal = error if holds_bins(Path(path)) else None
    try:
        source = recognise(path, options)
    except DataError:
        if refusal is not None:
            raise refusal from None
        raise
    looked = min(source.n_events, FIRST, max(1, GLANCE_BYTES // max(1, source.bytes_per_event)))
    problems: tuple[str, ...] = ()
    events: Events | Sample | None = None
    try:
        events = source.read(0, looked)
    except DataError as error:
        problems = (str(error),)
    columns = _named(events) if events is not None else _raw_columns(source, looked)
    found = roles_of(source)
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
        roles=(*found.used, *found.doubts) if found.mass is not None else (),
        no_spectrum="" if refusal is None else str(refusal),
    )


def _spectrum(path: Path) -> Description:
    """The histogram in a file."""
    table = read_spectrum(path)
    edges, total = table.edges, table.counts.sum()
    return Description(
        path=str(path),
        layout=f"a spectrum of {len(table.counts)} bins, {edges[0]:g}-{edges[-1]:g} GeV, with "
        f"{total:.6g} events; `anomalon bump` and `anomalon limit` read it",
        gives="a spectrum",
        n_events=len(table.counts),
        n_looked_at=len(table.counts),
        n_signal=None,
        columns=(_range("mass", edges), _range("count", table.counts)),
        unread=(),
        problems=(),
        roles=table.roles,
    )


def _may_be_bins(path: Path) -> bool:
    """Whether a file is a small table that may be of bins, or ROOT without a tree."""
    kind = kind_of(path, any_encoding=True)
    try:
        events = recognise(path)
    except DataError:  # histograms in ROOT, and text that is no CSV in UTF-8
        return kind == "ROOT" or (kind == "text" and path.stat().st_size <= MOST_TEXT)
    bare = isinstance(events, TableSource) and events.columns is None
    return bare and kind in ("text", "Parquet") and events.n_events <= MOST_BINS


def _named(events: Events | Sample) -> Iterator[tuple[str, NDArray[Any]]]:
    if isinstance(events, Sample):
        if events.has_mass:
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
