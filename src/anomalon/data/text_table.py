"""Tables in text (CSV), read with pyarrow: short ones at once, long ones block by block.

What type a column has is decided by all of its values. A long text is therefore gone through once,
in blocks, before anything is read of it; it never lies in the memory as a whole.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout
from anomalon.data.arrow import arrays_of, types_of
from anomalon.data.source import reading
from anomalon.data.table import Table

__all__ = ["open_csv"]

WHOLE = 64 * 2**20
"""Bytes up to which a text is read at once."""
BLOCK = 16 * 2**20
"""Bytes of a longer one that are read at a time."""


@dataclass(frozen=True)
class CsvTable(Table):
    """A text that has been read."""

    content: Any = None

    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some columns of the rows start <= row < stop."""
        return arrays_of(self.content.slice(start, stop - start), names, self.dtypes)


@dataclass(frozen=True)
class _Block:
    """Some lines of a text: where they begin, how long they are, and which rows they hold."""

    begin: int
    n_bytes: int
    first: int
    end: int


@dataclass(frozen=True)
class LongCsvTable(Table):
    """A text that is read in blocks."""

    delimiter: str = ","
    types: Mapping[str, pa.DataType] = field(default_factory=dict)
    blocks: tuple[_Block, ...] = ()

    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some columns of the rows start <= row < stop; only the blocks that hold them."""
        types = {name: self.types[name] for name in names}
        parts, first = [], None
        with self.path.open("rb") as file:
            for block in self.blocks:
                if block.end > start and block.first < stop:
                    first = block.first if first is None else first
                    file.seek(block.begin)
                    text = file.read(block.n_bytes)
                    parts.append(_parse(text, self.delimiter, list(self.types), types))
        rows = pa.concat_tables(parts).slice(start - (first or 0), stop - start)
        return arrays_of(rows, names, self.dtypes)


def open_csv(path: Path) -> CsvTable | LongCsvTable:
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
        if path.stat().st_size > WHOLE:
            return _open_long(path, layout, delimiter, n_before)
        content = (
            pa.table([pa.nulls(0)] * len(names), names=names)
            if empty
            else _read_csv(path, delimiter, n_before, names)
        )
        content = content.rename_columns([name.strip() for name in content.column_names])
    dtypes, unread = types_of(content.schema, path, _with_gaps(content))
    return CsvTable(path, layout, content.num_rows, dtypes, unread, content=content)


def _open_long(path: Path, layout: str, delimiter: str, n_before: int) -> LongCsvTable:
    """The table in a text that is read in blocks: their places, and the types of all together."""
    with path.open("rb") as file:
        for _ in range(n_before):
            file.readline()
        head = file.readline().decode("utf-8-sig")
        names = [name.strip() for name in next(csv.reader([head], delimiter=delimiter))]
        check.distinct(names, f"{path}: columns")
        blocks, types, n_rows = [], dict.fromkeys(names, pa.null()), 0
        gaps: set[str] = set()
        while text := file.read(BLOCK) + file.readline():
            begin = file.tell() - len(text)
            try:
                part = _parse(text, delimiter, names)
            except pa.ArrowInvalid:
                _check_fields(path, delimiter, names)
                raise
            types = {name: _wider(types[name], part.schema.field(name).type) for name in names}
            gaps |= _with_gaps(part)
            if part.num_rows:
                blocks.append(_Block(begin, len(text), n_rows, n_rows + part.num_rows))
            n_rows += part.num_rows
    dtypes, unread = types_of(pa.schema(types), path, gaps)
    return LongCsvTable(
        path,
        layout,
        n_rows,
        dtypes,
        unread,
        delimiter=delimiter,
        types=types,
        blocks=tuple(blocks),
    )


def _parse(
    text: bytes,
    delimiter: str,
    names: list[str],
    types: Mapping[str, pa.DataType] | None = None,
) -> pa.Table:
    """The rows in some lines of text, as columns of these names; only those that `types` has."""
    if not text.strip():
        return pa.table({name: pa.nulls(0) for name in names})
    return pa.csv.read_csv(
        pa.BufferReader(text),
        read_options=pa.csv.ReadOptions(column_names=names),
        parse_options=_how(delimiter),
        convert_options=pa.csv.ConvertOptions(
            column_types=types, include_columns=None if types is None else list(types)
        ),
    )


def _with_gaps(content: pa.Table) -> set[str]:
    pairs = zip(content.column_names, content.columns, strict=True)
    return {name for name, column in pairs if column.null_count}


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    """The type of a column that has these in two blocks; text if they do not go together."""
    if one == other or pa.types.is_null(other):
        return one
    if pa.types.is_null(one):
        return other
    return pa.float64() if {one, other} == {pa.int64(), pa.float64()} else pa.string()


def _how(delimiter: str) -> pa.csv.ParseOptions:
    return pa.csv.ParseOptions(
        delimiter=delimiter,
        ignore_empty_lines=True,
        invalid_row_handler=lambda row: "skip" if row.text.startswith("#") else "error",
    )


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
            parse_options=_how(delimiter),
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
