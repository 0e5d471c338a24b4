"""Scores beside event numbers, as Parquet: at once, or as they come."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.atomic import write_atomically
from anomalon.core.errors import BadLayout, BadValue

__all__ = ["ScoreTable", "score_table", "write_scores"]

_ROWS = 1_000_000


class ScoreTable(Protocol):
    """Takes columns, some rows at a time."""

    def __call__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        """Add rows; columns have one length, and the names and types of the first call."""


def write_scores(columns: Mapping[str, NDArray[Any]], path: str | Path) -> Path:
    """Write columns of numbers or texts to a Parquet file, completely or not at all.

    Args:
        columns: By name, each of shape (event,).
        path: Where to; it ends in .parquet.

    Raises:
        BadLayout: If columns differ in length, or there are none.
        BadValue: If the suffix is that of another format.
        DataError: If the file cannot be written.
    """
    with score_table(path) as add:
        add(columns)
    return Path(path)


@contextmanager
def score_table(path: str | Path) -> Iterator[ScoreTable]:
    """A Parquet file that takes rows as they come, and is there whole or not at all.

    Args:
        path: As for `write_scores`.
    """
    path = Path(path)
    if path.suffix != ".parquet":
        raise BadValue(f"{path}: expected a path that ends in .parquet for a table of scores.")
    writer: pa.parquet.ParquetWriter | None = None
    with write_atomically(path) as temporary:

        def add(columns: Mapping[str, NDArray[Any]]) -> None:
            nonlocal writer
            table = _table(columns, str(path))
            if writer is None:
                writer = pa.parquet.ParquetWriter(temporary, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=_ROWS)

        try:
            yield add
        finally:
            if writer is not None:
                writer.close()
        if writer is None:
            raise BadLayout(f"{path}: expected scores to write, got none.")


def _table(columns: Mapping[str, NDArray[Any]], where: str) -> pa.Table:
    if not columns:
        raise BadLayout(f"{where}: expected columns to write, got none.")
    n = len(next(iter(columns.values())))
    for name, values in columns.items():
        check.length(values, n, f"{where}: column '{name}'")
    made = {
        name: pa.array(values).dictionary_encode() if values.dtype.kind == "U" else pa.array(values)
        for name, values in columns.items()
    }
    return pa.table(made)
