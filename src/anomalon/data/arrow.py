"""Tables in Parquet files, read with pyarrow, and what those in text share with them."""

import json
from collections.abc import Collection, Mapping
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

__all__ = ["SAMPLE_METADATA", "arrays_of", "open_parquet", "read_words", "types_of"]

_TEXT_TYPES = ("string", "large_string", "string_view")

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
        table = table.slice(start - int(ends[first]), stop - start)
        return arrays_of(table, names, self.dtypes)


def open_parquet(path: Path) -> ParquetTable:
    """The table in a Parquet file.

    Raises:
        DataError: If the file is broken.
    """
    layout = "a Parquet table"
    with reading(path, layout), pa.parquet.ParquetFile(path) as file:
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
        default, source = _noted(schema)
        dtypes, unread = types_of(schema, path, _with_gaps(file.metadata))
    return ParquetTable(path, layout, n_rows, dtypes, unread, default, source)


def read_words(path: Path, table: ParquetTable) -> dict[str, list[str]]:
    """The columns of a Parquet table that hold text; "" for missing values."""
    schema = {name: kind for name, kind in table.unread.items() if kind in _TEXT_TYPES}
    if not schema:
        return {}
    with reading(path, table.layout):
        found = pa.parquet.read_table(path, columns=list(schema))
    return {
        name: ["" if cell is None else str(cell) for cell in found.column(name).to_pylist()]
        for name in schema
    }


def types_of(
    schema: pa.Schema, path: Path, gaps: Collection[str]
) -> tuple[dict[str, np.dtype[Any]], dict[str, str]]:
    """The types of the columns of numbers, and those of the others, for people.

    Args:
        schema: Names and types as they are written.
        path: The file, for messages.
        gaps: Columns without a number in some rows: of whole numbers, these become floats in every
            row, so that pieces agree with the whole.

    Raises:
        BadLayout: If a name occurs twice.
    """
    check.distinct(schema.names, f"{path}: columns")
    dtypes, unread = {}, {}
    for column in schema:
        kind = column.type
        if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
            dtypes[column.name] = np.dtype(kind.to_pandas_dtype())
            if column.name in gaps and not _floating(kind):
                dtypes[column.name] = np.dtype(np.float64)
        elif pa.types.is_null(kind):  # a column without a single value
            dtypes[column.name] = np.dtype(np.float64)
        else:
            unread[column.name] = str(kind)
    return dtypes, unread


def _with_gaps(metadata: Any) -> set[str]:
    """The columns of a Parquet file that lack a number somewhere, as far as it says so."""
    found = set()
    for g in range(metadata.num_row_groups):
        group = metadata.row_group(g)
        for c in range(group.num_columns):
            about = group.column(c)
            known = about.statistics
            if known is not None and known.has_null_count and known.null_count:
                found.add(about.path_in_schema)
    return found


def arrays_of(
    table: pa.Table, names: list[str], dtypes: Mapping[str, np.dtype[Any]]
) -> dict[str, NDArray[Any]]:
    """Columns as numpy arrays; a missing value becomes NaN, which the checks then find."""
    out = {}
    for name in names:
        column = table.column(name)
        to_float = column.null_count or np.issubdtype(dtypes[name], np.floating)
        if to_float and not _floating(column.type):
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
