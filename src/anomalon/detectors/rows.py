"""`Rows`: background as a detector learns from it, in memory or on disk."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import check
from anomalon.core.errors import TooFewEvents
from anomalon.core.event_random import uniform
from anomalon.core.events import Events
from anomalon.core.seed import Seed
from anomalon.core.seen import fingerprint
from anomalon.core.shown import Shown
from anomalon.features.inputs import Encoded, FittedInputs
from anomalon.learn.engine.rows import spooled

__all__ = ["Rows", "prepared"]

_MOST_HELD = 100_000  # events that judge epochs; more say nothing new
_FEWEST = 10


@dataclass(frozen=True, eq=False, repr=False)
class Rows(Shown):
    """Events as numbers, with their weights.

    Args:
        seen: The events; memory-mapped if they were too many.
        weight: Shape (event,), float32, of mean one.
        event: Shape (event,): an identity that depends on what is in the event alone.
    """

    seen: Encoded
    weight: NDArray[np.float32]
    event: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.weight)

    @property
    def data(self) -> tuple[Any, ...]:
        """What a loss sees of them."""
        return self.seen.data


@contextmanager
def prepared(
    inputs: FittedInputs,
    pieces: Iterable[Events],
    held_share: float,
    most: int | None,
    seed: Seed,
) -> Iterator[tuple[Rows, Rows]]:
    """Rows to learn from, and rows that judge; several pieces go through a file.

    Args:
        inputs: What events go through.
        pieces: The background.
        held_share: Share of the rows that judge, drawn from what is in each event.
        most: Take so many of the rows to learn from, at random, if there are more.
        seed: Of both choices.

    Raises:
        BadNumbers: If a weight is negative.
        TooFewEvents: If there are fewer than ten events with a weight.
    """
    held: list[_Piece] = []

    def learned_from() -> Iterator[Any]:
        for piece in _encoded(inputs, pieces):
            judges = uniform(piece.event, seed.child("held")) < held_share
            room = _MOST_HELD - sum(len(p.weight) for p in held)
            held.append(piece.of(np.flatnonzero(judges)[: max(0, room)]))
            if (~judges).any():
                yield piece.of(~judges).tree

    if isinstance(pieces, list) and len(pieces) == 1:
        yield _both(next(learned_from(), None), held, most, seed)
        return
    trees = learned_from()
    first = next(trees, None)
    if first is None:
        yield _both(None, held, most, seed)  # refuses, in the same words
        return
    with TemporaryDirectory(prefix="anomalon-rows-") as folder:
        yield _both(spooled(chain([first], trees), Path(folder)), held, most, seed)


@dataclass(frozen=True, eq=False)
class _Piece:
    """Some encoded events; a mask of no columns stands for none."""

    x: NDArray[np.float32]
    mask: NDArray[np.bool_]
    weight: NDArray[np.float64]
    event: NDArray[np.int64]

    @property
    def tree(self) -> tuple[Any, ...]:
        return self.x, self.mask, self.weight, self.event

    def of(self, which: NDArray[Any]) -> "_Piece":
        return _Piece(*(array[which] for array in self.tree))


def _encoded(inputs: FittedInputs, pieces: Iterable[Events]) -> Iterator[_Piece]:
    for events in pieces:
        check.non_negative(events.weight, f"{events.source}: weight")
        counted = events[events.weight > 0]
        seen = inputs(counted)
        mask = np.zeros((len(counted), 0), bool) if seen.mask is None else seen.mask
        # float64 until the mean divides them: in pb they may be below all that float32 holds
        yield _Piece(
            seen.x,
            mask,
            np.asarray(counted.weight, np.float64),
            fingerprint(counted).view(np.int64),
        )


def _both(tree: Any, held: list[_Piece], most: int | None, seed: Seed) -> tuple[Rows, Rows]:
    n = 0 if tree is None else len(tree[2])
    if n < _FEWEST:
        raise TooFewEvents(
            f"fit: expected at least {_FEWEST} events with a weight to learn from, got {n}."
        )
    if most is not None and n > most:
        # in an order that does not depend on that of the file
        chosen = np.sort(np.argsort(uniform(tree[3], seed.child("choice")), kind="stable")[:most])
        tree = tuple(array[chosen] for array in tree)
    judges = tuple(np.concatenate(arrays) for arrays in zip(*(p.tree for p in held), strict=True))
    largest = np.max(tree[2])  # the sum of what is divided by it is finite
    unit = largest, np.mean(np.asarray(tree[2]) / largest)
    return _rows(tree, unit), _rows(judges, unit)


def _rows(tree: Any, unit: tuple[np.floating[Any], np.floating[Any]]) -> Rows:
    x, mask, weight, event = tree
    scaled = (np.asarray(weight) / unit[0] / unit[1]).astype(np.float32)
    return Rows(Encoded(x, mask if mask.shape[1] else None), scaled, np.asarray(event))
