"""Samples of a wanted size, made in chunks: in parallel, resumable, and always the same."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from anomalon.core import Events, Seed, check
from anomalon.core.atomic import check_writable, write_text_atomically
from anomalon.core.config import digest, to_plain
from anomalon.core.errors import BadValue, DataError, TooFewEvents
from anomalon.core.provenance import code_version
from anomalon.run import Executor, Store
from anomalon.run.work import each
from anomalon.simulate.chunk import Chunk, Tally, make_chunk
from anomalon.simulate.recipe import Recipe
from anomalon.simulate.table import dijet_table, write_table

__all__ = ["Generated", "events", "generate"]

CHUNK = 1000
MOST_EVENTS = 1_000_000_000
"""More events are a slip of the finger."""
_PATIENCE = 20  # chunks without a single accepted event


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
    """

    path: Path
    n_events: int
    tally: Tally
    luminosity: float

    @property
    def acceptance(self) -> float:
        """Accepted over generated events."""
        return self.tally.n_accepted / self.tally.n_generated


def generate(
    recipe: Recipe,
    n_events: int,
    path: str | Path,
    *,
    seed: Seed | int = 0,
    executor: Executor | None = None,
    chunk_size: int | None = None,
    first_chunk: int = 0,
    compact: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Generated:
    """Generate chunk after chunk until `n_events` are accepted, and write the first `n_events`.

    Finished chunks are kept in a folder beside the file (its name with `.parts`) until the file is
    complete: after an interruption the same call goes on where it was. The events depend on recipe,
    seed and chunk size, not on the executor or on interruptions.

    Args:
        recipe: What to generate.
        n_events: How many accepted events to write.
        path: The Parquet file to write.
        seed: Of the sample.
        executor: Who works; this process if not given.
        chunk_size: Generated events in a chunk; 1000 if not given.
        first_chunk: Where to begin. A sample that begins where another of the same recipe, seed and
            chunk size ended (`n_chunks` in its file) shares no event with it.
        compact: Round the mantissas (see `anomalon.simulate.table`), for small files.
        progress: Called with (accepted so far, wanted) after each chunk.

    Returns:
        What was made.

    Raises:
        BadValue: If a number is out of range, or the folder of chunks belongs to other settings.
        DataError: If the file cannot be written.
        TooFewEvents: If the selection accepts (nearly) nothing.
        MissingExtra: If Pythia or FastJet is not installed.
    """
    path, order = Path(path), _Order.of(recipe, n_events, seed, chunk_size, first_chunk, "generate")
    check_writable(path)
    folder = _work_folder(path, order)
    chunks = _finished(folder)
    try:
        used = _make_missing(order, Store(folder), chunks, executor, progress)
    except Exception:
        if not any(c.tally.n_accepted for c in chunks.values()):  # nothing to go on from
            shutil.rmtree(folder)
        raise
    total = _sum([chunk.tally for chunk in used])
    luminosity = order.n_events / (total.cross_section * 1e3 * total.n_accepted / total.n_generated)
    about = {
        "recipe": to_plain(recipe),
        "seed": str(order.seed),
        "chunk_size": order.chunk_size,
        "first_chunk": order.first_chunk,
        "n_chunks": len(used),
        "luminosity_fb": luminosity,
        "tally": to_plain(total),
        "n_events": order.n_events,
    }
    columns = dijet_table(_assemble(used, order.n_events))
    write_table(columns, recipe, about, path, compact=compact)
    shutil.rmtree(folder)
    return Generated(path, order.n_events, total, luminosity)


def events(
    recipe: Recipe,
    n_events: int,
    *,
    seed: Seed | int = 0,
    executor: Executor | None = None,
    chunk_size: int | None = None,
    first_chunk: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Events:
    """The events of which `generate` writes a table, in memory: two jets each, and the truth.

    Args:
        recipe: What to generate.
        n_events: How many accepted events.
        seed: Of the sample.
        executor: Who works; this process if not given.
        chunk_size: Generated events in a chunk; 1000 if not given.
        first_chunk: Where to begin, as for `generate`.
        progress: Called with (accepted so far, wanted) after each chunk.

    Returns:
        Events of two jets of falling pT with pt, eta, phi, mass (GeV, radians) and tau1 to tau3, in
        float64; the column `event` is unique among all chunks of a recipe and a seed.

    Raises:
        BadValue: If a number is out of range.
        TooFewEvents: If the selection accepts (nearly) nothing.
        MissingExtra: If Pythia or FastJet is not installed.
    """
    order = _Order.of(recipe, n_events, seed, chunk_size, first_chunk, "simulate.events")
    return _assemble(_make_missing(order, None, {}, executor, progress), order.n_events)


@dataclass(frozen=True)
class _Order:
    """Which events are wanted: all that determines them, and their number."""

    recipe: Recipe
    n_events: int
    seed: Seed
    chunk_size: int
    first_chunk: int

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        n_events: int,
        seed: Seed | int,
        chunk_size: int | None,
        first_chunk: int,
        what: str,
    ) -> "_Order":
        size = CHUNK if chunk_size is None else chunk_size
        return cls(
            recipe,
            check.whole(n_events, f"{what}: n_events", 1, MOST_EVENTS),
            Seed.of(seed),
            check.whole(size, f"{what}: chunk_size", 1, 10_000_000),
            check.whole(first_chunk, f"{what}: first_chunk"),
        )


def _make_missing(
    order: _Order,
    store: Store | None,
    chunks: dict[int, Chunk],
    executor: Executor | None,
    progress: Callable[[int, int], None] | None,
) -> list[Chunk]:
    """Make chunks until there are enough events; `chunks` has those that are there, and gets more.

    Returns:
        The chunks that hold the first `order.n_events`.
    """
    first, n_events = order.first_chunk, order.n_events
    report, settings = progress or _silent, (order.recipe, order.seed, order.chunk_size)
    while (end := _chunks_needed(chunks, first, n_events, order.recipe)) > first:
        missing = [i for i in range(first, end) if i not in chunks]
        pieces = [_Piece(index) for index in missing]
        for position, value in each(pieces, settings, executor, store):
            chunks[missing[position]] = Chunk.of(value)
            accepted = sum(c.tally.n_accepted for i, c in chunks.items() if i >= first)
            report(min(accepted, n_events), n_events)
    return [chunks[i] for i in _leading(chunks, first, n_events)]


def _silent(_done: int, _wanted: int) -> None:
    pass


def _work_folder(path: Path, order: _Order) -> Path:
    """The folder of finished chunks, with a note of what they are chunks of."""
    folder = path.with_name(path.name + ".parts")
    note = folder / "recipe.json"
    key = digest(code_version(), order.recipe, str(order.seed), order.chunk_size, "events")
    if note.exists():
        if _noted_digest(note) != key:
            raise BadValue(
                f"{folder}: expected chunks of this recipe, seed and chunk size, got those of "
                "another run that was interrupted, or of another version of the code. Finish that "
                "one, delete the folder, or choose another output file."
            )
    else:
        text = {"digest": key, "recipe": to_plain(order.recipe), "seed": str(order.seed)}
        write_text_atomically(note, json.dumps(text, indent=1))
    return folder


def _noted_digest(note: Path) -> str:
    try:
        return str(json.loads(note.read_text(encoding="utf-8"))["digest"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataError(
            f"{note}: expected what an interrupted run has noted of its chunks, got something else "
            f"({error}). Delete the folder {note.parent}; all chunks are then made again."
        ) from error


@dataclass(frozen=True)
class _Piece:
    """A chunk to make; gives its events and its tally."""

    index: int

    @property
    def key(self) -> str:
        return f"chunk-{self.index:06d}"  # the folder belongs to one recipe, seed and chunk size

    @property
    def what(self) -> str:
        return f"chunk {self.index} of simulated events"

    def __call__(self, shared: tuple[Recipe, Seed, int]) -> dict[str, Any]:
        recipe, seed, chunk_size = shared
        return make_chunk(recipe, seed, self.index, chunk_size).to_dict()


def _finished(folder: Path) -> dict[int, Chunk]:
    """Chunks that an earlier, interrupted call left."""
    store = Store(folder)
    keys = sorted(p.stem for p in folder.glob("chunk-[0-9]*[0-9].*"))
    return {int(key.removeprefix("chunk-")): Chunk.of(store.get(key)) for key in keys}


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
    """Totals; the cross section is the mean of the chunks', which are of one size."""
    return Tally(
        n_generated=sum(t.n_generated for t in tallies),
        n_accepted=sum(t.n_accepted for t in tallies),
        sum_weights=sum(t.sum_weights for t in tallies),
        cross_section=sum(t.cross_section for t in tallies) / len(tallies),
        seconds=sum(t.seconds for t in tallies),
        generator=tallies[0].generator,
    )


def _assemble(used: list[Chunk], n_events: int) -> Events:
    return Events.concatenate([chunk.events for chunk in used])[:n_events]
