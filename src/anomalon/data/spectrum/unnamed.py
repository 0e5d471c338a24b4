"""Errors that no name gives away: their squares go like the counts."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from anomalon.data.spectrum.columns import Column
from anomalon.data.spectrum.consistency import are_of_one_weight
from anomalon.data.spectrum.error_name import ErrorName
from anomalon.data.spectrum.kinds import Kind, Named
from anomalon.data.spectrum.names import words

__all__ = ["squares_go_like", "with_unnamed_errors"]


def with_unnamed_errors(
    columns: Sequence[Named], value: Named
) -> tuple[tuple[Named, ...], list[str]]:
    """The columns, with errors of events of one weight known as such; and a sentence on each."""
    subject = frozenset(words(value.name))
    what = ErrorName("both", squared=False, scale="absolute", source="", subject=subject)
    are_errors = [
        c.kind is Kind.UNKNOWN and c is not value and squares_go_like(c.column, value.column)
        for c in columns
    ]
    both = list(zip(columns, are_errors, strict=True))
    said = [
        f"`{c.name}` taken for errors: its squares go like the counts" for c, is_ in both if is_
    ]
    return tuple(replace(c, kind=Kind.ERROR, error=what) if is_ else c for c, is_ in both), said


def squares_go_like(errors: Column, counts: Column) -> bool:
    """Whether the squares of a column are as many times the values of another in every bin."""
    slack = 2 * _share(errors) + _share(counts)
    return are_of_one_weight(counts.values, errors.values**2, slack)


def _share(column: Column) -> np.ndarray:
    """What rounding may change, as a share; whole numbers are not rounded."""
    steps = np.where(column.steps < 1, column.steps, 0.0)
    return np.asarray(steps / np.where(column.values > 0, column.values, 1.0))
