"""Tables of one number per event and column, and the `Source` that turns one into events."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events, Sample
from anomalon.core.errors import BadLayout
from anomalon.data.columns import DIJET_FEATURES, Columns
from anomalon.data.source import Source

__all__ = ["Table", "TableSource", "dijet_columns"]

_LABELS = 1_000_000  # that are looked at, at a time
DIJET_ALIASES = {"dmJ": ("dmJ", "delta_mJ")}


@dataclass(frozen=True)
class Table(ABC):
    """Columns of equal length in a file.

    Args:
        path: The file.
        layout: What it is, for people.
        n_rows: Its length.
        dtypes: The columns of numbers, in the order of the file.
        unread: The columns that are not one number per event, and their types.
        default: The columns of a sample, where the file says itself that it is one.
        source: Where the events came from, where the file says so.
    """

    path: Path
    layout: str
    n_rows: int
    dtypes: Mapping[str, np.dtype[Any]]
    unread: Mapping[str, str]
    default: Columns | None = None
    source: str | None = None

    @abstractmethod
    def read(self, names: list[str], start: int, stop: int) -> dict[str, NDArray[Any]]:
        """Some columns of the rows start <= row < stop."""


@dataclass(frozen=True)
class TableSource(Source):
    """A table as a source: of a `Sample` if its columns are known, of bare `Events` otherwise."""

    table: Table = None  # type: ignore[assignment]
    columns: Columns | None = None

    @classmethod
    def of(cls, table: Table, options: Mapping[str, Any]) -> "TableSource":
        """The source for a table and the options that name its columns.

        Raises:
            BadLayout: If the table has no column of numbers.
            ColumnMissing: If a named column is not there.
        """
        if not table.dtypes and table.n_rows:
            found = [f"'{name}' ({kind})" for name, kind in list(table.unread.items())[:5]]
            raise BadLayout(
                f"{table.path} ({table.layout}): expected columns with one number per event, got "
                + (", ".join(found) if found else "no columns at all")
                + "."
            )
        columns = table.default or dijet_columns(table.dtypes)
        if options:
            columns = Columns.of(options, columns, str(table.path))
        if columns is not None and table.n_rows:  # an empty text has no types either
            columns.check(table.dtypes, table.unread, str(table.path))
        used = list(table.dtypes) if columns is None else columns.names()
        idle = [name for name in table.dtypes if name not in used]
        return cls(
            path=table.path,
            layout=table.layout + _meaning(table, columns, options),
            n_events=table.n_rows,
            bytes_per_event=8 * (len(used) + 3),
            unread=(*idle, *(f"{name} ({kind})" for name, kind in table.unread.items())),
            table=table,
            columns=columns,
        )

    def _read(self, start: int, stop: int) -> Events | Sample:
        source = str(self.path) if self.table.source is None else self.table.source
        if self.columns is not None:
            data = self.table.read(self.columns.names(), start, stop)
            return self.columns.sample(data, start, source)
        data = self.table.read(list(self.table.dtypes), start, stop)
        label = data.pop("label") if self._has_truth else None
        if self.table.unread:
            n = len(self.table.unread)
            source += f" ({n} columns without one number per event left out)"
        empty = np.zeros((stop - start, 0, 0), dtype=np.float32)
        return Events(empty, (), (), label=label, columns=data, source=source)

    @cached_property
    def _has_truth(self) -> bool:
        """Whether a column `label` of a bare table is the truth: 0 or 1 in every row of the file.

        All rows decide, not those of one piece, so that pieces agree with the whole.
        """
        if "label" not in self.table.dtypes:
            return False
        for start in range(0, self.n_events, _LABELS):
            stop = min(start + _LABELS, self.n_events)
            if not np.isin(self.table.read(["label"], start, stop)["label"], (0, 1)).all():
                return False
        return True


def _meaning(table: Table, columns: Columns | None, options: Mapping[str, Any]) -> str:
    if columns is None:
        return ""
    if options:
        return ", columns as told"
    return ", a sample written by anomalon" if table.default else ", dijet features"


def dijet_columns(names: Mapping[str, Any]) -> Columns | None:
    """The columns of a table of dijet features, or None if it is none.

    It is one if it has `mjj` and `mJ1`; `delta_mJ` is another name for `dmJ`.
    """
    if "mjj" not in names or "mJ1" not in names:
        return None
    features = []
    for name in DIJET_FEATURES:
        found = [alias for alias in DIJET_ALIASES.get(name, (name,)) if alias in names]
        features += [(name, alias) for alias in found[:1]]
    weight, label, event = (n if n in names else None for n in ("weight", "label", "event"))
    return Columns("mjj", tuple(features), weight, label, event)
