"""Errors that no name gives away: their squares go like the counts."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from anomalon.data.spectrum.columns import Column
from anomalon.data.spectrum.error_name import ErrorName
from anomalon.data.spectrum.kinds import Kind, Named
from anomalon.data.spectrum.names import words

__all__ = ["with_unnamed_errors"]

_AGREE = 0.01
_FILLED = 5  # bins below which agreement may be chance
_SPREAD = 1.5  # of the counts, below which everything is proportional to them


def with_unnamed_errors(
    columns: Sequence[Named], value: Named
) -> tuple[tuple[Named, ...], list[str]]:
    """The columns, with errors of events of one weight known as such; and a sentence on each."""
    subject = frozenset(words(value.name))
    what = ErrorName("both", squared=False, scale="absolute", source="", subject=subject)
    are_errors = [
        c.kind is Kind.UNKNOWN and c is not value and _are_errors(c, value) for c in columns
    ]
    both = list(zip(columns, are_errors, strict=True))
    said = [
        f"`{c.name}` taken for errors: its squares go like the counts" for c, is_ in both if is_
    ]
    return tuple(replace(c, kind=Kind.ERROR, error=what) if is_ else c for c, is_ in both), said


def _are_errors(column: Named, value: Named) -> bool:
    """Whether the squares of a column are as many times the values in every bin."""
    errors, counts = column.column, value.column
    filled = (counts.values > 0) & (errors.values > 0)
    if filled.sum() < _FILLED or not np.isfinite(errors.values).all():
        return False
    n, squares = counts.values[filled], errors.values[filled] ** 2
    if n.max() / n.min() < _SPREAD:
        return False
    weight = squares / n
    slack = _AGREE + 2 * _share(errors)[filled] + _share(counts)[filled]
    return bool(np.all(np.abs(weight / np.median(weight) - 1) <= slack))


def _share(column: Column) -> np.ndarray:
    """What rounding may change, as a share; whole numbers are not rounded."""
    steps = np.where(column.steps < 1, column.steps, 0.0)
    return np.asarray(steps / np.where(column.values > 0, column.values, 1.0))
