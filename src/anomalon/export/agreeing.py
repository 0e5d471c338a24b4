"""`Agreement`: whether two forms of a detector decide alike, event by event, at a working point.

A correlation of scores says nothing here: what counts are events near the threshold, and there may
be few of them.
"""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import BadLayout, TooFewEvents
from anomalon.core.shown import Shown

__all__ = ["Agreement", "agreement"]


@final
@dataclass(frozen=True, repr=False)
class Agreement(Shown):
    """Two columns of scores of the same events.

    Args:
        reference: Name of the form that is taken as right.
        other: Name of the form that is compared with it.
        n_events: How many were scored.
        threshold: Of the reference; events of at least this score are accepted.
        other_threshold: Of the other.
        n_accepted: Events that the reference accepts.
        n_other_accepted: That the other accepts.
        n_differ: Events whose decisions differ.
        largest_difference: Of two scores of an event.
        relative: The largest difference over |score| + the median |score|, which is of the size of
            scores also where these are close to zero.
    """

    reference: str
    other: str
    n_events: int
    threshold: float
    other_threshold: float
    n_accepted: int
    n_other_accepted: int
    n_differ: int
    largest_difference: float
    relative: float

    @property
    def same(self) -> bool:
        """Whether all decisions are the same."""
        return self.n_differ == 0


def agreement(
    reference: NDArray[np.floating[Any]],
    other: NDArray[np.floating[Any]],
    threshold: float,
    *,
    other_threshold: float | None = None,
    names: tuple[str, str] = ("reference", "other"),
) -> Agreement:
    """Compare the scores of two forms of a detector.

    Args:
        reference: Scores of the form that is taken as right, shape (event,).
        other: Those of the other form, of the same events.
        threshold: Events of at least this score are accepted.
        other_threshold: The same for the other form; equal if None.
        names: Of both.

    Raises:
        BadLayout: If there are not as many scores of both.
        BadNumbers: If a score is not finite.
        TooFewEvents: If there is no event.
    """
    a, b = np.asarray(reference, np.float64), np.asarray(other, np.float64)
    if a.shape != b.shape or a.ndim != 1:
        raise BadLayout(
            f"agreement: expected one score of each form per event, got shapes {a.shape} "
            f"({names[0]}) and {b.shape} ({names[1]})."
        )
    if len(a) == 0:
        raise TooFewEvents("agreement: expected events, got none.")
    for scores, name in zip((a, b), names, strict=True):
        check.finite(scores, f"agreement: scores of {name}")
    least = check.number(threshold, "agreement: threshold")
    other_least = least
    if other_threshold is not None:
        other_least = check.number(other_threshold, "agreement: other_threshold")
    away, size = np.abs(a - b), np.abs(a)
    typical = size + np.median(size)
    relative = np.divide(away, typical, out=np.where(away > 0, np.inf, 0.0), where=typical > 0)
    accepted, also = a >= least, b >= other_least
    return Agreement(
        *names,
        n_events=len(a),
        threshold=least,
        other_threshold=other_least,
        n_accepted=int(accepted.sum()),
        n_other_accepted=int(also.sum()),
        n_differ=int((accepted != also).sum()),
        largest_difference=float(away.max()),
        relative=float(relative.max()),
    )
