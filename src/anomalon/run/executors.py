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
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Protocol, TypeVar

from anomalon.core import check
from anomalon.core.errors import AnomalonError, WorkerLost
from anomalon.run.parcel import pack, unpack, work
from anomalon.run.shield import shielded

__all__ = ["Executor", "Processes", "Serial", "default_executor"]

Item = TypeVar("Item")
Result = TypeVar("Result")

_MOST = 1000  # processes: more are a slip of the finger
_LOOK = 0.5  # seconds, after which interruptions are looked for


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
    After an interruption (Ctrl-C) the processes end at once.

    Args:
        n: Number of processes.

    Raises:
        BadValue: If `n` is not a whole number from 1 to 1000.
    """

    n: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", check.whole(self.n, "processes", 1, _MOST))

    def map_unordered(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the item, result) as each piece is finished.

        Raises:
            BadValue: If the work does not pickle.
            WorkerLost: If a process ended before its work was done.
            WorkerError: If an error or a result does not pickle.
        """
        if not items:
            return
        with _pool(min(self.n, len(items))) as pool:
            yield from _in_pool(pool, min(self.n, len(items)), function, items)


def _in_pool(
    pool: ProcessPoolExecutor,
    n: int,
    function: Callable[[Item], Result],
    items: Sequence[Item],
) -> Iterator[tuple[int, Result]]:
    # No more is packed than is done soon: the data go with every piece of work.
    begun: dict[Future[bytes], int] = {}
    left = iter(enumerate(items))
    failure: Exception | None = None
    n_done = 0
    while True:
        try:
            while failure is None and len(begun) <= n and (piece := next(left, None)) is not None:
                index, item = piece
                parcel = pack(function, item)
                with shielded():
                    begun[pool.submit(work, parcel)] = index
        except (AnomalonError, BrokenProcessPool) as error:
            failure = error
        if not begun:
            break
        # Not without end: a signal that another thread has taken does not wake this one.
        done, _ = wait(begun, timeout=_LOOK, return_when=FIRST_COMPLETED)
        for future in done:
            index = begun.pop(future)
            try:
                result = unpack(future.result())
            except Exception as error:
                failure = failure or error
                continue
            n_done += 1
            yield index, result
        if failure is not None:
            # What has begun is finished and handed back, so that its work is not lost.
            begun = {future: index for future, index in begun.items() if not future.cancel()}
    if isinstance(failure, BrokenProcessPool):
        raise _lost(n_done, len(items)) from failure
    if failure is not None:
        raise failure


def _lost(n_done: int, n: int) -> WorkerLost:
    if n_done:
        why = "Most often the memory was not enough: take fewer processes."
    else:
        why = (
            "Most often the memory was not enough: take fewer processes. A script that starts "
            'processes needs `if __name__ == "__main__":` around its work, and has to be a file.'
        )
    return WorkerLost(
        f"processes: a worker process ended before its work was done, with {n_done} of {n} pieces "
        f"finished. {why}"
    )


@contextmanager
def _pool(n: int) -> Iterator[ProcessPoolExecutor]:
    """Worker processes that are gone when the block is left, however it is left."""
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(n, mp_context=context, initializer=_begin, initargs=(theirs,))
    at_work = True
    try:
        yield pool
        at_work = False
    finally:
        with shielded():
            if at_work:  # Ctrl-C, or nobody wants the rest: nor does anybody want to wait for it
                ours.close()
            pool.shutdown(wait=True, cancel_futures=True)
            ours.close()
            theirs.close()


def _begin(lifeline: Connection) -> None:
    """What a worker does first."""
    # Two processes with two threads each fight over two cores. A spawned process runs this before
    # it unpickles the first piece of work, so before most numerical libraries load.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    # Ctrl-C goes to the parent, which stops handing out work and ends the pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    # Nothing is ever sent. The other end closes when the parent wants no more work, and when it is
    # killed and cannot say so; without this its workers would wait, or work, on.
    with suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(1)


def default_executor(n: int | None = None) -> Executor:
    """`Serial` for one process, else `Processes`; as many as there are cores if not said."""
    n = len(os.sched_getaffinity(0)) if n is None and hasattr(os, "sched_getaffinity") else n
    n = n or os.cpu_count() or 1
    return Serial() if n == 1 else Processes(n)
