"""Who does the work: this process, several, or a cluster. The numbers are the same.

An executor maps a function over items and hands back `(index, result)` as each one is finished, so
that finished work can be stored before the rest is done. What all items need goes along as
`shared`: each worker gets it once, and every item stays small.

    Serial      this process
    Processes   several processes on this machine
    Dask        a cluster (`dask.distributed`), or processes that Dask looks after

Writing your own: a frozen dataclass with `at_once` and `map_unordered`. A function and its items
must pickle.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

__all__ = ["Executor", "Serial", "default_executor"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Something that does independent pieces of work."""

    @property
    def at_once(self) -> int | None:
        """How many pieces are at work at a time; None if that is not known beforehand."""
        ...

    def map_unordered(
        self, function: Callable[..., Result], items: Sequence[Item], shared: Any = None
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the item, result) as each piece is finished.

        Args:
            function: Called as `function(item)`, or as `function(item, shared)` if there is
                something that is shared.
            items: What is different for each piece; small.
            shared: What all pieces need, handed to each worker once. Its arrays are read-only
                there.
        """
        ...


@dataclass(frozen=True)
class Serial:
    """One piece after the other, in this process."""

    @property
    def at_once(self) -> int:
        """One."""
        return 1

    def map_unordered(
        self, function: Callable[..., Result], items: Sequence[Item], shared: Any = None
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the item, result), in order."""
        rest = () if shared is None else (shared,)
        for index, item in enumerate(items):
            yield index, function(item, *rest)


def default_executor(n: int | None = None) -> Executor:
    """`Serial` for one process, else `Processes`; as many as there are cores if not said."""
    n = cores() if n is None else n
    if n == 1:
        return Serial()
    from anomalon.run.processes import Processes

    return Processes(n)


def cores() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
