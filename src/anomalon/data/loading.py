"""`load` and `chunks`: files into events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from anomalon.core import Events, Sample
from anomalon.core.errors import BadValue
from anomalon.data.recognise import recognise

__all__ = ["chunks", "load"]


def load(
    path: str | Path, *, start: int = 0, stop: int | None = None, **options: Any
) -> Events | Sample:
    """Read a file of events; what it is, is decided by its content.

    - LHC Olympics 2020 particles (pandas HDF5): `Events` of 700 particles (pt, eta, phi).
    - LHC Olympics 2020 jet features: `Events` of two jets (pt, eta, phi, mass, tau1, tau2, tau3).
    - Jets with their constituents, as `anomalon.data.jets` writes them and as published at Zenodo
      (4641460, 4614656), or of any file whose options say what they are: `Events` of one jet each.
    - Events of a trigger, as `anomalon simulate trigger` writes them: `Events` of twenty objects,
      at the `level` "hlt" or "l1".
    - Flat arrays of a trigger, if `layout` says which: "gelato_l1", "gelato_hlt", "cms_l1" or
      "poster".
    - A table with the columns `mjj` and `mJ1`, or a file written by `anomalon.data.write`: a
      `Sample`.
    - Any other table (Parquet, CSV, HDF5, ROOT): a `Sample` if the options say which columns it is
      made of, else `Events` without objects that have the table as their columns.

    Args:
        path: The file.
        start: First event to read.
        stop: Event to stop before; all if None.
        **options: For tables: `mass`, `weight`, `label`, `event` (column names), `features` (a list
            of column names, or name = column), `scale` (a factor on the mass, e.g. 1000 for TeV),
            or `mapping`, a TOML file with these keys. `tree` chooses one of several trees of a
            ROOT file, `key` one of several tables of an HDF5 file. For jets: `constituents` and
            `jets` (tables role = name), `index`, `jet`, `particles` and `n_constituents` (see
            docs/how-to/jets.md). For a trigger: `level`, `layout` with the `key` of the array, and
            `saturated` ("keep", "mask" or "drop" for saturated pt; docs/how-to/trigger-events.md).

    Returns:
        The events, or the sample.

    Raises:
        DataError: If the file is unknown, broken, incomplete or holds impossible numbers.
        ConfigError: If an option is unknown or impossible, or the events do not fit into memory.
    """
    source = recognise(path, options)
    events = source.read(start, stop)
    if len(events) == 0:
        first, last = source.rows(start, stop)
        raise source.none_left(last - first)
    return events


def chunks(
    path: str | Path,
    *,
    size: int = 10_000,
    start: int = 0,
    stop: int | None = None,
    **options: Any,
) -> Iterator[Events | Sample]:
    """Read a file of events piece by piece; together the pieces are what `load` returns.

    Args:
        path: The file.
        size: Events per piece.
        start: First event to read.
        stop: Event to stop before; all if None.
        **options: As for `load`.

    Returns:
        An iterator over the pieces, in the order of the file.

    Raises:
        BadValue: If `size` is not positive; and everything that `load` raises.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise BadValue(f"chunks: `size` should be a positive number of events, got {size!r}.")
    source = recognise(path, options)
    source.rows(start, stop)  # what is wrong with them is said at once
    return source.pieces(size, start, stop)
