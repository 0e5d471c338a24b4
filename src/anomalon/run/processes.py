"""Several processes on this machine."""

import mmap
import multiprocessing
import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import reduction
from multiprocessing.connection import Connection
from typing import IO, Any

from anomalon.core import check
from anomalon.core.errors import DataError
from anomalon.run.executors import Item, Result
from anomalon.run.handing_out import hand_out
from anomalon.run.parcel import work
from anomalon.run.shared import Shared, parts_of
from anomalon.run.shield import shielded

__all__ = ["Processes"]

_MOST = 1000  # processes: more are a slip of the finger


@dataclass(frozen=True)
class Processes:
    """Several processes on this machine, each with one thread per numerical library.

    They are started afresh ("spawn"), so a script that uses them needs the usual
    `if __name__ == "__main__":`.

    What is shared is written once into a temporary file without a name, which all of them map into
    their memory: they share one copy, and the file is gone with the last of them, however they end.

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

    @property
    def at_once(self) -> int:
        """One piece in each process."""
        return self.n

    def map_unordered(
        self, function: Callable[..., Result], items: Sequence[Item], shared: Any = None
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the item, result) as each piece is finished.

        Raises:
            BadValue: If the work does not pickle.
            DataError: If there is no room for what is shared.
            WorkerLost: If a process ended before its work was done.
            WorkerError: If an error or a result does not pickle.
        """
        if not items:
            return
        n = min(self.n, len(items))
        with ExitStack() as stack:
            file = None if shared is None else stack.enter_context(_written(shared))
            pool = stack.enter_context(_pool(n, file))
            yield from hand_out(_Workers(pool, n), function, items)


class _Workers:
    """The workers of a pool."""

    lost: tuple[type[Exception], ...] = (BrokenProcessPool,)

    def __init__(self, pool: ProcessPoolExecutor, n: int) -> None:
        self._pool = pool
        self._n = n

    def submit(self, parcel: bytes) -> Future[bytes]:
        with shielded():
            return self._pool.submit(_work, parcel)

    def most(self) -> int:
        return self._n + 1  # nobody waits while an answer is dealt with

    def drop(self, future: Future[bytes]) -> bool:
        return future.cancel()

    def why_lost(self, n_done: int) -> str:
        why = "Most often the memory was not enough: take fewer processes."
        if n_done:
            return why
        return (
            f"{why} A script that starts processes needs `if __name__ == "
            '"__main__":` around its work, and has to be a file.'
        )


@contextmanager
def _pool(n: int, file: "_SharedFile | None") -> Iterator[ProcessPoolExecutor]:
    """Worker processes that are gone when the block is left, however it is left."""
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    begin: Any = _begin  # what it is called with has become something else on its way
    pool = ProcessPoolExecutor(n, mp_context=context, initializer=begin, initargs=(theirs, file))
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


@contextmanager
def _written(shared: Any) -> "Iterator[_SharedFile]":
    """What is shared, in a file without a name."""
    with tempfile.TemporaryFile(prefix="anomalon-") as file:
        try:
            for part in parts_of(shared):
                file.write(part)
            file.flush()
        except OSError as error:
            raise DataError(
                f"{tempfile.gettempdir()}: the data that all processes need cannot be written "
                f"there ({error.strerror or error}). Make room, set TMPDIR to another folder, or "
                "take one process."
            ) from error
        yield _SharedFile(file)


class _SharedFile:
    """A file on its way to a process that is being started, where it is mapped into memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __reduce__(self) -> tuple[Callable[..., Shared], tuple[Any, ...]]:
        if hasattr(reduction, "DupFd"):
            return _mapped, (reduction.DupFd(self._file.fileno()),)
        self._file.seek(0)  # no descriptors to hand over, as on Windows: a copy for each
        return Shared, (self._file.read(),)


def _mapped(handle: Any) -> Shared:
    descriptor = handle.detach()
    try:
        return Shared(mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ))
    finally:
        os.close(descriptor)


_SHARED: list[Shared] = []  # what this process, a worker, was started with


def _begin(lifeline: Connection, shared: Shared | None) -> None:
    """What a worker does first."""
    # Two processes with two threads each fight over two cores. A spawned process runs this before
    # it unpickles the first piece of work, so before most numerical libraries load.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    # Ctrl-C goes to the parent, which stops handing out work and ends the pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()
    _SHARED[:] = [] if shared is None else [shared]


def _work(parcel: bytes) -> bytes:
    return work(parcel, (lambda: _SHARED[0].value) if _SHARED else None)


def _end_with(lifeline: Connection) -> None:
    # Nothing is ever sent. The other end closes when the parent wants no more work, and when it is
    # killed and cannot say so; without this its workers would wait, or work, on.
    with suppress(EOFError, OSError):
        lifeline.recv_bytes()
    os._exit(1)
