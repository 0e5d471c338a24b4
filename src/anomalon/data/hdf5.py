"""Tables in HDF5: pandas frames, compound datasets, and groups of one-dimensional datasets."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import hdf5plugin  # noqa: F401  registers Blosc and the other compressions with HDF5
import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, BadValue, ColumnMissing, suggest
from anomalon.data.frame import Frame
from anomalon.data.source import reading
from anomalon.data.table import Table

__all__ = ["open_hdf5", "open_table"]


@dataclass(frozen=True)
class FrameTable(Table):
    """A pandas DataFrame."""

    frame: Frame = None  # type: ignore[assignment]

    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some columns of the rows start <= row < stop."""
        with open_hdf5(self.path) as file:
            return self.frame.read(file, names, start, stop)


@dataclass(frozen=True)
class CompoundTable(Table):
    """A one-dimensional dataset whose rows are records."""

    key: str = ""

    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some columns of the rows start <= row < stop."""
        with open_hdf5(self.path) as file:
            rows = file[self.key][start:stop]
        return {name: rows[name] for name in names}


@dataclass(frozen=True)
class GroupTable(Table):
    """A group with one one-dimensional dataset per column."""

    key: str = ""
    lengths: dict[str, int] = field(default_factory=dict)

    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some columns of the rows start <= row < stop; they must be of one length."""
        lengths = {name: self.lengths[name] for name in names}
        if len(set(lengths.values())) > 1:
            raise BadLayout(
                f"{self.path}, '{self.key}': expected columns of one length, got "
                + ", ".join(f"{name}: {n}" for name, n in lengths.items())
                + ". Name the columns of one table with `mass` and `features`, or repair the file."
            )
        with open_hdf5(self.path) as file:
            return {name: file[self.key][name][start:stop] for name in names}


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """An HDF5 file, open for reading; a broken one is a `DataError`."""
    with reading(path, "an HDF5 file"), h5py.File(path, "r") as file:
        yield file


def open_table(path: Path, file: h5py.File, key: str | None, wanted: list[str]) -> Table:
    """The table in an HDF5 file; `key` chooses between several.

    Args:
        path: The file.
        file: The same, open.
        key: Group or dataset; None if there is only one table.
        wanted: The columns that the caller has named: the length of the table is theirs.

    Raises:
        BadLayout: If there is no table.
        BadValue: If there are several and no `key`.
        ColumnMissing: If there is nothing at `key`.
    """
    keys = _table_keys(file)
    if key is not None:
        absolute = "/" + key.strip("/")
        if absolute not in keys:
            raise ColumnMissing(
                f"{path}: no table at key '{key}'; {suggest(absolute, keys)}"
                if keys
                else f"{path}: no table at key '{key}', nor anywhere else in the file."
            )
        keys = [absolute]
    if not keys:
        raise BadLayout(
            f"{path}: expected a table (a pandas frame, a compound dataset or a group of "
            f"one-dimensional datasets), got {_inventory(file)}."
        )
    if len(keys) > 1:
        raise BadValue(f"{path}: several tables: {keys}. Choose one with `key`.")
    return _table_at(path, file, keys[0], wanted)


def _table_at(path: Path, file: h5py.File, key: str, wanted: list[str]) -> Table:
    item = file[key]
    if isinstance(item, h5py.Dataset):
        dtypes, unread = {}, {}
        for name in item.dtype.names:
            kind = item.dtype[name]
            if _numeric(kind):
                dtypes[name] = kind
            else:
                unread[name] = str(kind)
        return CompoundTable(path, f"an HDF5 table at '{key}'", len(item), dtypes, unread, key=key)
    if "pandas_type" in item.attrs:
        frame = Frame.of(item)
        dtypes = {name: cell.dtype for name, cell in frame.columns.items()}
        unread = dict.fromkeys(frame.unread, "not a number")
        layout = f"a pandas table in HDF5 at '{key}'"
        return FrameTable(path, layout, frame.n_rows, dtypes, unread, frame=frame)
    columns = {name: d for name, d in item.items() if isinstance(d, h5py.Dataset)}
    flat = {name: d for name, d in columns.items() if d.ndim == 1 and _numeric(d.dtype)}
    unread = {n: f"{d.dtype} of shape {d.shape}" for n, d in columns.items() if n not in flat}
    lengths = {name: len(d) for name, d in flat.items()}
    n_rows = next((lengths[n] for n in wanted if n in lengths), next(iter(lengths.values())))
    return GroupTable(
        path,
        f"HDF5 columns at '{key}'",
        n_rows,
        {name: d.dtype for name, d in flat.items()},
        unread,
        key=key,
        lengths=lengths,
    )


def _numeric(dtype: np.dtype[Any]) -> bool:
    return bool(np.issubdtype(dtype, np.number) or dtype == np.bool_) and not dtype.shape


def _table_keys(file: h5py.File) -> list[str]:
    """Everything that is a table; what lies inside a pandas frame belongs to it."""
    keys: list[str] = []

    def visit(item: h5py.Group) -> None:
        if "pandas_type" in item.attrs:
            keys.append(item.name)
            return
        parts = list(item.values())
        datasets = [part for part in parts if isinstance(part, h5py.Dataset)]
        if any(d.ndim == 1 and _numeric(d.dtype) for d in datasets):
            keys.append(item.name)
        keys.extend(d.name for d in datasets if d.ndim == 1 and d.dtype.names)
        for part in parts:
            if isinstance(part, h5py.Group):
                visit(part)

    visit(file["/"])
    return keys


def _inventory(file: h5py.File) -> str:
    found: list[str] = []

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Dataset):
            found.append(f"'{name}' of shape {item.shape}")

    file.visititems(visit)
    more = ", …" if len(found) > 5 else ""
    return ", ".join(found[:5]) + more if found else "no datasets at all"
