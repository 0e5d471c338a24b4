"""Which particle gives how much to which: the plan behind a distance."""

import numpy as np
from numpy.typing import NDArray

from anomalon.transport.distance import one_event
from anomalon.transport.lanes import LANES
from anomalon.transport.pairs import distances
from anomalon.transport.points import Points, PointsLike
from anomalon.transport.simplex import UNITS
from anomalon.transport.working import Ground, arrays_of, place_for

__all__ = ["transport_plan"]

Floats = NDArray[np.float64]


def transport_plan(
    a: PointsLike,
    b: PointsLike,
    beta: float = 1.0,
    *,
    periodic: bool = True,
    unbalanced: bool = False,
) -> Floats:
    """How much goes from which particle to which: an f of the smallest EMD of two events.

    Args:
        a: One event, as for `anomalon.transport.emd`.
        b: The other.
        beta: The exponent of distances. R would change nothing.
        periodic: Whether y is an azimuth in radians.
        unbalanced: If false, the sum over all is one. If true, weights are as they are, and what
            one event has more goes nowhere.

    Returns:
        Shape (particle of a, particle of b). Particles of weight zero count where the event is an
        array, and give and get nothing.

    Raises:
        BadLayout: If an event is empty, or is not one.
        BadNumbers: If a number is not finite or a weight is negative.
        BadValue: If beta is out of bounds.
    """
    ground = Ground(beta, 1.0, periodic, unbalanced)
    points = one_event(a), one_event(b)
    few, many = sorted(points, key=lambda p: len(p.weight))
    by_weight = _flows(few, many, ground)
    plan = np.zeros_like(by_weight)
    plan[np.ix_(*(np.argsort(p.weight, kind="stable") for p in (few, many)))] = by_weight
    whole = np.zeros([len(_kept(event)) for event in (a, b)])
    whole[np.ix_(_kept(a), _kept(b))] = plan if few is points[0] else plan.T
    return whole


def _flows(few: Points, many: Points, ground: Ground) -> Floats:
    """What goes from rows to columns, both by rising weight, read from the tree of the simplex."""
    n, m = len(few.weight), len(many.weight)
    place = place_for(n, m, ground)
    distances(
        place, arrays_of(few), arrays_of(many), np.zeros((1, 2), np.int64), ground.beta, 1.0,
        ground.period, int(ground.unbalanced), np.zeros(1), np.zeros((0, 2, 0)),
    )  # fmt: skip
    more = ground.unbalanced and few.total[0] < many.total[0]  # a row beyond the others
    width = -(-(n + more) // LANES) * LANES
    parent = place.tree.parent.astype(np.int64)
    rows = np.concatenate([np.arange(n), parent[width : width + m]])
    columns = np.concatenate([parent[:n] - width, np.arange(m)])
    nodes = np.concatenate([np.arange(n), width + np.arange(m)])
    real = (rows < n) & (columns < m) & (place.tree.flow[nodes] > 0)
    unit = (max(few.total[0], many.total[0]) if ground.unbalanced else 1.0) / UNITS
    plan = np.zeros((n, m))
    np.add.at(plan, (rows[real], columns[real]), place.tree.flow[nodes][real] * unit)
    return plan


def _kept(event: PointsLike) -> NDArray[np.bool_]:
    """Which particles of an event have a weight."""
    if isinstance(event, list | tuple | np.ndarray):
        return np.asarray(event, np.float64).reshape(-1, 3)[:, 0] > 0
    return np.ones(len(Points.of(event).weight), bool)
