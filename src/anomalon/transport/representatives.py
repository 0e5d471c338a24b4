"""Events that stand for the rest: k-medoids of more events than a matrix has room for.

Medoids of a few thousand events are nearly as good as those of all (with 2000 of them the mean
distance to the nearest is longer by less than a per cent), and what they are worth is measured on
other events. So medoids are chosen in several samples, exactly, and those are kept that are the
best on common events which none of the samples has: `medoids`. Long work is done in parts:
`subsample_medoids` for each sample, `held_out_loss` for each choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Seed, check
from anomalon.core.errors import BadLayout, BadValue
from anomalon.core.shown import Shown
from anomalon.transport.clustering import k_medoids
from anomalon.transport.distance import emd_matrix
from anomalon.transport.points import Points, PointsLike
from anomalon.transport.working import Ground

__all__ = ["Medoids", "Subsamples", "held_out_loss", "medoids", "subsample_medoids"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Subsamples:
    """How many events are looked at.

    Args:
        n_samples: Samples in which medoids are chosen.
        size: Events of each: size squared by two distances.
        n_held_out: Other events, on which choices are compared.

    Raises:
        BadValue: If a number is not above zero.
    """

    n_samples: int = 4
    size: int = 2000
    n_held_out: int = 2000

    def __post_init__(self) -> None:
        most = check.MOST
        check.fields(self, "medoids", n_samples=(1, most), size=(1, most), n_held_out=(1, most))

    def held_out(self, n_events: int, seed: Seed | int) -> Integers:
        """Which of so many events choices are compared on: at most a half of them."""
        order = _order(n_events, seed, "held out")
        return np.sort(order[: min(self.n_held_out, max(n_events // 2, 1))])

    def sample(self, number: int, n_events: int, seed: Seed | int) -> Integers:
        """Which events are in a sample: `size` of those that are not held out, or all of them."""
        kept = np.delete(np.arange(n_events), self.held_out(n_events, seed))
        if len(kept) == 0:
            return np.arange(n_events)
        order = _order(len(kept), seed, "sample", number)
        return np.sort(kept[order[: self.size]])


@dataclass(frozen=True, eq=False, repr=False)
class Medoids(Shown):
    """Events that stand for the rest.

    Args:
        indices: Which events they are, shape (k,), in rising order.
        loss: The mean EMD of events that are held out to the nearest of them.
        losses: The same of the choice of each sample, shape (sample,).
    """

    indices: Integers
    loss: float
    losses: tuple[float, ...]


def medoids(
    events: PointsLike,
    k: int,
    seed: Seed | int = 0,
    *,
    ground: Ground | None = None,
    subsamples: Subsamples | None = None,
    threads: int | None = None,
) -> Medoids:
    """The k events that stand for all: the mean EMD to the nearest of them is small.

    Args:
        events: Anything that `Points.of` takes.
        k: How many.
        seed: Determines the samples.
        ground: What transport costs; beta = 1 and R = 1, balanced, if not given.
        subsamples: How many events are looked at.
        threads: As many as there are processors if not given. Results do not depend on it.

    Raises:
        BadLayout: If an event is empty.
        BadValue: If there are fewer than k events in a sample.
    """
    points, plan = Points.of(events), subsamples or Subsamples()
    rest = points[plan.held_out(len(points), seed)]
    found, losses = [], []
    for number in range(plan.n_samples):
        sample = plan.sample(number, len(points), seed)
        (chosen,) = subsample_medoids(points, [k], sample, ground=ground, threads=threads)
        found.append(chosen)
        losses.append(held_out_loss(rest, points[chosen], ground=ground, threads=threads))
    best = int(np.argmin(losses))
    return Medoids(found[best], losses[best], tuple(losses))


def subsample_medoids(
    events: PointsLike,
    ks: Sequence[int],
    sample: Integers,
    *,
    ground: Ground | None = None,
    threads: int | None = None,
) -> list[Integers]:
    """Medoids of one sample, for each number of them: the distances are computed once.

    Args:
        events: Anything that `Points.of` takes.
        ks: How many medoids.
        sample: Which events are in the sample, as `Subsamples.sample` says.
        ground: What transport costs.
        threads: As many as there are processors if not given.

    Returns:
        For each k, which events they are.

    Raises:
        BadValue: If there are fewer than k events in the sample, or one that there is not.
    """
    points = Points.of(events)
    short = [k for k in ks if k > len(sample)]
    if short:
        raise BadValue(f"medoids: expected samples of at least k = {max(short)} events, "
                       f"got {len(sample)}.")  # fmt: skip
    beyond = [int(i) for i in sample if not 0 <= i < len(points)]
    if beyond:
        raise BadValue(
            f"medoids: expected a sample of {len(points)} events, numbered from 0, got event "
            f"{beyond[0]}."
        )
    matrix = _matrix(points[sample], None, ground, threads)
    return [sample[k_medoids(matrix, k)] for k in ks]


def held_out_loss(
    events: PointsLike,
    chosen: PointsLike,
    *,
    ground: Ground | None = None,
    threads: int | None = None,
) -> float:
    """The mean EMD of events to the nearest of those that were chosen.

    Args:
        events: Anything that `Points.of` takes: events that no sample has.
        chosen: The medoids.
        ground: What transport costs.
        threads: As many as there are processors if not given.

    Raises:
        BadLayout: If there are no events, or no medoids.
    """
    events, chosen = Points.of(events), Points.of(chosen)
    for what, points in (("events", events), ("medoids", chosen)):
        if len(points) == 0:
            raise BadLayout(f"held-out loss: expected {what}, got none.")
    return float(_matrix(events, chosen, ground, threads).min(axis=1).mean())


def _matrix(
    a: PointsLike, b: PointsLike | None, ground: Ground | None, threads: int | None
) -> Floats:
    g = ground or Ground()
    return emd_matrix(
        a, b, g.beta, g.R, periodic=g.periodic, unbalanced=g.unbalanced, threads=threads
    )


def _order(n: int, seed: Seed | int, what: str, number: int = 0) -> Integers:
    generator = Seed.of(seed).child("medoids", what, number=number).generator()
    return np.asarray(generator.permutation(n), np.int64)
