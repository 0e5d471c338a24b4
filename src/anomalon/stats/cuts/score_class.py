"""The scores of one class of events, sorted once."""

import numbers
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core import check
from anomalon.core.errors import BadNumbers, BadRows, TooFewEvents

__all__ = ["ScoreClass", "one_class"]

Floats = NDArray[np.floating[Any]]

_EXACT = 2**53
"""Up to here float64 holds every integer."""


@dataclass(frozen=True, eq=False)
class ScoreClass:
    """Scores of one class in increasing order, and their weights."""

    scores: Floats
    weight: Floats

    @property
    def share(self) -> Floats:
        """Weights with a sum of one."""
        return np.asarray(self.weight / self.weight.sum())

    @property
    def n_effective(self) -> float:
        """Events of equal weight with the same relative fluctuations: (sum w)^2/sum w^2."""
        return float(1.0 / (self.share**2).sum())

    def below(self, scores: Floats) -> Floats:
        """Weight below each score, and half of the weight at it."""
        total = np.concatenate([[0.0], np.cumsum(self.weight)])
        total /= total[-1]
        left = total[np.searchsorted(self.scores, scores, side="left")]
        right = total[np.searchsorted(self.scores, scores, side="right")]
        return np.asarray((left + right) / 2)

    def variance(self, efficiency: float, threshold: float) -> float:
        """Variance of the efficiency of scores >= `threshold`.

        At least that of one event, also where all or none are selected.
        """
        first = np.searchsorted(self.scores, threshold)
        square = self.share**2
        failed, passed = square[:first].sum(), square[first:].sum()
        variance = (1 - efficiency) ** 2 * passed + efficiency**2 * failed
        return max(float(variance), 1.0 / self.n_effective**2)


def one_class(scores: ArrayLike, weight: ArrayLike | None, what: str) -> ScoreClass:
    """Scores of one class, checked and sorted.

    Raises:
        BadNumbers: If scores or weights are no real numbers, masked, NaN or infinite, a weight is
            negative, or a score is an integer that float64 does not hold.
        BadLayout: If there is not one of each for every event.
        TooFewEvents: If there is no weight.
    """
    given = _real(scores, f"{what} scores")
    _refuse_inexact(given, f"{what} scores")
    scores = given.astype(np.float64)
    weight = (
        np.ones(scores.size)
        if weight is None
        else _real(weight, f"{what} weight").astype(np.float64)
    )
    check.length(scores, scores.size, f"{what} scores")
    check.length(weight, len(scores), f"{what} weight")
    check.finite(scores, f"{what} scores")
    check.finite(weight, f"{what} weight")
    check.non_negative(weight, f"{what} weight")
    if not weight.sum() > 0:
        raise TooFewEvents(f"evaluate: expected {what} events with weights above zero, got none.")
    order = np.argsort(scores, kind="stable")
    return ScoreClass(scores[order], weight[order])


def _real(values: ArrayLike, what: str) -> NDArray[Any]:
    """The same as an array, or `BadNumbers` if there is anything but real numbers."""
    if np.ma.is_masked(values):
        n = int(np.ma.getmaskarray(np.ma.asarray(values)).sum())
        raise BadNumbers(
            f"{what}: expected a number for every event, got a masked array with {n} entries "
            "masked. Leave these events out: scores.compressed()."
        )
    given = np.asarray(values)
    # those of other packages, as bfloat16, have kinds of their own
    good = given.dtype.kind in "biuf" or np.can_cast(given.dtype, np.float64)
    if given.dtype.kind == "O":
        good = all(isinstance(one, numbers.Real) for one in given.flat)
    if not good:
        got = f", e.g. {check.shown(given.flat[0])}" if given.size else ""
        raise BadNumbers(
            f"{what}: expected real numbers, got an array of {given.dtype}{got}. Convert it to "
            "float64."
        )
    return given


def _refuse_inexact(given: NDArray[Any], what: str) -> None:
    """Raise `BadRows` for integers that would be rounded, and be equal to their neighbours."""
    if given.dtype.kind in "iu":
        size = np.where(given < 0, -given.astype(np.uint64), given.astype(np.uint64))
        # the odd part of an integer is what the 53 bits have to hold
        bad = size // np.maximum(size & -size, 1) > _EXACT
    elif given.dtype.kind == "O":
        bad = np.array([_is_rounded(one) for one in given.flat], bool)
    else:
        return
    if bad.any():
        rows = np.flatnonzero(bad)
        raise BadRows(
            what,
            "integers that float64 holds, as all up to 2^53",
            f"e.g. {given.flat[rows[0]]}",
            len(rows),
            tuple(rows[: BadRows.SHOWN].tolist()),
            bad.size,
            "Subtract a common offset, or give ranks.",
        )


def _is_rounded(one: Any) -> bool:
    try:
        return isinstance(one, numbers.Integral) and float(one) != one
    except OverflowError:
        return True
