"""Pairs of events, shared out to threads; and one pair, whose plan is looked at."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.transport.pairs import Arrays, Place, distances, new_place
from anomalon.transport.points import Points
from anomalon.transport.simplex import WORD

__all__ = ["Ground", "Pairs", "arrays_of", "in_threads", "place_for"]

Floats = NDArray[np.float64]

_NO_STEPS = np.zeros((0, 2, 0))

_CHUNK = 256
"""Pairs that a thread does before it asks for more, at most."""
_WORK = 1_000_000
"""Arcs of the pairs that it does: an interruption waits for them."""


@dataclass(frozen=True)
class Ground:
    """What transport costs.

    Args:
        beta: The exponent of distances, above zero and up to 50.
        R: The radius in whose units distances are, above zero.
        periodic: Whether y is an azimuth: differences are wrapped to (-pi, pi].
        unbalanced: Whether weights are as they are, and what one event has more is paid for.

    Raises:
        BadValue: If beta or R is out of bounds.
    """

    beta: float = 1.0
    R: float = 1.0
    periodic: bool = True
    unbalanced: bool = False

    def __post_init__(self) -> None:
        check.fields(
            self, "transport", beta="(0, 50]", R="(0, inf)", periodic=bool, unbalanced=bool
        )

    @property
    def period(self) -> float:
        """Of y; zero if there is none."""
        return 2 * np.pi if self.periodic else 0.0


@dataclass(frozen=True)
class Pairs:
    """Events of a and events of b, any of which may be asked for their distances.

    Args:
        a: The ones.
        b: The others.
        ground: What transport costs.
        threads: As many as there are processors if not given.

    Raises:
        BadValue: If the number of threads is not above zero.
    """

    a: Points
    b: Points
    ground: Ground
    threads: int | None = None

    def __post_init__(self) -> None:
        if self.threads is not None:
            check.whole(self.threads, "transport: threads", low=1)

    @cached_property
    def _arrays(self) -> tuple[Arrays, Arrays]:
        a = arrays_of(self.a)
        return a, a if self.b is self.a else arrays_of(self.b)

    def distances(self, i: NDArray[np.int64], j: NDArray[np.int64]) -> Floats:
        """The EMD of each pair (event i of a, event j of b), shape (pair,)."""
        sizes = np.sort([self.a.n_points[i], self.b.n_points[j]], axis=0)
        # Sets of rows that are one word have code of their own.
        wide = sizes[0] + self.ground.unbalanced > WORD
        out = np.zeros(len(i))
        for alike in (~wide, wide):
            if alike.any():
                few, many = sizes[:, alike].max(axis=1)
                pairs = np.stack([i[alike], j[alike]], axis=1)
                out[alike] = self._alike(pairs, int(few), int(many))
        return out

    def _alike(self, pairs: NDArray[np.int64], few: int, many: int) -> Floats:
        a, b = self._arrays
        ground = self.ground
        out = np.zeros(len(pairs))
        size = int(np.clip(_WORK // (few * many), 1, _CHUNK))
        costs = (ground.beta, ground.R, ground.period, int(ground.unbalanced))

        def work(firsts: Iterator[int]) -> None:
            place = place_for(few, many, ground)
            for first in firsts:
                some = slice(first, first + size)
                distances(place, a, b, pairs[some], *costs, out[some], _NO_STEPS)

        firsts = range(0, len(pairs), size)
        in_threads(work, firsts, min(self.threads or _processors(), len(firsts)))
        return out


def arrays_of(points: Points) -> Arrays:
    """Points of each event by rising weight: the simplex then needs a tenth less of pivots."""
    event = np.repeat(np.arange(len(points)), points.n_points)
    order = np.lexsort((points.weight, event))
    weight, x, y = points.weight[order], points.x[order], points.y[order]
    return Arrays(weight, x, y, points.offsets, points.total, points.box)


def place_for(few: int, many: int, ground: Ground) -> Place:
    """Memory for pairs of up to so many points, and a point for what one event has more."""
    return new_place(few + ground.unbalanced, many + ground.unbalanced)


def in_threads(work: Callable[[Iterator[int]], Any], firsts: range, n: int | None) -> None:
    """Let n threads share some numbers, or as many threads as there are processors.

    An interruption, or an error in one of them, ends what the others are at, and nothing else is
    begun.

    Args:
        work: Takes numbers until there are none.
        firsts: The numbers.
        n: Threads.
    """
    n = n or _processors()
    if n == 1:
        work(iter(firsts))
        return
    stopped = Event()
    left = takewhile(lambda _: not stopped.is_set(), firsts)
    with ThreadPoolExecutor(n) as pool:
        try:
            asked = [pool.submit(work, left) for _ in range(n)]
            for done in wait(asked, return_when=FIRST_EXCEPTION).done:
                done.result()
        finally:
            stopped.set()


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
