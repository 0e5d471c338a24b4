"""`FlatSource`: flat arrays of trigger layouts in HDF5, Parquet, ROOT, CSV and NumPy files."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from anomalon.core import Events, check
from anomalon.core.errors import BadLayout, BadValue, ColumnMissing, suggest
from anomalon.data.hdf5 import open_hdf5
from anomalon.data.npz import read_array
from anomalon.data.per_event import clean_columns, per_event
from anomalon.data.root import RootTable, branches, open_tree
from anomalon.data.source import Source
from anomalon.data.table import Table
from anomalon.data.trigger.flat import FlatLayout, flat_layout, from_flat
from anomalon.data.trigger.layout import FEATURE_NAMES

__all__ = ["FlatSource", "Hdf5Rows", "NumpyRows", "TableRows", "flat_of"]

_ROLES = ("weight", "label", "event")
_SATURATED = ("keep", "mask", "drop")


@dataclass(frozen=True)
class Rows(ABC):
    """A flat array in a file, and the numbers per event beside it.

    Args:
        path: The file.
        n: Events.
        beside: Names of the numbers per event.
    """

    path: Path
    n: int
    beside: tuple[str, ...] = ()

    @abstractmethod
    def array(self, start: int, stop: int) -> NDArray[Any]:
        """The numbers of some events, shape (event, number)."""

    @abstractmethod
    def columns(self, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """What is beside them."""


@dataclass(frozen=True)
class Hdf5Rows(Rows):
    """A two-dimensional dataset."""

    key: str = ""

    @classmethod
    def of(cls, path: Path, key: str | None) -> "Hdf5Rows":
        """The dataset at a key, or the only one of two dimensions."""
        found: dict[str, tuple[int, ...]] = {}
        with open_hdf5(path) as file:

            def visit(name: str, item: object) -> None:
                if isinstance(item, h5py.Dataset) and item.ndim == 2 and item.dtype.kind in "fiu":
                    found[name] = item.shape

            file.visititems(visit)
            name = _chosen(path, key, found)
            folder = file[name].parent
            n = found[name][0]
            beside = tuple(
                k for k in folder if k != name.split("/")[-1] and per_event(folder[k], n)
            )
        return cls(path, n, beside, name)

    def array(self, start: int, stop: int) -> NDArray[Any]:
        """As `Rows`."""
        with open_hdf5(self.path) as file:
            return np.asarray(file[self.key][start:stop])

    def columns(self, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """As `Rows`."""
        with open_hdf5(self.path) as file:
            folder = file[self.key].parent
            return {k: np.asarray(folder[k][start:stop]).reshape(-1) for k in self.beside}


@dataclass(frozen=True)
class NumpyRows(Rows):
    """A two-dimensional array of an .npz file."""

    key: str = ""

    @classmethod
    def of(cls, path: Path, key: str | None, arrays: Mapping[str, Any]) -> "NumpyRows":
        """The array of that name, or the only one of two dimensions."""
        found = {k: a.shape for k, a in arrays.items() if len(a.shape) == 2}
        name = _chosen(path, key, found)
        n = found[name][0]
        beside = tuple(
            k for k, a in arrays.items() if a.shape == (n,) and a.dtype.kind in "fiub" and k != name
        )
        return cls(path, n, beside, name)

    def array(self, start: int, stop: int) -> NDArray[Any]:
        """As `Rows`."""
        return read_array(self.path, self.key)[start:stop]

    def columns(self, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """As `Rows`."""
        return {k: read_array(self.path, k)[start:stop] for k in self.beside}


@dataclass(frozen=True)
class TableRows(Rows):
    """Columns of a table, one per number, or one whose cells are lists of them.

    Args:
        table: The table.
        names: The columns in the order of the layout; one name if its cells are lists.
        lists: Whether they are.
    """

    table: Table = None  # type: ignore[assignment]
    names: tuple[str, ...] = ()
    lists: bool = False

    @classmethod
    def of(cls, table: Table, key: str | None, layout: FlatLayout) -> "TableRows":
        """The columns of a layout, by its names, or by a common name and a number.

        Raises:
            ColumnMissing: If they are not there.
        """
        wanted = layout.columns
        choices = [wanted]
        if key is not None:
            choices = [tuple(f"{key}{sep}{i}" for i in range(len(wanted))) for sep in ("_", "")]
            if key in table.unread:
                beside = tuple(table.dtypes)
                return cls(table.path, table.n_rows, beside, table, (key,), lists=True)
        for names in choices:
            if set(names) <= set(table.dtypes):
                beside = tuple(name for name in table.dtypes if name not in names)
                return cls(table.path, table.n_rows, beside, table, names)
        first = next(name for name in choices[0] if name not in table.dtypes)
        raise ColumnMissing(
            f"{table.path}: no column '{first}' of layout '{layout.name}'; "
            f"{suggest(first, (*table.dtypes, *table.unread))} Expected {len(wanted)} columns "
            f"{choices[0][0]}, {choices[0][1]}, …, or with `key` one whose cells are lists."
        )

    def array(self, start: int, stop: int) -> NDArray[Any]:
        """As `Rows`."""
        if not self.lists:
            found = self.table.read(list(self.names), start, stop)
            return np.stack([found[name] for name in self.names], axis=-1)
        (name,) = self.names
        if isinstance(self.table, RootTable):
            with open_tree(self.path, self.table.tree) as tree:
                part = {"entry_start": start, "entry_stop": stop, "library": "np"}
                cells = branches(tree)[name].array(**part)
        else:
            column = pa.parquet.read_table(self.path, columns=[name]).column(name)
            cells = column.slice(start, stop - start).to_pylist()
        sizes = {len(cell) for cell in cells}
        if len(sizes) > 1:
            raise BadLayout(
                f"{self.path}: expected as many numbers in each cell of '{name}', got from "
                f"{min(sizes)} to {max(sizes)}."
            )
        array = np.asarray(list(cells))
        return array.astype(array.dtype.newbyteorder("="))

    def columns(self, start: int, stop: int) -> dict[str, NDArray[Any]]:
        """As `Rows`."""
        return self.table.read(list(self.beside), start, stop)


def _chosen(path: Path, key: str | None, found: Mapping[str, tuple[int, ...]]) -> str:
    """The name of an array of two dimensions."""
    if key is not None:
        name = key.strip("/")
        if name not in found:
            raise ColumnMissing(
                f"{path}: no array of two dimensions at '{key}'; {suggest(name, found)}"
            )
        return name
    if len(found) != 1:
        raise BadValue(
            f"{path}: expected one array of two dimensions, got {dict(found) or 'none'}. Choose "
            "one with `key`."
        )
    return next(iter(found))


@dataclass(frozen=True)
class FlatSource(Source):
    """Events from a flat array.

    Args:
        rows_: Where the numbers are.
        flat: What they are.
        saturated: What becomes of saturated pt: they are kept, their slots are emptied ("mask"), or
            their events left out ("drop"). A column `saturated` says which events had any.
        roles: Pairs (weight, label or event, its column).
    """

    rows_: Rows = None  # type: ignore[assignment]
    flat: FlatLayout = None  # type: ignore[assignment]
    saturated: str = "keep"
    roles: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, rows: Rows, flat: FlatLayout, options: Mapping[str, Any]) -> "FlatSource":
        """The source for an array and the options.

        Raises:
            ColumnMissing: If a named column is not there.
            BadValue: If `saturated` is none of keep, mask and drop.
        """
        asked = options.get("saturated", "keep")
        saturated = check.one_of(asked, f"{rows.path}: saturated", _SATURATED)
        roles = []
        for role in _ROLES:
            name = options.get(role)
            if name is not None and name not in rows.beside:
                raise ColumnMissing(
                    f"{rows.path}: no column '{name}'; {suggest(name, rows.beside)}"
                )
            if name is not None or role in rows.beside:
                roles.append((role, role if name is None else name))
        return cls(
            path=rows.path,
            layout=f"flat trigger events, layout {flat.name} ({len(flat.columns)} numbers)",
            n_events=rows.n,
            bytes_per_event=len(flat.slots) * 13 + 8 * (len(rows.beside) + 3),
            rows_=rows,
            flat=flat,
            saturated=saturated,
            roles=tuple(roles),
        )

    @property
    def leaves_out(self) -> str:
        """Those with a saturated pt, if asked to."""
        return (
            ", because a pt is saturated (saturated = 'drop')" if self.saturated == "drop" else ""
        )

    def _read(self, start: int, stop: int) -> Events:
        where = str(self.path)
        objects, mask, full = from_flat(self.rows_.array(start, stop), self.flat, where=where)
        given = self.rows_.columns(start, stop)
        named = {role: given.pop(name) for role, name in self.roles}
        columns = clean_columns(given, where) | {"event": np.arange(start, stop)}
        if "event" in named:
            columns |= clean_columns({"event": named["event"]}, where)
        if self.flat.steps is not None:
            columns["saturated"] = np.asarray(full.any(axis=1))
        if self.saturated == "mask":
            mask = mask & ~full
        label = named.get("label")
        weight = np.asarray(named.get("weight", np.ones(stop - start)), np.float64)
        check.finite(weight, f"{where}: weight")
        events = Events(
            objects=np.where(mask[:, :, None], objects, np.float32(0)),
            object_names=self.flat.slots,
            feature_names=FEATURE_NAMES,
            mask=mask,
            weight=weight,
            label=None if label is None else check.truth(label, f"{where}: label"),
            columns=columns,
            source=where,
        )
        return events[~full.any(axis=1)] if self.saturated == "drop" else events


def flat_of(options: Mapping[str, Any]) -> FlatLayout:
    """The layout that options name."""
    return flat_layout(options["layout"], options.get("level"))
