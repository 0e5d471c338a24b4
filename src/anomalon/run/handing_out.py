"""Pieces of work for other processes: a few at a time, and what is finished is never lost."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any, Protocol

from anomalon.core.errors import AnomalonError, WorkerLost
from anomalon.run.parcel import pack, unpack

__all__ = ["Workers", "hand_out"]

_LOOK = 0.5  # seconds, after which interruptions are looked for


class Workers(Protocol):
    """Those who do packed pieces of work (`anomalon.run.parcel`) elsewhere."""

    @property
    def lost(self) -> tuple[type[Exception], ...]:
        """Errors which say that a worker ended before its work was done."""
        ...

    def submit(self, parcel: bytes) -> Future[bytes]:
        """Begin a piece of work; gives its packed answer."""
        ...

    def most(self) -> int:
        """How many pieces to have at work or waiting."""
        ...

    def drop(self, future: Future[bytes]) -> bool:
        """Whether a piece has not begun, and now will not."""
        ...

    def why_lost(self, n_done: int) -> str:
        """The likely reason of a loss, and what to do, if so many pieces were finished before."""
        ...


def hand_out(
    workers: Workers, function: Callable[..., Any], items: Sequence[Any]
) -> Iterator[tuple[int, Any]]:
    """Yield (index of the item, result) as each piece is finished.

    After an error nothing new is begun; what had begun is handed back before the error is raised.

    Raises:
        BadValue: If the work does not pickle.
        WorkerLost: If a worker ended before its work was done.
        WorkerError: If an error or a result does not pickle.
    """
    # No more is packed than is done soon.
    begun: dict[Future[bytes], int] = {}
    left = iter(enumerate(items))
    failure: Exception | None = None
    n_done = 0
    refused: tuple[type[Exception], ...] = (AnomalonError, *workers.lost)
    while True:
        try:
            most = workers.most()
            while failure is None and len(begun) < most and (piece := next(left, None)) is not None:
                index, item = piece
                begun[workers.submit(pack(function, item))] = index
        except refused as error:
            failure = failure or error
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
            begun = {future: index for future, index in begun.items() if not workers.drop(future)}
    if isinstance(failure, workers.lost):
        raise WorkerLost(
            f"processes: a worker process ended before its work was done, with {n_done} of "
            f"{len(items)} pieces finished. {workers.why_lost(n_done)}"
        ) from failure
    if failure is not None:
        raise failure
