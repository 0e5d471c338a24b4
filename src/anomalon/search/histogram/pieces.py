"""The pieces of searches in a histogram: what several processes, or a cluster, can do side by side.

Their numbers do not depend on who does them: each has random numbers of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core.config import digest
from anomalon.run.executors import Executor, Serial
from anomalon.run.job import Workplace
from anomalon.run.progress import Steps, steps
from anomalon.run.store import Store
from anomalon.run.work import Piece, do
from anomalon.search.histogram.closure import GlobalPClosure, InjectedSignal, TestedLimits
from anomalon.search.histogram.cost import Cost, beginning
from anomalon.stats import SignalModel
from anomalon.stats.counts.pseudo_experiments import block_sizes
from anomalon.stats.scans.bumphunt import Hunt

__all__ = [
    "Closures",
    "Doing",
    "HuntWork",
    "Injected",
    "LimitAt",
    "LimitWork",
    "Toys",
    "Tried",
    "closures_of",
    "split",
    "toys_of",
]

Floats = NDArray[np.floating[Any]]

_CLOSURES = 5  # pseudo-experiments in a piece, if they are not too many
_MOST_PIECES = 400
# From so many pseudo-experiments on, some ten seconds, a search keeps its pieces as it goes.
_LONG = 30_000


@dataclass(frozen=True, eq=False)
class HuntWork:
    """What all pieces of a bump hunt need.

    Args:
        hunts: Of the data, by each way to treat pseudo-experiments.
        closure: The whole search in pseudo-experiments; None for none.
        signal: A signal that is injected; None for none.
    """

    hunts: tuple[Hunt, ...]
    closure: GlobalPClosure | None = None
    signal: InjectedSignal | None = None


@dataclass(frozen=True)
class Toys:
    """A block of pseudo-experiments; gives their test statistics, shape (toy,)."""

    of: str  # digest of all that they depend on
    hunt: int  # which of the hunts
    block: int
    size: int

    what = "pseudo-experiments"

    @property
    def key(self) -> str:
        """Digest of all that the value depends on."""
        return digest(self.of, self.what, self.hunt, self.block, self.size)

    def __call__(self, shared: HuntWork) -> Floats:
        """Do it."""
        return shared.hunts[self.hunt].t_of_block(self.block, self.size)


def toys_of(of: str, hunt: int, n: int) -> list[Toys]:
    """The blocks of n pseudo-experiments."""
    return [Toys(of, hunt, block, size) for block, size in enumerate(block_sizes(n))]


@dataclass(frozen=True)
class Closures:
    """Pseudo-experiments that are searched as the data; gives global p-values, shape (toy,)."""

    of: str
    first: int
    stop: int

    what = "closure of the global p-value"

    @property
    def key(self) -> str:
        """Digest of all that the value depends on."""
        return digest(self.of, self.what, self.first, self.stop)

    def __call__(self, shared: HuntWork) -> Floats:
        """Do it."""
        if shared.closure is None:
            raise ValueError("no closure of the global p-value was prepared")
        return np.array([shared.closure.p(toy) for toy in range(self.first, self.stop)])


def closures_of(of: str, n: int) -> list[Closures]:
    """N pseudo-experiments in handy pieces."""
    size = max(_CLOSURES, -(-n // _MOST_PIECES))
    return [Closures(of, first, min(first + size, n)) for first in range(0, n, size)]


@dataclass(frozen=True)
class Injected:
    """A signal of one strength in n pseudo-experiments; gives what is measured, shape (3, toy)."""

    of: str
    number: int
    n: int

    what = "injected signals"

    @property
    def key(self) -> str:
        """Digest of all that the value depends on."""
        return digest(self.of, self.what, self.number, self.n)

    def __call__(self, shared: "HuntWork | LimitWork") -> Floats:
        """Do it."""
        if shared.signal is None:
            raise ValueError("no signal to inject was prepared")
        return shared.signal.tried(self.number, self.n)


@dataclass(frozen=True, eq=False)
class LimitWork:
    """What limits, and the tests of them, need.

    Args:
        model: Spectrum, functions and signals, with the best strengths.
        tested: Masses and strengths at which limits are tested; None for none.
        signal: A signal that is injected; None for none.
    """

    model: SignalModel
    tested: TestedLimits | None = None
    signal: InjectedSignal | None = None


@dataclass(frozen=True)
class LimitAt:
    """The limit on one signal; gives the fields of a `SignalLimit`."""

    of: str
    number: int
    mass: float
    level: float

    @property
    def what(self) -> str:
        """For people."""
        return f"limit at {self.mass:.0f} GeV"

    @property
    def key(self) -> str:
        """Digest of all that the value depends on."""
        return digest(self.of, "limit", self.number, self.mass, self.level)

    def __call__(self, shared: LimitWork) -> dict[str, Any]:
        """Do it."""
        return dict(vars(shared.model.limit(self.number, level=self.level)))


@dataclass(frozen=True)
class Tried:
    """Limits in pseudo-experiments with a signal of one strength; see `TestedLimits.above`."""

    of: str
    n: int
    level: float
    mass: int  # which of the tested ones
    strength: int

    what = "coverage of limits"

    @property
    def key(self) -> str:
        """Digest of all that the value depends on."""
        return digest(self.of, self.what, self.n, self.level, self.mass, self.strength)

    def __call__(self, shared: LimitWork) -> Floats:
        """Do it."""
        if shared.tested is None:
            raise ValueError("no test of limits was prepared")
        return shared.tested.above(self.mass, self.strength)


@dataclass(frozen=True)
class Doing:
    """Who does the pieces of a search, where they are kept, and who is told.

    Args:
        executor: Who does them.
        store: Where those of a search that takes more than some seconds are kept; None for nowhere.
        tell: Told of what is done, in the units of `total`.
        total: All of the work.
    """

    executor: Executor
    store: Store | None
    tell: Steps
    total: int

    @classmethod
    def of(cls, place: Workplace, total: int) -> "Doing":
        """At a place whose `progress` is told some twenty times."""
        executor = place.executor or Serial()  # None: what `executor` could be before `place`
        return cls(executor, place.store, steps(place.progress, total), total)

    def values(
        self,
        pieces: Sequence[Piece[Any]],
        shared: Any,
        sizes: Sequence[int],
        cost: Cost | None,
        before: int = 0,
    ) -> list[Any]:
        """The value of each piece.

        Args:
            pieces: What is to do.
            shared: What all of them need.
            sizes: How much each counts of the total.
            cost: Of all the work; None if it is short.
            before: What was done of it before.
        """
        return do(
            pieces,
            shared=shared,
            executor=self.executor,
            store=self.store if cost is not None or self.total >= _LONG else None,
            progress=lambda done, _, what: self.tell(before + done, what),
            sizes=sizes,
            beginning=beginning(cost, self.executor.at_once),
        )


def split(total: int, n: int) -> list[int]:
    """A whole number in n whole parts, as equal as they can be.

    Example:
        >>> split(7, 3)
        [2, 2, 3]
    """
    ends = [total * i // max(n, 1) for i in range(n + 1)]
    return [b - a for a, b in pairwise(ends)]
