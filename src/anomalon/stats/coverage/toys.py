"""What the batteries share: tables of pseudo-experiments, and plain results."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout, TooFewEvents
from anomalon.core.plain import to_plain

__all__ = ["SURE", "Outcome", "average", "tables", "too_many", "usable"]

Floats = NDArray[np.floating[Any]]

_FAILED = 0.01  # share of pseudo-experiments that may fail
_LEAST = 10  # pseudo-experiments
SURE = 0.9973
"""Level of an interval beyond which something is no fluctuation: three standard deviations."""


@dataclass(frozen=True, eq=False)
class Outcome(ABC):
    """A frozen result with `ok` and `to_dict`."""

    @property
    @abstractmethod
    def ok(self) -> bool:
        """Whether what was tested holds."""

    def to_dict(self) -> dict[str, Any]:
        """Everything as plain lists and numbers, for JSON."""
        plain: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            plain[field.name] = value.to_dict() if isinstance(value, Outcome) else to_plain(value)
        return plain | {"ok": self.ok}


def tables(values: Sequence[ArrayLike], truth: ArrayLike, what: str) -> tuple[list[Floats], Floats]:
    """Arrays of shape (strength, toy), and truths of shape (strength,)."""
    arrays: list[Floats] = [np.atleast_2d(np.asarray(v, dtype=np.float64)) for v in values]
    truths: Floats = np.atleast_1d(np.asarray(truth, dtype=np.float64))
    shapes = {t.shape for t in arrays}
    if truths.ndim != 1 or len(shapes) != 1 or arrays[0].ndim != 2 or len(arrays[0]) != len(truths):
        raise BadLayout(
            f"{what}: expected arrays of shape (strength, toy) for {truths.shape} true strengths, "
            f"got {sorted(shapes)}."
        )
    return arrays, truths


def usable(table: Floats, what: str) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Which pseudo-experiments gave a number, and how many at each strength."""
    good = np.isfinite(table)
    n = good.sum(axis=1)
    if n.min() < _LEAST:
        raise TooFewEvents(
            f"{what}: expected at least {_LEAST} pseudo-experiments with a result, got "
            f"{n.min()} of {good.shape[1]}."
        )
    return good, n


def average(table: Floats, good: NDArray[np.bool_]) -> Floats:
    """Means over the good pseudo-experiments, shape (strength,)."""
    return np.asarray(np.where(good, table, 0.0).sum(axis=1) / good.sum(axis=1))


def too_many(n_failed: NDArray[np.int64] | int, n: NDArray[np.int64] | int) -> bool:
    """Whether more than 1 % of the pseudo-experiments failed somewhere."""
    return bool(np.any(np.asarray(n_failed) > _FAILED * (np.asarray(n) + n_failed)))
