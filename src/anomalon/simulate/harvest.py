"""`Harvest`: the chunks of one recipe as they come, and what was made of it."""

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from anomalon.core import Events
from anomalon.core.config import to_plain
from anomalon.core.errors import TooFewEvents
from anomalon.run.job import Workplace
from anomalon.run.progress import Told
from anomalon.run.work import each
from anomalon.simulate.chunk import Chunk, Tally
from anomalon.simulate.order import Part
from anomalon.simulate.recipe import Recipe

__all__ = ["Harvest", "Made"]

# The time, or the same events were other bytes; and what old files have not.
_NOT_IN_THE_FILE = ("seconds", "cross_section_error")
# Settings that are younger than shipped files: not said where they change nothing.
_YOUNGER = ("decays", "pileup", "process", "splits", "enhancement", "matching", "stratum")
_PATIENCE = 20  # chunks without a single accepted event
_BLINDLY = 2  # chunks at once, where nobody knows yet how many events one has


@dataclass(frozen=True)
class Made:
    """What was made of one recipe.

    Args:
        recipe: It.
        n_events: Events of it in the file.
        tally: What all chunks together generated and accepted; accepted events beyond those asked
            for were left out of the file.
        n_chunks: Chunks that its events are from.
    """

    recipe: Recipe
    n_events: int
    tally: Tally
    n_chunks: int

    @property
    def acceptance(self) -> float:
        """Accepted over generated events."""
        return self.tally.n_accepted / self.tally.n_generated

    @property
    def n_stood_for(self) -> float:
        """Generated events that those in the file stand for."""
        return self.n_events / self.acceptance

    @property
    def luminosity(self) -> float:
        """Integrated luminosity that the events are of, at the generator's cross section, fb^-1."""
        total = self.tally
        per_pb = total.cross_section * 1e3 * total.n_accepted / total.n_generated
        return self.n_events / per_pb


@dataclass(eq=False)
class Harvest:
    """The chunks of one part, as they come.

    Args:
        part: What is wanted.
        places: Of its events among all.
        chunks: Those that are there, by index.
    """

    part: Part
    places: NDArray[np.int64]
    chunks: dict[int, Chunk] = field(default_factory=dict)

    @property
    def used(self) -> list[Chunk]:
        """The chunks that hold the events."""
        first = self.part.order.first_chunk
        return [self.chunks[i] for i in _leading(self.chunks, first, self.part.n_events)]

    @property
    def events(self) -> Events:
        """As many as were wanted; those of a stratum with weights in Hz."""
        events = Events.concatenate([chunk.events for chunk in self.used])[: self.part.n_events]
        stratum = self.part.recipe.stratum
        if stratum is None:
            return events
        return replace(events, weight=events.weight * (stratum.rate / self.made.n_stood_for))

    @property
    def made(self) -> Made:
        """What there is to say of it."""
        used = self.used
        tally = _sum([chunk.tally for chunk in used])
        return Made(self.part.recipe, self.part.n_events, tally, len(used))

    def about(self) -> dict[str, Any]:
        """The same for the file, without what changes from run to run."""
        made, order = self.made, self.part.order
        tally, recipe = asdict(made.tally), to_plain(made.recipe)
        for name in _YOUNGER:
            if getattr(made.recipe, name) == Recipe.__dataclass_fields__[name].default:
                del recipe[name]
        stratum = made.recipe.stratum
        strata = {} if stratum is None else {"rate": stratum.rate}
        return strata | {
            "recipe": recipe,
            "seed": str(order.seed),
            "chunk_size": order.chunk_size,
            "first_chunk": order.first_chunk,
            "n_chunks": made.n_chunks,
            "luminosity_fb": made.luminosity,
            "tally": {k: v for k, v in tally.items() if k not in _NOT_IN_THE_FILE},
            "n_events": made.n_events,
        }

    def bring(self, place: Workplace) -> None:
        """Make what is missing, until there are enough events."""
        first, n_events, progress = self.part.order.first_chunk, self.part.n_events, place.progress
        if progress is not None:
            progress(0, n_events, "events")  # time counts from here
        at_once = min(_BLINDLY, place.executor.at_once or _BLINDLY)
        while (end := self._needed(at_once)) > first:
            pieces = [self.part.piece(i) for i in range(first, end) if i not in self.chunks]
            missing = []
            for piece in pieces:
                kept = None if place.store is None else place.store.get(piece.key)
                if kept is None:
                    missing.append(piece)
                else:
                    self._have(piece.index, kept, place, earlier=True)
            for position, value in each(missing, self.part.shared, place.executor, place.store):
                self._have(missing[position].index, value, place, earlier=False)

    def _needed(self, at_once: int) -> int:
        """Up to which chunk to have all before looking again; the first if there are enough events.

        Args:
            at_once: Chunks to make where nothing is known of the acceptance.
        """
        first, n_events, used = self.part.order.first_chunk, self.part.n_events, self.used
        accepted = sum(chunk.tally.n_accepted for chunk in used)
        if accepted >= n_events:
            return first
        if len(used) >= _PATIENCE and accepted == 0:
            raise TooFewEvents(
                f"recipe {self.part.recipe.name}: none of "
                f"{sum(chunk.tally.n_generated for chunk in used)} "
                "generated events was accepted. Loosen the selection or raise the masses."
            )
        if accepted == 0:
            return first + len(used) + at_once
        return first + max(len(used) + 1, math.ceil(len(used) * n_events / accepted))

    def _have(self, index: int, value: dict[str, Any], place: Workplace, *, earlier: bool) -> None:
        self.chunks[index] = Chunk.of(value)
        accepted = sum(c.tally.n_accepted for c in self.chunks.values())
        if place.progress is not None:
            told = Told("events", earlier=self.chunks[index].tally.n_accepted if earlier else 0)
            place.progress(min(accepted, self.part.n_events), self.part.n_events, told)


def _leading(chunks: dict[int, Chunk], first: int, n_events: int) -> list[int]:
    """The chunks from `first` on that hold the first `n_events`; if too few, all without a gap."""
    used: list[int] = []
    accepted = 0
    while (index := first + len(used)) in chunks and accepted < n_events:
        accepted += chunks[index].tally.n_accepted
        used.append(index)
    return used


def _sum(tallies: list[Tally]) -> Tally:
    """Totals; the cross section is the mean of the chunks', which are of one size.

    Each chunk has a generator of its own, so their errors are independent.
    """
    return Tally(
        n_generated=sum(t.n_generated for t in tallies),
        n_accepted=sum(t.n_accepted for t in tallies),
        sum_weights=sum(t.sum_weights for t in tallies),
        cross_section=sum(t.cross_section for t in tallies) / len(tallies),
        cross_section_error=math.hypot(*(t.cross_section_error for t in tallies)) / len(tallies),
        seconds=sum(t.seconds for t in tallies),
        generator=tallies[0].generator,
    )
