"""pandas DataFrames in HDF5, read with h5py alone: neither pandas nor PyTables is needed.

pandas writes two formats. *fixed* is a group of blocks of one dtype each (`block0_items` are the
column names, `block0_values` the numbers); *table* is one compound dataset whose column names sit
in pickled attributes. Those are read as text, opcode by opcode: no code of the file is ever run.
"""

import pickletools
from dataclasses import dataclass, field
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout

__all__ = ["Frame", "frame_keys"]

KINDS = ("frame", "frame_table")
HARMLESS = {"PROTO", "FRAME", "MARK", "LIST", "EMPTY_LIST", "APPEND", "APPENDS", "STOP", "PUT"}
HARMLESS |= {"BINPUT", "LONG_BINPUT", "MEMOIZE"}
WORDS = {"UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "INT", "BININT", "BININT1", "BININT2"}


@dataclass(frozen=True)
class Cell:
    """Where the numbers of one column are: a dataset, a field of it or none, a position or none."""

    dataset: str
    dtype: np.dtype[Any]
    field: str | None
    position: int | None


@dataclass(frozen=True)
class Frame:
    """The columns of a DataFrame that hold numbers, and where they are.

    Args:
        key: The group in the file.
        n_rows: Number of rows.
        columns: In the order of the DataFrame; pandas' integer names as decimal text.
        unread: Columns that are not numbers.
    """

    key: str
    n_rows: int
    columns: dict[str, Cell]
    unread: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, group: h5py.Group) -> "Frame":
        """The frame in a group that pandas wrote.

        Raises:
            BadLayout: If the group does not hold what pandas writes.
        """
        kind = _text(group.attrs["pandas_type"])
        return _table_frame(group) if kind == "frame_table" else _fixed_frame(group)

    def read(self, file: h5py.File, names: list[str], start: int, stop: int) -> dict[str, Any]:
        """Some columns of the rows start <= row < stop, each block read once."""
        blocks: dict[str, Any] = {}
        out = {}
        for name in names:
            cell = self.columns[name]
            if cell.dataset not in blocks:
                blocks[cell.dataset] = file[cell.dataset][start:stop]
            values = blocks[cell.dataset]
            values = values if cell.field is None else values[cell.field]
            out[name] = values if cell.position is None else values[:, cell.position]
        return out

    def matrix(self, file: h5py.File, n: int, start: int, stop: int) -> NDArray[np.float64]:
        """The first n columns as one float64 array of shape (row, n), with no copy if possible."""
        names = list(self.columns)[:n]
        cells = [self.columns[name] for name in names]
        one_block = len({c.dataset for c in cells}) == 1 and all(c.field is None for c in cells)
        if one_block and [c.position for c in cells] == list(range(n)):
            values = np.asarray(file[cells[0].dataset][start:stop], dtype=np.float64)
            return values[:, :n]
        read = self.read(file, names, start, stop)
        return np.stack([np.asarray(read[name], np.float64) for name in names], axis=1)


def frame_keys(file: h5py.File) -> list[str]:
    """The groups of a file that hold pandas DataFrames."""
    keys: list[str] = []

    def visit(name: str, item: object) -> None:
        if isinstance(item, h5py.Group) and _text(item.attrs.get("pandas_type")) in KINDS:
            keys.append(name)

    file.visititems(visit)
    return keys


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _fixed_frame(group: h5py.Group) -> Frame:
    n_rows = len(group["axis1"])
    cells: dict[str, Cell] = {}
    for b in range(int(group.attrs.get("nblocks", 1))):
        items, values = group[f"block{b}_items"], group[f"block{b}_values"]
        if not np.issubdtype(values.dtype, np.number) and values.dtype != np.bool_:
            continue
        names = [_text(v) for v in items[:].tolist()]
        if values.shape != (n_rows, len(names)):
            raise BadLayout(
                f"{group.file.filename}, '{values.name}': expected a block of shape "
                f"{(n_rows, len(names))} (rows, columns), as pandas writes it, got {values.shape}."
            )
        cells |= {n: Cell(values.name, values.dtype, None, j) for j, n in enumerate(names)}
    order = [_text(v) for v in group["axis0"][:].tolist()]
    columns = {name: cells[name] for name in order if name in cells}
    return Frame(group.name, n_rows, columns, tuple(n for n in order if n not in cells))


def _table_frame(group: h5py.Group) -> Frame:
    table = group["table"]
    cells: dict[str, Cell] = {}
    unread: list[str] = []
    for part in table.dtype.names:
        if part == "index":
            continue
        dtype = table.dtype[part]
        names = _strings_in_pickle(table.attrs[f"{part}_kind"], f"{table.name}: {part}_kind")
        if not np.issubdtype(dtype.base, np.number) and dtype.base != np.bool_:
            unread += names
            continue
        for j, name in enumerate(names):
            cells[name] = Cell(table.name, dtype.base, part, j if dtype.shape else None)
    return Frame(group.name, len(table), cells, tuple(unread))


def _strings_in_pickle(value: Any, where: str) -> list[str]:
    """The strings and integers of a pickled flat list, found without running the pickle."""
    words: list[str] = []
    pickled = value.encode() if isinstance(value, str) else bytes(value)
    for opcode, argument, _ in pickletools.genops(pickled):
        if opcode.name in WORDS:
            words.append(str(argument))
        elif opcode.name not in HARMLESS:
            raise BadLayout(
                f"{where}: expected a plain list of column names, got the pickle instruction "
                f"{opcode.name}. Write the frame with `to_parquet`, or with format='fixed'."
            )
    return words
