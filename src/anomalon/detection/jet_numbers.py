"""`JetNumbers`: jets that say which jet of their event each is, whatever part is taken of them.

Jets of an event have its underlying event and its flavours in common, so they are kept in one part.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from anomalon.core.events import Events
from anomalon.core.kinds import are_constituents
from anomalon.core.seen import SPLIT, fingerprint
from anomalon.detection.batches import TOGETHER, Batches

__all__ = ["JetNumbers", "number_of", "numbers_and_first"]

_NUMBER = "jet"
_MOST_JETS = 100  # of an event: with more, `event` counts something else, or nothing


@dataclass(frozen=True, eq=False)
class JetNumbers:
    """Jets with a column `jet`: 1 for the first of its event in the file, and so on.

    If no part is said, that of an event is drawn from what is in its first jet. Events need not be
    together. Two numbers for each jet are in memory.

    Args:
        batches: All jets of a file.
    """

    batches: Batches

    @staticmethod
    def of(batches: Batches) -> Batches:
        """The same jets; those in memory stay there."""
        numbered = JetNumbers(batches)
        return tuple(numbered) if isinstance(batches, tuple) else numbered

    @cached_property
    def _numbers(self) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
        """Of all jets: which of its event it is, and what the first of its event is known by."""
        event, known_by = [np.empty(0, np.int64)], [np.empty(0, np.uint64)]
        for jets in self.batches:
            event.append(jets.column("event"))
            if SPLIT not in jets.columns:
                known_by.append(fingerprint(jets))
        own = np.concatenate(known_by)
        number, together = numbers_and_first(np.concatenate(event), own)
        return number, together if number.max(initial=0) <= _MOST_JETS else own

    def __iter__(self) -> Iterator[Events]:
        number, together = self._numbers
        first = 0
        for jets in self.batches:
            rows = slice(first, first + len(jets))
            columns = {**jets.columns, _NUMBER: number[rows]}
            if SPLIT not in jets.columns:
                columns[TOGETHER] = together[rows]
            yield jets.with_columns(columns)
            first += len(jets)


def number_of(events: Events) -> NDArray[np.int64] | None:
    """Which jet of its event each is, where these are jets that say it, shape (event,)."""
    if _NUMBER not in events.columns or not are_constituents(events.object_kinds):
        return None
    return events.column(_NUMBER)


def numbers_and_first(
    event: NDArray[np.integer], values: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Which of the rows of its event each row is, from 1, and the value of the first of them.

    Args:
        event: Numbers of events, shape (row,).
        values: Shape (row,), or empty, and so is what is returned.

    Example:
        >>> numbers_and_first(np.array([7, 7, 3, 7]), np.array([5, 6, 8, 9]))
        (array([1, 2, 1, 3]), array([5, 5, 8, 5]))
    """
    order = np.argsort(event, kind="stable")
    rising = event[order]
    start = np.searchsorted(rising, rising, side="left")
    number = np.empty(len(event), np.int64)
    number[order] = np.arange(len(event)) - start + 1
    if not len(values):
        return number, values
    first = np.empty_like(values)
    first[order] = values[order[start]]
    return number, first
