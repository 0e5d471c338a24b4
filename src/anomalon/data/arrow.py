"""Tables in Parquet files, read with pyarrow, and what those in text share with them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.data.columns import Columns
from anomalon.data.source import reading
from anomalon.data.table import Table

__all__ = ["SAMPLE_METADATA", "arrays_of", "open_parquet", "types_of"]

SAMPLE_METADATA = b"anomalon"
"""Key of the schema metadata in which `anomalon.data.write` notes what the columns mean."""


@dataclass(frozen=True)
class ParquetTable(Table):
    """A Parquet file, read by row groups."""

    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some columns of the rows start <= row < stop; only the row groups that hold them."""
        with pa.parquet.ParquetFile(self.path) as file:
            sizes = [file.metadata.row_group(g).num_rows for g in range(file.num_row_groups)]
            ends = np.cumsum([0, *sizes])
            first = int(np.searchsorted(ends, start, side="right")) - 1
            last = int(np.searchsorted(ends, stop, side="left"))
            table = file.read_row_groups(list(range(first, last)), columns=names)
        return arrays_of(table.slice(start - int(ends[first]), stop - start), names)


def open_parquet(path: Path) -> ParquetTable:
    """The table in a Parquet file.

    Raises:
        DataError: If the file is broken.
    """
    layout = "a Parquet table"
    with reading(path, layout), pa.parquet.ParquetFile(path) as file:
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
        default, source = _noted(schema)
    dtypes, unread = types_of(schema, path)
    return ParquetTable(path, layout, n_rows, dtypes, unread, default, source)


def types_of(schema: pa.Schema, path: Path) -> tuple[dict[str, np.dtype[Any]], dict[str, str]]:
    """The types of the columns of numbers, and those of the others, for people.

    Raises:
        BadLayout: If a name occurs twice.
    """
    check.distinct(schema.names, f"{path}: columns")
    dtypes, unread = {}, {}
    for column in schema:
        kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            dtypes[column.name] = np.dtype(kind.to_pandas_dtype())
        elif pa.types.is_null(kind):  # a column without a single value
            dtypes[column.name] = np.dtype(np.float64)
        else:
            unread[column.name] = str(kind)
    return dtypes, unread


def arrays_of(table: pa.Table, names: list[str]) -> dict[str, NDArray[Any]]:
    """Columns as numpy arrays; a missing value becomes NaN, which the checks then find."""
    out = {}
    for name in names:
        column = table.column(name)
        if pa.types.is_null(column.type) or (column.null_count and not _floating(column.type)):
            column = column.cast(pa.float64(), safe=False)
        out[name] = column.to_numpy()
    return out


def _floating(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind))


def _noted(schema: pa.Schema) -> tuple[Columns | None, str | None]:
    """What `write` noted: the meaning of the columns, and where the events came from."""
    text = (schema.metadata or {}).get(SAMPLE_METADATA)
    if text is None:
        return None, None
    note = json.loads(text)
    roles = {role: note.get(role) for role in ("weight", "label", "event")}
    features = tuple((name, column) for name, column in note["features"])
    return Columns(mass=note["mass"], features=features, **roles), note["source"]
