"""What numbers say of themselves: errors of a plain count, whole numbers, shares, sums of one."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["are_of_a_count", "are_of_one_weight", "are_shares", "are_whole", "sum_to_one"]

Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]

_SIGMA = 0.15865525393145707  # probability above one standard deviation
_AGREE = 0.005  # of an error, beside what was rounded away
_COARSE = 0.5  # last digit over error, above which the error could be anything
_ALIKE = 0.01  # how well squares of errors follow the counts
_FILLED = 5  # bins below which that may be chance
_SPREAD = 1.5  # of the counts, below which everything is proportional to them
_WHOLE, _BINARY = 1e-6, 1e-12
_ONE = 1e-3


def are_of_a_count(n: Floats, down: Floats, up: Floats, down_step: Floats, up_step: Floats) -> bool:
    """Whether errors are those of plain events: sqrt(n), or an interval of Poisson's.

    Intervals may be Garwood's (central, 68.27 %), Gehrels' approximation of them or Pearson's;
    collaborations change from one to the other where events are few. Empty bins say nothing, nor do
    bins whose errors were rounded to half of themselves; half of the filled ones have to.

    Args:
        n: Events, shape (bin,).
        down: Errors downwards, not negative.
        up: Errors upwards.
        down_step: Unit in the last digit of `down`; 0 if nothing was rounded.
        up_step: The same of `up`.
    """
    filled = n > 0
    if not all(np.isfinite(a[filled]).all() for a in (n, down, up, down_step, up_step)):
        return False
    telling = filled & (np.maximum(down_step, up_step) <= _COARSE * np.sqrt(np.maximum(n, 0)))
    if not filled.any() or telling.sum() < filled.sum() / 2:
        return False
    arrays = [a[telling] for a in (n, down, up, down_step, up_step)]
    n, down, up, down_step, up_step = arrays

    def near(found: Floats, expected: Floats, step: Floats) -> Flags:
        return np.asarray(np.abs(found - expected) <= step + _AGREE * expected + 1e-12)

    root = np.sqrt(n)
    if bool(np.all(near(down, root, down_step) & near(up, root, up_step))):
        return True
    low, high = _garwood(n)
    if np.array_equal(down, up):  # one number for both sides
        models = (0.5 * (low + high), high, 1 + np.sqrt(n + 0.75))
        return any(bool(np.all(near(up, model, up_step))) for model in models)
    pearson, gehrels = np.sqrt(n + 0.25), 1 + np.sqrt(n + 0.75)
    downs = (root, low, pearson - 0.5, np.sqrt(np.maximum(n - 0.25, 0)))
    ups = (root, high, pearson + 0.5, gehrels)
    fits_down = np.any([near(down, model, down_step) for model in downs], axis=0)
    fits_up = np.any([near(up, model, up_step) for model in ups], axis=0)
    return bool(np.all(fits_down & fits_up))


def _garwood(n: Floats) -> tuple[Floats, Floats]:
    """Errors of the central interval: F. Garwood, Biometrika 28 (1936) 437."""
    from scipy.special import gammaincinv

    return n - gammaincinv(n, _SIGMA), gammaincinv(n + 1, 1 - _SIGMA) - n


def are_of_one_weight(n: Floats, squares: Floats, slack: Floats) -> bool:
    """Whether variances are as many times the values in every bin, as if all weights were equal.

    Args:
        n: Values, shape (bin,).
        squares: Of their errors.
        slack: What rounding may change in the ratio, as a share.
    """
    filled = (n > 0) & (squares > 0)
    if filled.sum() < _FILLED or not np.isfinite(squares).all():
        return False
    n, squares, slack = n[filled], squares[filled], slack[filled]
    if n.max() / n.min() < _SPREAD:
        return False
    weights = squares / n
    return bool(np.all(np.abs(weights / np.median(weights) - 1) <= _ALIKE + slack))


def are_whole(values: Floats) -> bool:
    """Whether all values are whole numbers."""
    if not np.isfinite(values).all():
        return False
    off = np.abs(values - np.rint(values))
    return bool(np.all(off <= _WHOLE + _BINARY * np.abs(values)))


def are_shares(values: Floats) -> bool:
    """Whether all values lie in [0, 1], and not at its ends alone: efficiencies, probabilities."""
    return bool(np.all((values >= 0) & (values <= 1))) and not are_whole(values)


def sum_to_one(values: Floats, widths: Floats) -> bool:
    """Whether a histogram was normalised: its sum or its integral is one."""
    sums = (values.sum(), (values * widths).sum())
    return not are_whole(values) and any(abs(s - 1) < _ONE for s in sums)
