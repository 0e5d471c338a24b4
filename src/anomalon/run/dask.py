"""A Dask cluster: the machines of a batch system, or processes here that Dask looks after.

    Dask("tcp://10.1.2.3:8786")     the scheduler of a cluster that is there, as `dask-jobqueue`
                                    makes them on HTCondor and Slurm
    Dask()                          workers on this machine

`dask.distributed` is an extra (`pip install 'anomalon[dask]'`) and loaded when work begins. The
workers of a cluster need the same anomalon.
"""

import logging
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from math import inf
from typing import Any

from anomalon.core import check
from anomalon.core.errors import BadValue, MissingExtra
from anomalon.run.executors import Item, Result, cores
from anomalon.run.handing_out import hand_out
from anomalon.run.parcel import work
from anomalon.run.shared import Shared, parts_of
from anomalon.run.shield import shielded

__all__ = ["LOCAL", "Dask"]

LOCAL = "local"
"""The address of a cluster that is started on this machine, and ends with the work."""

_MOST = 1000  # workers on this machine
_ASK = 5.0  # seconds between two looks at how many workers there are
_PATIENCE = 10  # seconds for the scheduler to answer
_WORKERS_WITHIN = 600  # seconds for the first worker to come: batch systems take their time


@dataclass(frozen=True)
class Dask:
    """The workers of a Dask cluster.

    What is shared is sent once to each worker that is there, and from them to workers that come
    later. Work of a worker that is lost is done by another one; a piece that three of them did not
    survive is an error. After an error nothing new is begun; what had begun is handed back before
    the error is raised. After an interruption (Ctrl-C) what has not begun is cancelled.

    Args:
        address: Of the scheduler, as tcp://host:port; "local" to start workers on this machine.
        n: Workers on this machine; None for as many as there are cores.

    Raises:
        BadValue: If the address is none, or `n` is not a whole number from 1 to 1000.
    """

    address: str = LOCAL
    n: int | None = None

    def __post_init__(self) -> None:
        address = check.text(self.address, "dask")
        if address != LOCAL and "://" not in address:
            raise BadValue(
                f"dask: expected '{LOCAL}' or the address of a scheduler, as tcp://host:port, got "
                f"'{address}'."
            )
        if self.n is not None:
            object.__setattr__(self, "n", check.whole(self.n, "dask: workers", 1, _MOST))
            if address != LOCAL:
                raise BadValue(f"dask: {address} has its own workers; leave their number out.")

    @property
    def at_once(self) -> int | None:
        """One piece for each worker here; a cluster may grow."""
        return (self.n or cores()) if self.address == LOCAL else None

    def map_unordered(
        self, function: Callable[..., Result], items: Sequence[Item], shared: Any = None
    ) -> Iterator[tuple[int, Result]]:
        """Yield (index of the item, result) as each piece is finished.

        Raises:
            BadValue: If the work does not pickle, or no scheduler answers.
            MissingExtra: If `dask.distributed` is not installed.
            WorkerLost: If several workers ended over a piece, or all of them.
            WorkerError: If an error or a result does not pickle.
        """
        if not items:
            return
        distributed = _distributed()
        blob = None if shared is None else b"".join(parts_of(shared))
        with ExitStack() as stack:
            address = self.address
            if address == LOCAL:
                n = min(self.n or cores(), len(items))
                address = stack.enter_context(_cluster(distributed, n))
            client = stack.enter_context(_client(distributed, address))
            workers = stack.enter_context(_handed(distributed, client, blob))
            yield from hand_out(workers, function, items)


class _Workers:
    """The workers of a cluster."""

    def __init__(self, distributed: Any, client: Any, shared: tuple[Any, ...]) -> None:
        self.lost: tuple[type[Exception], ...] = (
            distributed.KilledWorker,
            distributed.comm.CommClosedError,
            CancelledError,
        )
        self._client = client
        self._executor = client.get_executor(pure=False)
        self._shared = shared
        self._most, self._asked = 0, -inf  # how many, and when that was

    def submit(self, parcel: bytes) -> Future[bytes]:
        future: Future[bytes] = self._executor.submit(_work, parcel, *self._shared)
        return future

    def most(self) -> int:
        # A cluster may grow, but to ask its scheduler takes as long as a small piece of work.
        if time.monotonic() - self._asked > _ASK:
            threads: dict[str, int] = self._client.nthreads()
            # Some wait for each that is at work: the next begins while an answer is on its way.
            self._most = 3 * max(sum(threads.values()), 1)
            self._asked = time.monotonic()
        return self._most

    def drop(self, future: Future[bytes]) -> bool:  # noqa: ARG002
        return False  # nobody knows here which of them have begun

    def why_lost(self, n_done: int) -> str:  # noqa: ARG002
        return (
            "Most often the memory was not enough: take workers with more of it. The log of the "
            "cluster says more."
        )


@contextmanager
def _handed(distributed: Any, client: Any, blob: bytes | None) -> Iterator[_Workers]:
    """Workers that have what is shared; if the block is left early, they are told to stop."""
    token = f"anomalon-{uuid.uuid4().hex}"
    shared = None if blob is None else client.scatter(blob, broadcast=True, hash=False)
    workers = _Workers(distributed, client, () if shared is None else (token, shared))
    done = False
    try:
        yield workers
        done = True
    finally:
        if not done:
            with shielded(), suppress(Exception):  # the cluster may be what was lost
                client.cancel(list(client.futures.values()), force=True)


@contextmanager
def _client(distributed: Any, address: str) -> Iterator[Any]:
    """A connection to a scheduler that has at least one worker."""
    try:
        with shielded():
            client = distributed.Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise BadValue(
            f"dask: no scheduler answers at {address} ({error}). Start one, or take --dask {LOCAL}."
        ) from error
    try:
        client.wait_for_workers(1, timeout=_WORKERS_WITHIN)
        yield client
    finally:
        with shielded():
            client.close(timeout=_PATIENCE)


@contextmanager
def _cluster(distributed: Any, n: int) -> Iterator[str]:
    """Workers on this machine, looked after and started again by Dask; gives their address."""
    with shielded():  # so they know no Ctrl-C, which is for this process to deal with
        cluster = distributed.LocalCluster(
            n_workers=n,
            threads_per_worker=1,
            processes=True,
            memory_limit=0,
            dashboard_address="127.0.0.1:0",  # any port: two runs must not fight over one
            silence_logs=logging.CRITICAL,
        )
    try:
        yield cluster.scheduler_address
    finally:
        with shielded():
            cluster.close(timeout=_PATIENCE)


def _distributed() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise MissingExtra("distributed", "dask", "work on a Dask cluster") from error
    return distributed


_KEPT: dict[str, Shared] = {}  # what this process, a worker, was given last


def _work(parcel: bytes, token: str = "", blob: Any = None) -> bytes:
    """Do a packed piece of work on a worker; what is shared is unpacked once."""
    if blob is None:
        return work(parcel)
    kept = _KEPT.get(token)
    if kept is None:
        kept = Shared(blob)
        _KEPT.clear()
        _KEPT[token] = kept
    return work(parcel, lambda: kept.value)
