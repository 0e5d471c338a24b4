"""`RowsOfJets`: tables with one row per constituent and a column that numbers the jets (CSV, …)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout, ColumnMissing, suggest
from anomalon.data.columns import identities
from anomalon.data.jets.ragged import Ragged
from anomalon.data.jets.roles import JetRoles, Lists
from anomalon.data.table import Table

__all__ = ["RowsOfJets"]

_AT_ONCE = 4_000_000


@dataclass(frozen=True)
class RowsOfJets(Ragged):
    """A table whose rows are constituents, those of a jet one after the other.

    Args:
        table: The table.
        starts: Shape (jet + 1,): the row at which each jet begins.
        jet: Numbers of the jets.
    """

    table: Table = None  # type: ignore[assignment]
    starts: NDArray[np.int64] = None  # type: ignore[assignment]
    jet: NDArray[np.int64] = None  # type: ignore[assignment]

    @classmethod
    def of(cls, table: Table, jet: str) -> "RowsOfJets":
        """The jets of a table.

        Raises:
            ColumnMissing: If there is no such column.
            BadLayout: If the rows of a jet are not together.
        """
        where = str(table.path)
        if jet not in table.dtypes:
            raise ColumnMissing(
                f"{where}: `jet`: expected the name of a column that numbers the jets, got "
                f"'{jet}', which is not there; {suggest(jet, table.dtypes)}"
            )
        parts = [
            identities(
                table.read([jet], first, min(first + _AT_ONCE, table.n_rows))[jet],
                f"{where}: jet '{jet}'",
            )
            for first in range(0, table.n_rows, _AT_ONCE)
        ]
        number = np.concatenate([np.empty(0, np.int64), *parts])
        begins = np.flatnonzero(np.concatenate([[True], np.diff(number) != 0])[: len(number)])
        numbers = number[begins]
        if len(np.unique(numbers)) < len(numbers):
            seen, often = np.unique(numbers, return_counts=True)
            raise BadLayout(
                f"{where}: expected the rows of a jet one after the other, but jet "
                f"{seen[often > 1][0]} of column '{jet}' begins {often.max()} times. Sort the "
                "table by this column, and number jets through if each event counts anew."
            )
        kinds = {name: f"a column of {dtype}" for name, dtype in table.dtypes.items()}
        return cls(
            path=table.path,
            layout=f"{table.layout}, one row per constituent",
            n_jets=len(begins),
            lists=kinds,
            numbers=kinds,
            table=table,
            starts=np.concatenate([begins, [len(number)]]),
            jet=numbers,
        )

    def read(self, roles: JetRoles, start: int, stop: int) -> Lists:
        """The rows of these jets; a number per jet is that of its first row."""
        first, last = int(self.starts[start]), int(self.starts[stop])
        named = [name for _, name in roles.constituents]
        wanted = list(dict.fromkeys((*named, *roles.numbers)))
        rows = self.table.read(wanted, first, last)
        begins = self.starts[start:stop] - first
        columns: dict[str, NDArray[Any]] = {role: rows[name] for role, name in roles.constituents}
        return Lists(
            columns,
            self.starts[start : stop + 1] - first,
            {name: rows[name][begins] for name in roles.numbers},
            self.jet[start:stop],
        )
