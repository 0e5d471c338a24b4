"""The difference of two areas under ROC curves that were measured on the same events.

DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988) 837: the area is a mean of placements, the
share of the other class that an event leaves behind. The difference of two areas is then a mean of
differences of placements, event by event, and what both scores have in common drops out of its
uncertainty.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anomalon.core.errors import BadLayout
from anomalon.stats.cuts.score_class import one_class
from anomalon.stats.numerics.value import Value

__all__ = ["difference_of_areas"]

Floats = NDArray[np.floating[Any]]


def difference_of_areas(
    first: tuple[ArrayLike, Sequence[ArrayLike]],
    second: tuple[ArrayLike, Sequence[ArrayLike]],
    background_weight: ArrayLike | None = None,
    signal_weights: Sequence[ArrayLike] | None = None,
) -> Value:
    """The area of the first score minus that of the second; a mean over signals if there are more.

    With shares p of the weights, placements v and the mean over signals of their differences d, the
    variance is the sum over classes of sum p^2 (d - mean)^2, corrected by n/(n - 1) with the
    effective number n. Signals have the background in common, so that its d are averaged first.

    Args:
        first: Scores of background events (event,), and of the events of each signal.
        second: Another score of the same events, in the same order.
        background_weight: Shape (event,); one each if None.
        signal_weights: Of the events of each signal; one each if None.

    Raises:
        BadLayout: If these are not the same events, or there is no signal.
        BadNumbers: If a score or weight is not finite, or a weight is negative.
        TooFewEvents: If a class has no weight.

    Example:
        >>> good, poor = [0.0, 1.0, 2.0, 3.0], [0.0, 3.0, 1.0, 2.0]
        >>> signal = [2.5, 3.5, 4.0]
        >>> found = difference_of_areas((good, [signal]), (poor, [[0.5, 2.5, 1.5]]))
        >>> round(found.value, 3), round(found.uncertainty, 3)
        (0.417, 0.226)
    """
    n = len(first[1])
    if n == 0 or len(second[1]) != n:
        raise BadLayout(
            "difference_of_areas: expected the same signals for both scores, at least one, got "
            f"{n} and {len(second[1])}."
        )
    weights = [None] * n if signal_weights is None else list(signal_weights)
    mean, variance = 0.0, 0.0
    of_background: Floats = np.zeros(np.size(first[0]))
    for i, weight in enumerate(weights):
        a, b = (_placements(b, s[i], background_weight, weight) for b, s in (first, second))
        if a[0].shape != b[0].shape or a[1].shape != b[1].shape:
            raise BadLayout("difference_of_areas: expected two scores of the same events.")
        of_background += (a[0] - b[0]) / n
        of_signal = (a[1] - b[1]) / n
        share = _shares(weight, len(of_signal))
        mean += float((share * of_signal).sum())
        variance += _variance(of_signal, share)
    variance += _variance(of_background, _shares(background_weight, len(of_background)))
    return Value(mean, float(np.sqrt(variance)))


def _placements(
    background: ArrayLike, signal: ArrayLike, of_background: ArrayLike | None,
    of_signal: ArrayLike | None,
) -> tuple[Floats, Floats]:  # fmt: skip
    """For each event the weight of the other class that it leaves behind."""
    below = one_class(background, of_background, "background")
    above = one_class(signal, of_signal, "signal")
    return (
        1.0 - above.below(np.asarray(background, np.float64)),
        below.below(np.asarray(signal, np.float64)),
    )


def _shares(weight: ArrayLike | None, n: int) -> Floats:
    weight = np.ones(n) if weight is None else np.asarray(weight, np.float64)
    return np.asarray(weight / weight.sum())


def _variance(difference: Floats, share: Floats) -> float:
    n = 1.0 / float((share**2).sum())
    mean = float((share * difference).sum())
    spread = float((share**2 * (difference - mean) ** 2).sum())
    return spread * (n / (n - 1) if n > 1 else np.inf) if spread > 0 else 0.0
