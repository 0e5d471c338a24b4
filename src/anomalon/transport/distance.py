"""The energy mover's distance of events, exactly.

EMD(a, b) = min over f of sum f_ij (theta_ij / R)**beta, where f_ij >= 0 takes the weights of a to
those of b and theta is the distance in the plane. There is **no root 1/beta**. Balanced (the
default), the weights of each event are divided by their sum; unbalanced, they are as they are, f
takes as much as the lighter event has, and |sum a - sum b| is added (Komiske, Metodiev, Thaler,
arXiv:1902.02346, eq. 1, there with beta = 1; arXiv:2110.06948 compares exponents). For beta <= 1 it
is a metric: balanced for any R, unbalanced if R is at least half of the largest distance.
"""

import numpy as np
from numpy.typing import NDArray

from anomalon.core.errors import BadLayout
from anomalon.transport.points import Points, PointsLike
from anomalon.transport.working import Ground, Pairs

__all__ = ["emd", "emd_matrix", "emd_pairs", "one_event"]

Floats = NDArray[np.float64]

_TOGETHER = 2**18
"""Pairs of a matrix whose numbers are written down at a time."""


def emd(
    a: PointsLike,
    b: PointsLike,
    beta: float = 1.0,
    R: float = 1.0,
    *,
    periodic: bool = True,
    unbalanced: bool = False,
) -> float:
    """The energy mover's distance of two events, exactly; no root 1/beta.

    arXiv:1902.02346, eq. 1: min over f of sum f_ij (theta_ij / R)**beta.

    Args:
        a: One event: an array of shape (particle, 3), weight (pt or energy), x and y (rapidity and
            azimuth); or anything else that `Points.of` takes and that is one event.
        b: The other.
        beta: The exponent of distances, up to 50.
        R: The radius in whose units distances are.
        periodic: Whether y is an azimuth in radians. Of jets, which are small, nothing changes.
        unbalanced: If false, the weights of each event are divided by their sum. If true, they are
            as they are, and |sum a - sum b| is added: the result has the unit of the weights.

    Raises:
        BadLayout: If an event is empty, or is not one.
        BadNumbers: If a number is not finite or a weight is negative.
        BadValue: If beta or R is out of bounds.

    Example:
        >>> emd([[1.0, 0.0, 0.0]], [[3.0, 0.3, 0.4]])
        0.5
        >>> emd([[1.0, 0.0, 0.0]], [[3.0, 0.3, 0.4]], unbalanced=True)
        2.5
    """
    pairs = Pairs(one_event(a), one_event(b), Ground(beta, R, periodic, unbalanced), threads=1)
    zero = np.zeros(1, np.int64)
    return float(pairs.distances(zero, zero)[0])


def emd_pairs(
    events_a: PointsLike,
    events_b: PointsLike,
    beta: float = 1.0,
    R: float = 1.0,
    *,
    periodic: bool = True,
    unbalanced: bool = False,
    threads: int | None = None,
) -> Floats:
    """The EMD of event i of the one to event i of the other, shape (event,); see `emd`.

    Args:
        events_a: Anything that `Points.of` takes.
        events_b: As many.
        beta: The exponent of distances, up to 50.
        R: The radius in whose units distances are.
        periodic: Whether y is an azimuth in radians.
        unbalanced: Whether weights are as they are, and what one event has more is paid for.
        threads: As many as there are processors if not given. Results do not depend on it.

    Raises:
        BadLayout: If an event is empty, or there are not as many on both sides.
        BadNumbers: If a number is not finite or a weight is negative.
        BadValue: If beta, R or the number of threads is out of bounds.
    """
    a, b = Points.of(events_a), Points.of(events_b)
    if len(a) != len(b):
        raise BadLayout(
            f"emd_pairs: expected as many events on both sides, got {len(a)} and {len(b)}."
        )
    rows = np.arange(len(a))
    return Pairs(a, b, Ground(beta, R, periodic, unbalanced), threads).distances(rows, rows)


def emd_matrix(
    events_a: PointsLike,
    events_b: PointsLike | None = None,
    beta: float = 1.0,
    R: float = 1.0,
    *,
    periodic: bool = True,
    unbalanced: bool = False,
    threads: int | None = None,
) -> Floats:
    """The EMD of every event to every event; see `emd` for the convention.

    Args:
        events_a: Anything that `Points.of` takes.
        events_b: Others. If not given, the events are compared with each other, each pair once.
        beta: The exponent of distances, up to 50.
        R: The radius in whose units distances are.
        periodic: Whether y is an azimuth in radians.
        unbalanced: Whether weights are as they are, and what one event has more is paid for.
        threads: As many as there are processors if not given. Results do not depend on it.

    Returns:
        Shape (event of a, event of b).

    Raises:
        BadLayout: If an event is empty.
        BadNumbers: If a number is not finite or a weight is negative.
        BadValue: If beta, R or the number of threads is out of bounds.
    """
    a = Points.of(events_a)
    b = a if events_b is None else Points.of(events_b)
    pairs = Pairs(a, b, Ground(beta, R, periodic, unbalanced), threads)
    out = np.zeros((len(a), len(b)))
    step = max(_TOGETHER // max(len(b), 1), 1)
    for first in range(0, len(a), step):
        i, j = np.indices((min(step, len(a) - first), len(b))).reshape(2, -1)
        i += first
        if events_b is None:
            above = j > i
            i, j = i[above], j[above]
        out[i, j] = pairs.distances(i, j)
    return out if events_b is not None else out + out.T


def one_event(event: PointsLike) -> Points:
    """Points of one event; a list of rows of three numbers is one as well.

    Raises:
        BadLayout: If there are several, or none.
    """
    if isinstance(event, list | tuple) and len(event) and np.ndim(event[0]) == 1:
        event = np.asarray(event, dtype=np.float64)
    points = Points.of(event)
    if len(points) != 1:
        raise BadLayout(f"emd: expected one event on each side, got {len(points)}.")
    return points
