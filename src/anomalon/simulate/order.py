"""`Order`: which events are wanted, and the pieces of work that make them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self, TypedDict

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Seed, check, event_random
from anomalon.core.config import digest
from anomalon.core.provenance import code_version
from anomalon.run import Executor
from anomalon.simulate.chunk import make_chunk
from anomalon.simulate.recipe import Mixture, Recipe

__all__ = ["CHUNK", "Making", "Order", "Part"]

CHUNK = 1000
MOST_EVENTS = 1_000_000_000
"""More events are a slip of the finger."""


class Making(TypedDict, total=False):
    """Which events of a recipe are made, and by whom: keywords of `generate` and `events`.

    Attributes:
        seed: Of the sample; 0 if not given.
        chunk_size: Generated events in a chunk; 1000 if not given.
        first_chunk: Where to begin; 0 if not given. A sample that begins where another of the same
            recipe, seed and chunk size ended (`n_chunks` in its file) shares no event with it.
        executor: Who works; this process if not given.
        progress: Called with (accepted so far, wanted) at the beginning and after each chunk.
    """

    seed: Seed | int
    chunk_size: int | None
    first_chunk: int
    executor: Executor | None
    progress: Callable[[int, int], None] | None


@dataclass(frozen=True)
class Order:
    """Which events are wanted: all that determines them, and their number.

    Args:
        recipe: What to generate.
        n_events: How many accepted events.
        seed: Of the sample.
        chunk_size: Generated events in a chunk.
        first_chunk: Where to begin.

    Raises:
        BadValue: If a number is out of range.
    """

    recipe: Recipe | Mixture
    n_events: int
    seed: Seed
    chunk_size: int = CHUNK
    first_chunk: int = 0

    def __post_init__(self) -> None:
        check.fields(
            self,
            "simulate",
            n_events=(1, MOST_EVENTS),
            chunk_size=(1, 10_000_000),
            first_chunk=(0, check.MOST),
        )

    @classmethod
    def of(cls, recipe: Recipe | Mixture, n_events: int, making: Making) -> Self:
        """From the keywords of `generate`."""
        size = making.get("chunk_size")
        return cls(
            recipe,
            n_events,
            Seed.of(making.get("seed", 0)),
            CHUNK if size is None else size,
            making.get("first_chunk", 0),
        )

    def parts(self) -> tuple[tuple["Part", NDArray[np.int64]], ...]:
        """The parts of a mixture, with the places of their events among all.

        The process of an event is drawn: more events begin with the same.
        """
        if isinstance(self.recipe, Recipe):
            return ((Part(self, self.recipe, self.n_events), np.arange(self.n_events)),)
        ends = np.cumsum([share for _, share in self.recipe.parts])[:-1]
        u = event_random.uniform(np.arange(self.n_events), self.seed.child("mixture"))
        chosen = np.searchsorted(ends, u, side="right")
        places = [np.flatnonzero(chosen == i) for i in range(len(ends) + 1)]
        return tuple(
            (Part(self, recipe, len(where)), where)
            for (recipe, _), where in zip(self.recipe.parts, places, strict=True)
            if len(where)
        )


@dataclass(frozen=True)
class Part:
    """So many events of one recipe."""

    order: Order
    recipe: Recipe
    n_events: int

    def piece(self, index: int) -> "Piece":
        """The work that makes a chunk."""
        seed, size = self.order.seed, self.order.chunk_size
        made_of = digest(code_version(), self.recipe, str(seed), size, "events")
        return Piece(digest("chunk", made_of, index), index)

    @property
    def shared(self) -> tuple[Recipe, Seed, int]:
        """What every piece needs."""
        return self.recipe, self.order.seed, self.order.chunk_size


@dataclass(frozen=True)
class Piece:
    """A chunk to make; gives its events and its tally."""

    key: str
    index: int

    @property
    def what(self) -> str:
        return f"chunk {self.index} of simulated events"

    def __call__(self, shared: tuple[Recipe, Seed, int]) -> dict[str, Any]:
        recipe, seed, chunk_size = shared
        return make_chunk(recipe, seed, self.index, chunk_size).to_dict()
