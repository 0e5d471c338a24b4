"""Tables in Parquet and CSV files, read with pyarrow."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout
from anomalon.data.columns import Columns
from anomalon.data.source import reading
from anomalon.data.table import Table

__all__ = ["SAMPLE_METADATA", "open_csv", "open_parquet"]

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
        return _arrays(table.slice(start - int(ends[first]), stop - start), names)


@dataclass(frozen=True)
class CsvTable(Table):
    """A CSV file, which has to be read as a whole to be understood."""

    content: Any = None

    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some columns of the rows start <= row < stop."""
        return _arrays(self.content.slice(start, stop - start), names)


def open_parquet(path: Path) -> ParquetTable:
    """The table in a Parquet file.

    Raises:
        DataError: If the file is broken.
    """
    layout = "a Parquet table"
    with reading(path, layout), pa.parquet.ParquetFile(path) as file:
        schema, n_rows = file.schema_arrow, file.metadata.num_rows
    default, source = _noted(schema)
    dtypes, unread = _types(schema, path)
    return ParquetTable(path, layout, n_rows, dtypes, unread, default, source)


def open_csv(path: Path) -> CsvTable:
    """The table in a text file with a first line of column names.

    Raises:
        BadLayout: If the first line holds numbers.
        DataError: If the lines do not all have the same number of fields.
    """
    layout = "a table in text (CSV)"
    with reading(path, layout):
        with path.open(encoding="utf-8-sig") as file:
            head = file.readline()
            empty = not file.read(1)
        delimiter = max(",;\t", key=head.count)
        names = [name.strip().strip('"') for name in head.split(delimiter)]
        if all(_is_number(name) for name in names):
            raise BadLayout(
                f"{path}: expected column names in the first line, got numbers "
                f"({head.strip()[:60]}). Add a first line that names the columns."
            )
        parse = pa.csv.ParseOptions(delimiter=delimiter, ignore_empty_lines=True)
        content = (
            pa.table([pa.nulls(0)] * len(names), names=names)
            if empty
            else pa.csv.read_csv(path, parse_options=parse)
        )
        content = content.rename_columns([name.strip() for name in content.column_names])
    dtypes, unread = _types(content.schema, path)
    return CsvTable(path, layout, content.num_rows, dtypes, unread, content=content)


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _types(schema: pa.Schema, path: Path) -> tuple[dict[str, np.dtype[Any]], dict[str, str]]:
    twice = sorted({name for name in schema.names if schema.names.count(name) > 1})
    if twice:
        raise BadLayout(f"{path}: expected every column name once, got {twice} more than once.")
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


def _arrays(table: pa.Table, names: list[str]) -> dict[str, NDArray[Any]]:
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
