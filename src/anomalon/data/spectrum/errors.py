"""`Errors`: the columns of one uncertainty, and to which values they belong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadNumbers
from anomalon.data.spectrum.columns import Column
from anomalon.data.spectrum.consistency import are_of_a_count
from anomalon.data.spectrum.error_name import ErrorName
from anomalon.data.spectrum.kinds import Named

__all__ = ["Errors", "error_groups", "errors_from_squares"]

Floats = NDArray[np.floating[Any]]

_PARTS = {"percent": 0.01, "per mille": 0.001}


@dataclass(frozen=True, eq=False)
class Errors:
    """One uncertainty of one column of values.

    Args:
        name: For people: "stat +/-".
        columns: Names of its columns.
        places: Of these among the columns of the table.
        what: What the name says.
        down: Errors downwards, shape (bin,), in the unit of the values.
        up: Errors upwards.
        down_step: Unit in the last digit of `down`.
        up_step: The same of `up`.
        squares: Variances, where the file has those instead of errors.
        note: What was made of them, for people.
    """

    name: str
    columns: tuple[str, ...]
    places: tuple[int, ...]
    what: ErrorName
    down: Floats
    up: Floats
    down_step: Floats
    up_step: Floats
    squares: Floats | None = None
    note: str = ""

    @property
    def variances(self) -> Floats:
        """Mean square of both sides."""
        if self.squares is not None:
            return self.squares
        return np.asarray((self.down**2 + self.up**2) / 2)

    @property
    def slack(self) -> Floats:
        """What rounding may change in the variances, as a share."""
        size = np.maximum(self.down, self.up)
        step = np.maximum(self.down_step, self.up_step)
        return np.asarray(step / np.where(size > 0, size, 1.0))  # half a step, twice as a square

    def times(self, factor: Floats | float) -> "Errors":
        """The same for values that are multiplied."""
        names = ("down", "up", "down_step", "up_step")
        scaled = {name: getattr(self, name) * factor for name in names}
        squares = None if self.squares is None else self.squares * np.square(factor)
        return replace(self, squares=squares, **scaled)

    def of(self, values: Floats, where: str) -> "Errors":
        """The same in the unit of the values, if they are relative.

        Raises:
            BadNumbers: If they may be either shares or percent.
        """
        if self.what.scale == "absolute":
            return self
        if self.what.scale in _PARTS:
            return self.times(values * _PARTS[self.what.scale])
        shares, percent = self.times(values), self.times(values * _PARTS["percent"])
        if percent.is_of_count(values):
            return replace(percent, note="in percent, for then they are those of plain events")
        if max(self.down.max(), self.up.max()) > 1 and not shares.is_of_count(values):
            raise BadNumbers(
                f"{where}: relative errors `{self.name}` reach {self.up.max():g}: they may be "
                f"shares or percent. Name the column '{self.name} [%]' if it is in percent, or "
                "write absolute errors."
            )
        return shares

    def is_of_count(self, values: Floats) -> bool:
        """Whether they are those of plain events."""
        return are_of_a_count(values, self.down, self.up, self.down_step, self.up_step)

    def equal(self, variances: Floats) -> bool:
        """Whether they are the same as these variances, to rounding."""
        return bool(np.all(np.abs(self.variances - variances) <= (0.01 + self.slack) * variances))

    def check(self, values: Floats, where: str) -> "Errors":
        """The same, with 0 for what is missing in empty bins.

        Raises:
            BadNumbers: If an error is no number, or infinite, elsewhere, or a variance negative.
        """
        if self.squares is not None:
            check.non_negative(self.squares, f"{where}: variances `{self.name}`")
        empty = values == 0
        down, up = (np.where(empty & ~np.isfinite(e), 0.0, e) for e in (self.down, self.up))
        for side in (down, up):
            check.finite(side, f"{where}: errors `{self.name}`")
        squares = None if self.squares is None else np.where(up > 0, self.squares, 0.0)
        return replace(self, down=down, up=up, squares=squares)


def errors_from_squares(name: str, squares: Floats) -> Errors:
    """The errors of a histogram that keeps the sum of the squares of its weights."""
    what = ErrorName("both", squared=True, scale="absolute", source="", subject=frozenset())
    exact = np.zeros(len(squares))
    errors = np.sqrt(np.where(squares < 0, np.nan, squares))
    return Errors(name, (name,), (), what, errors, errors, exact, exact, squares)


def error_groups(columns: Sequence[Named]) -> list[Errors]:
    """The columns of errors, two sides of one uncertainty together, in the order of the file."""
    groups: list[list[tuple[int, Named, ErrorName]]] = []
    for place, column in enumerate(columns):
        error = column.error
        if error is None:
            continue
        for group in groups:
            same = _key(group[0][2]) == _key(error) and error.side != "both"
            if same and all(e.side not in (error.side, "both") for _, _, e in group):
                group.append((place, column, error))
                break
        else:
            groups.append([(place, column, error)])
    return [_group(group) for group in groups]


def _key(error: ErrorName) -> tuple[Any, ...]:
    return error.stem, error.squared, error.scale, error.source, error.subject


def _group(group: list[tuple[int, Named, ErrorName]]) -> Errors:
    sides = {error.side: named.column for _, named, error in group}
    one = group[0][1].column
    names = tuple(named.name for _, named, _ in group)
    down, down_step = _absolute(sides.get("down", sides.get("both", one)), group[0][2])
    up, up_step = _absolute(sides.get("up", sides.get("both", one)), group[0][2])
    shown = names[0] if len(names) == 1 else _shown(*names)
    squares = one.values if group[0][2].squared and len(group) == 1 else None
    places = tuple(place for place, _, _ in group)
    return Errors(shown, names, places, group[0][2], down, up, down_step, up_step, squares)


def _shown(one: str, other: str) -> str:
    """Two sides by one name: "stat +" and "stat -" are "stat +/-"."""
    if one.rstrip(" +-") == other.rstrip(" +-") and {one[-1], other[-1]} == {"+", "-"}:
        return f"{one.rstrip(' +-')} +/-".strip()
    return f"{one}` and `{other}"


def _absolute(column: Column, error: ErrorName) -> tuple[Floats, Floats]:
    """Errors and their last digits, without sign and not squared; NaN for a negative variance."""
    if not error.squared:
        return np.abs(column.values), column.steps
    root = np.sqrt(np.where(column.values < 0, np.nan, column.values))
    return root, np.where(root > 0, column.steps / (2 * np.where(root > 0, root, 1.0)), 0.0)
