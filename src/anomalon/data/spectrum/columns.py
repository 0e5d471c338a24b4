"""`Column`: the numbers of one column as they are written, with what they were rounded to."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadRows

__all__ = ["Block", "Column"]

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class Column:
    """One column of numbers.

    Args:
        name: As in the file.
        values: Shape (row,); NaN where there is no number.
        steps: Unit in the last digit that is written, shape (row,); 0 for binary numbers.
        percent: Whether the cells are written in percent.
        words: Cells that are no number, by their row.
        mixed: A cell in percent and one that is not, if there are both.
    """

    name: str
    values: Floats
    steps: Floats
    percent: bool = False
    words: tuple[tuple[int, str], ...] = ()
    mixed: tuple[str, ...] = ()

    @classmethod
    def binary(cls, name: str, values: NDArray[Any]) -> "Column":
        """A column of numbers that were not written as text."""
        values = np.asarray(values, dtype=np.float64)
        return cls(name, values, np.zeros(len(values)))

    def taken(self, rows: NDArray[Any]) -> "Column":
        """The same with some rows, in the given order."""
        there = set(np.asarray(rows).tolist())
        words = tuple((row, word) for row, word in self.words if row in there)
        return replace(self, values=self.values[rows], steps=self.steps[rows], words=words)

    def check_unit(self, where: str) -> None:
        """Raise `BadLayout` if some cells are in percent, and others are not."""
        if self.mixed:
            signed, bare = (cell.strip() for cell in self.mixed)
            raise BadLayout(
                f"{where}: expected `{self.name}` in one unit, got {signed!r} as well as {bare!r}. "
                "Write percent in all cells, or in none."
            )

    def check(self, what: str) -> None:
        """Raise `BadRows` if a cell is empty, a word, NaN or infinite."""
        if self.words and not np.isfinite(self.values).all():
            rows = tuple(row for row, _ in self.words)
            raise BadRows(
                what, "finite numbers", f"{self.words[0][1]!r}", len(rows), rows, len(self.values),
                "Write a number there, or leave the whole row out.",
            )  # fmt: skip
        check.finite(self.values, what)


@dataclass(frozen=True, eq=False)
class Block:
    """A table in a file.

    Args:
        columns: Of equal length, in the order of the file.
        name: As the file calls it, or "".
        idle: Columns of words, and the first of these.
        in_order: Whether errors follow the values that they belong to, as HEPData writes them.
        notes: What is remarkable about the way it is written, for people.
    """

    columns: tuple[Column, ...]
    name: str = ""
    idle: tuple[tuple[str, str], ...] = ()
    in_order: bool = False
    notes: tuple[str, ...] = ()

    def names(self) -> list[str]:
        """Of the columns."""
        return [column.name for column in self.columns]
