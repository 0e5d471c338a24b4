"""`ParquetJets`: Parquet files with one row per jet and columns of lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout
from anomalon.data.jets.ragged import Ragged
from anomalon.data.jets.roles import JetRoles, Lists
from anomalon.data.source import reading

__all__ = ["ParquetJets"]


@dataclass(frozen=True)
class ParquetJets(Ragged):
    """A Parquet file with lists, read by row groups."""

    @classmethod
    def of(cls, path: Path) -> "ParquetJets":
        """The lists and the numbers of a file.

        Raises:
            DataError: If the file is broken.
        """
        layout = "lists in Parquet"
        with reading(path, layout), pa.parquet.ParquetFile(path) as file:
            kinds = {column.name: column.type for column in file.schema_arrow}
            n_rows = file.metadata.num_rows
        lists = {
            name: f"a column of {kind}"
            for name, kind in kinds.items()
            if _is_list(kind) and _is_number(kind.value_type)
        }
        numbers = {name: f"a column of {k}" for name, k in kinds.items() if _is_number(k)}
        known = {*lists, *numbers}
        unfit = {name: f"a column of {k}" for name, k in kinds.items() if name not in known}
        return cls(path, layout, n_rows, lists, numbers, unfit=unfit)

    def read(self, roles: JetRoles, start: int, stop: int) -> Lists:
        """The rows start <= row < stop; only the row groups that hold them."""
        named = [name for _, name in roles.constituents]
        wanted = list(dict.fromkeys((*named, *roles.numbers)))
        with pa.parquet.ParquetFile(self.path) as file:
            groups = range(file.num_row_groups)
            ends = np.cumsum([0, *(file.metadata.row_group(g).num_rows for g in groups)])
            first = int(np.searchsorted(ends, start, side="right")) - 1
            last = int(np.searchsorted(ends, stop, side="left"))
            table = file.read_row_groups(list(range(first, last)), columns=wanted)
        table = table.slice(start - int(ends[first]), stop - start)
        for name in wanted:
            if table.column(name).null_count:
                raise BadLayout(
                    f"{self.path}: column '{name}' has {table.column(name).null_count} missing "
                    "values: expected a list (which may be empty) or a number for each jet."
                )
        read = {name: _flat(table.column(name)) for name in named}
        sizes = {name: counts for name, (_, counts) in read.items()}
        offsets = common_offsets(sizes, f"{self.path}, rows {start} to {stop}")
        return Lists(
            {role: read[name][0] for role, name in roles.constituents},
            offsets,
            {name: table.column(name).to_numpy() for name in roles.numbers},
            np.arange(start, stop),
        )


def common_offsets(sizes: Mapping[str, NDArray[np.integer[Any]]], where: str) -> NDArray[np.int64]:
    """Where the constituents of each jet begin, if all lists of a jet are equally long.

    Raises:
        BadLayout: If they are not.
    """
    (first, counts), *others = sizes.items()
    for name, more in others:
        if not np.array_equal(counts, more):
            jet = int(np.flatnonzero(counts != more)[0]) if len(counts) == len(more) else 0
            raise BadLayout(
                f"{where}: expected lists of one length for each jet, got {counts[jet]} entries in "
                f"'{first}' and {more[jet]} in '{name}' for jet {jet} of these."
            )
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _flat(column: Any) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """The numbers in all lists of a column, and how many each list has."""
    lists = column.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):  # no rows, no chunks
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], column.type)
    counts = pa.compute.list_value_length(lists).to_numpy(zero_copy_only=False)
    return lists.flatten().to_numpy(zero_copy_only=False), counts.astype(np.int64)


def _is_list(kind: Any) -> bool:
    tests = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    return any(test(kind) for test in tests)


def _is_number(kind: Any) -> bool:
    tests = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return any(test(kind) for test in tests)
