"""Pieces of work, done by whoever there is, kept as they are finished, and told of.

A job says what its pieces are, and what all of them need; `do` gives their values, in order. What
an earlier run has finished comes from the store, workers that are lost are replaced, and an error
names its piece and says what is finished beside it.

Writing your own: a frozen dataclass with `key`, `what` and `__call__`. It has to pickle, and to be
small: large things go into `shared`, which every worker gets once. Its value is made of arrays,
dictionaries, lists, numbers and texts.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from anomalon.core.errors import DataError, WorkerLost
from anomalon.run.executors import Executor, Serial
from anomalon.run.progress import Progress, Told
from anomalon.run.store import Store

__all__ = ["Piece", "do", "each"]

Value = TypeVar("Value", covariant=True)

_LOSSES = 2  # in a row, without a finished piece between them


class Piece(Protocol[Value]):
    """A piece of work."""

    @property
    def key(self) -> str:
        """A digest of all that its value depends on, what is shared and the code among it."""
        ...

    @property
    def what(self) -> str:
        """What it is, for people."""
        ...

    def __call__(self, shared: Any) -> Value:
        """Do it."""
        ...


def do(
    pieces: Sequence[Piece[Value]],
    *,
    shared: Any = None,
    executor: Executor | None = None,
    store: Store | None = None,
    progress: Progress | None = None,
    sizes: Sequence[int] | None = None,
    beginning: Told | None = None,
) -> list[Value]:
    """The value of each piece: from the store if it is there, and into it when it is done.

    What is in the store and not as it was written is done again, and it is said which.

    Args:
        pieces: What is to do.
        shared: What all of them need; each worker gets it once.
        executor: Who does them; this process if None. The values do not depend on it.
        store: Where values are kept, so that an interrupted run goes on; None for nowhere.
        progress: Called with (done, all, what was done) at the beginning and after each piece.
        sizes: How much each piece counts in that; one if not given.
        beginning: What is told first, if nothing was finished earlier.

    Raises:
        WorkerLost: If workers were lost again and again.
    """
    executor = executor or Serial()
    sizes = [1] * len(pieces) if sizes is None else sizes
    total = sum(sizes)
    values: dict[int, Value] = {}
    damaged: list[str] = []
    done = 0
    tell = _teller(progress, total, len(pieces), executor.at_once)
    if store is not None:
        for index, piece in enumerate(pieces):
            try:
                value = store.get(piece.key)
            except DataError as error:
                damaged.append(f"{piece.what} ({str(error).split(':')[0]})")
                continue
            if value is not None:
                values[index] = value
                done += sizes[index]
    words = f"{len(values)} finished earlier"
    if damaged:
        words += f"; damaged and done again: {', '.join(damaged)}"
    found = Told(words, earlier=done)
    tell(done, found if values or damaged else beginning or "start")
    missing = [index for index in range(len(pieces)) if index not in values]
    for position, value in each([pieces[i] for i in missing], shared, executor, store):
        index = missing[position]
        values[index] = value
        done += sizes[index]
        tell(done, pieces[index].what)
    return [values[i] for i in range(len(pieces))]


def each(
    pieces: Sequence[Piece[Value]],
    shared: Any = None,
    executor: Executor | None = None,
    store: Store | None = None,
) -> Iterator[tuple[int, Value]]:
    """Do the pieces, in any order; keep each in the store and yield (index, value).

    An error has notes that name its piece and say how many are finished.

    Raises:
        WorkerLost: If workers were lost again and again.
    """
    executor = executor or Serial()
    missing = list(range(len(pieces)))
    n_lost = 0
    while missing:
        finished = set[int]()
        done = executor.map_unordered(_call, [pieces[i] for i in missing], shared)
        try:
            for position, value in _noted(done, len(pieces), len(missing), store):
                index = missing[position]
                if store is not None:
                    store.put(pieces[index].key, value)
                finished.add(index)
                n_lost = 0
                yield index, value
        except WorkerLost:
            n_lost += 1
            if n_lost >= _LOSSES:
                raise
        missing = [index for index in missing if index not in finished]


def _call(piece: Piece[Value], shared: Any = None) -> Value:
    try:
        return piece(shared)
    except Exception as error:
        error.add_note(f"It was in this piece of work: {piece.what}.")
        raise


def _noted(
    done: Iterator[tuple[int, Any]], n: int, n_missing: int, store: Store | None
) -> Iterator[tuple[int, Any]]:
    """The same; an error says what was finished before it."""
    n_done = n - n_missing
    try:
        for found in done:
            n_done += 1
            yield found
    except Exception as error:
        kept = "" if store is None else f" and kept in {store.folder}"
        error.add_note(f"{n_done} of the {n} pieces of work that were left are finished{kept}.")
        raise


def _teller(
    progress: Progress | None, total: int, n: int, at_once: int | None
) -> Callable[[int, str], None]:
    """Tells of work with what is needed for an estimate of the time."""
    if progress is None:
        return lambda _done, _what: None
    # Those that are at work beside the one which was just finished are halfway, on average.
    under_way = (min(at_once or 1, n) - 1) / 2 * total / max(n, 1)

    def tell(done: int, what: str) -> None:
        told = Told.of(what)
        progress(done, total, Told(told, told.forecast, under_way, told.earlier))

    return tell
