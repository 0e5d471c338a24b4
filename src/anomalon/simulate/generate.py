"""Samples of a wanted size, made in chunks: in parallel, resumable, and always the same."""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self, TypedDict, Unpack

from anomalon.core import Events, Seed, check
from anomalon.core.atomic import check_writable
from anomalon.core.config import digest, to_plain
from anomalon.core.errors import TooFewEvents
from anomalon.core.provenance import code_version
from anomalon.data.event_file import check_name
from anomalon.run import Executor, Serial, Store
from anomalon.run.job import Workplace
from anomalon.run.progress import Told
from anomalon.run.work import each
from anomalon.simulate.chunk import Chunk, Tally, make_chunk
from anomalon.simulate.recipe import Recipe
from anomalon.simulate.table import write_table

__all__ = ["CHUNK", "Generated", "Making", "Order", "events", "generate", "make"]

CHUNK = 1000
MOST_EVENTS = 1_000_000_000
"""More events are a slip of the finger."""
# The time, or the same events were other bytes; and what old files have not.
_NOT_IN_THE_FILE = ("seconds", "cross_section_error")
_PATIENCE = 20  # chunks without a single accepted event


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

    recipe: Recipe
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
    def of(cls, recipe: Recipe, n_events: int, making: Making) -> Self:
        """From the keywords of `generate`."""
        size = making.get("chunk_size")
        return cls(
            recipe,
            n_events,
            Seed.of(making.get("seed", 0)),
            CHUNK if size is None else size,
            making.get("first_chunk", 0),
        )

    def piece(self, index: int) -> "_Piece":
        """The work that makes a chunk."""
        made_of = digest(code_version(), self.recipe, str(self.seed), self.chunk_size, "events")
        return _Piece(digest("chunk", made_of, index), index)

    @property
    def shared(self) -> tuple[Recipe, Seed, int]:
        """What every piece needs."""
        return self.recipe, self.seed, self.chunk_size


@dataclass(frozen=True)
class Generated:
    """A finished sample.

    Args:
        path: The Parquet file.
        n_events: Events in it.
        tally: What all chunks together generated and accepted; accepted events beyond those asked
            for were left out of the file.
        luminosity: Integrated luminosity that the file corresponds to at the generator's cross
            section, in fb^-1.
        n_chunks: Chunks that its events are from.
    """

    path: Path
    n_events: int
    tally: Tally
    luminosity: float
    n_chunks: int

    @property
    def acceptance(self) -> float:
        """Accepted over generated events."""
        return self.tally.n_accepted / self.tally.n_generated


def generate(
    recipe: Recipe,
    n_events: int,
    path: str | Path,
    *,
    compact: bool = False,
    **making: Unpack[Making],
) -> Generated:
    """Generate chunk after chunk until `n_events` are accepted, and write the first `n_events`.

    Finished chunks are kept in a folder beside the file (its name with `.parts`) until the file is
    complete: after an interruption the same call goes on where it was. The events depend on recipe,
    seed and chunk size, not on the executor or on interruptions.

    Args:
        recipe: What to generate.
        n_events: How many accepted events to write.
        path: The Parquet file to write.
        compact: Round the mantissas (see `anomalon.simulate.table`), for small files.
        **making: `seed`, `executor`, `chunk_size`, `first_chunk` and `progress`: see `Making`.

    Returns:
        What was made.

    Raises:
        BadValue: If a number is out of range, or the suffix of the file not that of Parquet.
        DataError: If the file cannot be written.
        TooFewEvents: If the selection accepts (nearly) nothing.
        MissingExtra: If Pythia or FastJet is not installed.
    """
    path = Path(path)
    store = Store(path.with_name(path.name + ".parts"))
    return make(Order.of(recipe, n_events, making), path, _place(making, store), compact=compact)


def make(order: Order, path: Path, place: Workplace, *, compact: bool = False) -> Generated:
    """Make the file of an order; its chunks leave the store when it is written.

    Args:
        order: Which events.
        path: The Parquet file to write.
        place: Who makes them; its progress is told of accepted events.
        compact: Round the mantissas.

    Raises:
        DataError, TooFewEvents, MissingExtra: As `generate`.
    """
    check_name(path, "path")
    check_writable(path)
    chunks: dict[int, Chunk] = {}
    try:
        used = _make_missing(order, place, chunks)
    except Exception:
        if not any(c.tally.n_accepted for c in chunks.values()):  # nothing to go on from
            _forget(order, place, chunks)
        raise
    total = _sum([chunk.tally for chunk in used])
    luminosity = order.n_events / (total.cross_section * 1e3 * total.n_accepted / total.n_generated)
    tally = {name: value for name, value in asdict(total).items() if name not in _NOT_IN_THE_FILE}
    about = {
        "recipe": to_plain(order.recipe),
        "seed": str(order.seed),
        "chunk_size": order.chunk_size,
        "first_chunk": order.first_chunk,
        "n_chunks": len(used),
        "luminosity_fb": luminosity,
        "tally": tally,
        "n_events": order.n_events,
    }
    columns = order.recipe.selection.columns(_assemble(used, order.n_events))
    write_table(columns, order.recipe, about, path, compact=compact)
    _forget(order, place, chunks)
    return Generated(path, order.n_events, total, luminosity, len(used))


def events(recipe: Recipe, n_events: int, **making: Unpack[Making]) -> Events:
    """The events of which `generate` writes a table, in memory, with the truth.

    Args:
        recipe: What to generate.
        n_events: How many accepted events.
        **making: `seed`, `executor`, `chunk_size`, `first_chunk` and `progress`: see `Making`.

    Returns:
        Of a recipe of dijets events of two jets of falling pT with pt, eta, phi, mass (GeV,
        radians) and tau1 to tau3, in float64; the column `event` is unique among all chunks of a
        recipe and a seed.

    Raises:
        BadValue: If a number is out of range.
        TooFewEvents: If the selection accepts (nearly) nothing.
        MissingExtra: If Pythia or FastJet is not installed.
    """
    order = Order.of(recipe, n_events, making)
    return _assemble(_make_missing(order, _place(making, None), {}), order.n_events)


def _place(making: Making, store: Store | None) -> Workplace:
    progress = making.get("progress")
    return Workplace(
        making.get("executor") or Serial(),
        store,
        None if progress is None else lambda done, wanted, _: progress(done, wanted),
    )


def _make_missing(order: Order, place: Workplace, chunks: dict[int, Chunk]) -> list[Chunk]:
    """Make chunks until there are enough events, and put all of them into `chunks`.

    Returns:
        The chunks that hold the first `order.n_events`.
    """
    first, n_events = order.first_chunk, order.n_events

    def have(index: int, value: dict[str, Any], *, earlier: bool) -> None:
        chunks[index] = Chunk.of(value)
        accepted = sum(c.tally.n_accepted for c in chunks.values())
        if place.progress is not None:
            told = Told("events", earlier=chunks[index].tally.n_accepted if earlier else 0)
            place.progress(min(accepted, n_events), n_events, told)

    if place.progress is not None:
        place.progress(0, n_events, "events")  # time counts from here
    while (end := _chunks_needed(chunks, first, n_events, order.recipe)) > first:
        pieces = [order.piece(i) for i in range(first, end) if i not in chunks]
        missing = []
        for piece in pieces:
            kept = None if place.store is None else place.store.get(piece.key)
            if kept is None:
                missing.append(piece)
            else:
                have(piece.index, kept, earlier=True)
        for position, value in each(missing, order.shared, place.executor, place.store):
            have(missing[position].index, value, earlier=False)
    return [chunks[i] for i in _leading(chunks, first, n_events)]


def _forget(order: Order, place: Workplace, chunks: dict[int, Chunk]) -> None:
    if place.store is not None:
        place.store.forget(order.piece(index).key for index in chunks)


@dataclass(frozen=True)
class _Piece:
    """A chunk to make; gives its events and its tally."""

    key: str
    index: int

    @property
    def what(self) -> str:
        return f"chunk {self.index} of simulated events"

    def __call__(self, shared: tuple[Recipe, Seed, int]) -> dict[str, Any]:
        recipe, seed, chunk_size = shared
        return make_chunk(recipe, seed, self.index, chunk_size).to_dict()


def _leading(chunks: dict[int, Chunk], first: int, n_events: int) -> list[int]:
    """The chunks from `first` on that hold the first `n_events`; if too few, all without a gap."""
    used: list[int] = []
    accepted = 0
    while (index := first + len(used)) in chunks and accepted < n_events:
        accepted += chunks[index].tally.n_accepted
        used.append(index)
    return used


def _chunks_needed(chunks: dict[int, Chunk], first: int, n_events: int, recipe: Recipe) -> int:
    """Up to which chunk to have all before looking again; `first` if there are enough events."""
    used = _leading(chunks, first, n_events)
    accepted = sum(chunks[i].tally.n_accepted for i in used)
    if accepted >= n_events:
        return first
    if len(used) >= _PATIENCE and accepted == 0:
        raise TooFewEvents(
            f"recipe {recipe.name}: none of {sum(chunks[i].tally.n_generated for i in used)} "
            "generated events was accepted. Loosen the selection or raise the masses."
        )
    if accepted == 0:
        return first + len(used) + 2
    return first + max(len(used) + 1, math.ceil(len(used) * n_events / accepted))


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


def _assemble(used: list[Chunk], n_events: int) -> Events:
    return Events.concatenate([chunk.events for chunk in used])[:n_events]
