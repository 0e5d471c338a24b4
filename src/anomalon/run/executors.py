"""Who does the work: this process, or several. The numbers are the same.

An executor maps a function over items and hands back `(index, result)` as each one is finished, so
that finished work can be stored before the rest is done.

Writing your own: a frozen dataclass with `map_unordered`. A function and its items must pickle.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from anomalon.core.errors import BadValue

__all__ = ["Executor", "Processes", "Serial", "default_executor"]

Item = TypeVar("Item")
Result = TypeVar("Result")


class Executor(Protocol):
    """Something that does independent pieces of work."""

    def map_unordered(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the item, result) as each piece is finished."""
        ...


@dataclass(frozen=True)
class Serial:
    """One piece after the other, in this process."""

    def map_unordered(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the item, result), in order."""
        for index, item in enumerate(items):
            yield index, function(item)


@dataclass(frozen=True)
class Processes:
    """Several processes on this machine, each with one thread per numerical library.

    They are started afresh ("spawn"), so a script that uses them needs the usual
    `if __name__ == "__main__":`.

    After an error nothing new is begun; what had begun is handed back before the error is raised.

    Args:
        n: Number of processes.

    Raises:
        BadValue: If `n` is below one.
    """

    n: int = 2

    def __post_init__(self) -> None:
        if self.n < 1:
            raise BadValue(f"processes: expected at least 1, got {self.n}")

    def map_unordered(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the item, result) as each piece is finished."""
        context = multiprocessing.get_context("spawn")
        workers = max(1, min(self.n, len(items)))
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
        try:
            waiting: dict[Future[Any], int] = {
                pool.submit(function, item): index for index, item in enumerate(items)
            }
            failure: BaseException | None = None
            while waiting:
                done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    index, error = waiting.pop(future), future.exception()
                    if error is None:
                        yield index, future.result()
                    else:
                        failure = failure or error
                if failure is not None:
                    # What has begun is finished and handed back, so that its work is not lost.
                    waiting = {f: index for f, index in waiting.items() if not f.cancel()}
            if failure is not None:
                raise failure
        finally:
            # After an error or Ctrl-C nothing that has not begun is begun.
            pool.shutdown(wait=True, cancel_futures=True)


def _begin() -> None:
    """What a worker does first."""
    # Two processes with two threads each fight over two cores. A spawned process runs this before
    # it unpickles the first piece of work, so before most numerical libraries load.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    # Ctrl-C goes to the parent, which stops handing out work and ends the pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A parent that is killed cannot end its workers; without this they would wait, or work, on.
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def default_executor(n: int | None = None) -> Executor:
    """`Serial` for one process, else `Processes`; as many as there are cores if not said."""
    n = len(os.sched_getaffinity(0)) if n is None and hasattr(os, "sched_getaffinity") else n
    n = n or os.cpu_count() or 1
    return Serial() if n == 1 else Processes(n)
