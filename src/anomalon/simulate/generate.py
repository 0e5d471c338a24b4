"""Samples of a wanted size, made in chunks: in parallel, resumable, and always the same."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from anomalon.core import Seed, check
from anomalon.core.atomic import check_writable, write_text_atomically
from anomalon.core.config import digest, to_plain
from anomalon.core.errors import BadValue, DataError, TooFewEvents
from anomalon.core.provenance import code_version
from anomalon.run import Executor, Store
from anomalon.run.work import each
from anomalon.simulate.chunk import Chunk, Tally, make_chunk
from anomalon.simulate.dijet import COLUMNS
from anomalon.simulate.recipe import Recipe
from anomalon.simulate.table import write_table

__all__ = ["Generated", "generate"]

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
    path, seed = Path(path), Seed.of(seed)
    n_events = check.whole(n_events, "generate: n_events", 1, MOST_EVENTS)
    chunk_size = check.whole(
        CHUNK if chunk_size is None else chunk_size, "generate: chunk_size", 1, 10_000_000
    )
    first_chunk = check.whole(first_chunk, "generate: first_chunk")
    check_writable(path)
    folder = _work_folder(path, recipe, seed, chunk_size)
    store = Store(folder)
    chunks = _finished(folder)
    report = progress or _silent
    settings = (recipe, seed, chunk_size)
    try:
        while (end := _chunks_needed(chunks, first_chunk, n_events, recipe)) > first_chunk:
            missing = [i for i in range(first_chunk, end) if i not in chunks]
            pieces = [_Piece(index) for index in missing]
            for position, value in each(pieces, settings, executor, store):
                chunks[missing[position]] = Chunk.of(value)
                accepted = sum(c.tally.n_accepted for i, c in chunks.items() if i >= first_chunk)
                report(min(accepted, n_events), n_events)
    except Exception:
        if not any(c.tally.n_accepted for c in chunks.values()):  # nothing to go on from
            shutil.rmtree(folder)
        raise
    used = [chunks[i] for i in _leading(chunks, first_chunk, n_events)]
    total = _sum([chunk.tally for chunk in used])
    columns = {name: np.concatenate([c.columns[name] for c in used])[:n_events] for name in COLUMNS}
    luminosity = n_events / (total.cross_section * 1e3 * total.n_accepted / total.n_generated)
    about = {
        "recipe": to_plain(recipe),
        "seed": str(seed),
        "chunk_size": chunk_size,
        "first_chunk": first_chunk,
        "n_chunks": len(used),
        "luminosity_fb": luminosity,
        "tally": to_plain(total),
        "n_events": n_events,
    }
    write_table(columns, recipe, about, path, compact=compact)
    shutil.rmtree(folder)
    return Generated(path, n_events, total, luminosity)


def _silent(_done: int, _wanted: int) -> None:
    pass


def _work_folder(path: Path, recipe: Recipe, seed: Seed, chunk_size: int) -> Path:
    """The folder of finished chunks, with a note of what they are chunks of."""
    folder = path.with_name(path.name + ".parts")
    note = folder / "recipe.json"
    key = digest(code_version(), recipe, str(seed), chunk_size)
    if note.exists():
        if _noted_digest(note) != key:
            raise BadValue(
                f"{folder}: expected chunks of this recipe, seed and chunk size, got those of "
                "another run that was interrupted, or of another version of the code. Finish that "
                "one, delete the folder, or choose another output file."
            )
    else:
        text = {"digest": key, "recipe": to_plain(recipe), "seed": str(seed)}
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
    """A chunk to make; gives its columns and its tally."""

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
