"""Errors that are written as the ends of an interval: `y`, `ylow`, `yhigh`."""

from collections.abc import Sequence

import numpy as np

from anomalon.core.errors import BadLayout
from anomalon.data.spectrum.error_name import ErrorName
from anomalon.data.spectrum.errors import Errors
from anomalon.data.spectrum.kinds import Kind, Named
from anomalon.data.spectrum.names import words
from anomalon.data.spectrum.vocabulary import DOWN, HIGH, LOW, UP

__all__ = ["bounds_of"]

_ENDS = LOW | HIGH | UP | DOWN


def bounds_of(value: Named, columns: Sequence[Named], where: str) -> list[Errors]:
    """The errors of values beside which the ends of their intervals stand; none without those.

    Raises:
        BadLayout: If the intervals may be of any confidence level.
    """
    name = tuple(words(value.name))
    ends = [
        (place, column)
        for place, column in enumerate(columns)
        if column.kind is Kind.BAND
        and tuple(word for word in words(column.name) if word not in _ENDS) == name
    ]
    if len(ends) != 2:
        return []
    values = value.column.values
    ends.sort(key=lambda end: float(np.nansum(end[1].column.values)))
    (at_low, low), (at_high, high) = ends
    down, up = values - low.column.values, high.column.values - values
    if not (np.all(down >= 0) and np.all(up >= 0) and np.any(up > 0)):
        return []
    found = Errors(
        name=f"{low.name}` and `{high.name}",
        columns=(low.name, high.name),
        places=(at_low, at_high),
        what=ErrorName("both", squared=False, scale="absolute", source="", subject=frozenset(name)),
        down=down,
        up=up,
        down_step=low.column.steps + value.column.steps,
        up_step=high.column.steps + value.column.steps,
        note="as the ends of an interval",
    )
    if found.is_of_count(values) or found.is_of_one_weight(values):
        return [found]
    raise BadLayout(
        f"{where}: expected errors of one standard deviation, got `{found.name}`, the ends of an "
        f"interval around `{value.name}` of an unknown confidence level. Write a column `error` "
        "with the distances of one standard deviation; or say `errors='none'` (--errors none) for "
        "plain events."
    )
