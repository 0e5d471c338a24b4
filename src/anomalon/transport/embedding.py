"""Events as vectors whose distances are nearly those of transport: to look through many events.

Both are for screening: the nearest by them are candidates, whose EMD is then computed exactly.
"""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.run.compiling import compiled
from anomalon.transport.distance import one_event
from anomalon.transport.pairs import distances
from anomalon.transport.points import Points, PointsLike
from anomalon.transport.working import Ground, arrays_of, in_threads, place_for

__all__ = ["linearised_embedding", "sliced_embedding"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_CHUNK = 64
"""Events that a thread does before it asks for more."""


def sliced_embedding(
    events: PointsLike,
    n_directions: int = 16,
    n_bins: int = 120,
    reach: float = 1.0,
) -> NDArray[np.float32]:
    """Vectors whose L1 distance is the sliced Wasserstein distance, a lower bound of the EMD.

    In one dimension the EMD with beta = 1 is the area between two cumulative distributions. Here it
    is averaged over directions in the plane (Rabin et al. 2011, SSVM, 435), and each distribution
    over bins. Weights are divided by their sum; y is not periodic. Neither projections nor averages
    make a distance longer, so that the bound holds exactly: for a shift by d it is 2 d / pi.

    Args:
        events: Anything that `Points.of` takes.
        n_directions: Directions between 0 and pi.
        n_bins: Bins along each, from -reach to reach.
        reach: What is farther out is put there.

    Returns:
        Shape (event, n_directions * n_bins).

    Raises:
        BadLayout: If an event is empty.
        BadNumbers: If a number is not finite or a weight is negative.
        BadValue: If a number is not above zero.
    """
    check.whole(n_directions, "sliced_embedding: n_directions", low=1)
    check.whole(n_bins, "sliced_embedding: n_bins", low=1)
    check.number(reach, "sliced_embedding: reach", "(0, inf)")
    points = Points.of(events)
    out = np.zeros((len(points), n_directions, n_bins), np.float32)
    share = points.weight / np.repeat(points.total, points.n_points)
    _slices(share, points.x, points.y, points.offsets, float(reach), out)
    return out.reshape(len(points), -1)


@compiled(nogil=True)
def _slices(
    share: Floats, x: Floats, y: Floats, offsets: Integers, reach: float, out: NDArray[np.float32]
) -> None:
    """Mean cumulative weights in bins, times what a bin counts for."""
    n_directions, n_bins = out.shape[1:]
    width = 2 * reach / n_bins
    unit = width / n_directions
    for d in range(n_directions):
        angle = math.pi * d / n_directions
        along_x, along_y = math.cos(angle), math.sin(angle)
        for i in range(len(offsets) - 1):
            bins = out[i, d]
            for p in range(offsets[i], offsets[i + 1]):
                at = (x[p] * along_x + y[p] * along_y + reach) / width
                at = min(max(at, 0.0), n_bins - 1e-9)
                k = int(at)
                bins[k] += share[p] * (k + 1 - at) * unit
                if k + 1 < n_bins:
                    bins[k + 1] += share[p] * (at - k) * unit
            for k in range(1, n_bins):
                bins[k] += bins[k - 1]


def linearised_embedding(
    events: PointsLike,
    reference: PointsLike,
    *,
    periodic: bool = True,
    threads: int | None = None,
) -> Floats:
    """Vectors whose L2 distance is nearly the root of the EMD with beta = 2, which is W2.

    Cai, Cheng, Craig, Craig, arXiv:2008.08604: each particle of the reference is moved to the mean
    of where its weight goes by the best plan to the event, and how far that is counts with the root
    of its weight. The square of a vector's length is at most the EMD to the reference.

    Args:
        events: Anything that `Points.of` takes.
        reference: One event: a jet, an average, or a grid of points.
        periodic: Whether y is an azimuth in radians.
        threads: As many as there are processors if not given. Results do not depend on it.

    Returns:
        Shape (event, 2 * particle of the reference): all steps along x, then all along y.

    Raises:
        BadLayout: If an event is empty, or the reference is not one.
        BadNumbers: If a number is not finite or a weight is negative.
        BadValue: If the number of threads is not above zero.
    """
    if threads is not None:
        check.whole(threads, "transport: threads", low=1)
    points, fixed = Points.of(events), one_event(reference)
    ground = Ground(2.0, 1.0, periodic)
    n = len(fixed.weight)
    few = min(n, int(points.n_points.max(initial=1)))
    many = max(n, int(points.n_points.max(initial=1)))
    moved, to = arrays_of(fixed), arrays_of(points)
    out = np.zeros((len(points), 2, n))
    pairs = np.stack([np.zeros(len(points), np.int64), np.arange(len(points))], axis=1)

    def work(firsts: Iterator[int]) -> None:
        place = place_for(few, many, ground)
        for first in firsts:
            some = slice(first, first + _CHUNK)
            lengths = np.zeros(len(pairs[some]))
            distances(place, moved, to, pairs[some], 2.0, 1.0, ground.period, 0, lengths, out[some])

    in_threads(work, range(0, len(points), _CHUNK), threads)
    steps = np.zeros_like(out)
    steps[:, :, np.argsort(fixed.weight, kind="stable")] = out  # as the reference came
    return steps.reshape(len(points), -1)
