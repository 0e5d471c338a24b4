"""Tables in Parquet and CSV files, read with pyarrow."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout
from anomalon.data.columns import Columns
from anomalon.data.source import reading
from anomalon.data.table import Table

__all__ = ["SAMPLE_METADATA", "open_csv", "open_parquet", "read_words"]

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


def open_csv(path: Path) -> CsvTable:
    """The table in a text file whose first line has the column names; lines with # come before it.

    Raises:
        BadLayout: If the first line holds numbers, or a line has not as many fields as that one.
        DataError: If the file is broken.
    """
    layout = "a table in text (CSV)"
    with reading(path, layout):
        n_before, head, empty = _first_line(path)
        if not head:
            raise BadLayout(f"{path}: expected a line of column names, got only comments.")
        delimiter = max(",;\t", key=head.count)
        names = [name.strip().strip('"') for name in head.split(delimiter)]
        if all(_is_number(name) for name in names):
            raise BadLayout(
                f"{path}: expected column names in the first line, got numbers "
                f"({head.strip()[:60]}). Add a first line, without #, that names the columns."
            )
        content = (
            pa.table([pa.nulls(0)] * len(names), names=names)
            if empty
            else _read_csv(path, delimiter, n_before, names)
        )
        content = content.rename_columns([name.strip() for name in content.column_names])
    dtypes, unread = _types(content.schema, path)
    return CsvTable(path, layout, content.num_rows, dtypes, unread, content=content)


def _first_line(path: Path) -> tuple[int, str, bool]:
    """How many lines are comments or empty, the line after them, and whether it is the last."""
    with path.open(encoding="utf-8-sig") as file:
        n_before = 0
        while (line := file.readline()) and (line.startswith("#") or not line.strip()):
            n_before += 1
        return n_before, line, not file.read(1)


def _read_csv(path: Path, delimiter: str, n_before: int, names: list[str]) -> pa.Table:
    try:
        return pa.csv.read_csv(
            path,
            read_options=pa.csv.ReadOptions(skip_rows=n_before),
            parse_options=pa.csv.ParseOptions(
                delimiter=delimiter,
                ignore_empty_lines=True,
                invalid_row_handler=lambda row: "skip" if row.text.startswith("#") else "error",
            ),
        )
    except pa.ArrowInvalid:
        _check_fields(path, delimiter, names)
        raise


def _check_fields(path: Path, delimiter: str, names: list[str]) -> None:
    """Raise `BadLayout` for the first line that has not one field for each name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, delimiter=delimiter)
        for fields in lines:
            if not fields or fields[0].startswith("#") or len(fields) == len(names):
                continue
            shown = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
            raise BadLayout(
                f"{path}: expected {len(names)} fields in every line ({shown}), got {len(fields)} "
                f"in line {lines.line_num}: {delimiter.join(fields)[:60]!r}. Repair this line; if "
                "it is the last one, the file is not complete."
            )


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _types(schema: pa.Schema, path: Path) -> tuple[dict[str, np.dtype[Any]], dict[str, str]]:
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
