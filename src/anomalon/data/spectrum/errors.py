"""`Errors`: the columns of one uncertainty, and to which values they belong."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, BadNumbers
from anomalon.data.spectrum.columns import Column
from anomalon.data.spectrum.consistency import are_of_a_count, are_of_one_weight
from anomalon.data.spectrum.error_name import ErrorName
from anomalon.data.spectrum.kinds import Named
from anomalon.data.spectrum.quantity import IN_FB, Quantity

__all__ = ["PARTS", "Errors", "error_groups", "errors_from_squares"]

Floats = NDArray[np.floating[Any]]

PARTS = {"percent": 0.01, "per mille": 0.001, "per million": 1e-6}
"""Scales of relative errors as shares."""


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
        if self.what.scale in PARTS:
            return self.times(values * PARTS[self.what.scale])
        shares, percent = self.times(values), self.times(values * PARTS["percent"])
        if percent.is_of_count(values):
            return replace(percent, note="in percent, for then they are those of plain events")
        if max(self.down.max(), self.up.max()) > 1 and not shares.is_of_count(values):
            raise BadNumbers(
                f"{where}: relative errors `{self.name}` reach {self.up.max():g}: they may be "
                f"shares or percent. Name the column '{self.name} [%]' if it is in percent, or "
                "write absolute errors."
            )
        return shares

    def in_unit_of(self, quantity: Quantity, where: str) -> "Errors":
        """The same in the unit of values, if they say one of their own.

        Raises:
            BadLayout: If one cannot be converted into the other.
        """
        own = self.what.unit
        if self.what.scale != "absolute" or not (own.section or own.per is not None):
            return self
        if own.is_density != quantity.is_density or bool(own.section) != bool(quantity.section):
            raise BadLayout(
                f"{where}: expected errors in the unit of their values, got `{self.name}`. Write "
                "both in one unit, or choose with `errors` (--errors)."
            )
        factor = 1.0
        if own.section and quantity.section:
            factor = IN_FB[own.section] / IN_FB[quantity.section]
        if own.per is not None and quantity.per is not None:
            factor *= quantity.per / own.per
        if factor == 1.0:
            return self
        return replace(self.times(factor), note="converted to the unit of the values")

    def is_of_count(self, values: Floats) -> bool:
        """Whether they are those of plain events."""
        return are_of_a_count(values, self.down, self.up, self.down_step, self.up_step)

    def is_of_one_weight(self, values: Floats) -> bool:
        """Whether their squares go like the values, as for events of one weight."""
        return are_of_one_weight(values, self.variances, 2 * self.slack)

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
        self._check_sides(values, down, up, where)
        squares = None if self.squares is None else np.where(up > 0, self.squares, 0.0)
        return replace(self, down=down, up=up, squares=squares)

    def _check_sides(self, values: Floats, down: Floats, up: Floats, where: str) -> None:
        """Refuse two sides of which one is empty, or that are the ends of an interval."""
        filled = values > 0
        if len(self.columns) < 2 or not filled.any():
            return
        for side, other in ((down, up), (up, down)):
            if np.all(side[filled] == 0) and np.all(other[filled] > 0):
                raise BadNumbers(
                    f"{where}: expected errors on both sides, got `{self.name}`, of which one is 0 "
                    "everywhere. Leave that column out, and the other one counts for both."
                )
        around = np.all((down <= values)[filled] & (values <= up)[filled])
        if around and np.allclose((up + down)[filled], 2 * values[filled], rtol=0.05):
            raise BadNumbers(
                f"{where}: expected errors, got `{self.name}`, which look like the ends of an "
                "interval around the values. Write the distances from the values."
            )


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
    return error.stem, error.squared, error.scale, error.source, error.subject, error.unlike


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
