"""`JetNumbers`: jets that say which jet of their event each is, whatever part is taken of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from anomalon.core.events import Events
from anomalon.core.kinds import are_constituents
from anomalon.detection.batches import Batches

__all__ = ["JetNumbers", "number_of", "within_event"]

_NUMBER = "jet"


@dataclass(frozen=True, eq=False)
class JetNumbers:
    """Jets with a column `jet`: 1 for the first of its event in the file, and so on.

    Events need not be together. One number for each jet is in memory.

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
    def _numbers(self) -> NDArray[np.int64]:
        """Of all jets."""
        events = [jets.column("event") for jets in self.batches]
        return within_event(np.concatenate([np.empty(0, np.int64), *events]))

    def __iter__(self) -> Iterator[Events]:
        first = 0
        for jets in self.batches:
            number = self._numbers[first : first + len(jets)]
            yield jets.with_columns({**jets.columns, _NUMBER: number})
            first += len(jets)


def number_of(events: Events) -> NDArray[np.int64] | None:
    """Which jet of its event each is, where these are jets that say it, shape (event,)."""
    if _NUMBER not in events.columns or not are_constituents(events.object_kinds):
        return None
    return events.column(_NUMBER)


def within_event(event: NDArray[np.integer]) -> NDArray[np.int64]:
    """Which of the rows of its event each row is, from 1, shape (row,).

    Example:
        >>> within_event(np.array([7, 7, 3, 7]))
        array([1, 2, 1, 3])
    """
    order = np.argsort(event, kind="stable")
    rising = event[order]
    number = np.empty(len(event), np.int64)
    number[order] = np.arange(len(event)) - np.searchsorted(rising, rising, side="left") + 1
    return number
